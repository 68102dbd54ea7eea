"""Codes of invitations: sixteen characters that nobody mistakes for others, in four groups; only their hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Thirty-two, without I, O, 0 and 1: eighty bits a code."""
_GROUPS, _GROUP = 4, 4
LONGEST: Final = 40
"""Characters of what may be sent as one, with whatever stands between the groups."""
_AS_READ: Final = str.maketrans("", "", "- ")


def new_code() -> str:
    """A fresh one: `XXXX-XXXX-XXXX-XXXX`."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))


def hash_of_code(salt: bytes, code: str) -> bytes | None:
    """What is kept of a code, however it is written; None of what can be none."""
    plain = code.translate(_AS_READ).upper()
    if len(plain) != _GROUPS * _GROUP or not set(plain) <= set(_ALPHABET):
        return None
    return hashlib.sha256(b"invitation" + salt + plain.encode()).digest()
