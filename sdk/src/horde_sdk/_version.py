"""The version of this library."""

__version__ = "0.1.0"
version = __version__
version_tuple = (0, 1, 0)
