"""What is told of a shared key, to whoever has it."""

from __future__ import annotations

from horde_server.http.answers import Answer


class SharedKeyDetails(Answer):
    """A shared key; without `expiry` it never ends."""

    id: str
    username: str
    name: str
    kudos: int
    utilized: int
    max_image_pixels: int
    max_image_steps: int
    max_text_tokens: int
    expiry: str = ""
