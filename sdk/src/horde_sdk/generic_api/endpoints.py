"""Endpoints of any horde API, and how they join the base URL."""

from urllib.parse import urlsplit

from horde_sdk._text_enum import TextEnum


class GENERIC_API_ENDPOINT_SUBPATH(TextEnum):
    """Paths below the base URL; extended by each API."""


def url_with_path(*, base_url: str, path: str) -> str:
    """Join a base URL, with or without slash at its end, and a path below it.

    Raises:
        ValueError: The base URL has no scheme or host.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        bare = base_url.rpartition("//")[2]
        meant = f": did you mean http://{bare}?" if bare and parts.scheme not in ("http", "https") else ""
        raise ValueError(f"{base_url!r} is not the URL of a horde: it must start with http:// or https://{meant}")
    return f"{base_url.rstrip('/')}/{path.lstrip('/')}"
