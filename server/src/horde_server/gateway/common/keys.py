"""The key of a call, wherever its program puts it (gateway.md §1.2)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from horde_server.identity.keys import ANONYMOUS_KEY, KEY_LENGTH

PLACEHOLDERS: Final = frozenset(
    {
        "none", "null", "empty", "dummy", "dummy_key", "ollama", "lm-studio", "not-needed", "no-key",
        "no-key-required", "sk-no-key-required", "sk-dummy", "sk-xxx", "sk-1234", "test", "x", "k", "key", "fake",
    }
)  # fmt: skip
"""Programs refuse an empty key, so people type something."""
KEY_HEADERS: Final = frozenset((b"authorization", b"x-api-key", b"api-key", b"apikey"))
_BY_RANK: Final = (b"bearer", b"x-api-key", b"api-key", b"apikey", b"basic")


def key_of(headers: Iterable[tuple[bytes, bytes]], in_path: str, placeholders: frozenset[str]) -> str:
    """The key that was sent, of several the first by rank; the anonymous one where there is none or a placeholder.

    `headers`: those of `KEY_HEADERS`, of which the first of each counts. `in_path`: the key in the address, or "".
    """
    found: dict[bytes, str] = {}
    for name, value in headers:
        kind, key = name, value.decode("latin-1").strip()
        if name == b"authorization":
            scheme, _, key = key.partition(" ")
            kind, key = scheme.lower().encode(), key.strip()
            if kind == b"basic":
                key = _of_basic(key)
        if key:
            found.setdefault(kind, key)
    sent = next((found[kind] for kind in _BY_RANK if kind in found), in_path)
    return ANONYMOUS_KEY if not sent or is_placeholder(sent, placeholders) else sent


def is_placeholder(key: str, placeholders: frozenset[str]) -> bool:
    """Whether nobody meant it as a key. What looks like a key of ours never is."""
    return key.lower() in placeholders and len(key) != KEY_LENGTH and not _is_uuid(key)


def _of_basic(credentials: str) -> str:
    """The password, or the user where it is empty. What cannot be read is a key that nobody has."""
    try:
        user, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return credentials
    return (password or user).strip()


def _is_uuid(key: str) -> bool:
    try:
        UUID(key)
    except ValueError:
        return False
    return True
