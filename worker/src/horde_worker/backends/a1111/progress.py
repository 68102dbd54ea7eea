"""How far the server is, and stopping it: never somebody else's work by mistake.

The program does one thing at a time, the owner's own included, and has one progress for whatever that is. Where it
knows tasks by name it is asked for ours; else what runs is ours only if nothing ran when we asked.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image

from horde_worker.backends.a1111.answer import decoded
from horde_worker.backends.a1111.facts import Facts
from horde_worker.backends.events import BackendFailure, Preview, Progress
from horde_worker.backends.over_http.server import BackendRefused, BackendServer, quietly

LOOK_EVERY_S: Final = 1.0
PREVIEW_EVERY_S: Final = 3.0
SIGN_EVERY_S: Final = 10.0
"""While a task waits for its turn, or for a model, so that it is not taken for one that is stuck."""
STOP_WITHIN_S: Final = 600.0
"""For so long a task that waits behind the owner's is watched, to be stopped when its turn comes."""
_ANSWER_LIMIT_BYTES: Final = 16 * 1024 * 1024
_STEPS_IF_UNTOLD: Final = 100


@dataclass(frozen=True, slots=True)
class Glance:
    """What the server is at: `is_ours` None where it cannot be told, `share` from 0 to 1."""

    is_busy: bool
    is_ours: bool | None
    share: float = 0.0
    step: int = 0
    steps: int = 0
    picture: str = ""


class TaskWatch:
    """Watches one task; `was_idle` says that nothing ran when it was begun."""

    def __init__(self, server: BackendServer, facts: Facts, task: str, *, was_idle: bool) -> None:
        self._server = server
        self._facts = facts
        self._task = task
        self._was_idle = was_idle
        self._knows_tasks = facts.knows_tasks
        self._previewed_at = time.monotonic()

    async def until(self, done: asyncio.Future[Any]) -> AsyncGenerator[Progress | Preview, None]:
        """What there is to tell until the task is done."""
        told, sign_at = 0, time.monotonic()
        while not done.done():
            await asyncio.wait((done,), timeout=LOOK_EVERY_S)
            if done.done():
                return
            wants_picture = time.monotonic() - self._previewed_at >= PREVIEW_EVERY_S
            try:
                seen = await self.glance(with_picture=wants_picture)
            except BackendFailure:
                continue  # the task itself will say what is wrong
            step, steps = (seen.step, seen.steps) if seen.steps > 0 else _hundredths(seen.share)
            has_begun = seen.is_ours is True and step > 0
            if seen.is_ours is not None and not has_begun and time.monotonic() - sign_at >= SIGN_EVERY_S:
                sign_at = time.monotonic()
                yield Progress(0, 0, steps)
            if seen.is_ours is not True:
                continue
            if step > told:
                told = step
                yield Progress(0, min(step, steps), steps)
            if seen.picture and (preview := await _opened(seen.picture)) is not None:
                self._previewed_at = time.monotonic()
                yield Preview(0, preview)

    async def glance(self, *, with_picture: bool = False) -> Glance:
        """Look once. Raises `BackendFailure`."""
        ours = await self._ours() if self._knows_tasks else None
        if ours is False:
            return Glance(is_busy=True, is_ours=False)
        seen = await look_at_progress(self._server, with_picture=with_picture)
        is_ours = ours if ours is not None else (True if seen.is_busy and self._was_idle else None)
        return Glance(seen.is_busy, is_ours, seen.share, seen.step, seen.steps, seen.picture)

    async def stop(self) -> None:
        """Stop the task if it is what runs; if it waits for its turn, when that comes."""
        given_up_at = time.monotonic() + STOP_WITHIN_S
        while time.monotonic() < given_up_at:
            try:
                seen = await self.glance()
            except BackendFailure:
                return
            if seen.is_ours is True:
                await quietly(self._server.post_json("/sdapi/v1/interrupt", {}))
                return
            if seen.is_ours is None:
                return
            await asyncio.sleep(LOOK_EVERY_S)

    async def _ours(self) -> bool | None:
        """Whether our task is the one that runs; None where the server knows no task of ours."""
        try:
            answer = await self._server.post_json("/internal/progress", {"id_task": self._task, "live_preview": False})
        except BackendRefused:
            self._knows_tasks = False  # a server without pages has no such address
            return None
        if not isinstance(answer, Mapping):
            return None
        if answer.get("active") is True:
            return True
        return False if answer.get("queued") is True else None


async def look_at_progress(server: BackendServer, *, with_picture: bool = False) -> Glance:
    """What the server is at, whoever's it is; idle where it has no such address."""
    path = f"/sdapi/v1/progress?skip_current_image={'false' if with_picture else 'true'}"
    try:
        answer = await server.get_json(path, limit_bytes=_ANSWER_LIMIT_BYTES)
    except BackendRefused as refused:
        if refused.status == 404:
            return Glance(is_busy=False, is_ours=None)
        raise
    found = answer if isinstance(answer, Mapping) else {}
    state = found.get("state")
    state = state if isinstance(state, Mapping) else {}
    share = found.get("progress")
    has_one_pass = _whole(state.get("job_count")) <= 1  # steps begin anew with each
    picture = found.get("current_image")
    return Glance(
        is_busy=_whole(state.get("job_count")) != 0 or bool(state.get("job")),
        is_ours=None,
        share=min(max(float(share), 0.0), 1.0) if isinstance(share, int | float) and math.isfinite(share) else 0.0,
        step=_whole(state.get("sampling_step")),
        steps=_whole(state.get("sampling_steps")) if has_one_pass else 0,
        picture=picture if isinstance(picture, str) else "",
    )


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and -1 <= value < 1_000_000 else 0


def _hundredths(share: float) -> tuple[int, int]:
    return round(share * _STEPS_IF_UNTOLD), _STEPS_IF_UNTOLD


async def _opened(picture: str) -> Image.Image | None:
    try:
        return await asyncio.to_thread(lambda: decoded(picture).convert("RGB"))
    except BackendFailure:
        return None
