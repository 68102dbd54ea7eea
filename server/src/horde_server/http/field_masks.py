"""`X-Fields`: the caller names the keys it wants (basics.md §6.1)."""

from __future__ import annotations

import re
from typing import Any

from horde_server.errors import HordeError

_TOKEN = re.compile(r"\s*([{},]|[^\s{},]+)")
MAX_MASK_LENGTH = 4096

Mask = dict[str, "Mask | None"]
"""Wanted keys; a value that is not None narrows what is below the key."""


class BrokenMask(HordeError):
    """The X-Fields header is broken: write it as key,key{key,key}."""

    rc = None


def parse_mask(header: str) -> Mask | None:
    """The mask of a header; None when everything is wanted. Raises `BrokenMask`."""
    text = header.strip()
    if not text or text == "*":
        return None
    if len(text) > MAX_MASK_LENGTH or text.count("{") > 20:
        raise BrokenMask
    tokens = _TOKEN.findall(text)
    if tokens[0] == "{":
        if tokens[-1] != "}":
            raise BrokenMask
        tokens = tokens[1:-1]
    mask, rest = _parse_keys(tokens)
    if rest:
        raise BrokenMask
    return mask


def _parse_keys(tokens: list[str]) -> tuple[Mask | None, list[str]]:
    mask: Mask = {}
    wants_all = False
    while tokens:
        key, tokens = tokens[0], tokens[1:]
        if key in ("{", "}", ","):
            raise BrokenMask
        below: Mask | None = None
        if tokens and tokens[0] == "{":
            below, tokens = _parse_keys(tokens[1:])
            if not tokens or tokens[0] != "}":
                raise BrokenMask
            tokens = tokens[1:]
        if key == "*":
            wants_all = True
        mask[key] = below
        if not tokens or tokens[0] == "}":
            return (None if wants_all else mask), tokens
        if tokens[0] != "," or len(tokens) == 1:
            raise BrokenMask
        tokens = tokens[1:]
    raise BrokenMask


def apply_mask(body: Any, mask: Mask) -> Any:
    """The body with only the wanted keys; lists are masked item by item. Raises `BrokenMask` below a plain value."""
    if isinstance(body, list):
        return [apply_mask(item, mask) for item in body]
    if not isinstance(body, dict):
        raise BrokenMask
    kept = {}
    for key, below in mask.items():
        if key in body:
            value = body[key]
            kept[key] = value if below is None or value is None else apply_mask(value, below)
    return kept
