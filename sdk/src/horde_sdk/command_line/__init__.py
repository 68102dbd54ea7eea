"""The `horde` command."""
