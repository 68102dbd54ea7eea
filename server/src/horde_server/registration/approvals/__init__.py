"""Registrations that wait for a moderator, where the horde is set so."""
