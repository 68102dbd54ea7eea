"""What stands at `/`."""
