"""The list of who is suspected, for moderators."""
