"""Image requests."""
