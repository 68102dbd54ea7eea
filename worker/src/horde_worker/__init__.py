"""Serve a horde: pop jobs, generate, upload, submit."""

from horde_sdk._version import __version__

VERSION = __version__
