"""Check-in, capabilities by bridge agent, management."""
