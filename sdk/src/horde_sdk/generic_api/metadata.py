"""Names of the fields that travel as headers, in the path or in the query, instead of in the body."""

from enum import auto

from horde_sdk._text_enum import TextEnum


class GenericHeaderFields(TextEnum):
    """Fields sent as headers."""

    apikey = auto()
    accept = auto()
    client_agent = auto()


class GenericAcceptTypes(TextEnum):
    """Media types that can be asked for."""

    json = "application/json"


class GenericPathFields(TextEnum):
    """Fields that fill a placeholder of the path; extended by each API."""


class GenericQueryFields(TextEnum):
    """Fields sent in the query; extended by each API."""
