"""Streamed answers: server-sent events or JSON line by line, as the objects that they carry."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from horde_worker.backends.events import BackendFailure

_TOLD_CHARACTERS: Final = 300


async def objects_of(lines: AsyncGenerator[str, None], server: str) -> AsyncGenerator[dict[str, Any], None]:
    """The objects of a stream, in their order; comments, names of events and the mark at the end are left out.

    Lines that are JSON by themselves count too, as of a server that does not stream though it was asked to. Raises
    `BackendFailure` for what is no object, and for an error that the server tells in the middle.
    """
    async with aclosing(lines):
        async for line in lines:
            data = line.removeprefix("data:").strip() if line.startswith("data:") else line.strip()
            if data == "[DONE]":
                return
            if not data or not line.startswith(("data:", "{")):
                continue
            try:
                found = json.loads(data)
            except (ValueError, RecursionError):
                raise BackendFailure(f"{server} streams what is no JSON") from None
            if not isinstance(found, dict):
                raise BackendFailure(f"{server} streams what is no object")
            if error := found.get("error"):
                raise BackendFailure(f"{server} broke off: {_told(error)}")
            yield found


def _told(error: object) -> str:
    message = error.get("message") if isinstance(error, dict) else error
    return " ".join(str(message or "it does not say why").split())[:_TOLD_CHARACTERS]


def text_at(found: object, *path: str | int) -> str:
    """The text at a path in an answer; empty where there is none."""
    value = value_at(found, *path)
    return value if isinstance(value, str) else ""


def number_at(found: object, *path: str | int) -> int | None:
    """The whole number at a path in an answer, not negative; None where there is none."""
    value = value_at(found, *path)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        return None
    return value


def value_at(found: object, *path: str | int) -> object:
    """What lies at a path of keys and places; None where nothing does."""
    for step in path:
        if isinstance(step, str) and isinstance(found, dict):
            found = found.get(step)
        elif isinstance(step, int) and isinstance(found, list) and step < len(found):
            found = found[step]
        else:
            return None
    return found
