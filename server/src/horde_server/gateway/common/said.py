"""What a piece of an answer comes to, for every chat dialect."""

from __future__ import annotations

from typing import NamedTuple


class CallPiece(NamedTuple):
    """A piece of a call of a tool: id and name come with the first of a call, its arguments in pieces of JSON."""

    number: int  # which call of the answer, from 0
    id: str = ""
    name: str = ""
    arguments: str = ""


class Said(NamedTuple):
    """A piece of the thought, of the answer, and of calls."""

    reasoning: str = ""
    content: str = ""
    calls: tuple[CallPiece, ...] = ()
