"""API keys: made here, shown once, kept only as a salted hash; what a key is for, and what it is limited to."""

from __future__ import annotations

import hashlib
import secrets
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from horde_server.http.networks import NetworkSet

ANONYMOUS_KEY = "0000000000"
KEY_LENGTH = 22
MAX_KEY_LENGTH = 255
_UUID_LENGTH = 36


class Scope(StrEnum):
    """What a key is for; one may have several."""

    FULL = "full"
    ASK = "ask"
    WORK = "work"
    READ = "read"


class SharedKeyTerms(msgspec.Struct, frozen=True):
    """What makes a key a shared one: what each request with it may be at most; None: no limit, 0: none of that kind."""

    id: UUID  # the key itself
    max_image_pixels: int | None = None
    max_image_steps: int | None = None
    max_text_tokens: int | None = None
    for_styles: bool = False  # it pays for requests by its styles alone
    through_style: bool = False  # this request comes by one of them, to which the limits above do not apply


class KeyGrant(msgspec.Struct, frozen=True):
    """A key of an account, as far as it matters for what its holder may do."""

    id: int
    name: str
    scopes: frozenset[Scope]
    has_budget: bool = False
    models: frozenset[str] | None = None  # that may be asked for by it; None: all
    networks: NetworkSet | None = None  # from which it may be used; None: all
    expires_at_s: float | None = None  # since the epoch
    shared: SharedKeyTerms | None = None


ANONYMOUS_GRANT: Final = KeyGrant(0, "anonymous", frozenset({Scope.FULL}))
"""Everybody's key, which is in no table."""


def new_api_key() -> str:
    """A fresh key: 16 random bytes as 22 URL-safe characters, as published clients insist."""
    return secrets.token_urlsafe(16)


def key_hash(salt: bytes, key: str) -> bytes:
    """What is stored of a key. Keys are random and long, so one round of SHA-256 is enough.

    Shared keys are UUIDs, which are the same in capitals.
    """
    if len(key) == _UUID_LENGTH:
        key = key.lower()
    return hashlib.sha256(salt + key.encode()).digest()
