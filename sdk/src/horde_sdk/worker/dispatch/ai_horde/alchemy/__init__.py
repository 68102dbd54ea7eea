"""Alchemy jobs of an AI Horde."""
