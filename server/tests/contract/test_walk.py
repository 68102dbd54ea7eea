"""How far a request walks through the files of the server, from its route to its row."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any

import pytest
from hordes import StartHorde

from horde_server.settings import Profile

MOST_FILES = 15
_PACKAGE = "/horde_server/"
_BESIDE = ("http/", "database/", "errors.py", "settings.py")
_ROW = "insert_request"
_CARRIERS = frozenset(
    {"ImageRequest", "TextRequest", "Asked", "ImageOrder", "TextOrder", "UpfrontImage", "PricedImage", "NewRequest"}
)
"""What the request is on its way: whose functions take one of these must be read to follow it."""


class Walk:
    """The files whose functions run in this task until the row is written, and those of them that take the request."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self.taking: list[str] = []
        self._task = asyncio.current_task()
        self._is_there = False

    def _note(self, frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event != "call" or self._is_there or _PACKAGE not in code.co_filename:
            return
        file = code.co_filename.partition(_PACKAGE)[2]
        if file.startswith(_BESIDE) or asyncio.current_task() is not self._task:
            return
        self._is_there = code.co_name == _ROW
        if self.files or file.endswith("routes.py"):
            self.files.append(file)
        given = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        if file.endswith("routes.py") or any(type(frame.f_locals.get(name)).__name__ in _CARRIERS for name in given):
            self.taking.append(file)

    async def follow(self, ask: Callable[[], Awaitable[Any]]) -> None:
        sys.setprofile(self._note)
        try:
            answer = await ask()
        finally:
            sys.setprofile(None)
        assert answer.status_code == 202, answer.text
        assert self._is_there


@pytest.mark.parametrize("kind", ["image", "text"])
async def test_a_request_walks_through_few_files(start_horde: StartHorde, kind: str) -> None:
    """Issue 10: at most 15 files take the request between route and row; the desk alone is between face and heart."""
    horde = await start_horde(profile=Profile.PUBLIC)
    ask = horde.ask if kind == "image" else horde.texts.ask
    await ask()  # what is only asked once: the account, filters
    walk = Walk()
    await walk.follow(ask)
    taking = list(dict.fromkeys(walk.taking))
    assert len(taking) <= MOST_FILES, taking
    assert taking[0] == f"requests/{kind}/routes.py"
    assert taking[-2:] == ["dispatch/dispatcher.py", "dispatch/store.py"]
    others = {"image", "text", "alchemy"} - {kind}
    assert not [file for file in walk.files if file.startswith(tuple(f"requests/{other}/" for other in others))]
