"""Why a request for embeddings is refused; each class's docstring is its sentence (basics.md §11)."""

from __future__ import annotations

from horde_server.errors import HordeError


class InvalidInput(HordeError):
    """There must be 1 to 256 texts, none of them empty, of 32,768 bytes each and 1,048,576 together."""

    rc = "InvalidInput"
