"""Be a horde: the API v2 server."""

VERSION = "0.1.0"
