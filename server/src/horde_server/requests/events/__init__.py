"""What happens to requests, told as it happens: server-sent events."""
