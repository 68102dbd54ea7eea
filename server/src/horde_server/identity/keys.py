"""API keys: made here, shown once, kept only as a salted hash; what a key is for."""

from __future__ import annotations

import hashlib
import secrets
from enum import StrEnum
from typing import Final

import msgspec

ANONYMOUS_KEY = "0000000000"
KEY_LENGTH = 22
MAX_KEY_LENGTH = 255


class Scope(StrEnum):
    """What a key is for; one may have several."""

    FULL = "full"
    ASK = "ask"
    WORK = "work"
    READ = "read"


class KeyGrant(msgspec.Struct, frozen=True):
    """A key of an account, as far as it matters for what its holder may do."""

    id: int
    name: str
    scopes: frozenset[Scope]


ANONYMOUS_GRANT: Final = KeyGrant(0, "anonymous", frozenset({Scope.FULL}))
"""Everybody's key, which is in no table."""


def new_api_key() -> str:
    """A fresh key: 16 random bytes as 22 URL-safe characters, as published clients insist."""
    return secrets.token_urlsafe(16)


def key_hash(salt: bytes, key: str) -> bytes:
    """What is stored of a key. Keys are random and long, so one round of SHA-256 is enough."""
    return hashlib.sha256(salt + key.encode()).digest()
