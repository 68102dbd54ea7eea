"""Serve a horde: pop jobs, generate, upload, submit."""

VERSION = "0.1.0"
