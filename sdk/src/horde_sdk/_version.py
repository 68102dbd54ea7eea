"""The version of this library, and of all distributions of OpenHorde: they are cut together."""

__version__ = "0.1.0"
version = __version__
version_tuple = tuple(int(part) if part.isdigit() else part for part in __version__.split("."))
