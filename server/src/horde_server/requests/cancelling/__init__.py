"""Cancelling many requests at once, for moderators."""
