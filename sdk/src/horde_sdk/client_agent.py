"""The `Client-Agent` of this library and of programs: `name:version:contact`, as the API asks."""

from horde_sdk._version import __version__


def create_bridge_agent_string(client_name: str, client_version: str, client_contact_or_url: str) -> str:
    """Return `name:version:contact`, the form of the headers `Client-Agent` and of `bridge_agent`."""
    return f"{client_name}:{client_version}:{client_contact_or_url}"


default_bridge_agent_string = create_bridge_agent_string("openhorde_sdk", __version__, "unknown")
