"""Be a horde: the API v2 server."""

from horde_sdk._version import __version__

VERSION = __version__
