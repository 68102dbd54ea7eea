"""Fingerprints of parameters: equal for equal parameters, in any process, on any machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from enum import Enum
from pathlib import PurePath
from uuid import UUID


def compute_parameter_fingerprint(payload: Mapping[str, object]) -> str:
    """Return the SHA-256, in hexadecimal, of the canonical JSON of a dump: keys sorted, no spaces, ASCII.

    UUIDs and paths count as their text, enum members as their value, bytes as their own SHA-256. The order of keys does
    not matter; 1 and 1.0 differ.

    Raises:
        TypeError: A value has no one true form, such as a set.
    """
    canonical = json.dumps(_canonical(payload), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _canonical(value: object) -> object:
    if isinstance(value, Enum):
        return _canonical(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, UUID | PurePath):
        return str(value)
    if isinstance(value, bytes):
        return {"sha256": hashlib.sha256(value).hexdigest()}
    if isinstance(value, Mapping):
        return {str(key): _canonical(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(part) for part in value]
    raise TypeError(f"{type(value).__name__} has no fingerprint; give plain values, lists and mappings")
