"""The backend `alchemy` without what it needs: it says so, and what to install."""

from __future__ import annotations

import importlib.util
import threading
from typing import Any

import pytest
from PIL import Image

from horde_worker.backends.alchemy import AlchemyResult
from horde_worker.backends.alchemy_backend import AlchemyBackend
from horde_worker.backends.events import BackendFailure, Progress
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.trained_alchemy.forms import LoadedForms, Task, Value


async def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each form that is missing stands in the log besides."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(BackendFailure, match=r'pip install "openhorde-worker\[alchemy\]"'):
        await AlchemyBackend.open(BackendSettings("alchemy"))


def backend(**forms: Any) -> AlchemyBackend:
    return AlchemyBackend(LoadedForms(by_name=forms), form_limit_s=75.0)


async def test_a_form_tells_how_far_it_is_and_gets_its_options() -> None:
    """As they came over the wire."""

    def count(task: Task) -> Value:
        for done in range(3):
            task.step(done, 3)
        return task.options.whole("count", 1, 1, 9)

    events = [event async for event in backend(caption=count).work("caption", Image.new("RGB", (8, 8)), {"count": "4"})]
    assert events == [Progress(0, 0, 3), Progress(0, 1, 3), Progress(0, 2, 3), AlchemyResult(4)]


async def test_a_form_that_nobody_waits_for_ends_at_its_next_step() -> None:
    """And frees the processor for the next one."""
    may_go_on, has_ended = threading.Event(), threading.Event()

    def endless(task: Task) -> Value:
        try:
            while True:
                task.step(0, 1)
                may_go_on.wait(10)
        finally:
            has_ended.set()

    works = backend(caption=endless, nsfw=lambda _task: True)
    events = works.work("caption", Image.new("RGB", (8, 8)), {})
    assert await anext(events) == Progress(0, 0, 1)
    await events.aclose()
    may_go_on.set()
    assert has_ended.wait(10)
    assert [event async for event in works.work("nsfw", Image.new("RGB", (8, 8)), {})] == [AlchemyResult(True)]


@pytest.mark.parametrize("form", ["palette", "", "nsfw "])
async def test_another_form_is_refused(form: str) -> None:
    """A horde may go by an older pop."""
    with pytest.raises(BackendFailure, match="is not among the forms of this backend"):
        await anext(backend(nsfw=lambda _task: True).work(form, Image.new("RGB", (8, 8)), {}))
