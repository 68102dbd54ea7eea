"""Modes of the horde, profanity, suspicion."""
