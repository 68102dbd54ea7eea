"""Invitations: who made one lets others register, a number of times, until some day, with roles and kudos."""
