"""What a view shows: counts, rates, advice; fed by hooks and by the log."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from PIL import Image
from workshop import Workshop

from horde_worker.backends.image import ImageResult
from horde_worker.view.advice import advice
from horde_worker.view.shown import as_json, duration, headline
from horde_worker.view.state import Done, Dropped, WorkerState
from horde_worker.view.watching import LogListener, StateHook


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


@pytest.fixture
def state(clock: Clock) -> WorkerState:
    """A state by it."""
    return WorkerState(clock=clock, name="a worker", horde="http://h", backends=("demo",))


def done(clock: Clock, kudos: float) -> Done:
    return Done(clock.now, "image", "m", {}, 2.0, kudos)


def test_a_rate_is_said_after_five_minutes(state: WorkerState, clock: Clock) -> None:
    """Before that it would be chance; then of the session, and of the last hour alone."""
    state.delivered(done(clock, 10.0))
    clock.now += 299
    assert state.kudos_of_last_hour() is state.kudos_per_hour() is None
    clock.now += 301
    assert state.kudos_per_hour() == state.kudos_of_last_hour() == pytest.approx(60.0)
    clock.now += 3600
    state.delivered(done(clock, 5.0))
    assert state.kudos_of_last_hour() == 5.0
    assert (state.total_results, state.total_kudos) == (2, 15.0)


def test_a_day_begins_anew(clock: Clock) -> None:
    """At midnight UTC; all kinds of work count together."""
    days = [dt.date(2026, 11, 30)] * 3 + [dt.date(2026, 12, 1)]
    state = WorkerState(clock=clock, today=lambda: days.pop(0))
    state.delivered(done(clock, 2.0))
    state.delivered(done(clock, 3.0))
    assert state.kudos_today == 5.0
    state.delivered(done(clock, 4.0))
    assert (state.kudos_today, state.total_kudos) == (4.0, 9.0)


def test_drops_are_counted_by_the_hour(state: WorkerState, clock: Clock) -> None:
    """As hordes count them."""
    state.failed(Dropped(clock.now, "image", 3, "no memory"))
    clock.now += 3601
    state.failed(Dropped(clock.now, "image", 1, "no memory"))
    assert (state.drops_of_last_hour(), state.drops["image"]) == (1, 4)


def test_lists_have_an_end(state: WorkerState, clock: Clock) -> None:
    """However long a worker runs."""
    listener = LogListener(state)
    for number in range(2000):
        state.delivered(done(clock, 1.0))
        state.failed(Dropped(clock.now, "text", 1, "x"))
        listener({"event": "worker.told", "message": f"m{number}", "origin": "o", "until": ""})
        clock.now += 10
    assert max(len(state.done), len(state.dropped), len(state.messages), len(state.log)) <= 200
    assert len(state._earned) <= 361


def test_why_no_jobs_come_is_advice() -> None:
    """With the most wanted models; what is not known here is passed through."""
    said = advice({"models": 412, "lora": 1, "moon_phase": 2, "nsfw": 0}, {"AlbedoBase XL (SDXL)": 300, "x": 1})
    assert said == [
        "412 requests wait for models that you do not have; most wanted: AlbedoBase XL (SDXL) (300 jobs), x (1 jobs)",
        "2 requests are not for this worker (moon_phase)",
        "1 request needs LoRA: `allow_lora: true`, if the backend can",
    ]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"event": "worker.horde_unreachable", "reason": "refused"}, "the horde is not reached: refused"),
        ({"event": "worker.in_maintenance", "message": "by you"}, "in maintenance: by you"),
        ({"event": "worker.pausing", "reason": "three failed"}, "pausing: three failed"),
        ({"event": "worker.backend_unready", "reason": "gone"}, "the backend cannot work: gone"),
        ({"event": "worker.refused", "message": "no"}, "refused by the horde: no"),
        ({"event": "worker.leaving", "message": "x"}, "leaving: what is held is finished first"),
    ],
)
def test_the_log_says_what_keeps_jobs_away(state: WorkerState, event: dict[str, object], said: str) -> None:
    """Until something else is heard."""
    listener = LogListener(state)
    listener(event)
    assert headline(state) == said
    listener({"event": "worker.idle", "requests_not_for_us": {"models": 4}, "wanted_models": {"x": 4}})
    assert headline(state) == (said if "leaving" in said else "waiting for jobs")
    assert state.skipped == {"models": 4}


def test_a_log_that_is_odd_breaks_nothing(state: WorkerState) -> None:
    """Fields may be missing or of another kind, and steer no terminal."""
    listener = LogListener(state)
    for event in ({"event": "worker.idle"}, {"event": None}, {}, {"event": "worker.delivered", "kudos_today": "x"}):
        listener(event)
    listener({"event": "worker.told", "message": "a\x1b[2J\nb"})
    assert "\x1b" not in state.messages[0].text + state.log[-1]
    assert "\n" not in state.log[-1]


async def test_a_worker_feeds_it(workshop: Workshop) -> None:
    """From the job's begin to its delivery; the pictures that are kept are small."""
    state = WorkerState()
    hook = StateHook(state, keeps_pictures=lambda: True)
    workshop.horde.pop_script = [workshop.horde.job("j1", "j2")]
    workshop.painter.may_paint.clear()
    workshop.start(hooks=(hook,), jobs_wanted=1)
    await workshop.painter.has_begun.wait()
    [running] = state.running.values()
    assert (running.kind, running.model, running.results) == ("image", "paint", 2)
    assert headline(state) == "working"
    workshop.painter.may_paint.set()
    await workshop.ended()
    assert (state.running, state.total_results, state.total_kudos) == ({}, 2, 3.0)
    assert [one.number for one in state.pictures] == [2, 1]
    shown = as_json(state, with_pictures=True)
    assert (shown["pictures"], shown["recent"][0]["model"]) == ([2, 1], "paint")
    assert "a circle" not in str(shown)  # no prompts


async def test_a_failure_is_told_with_its_reason(workshop: Workshop) -> None:
    """Counted as dropped."""
    state = WorkerState()

    def break_down(_job: object) -> list[ImageResult]:
        raise RuntimeError("out of memory")

    workshop.painter.surprises = [break_down]
    workshop.horde.pop_script = [workshop.horde.job("j1")]
    workshop.start(hooks=(StateHook(state),), jobs_wanted=1)
    await workshop.ended()
    assert [(one.reason, one.results) for one in state.dropped] == [("out of memory", 1)]
    assert state.pictures == state.done


async def test_the_view_gives_no_job_back(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hooks decide about results: one that only shows them must not, whatever happens to it."""

    def broken(_picture: Image.Image) -> bytes:
        raise OSError("no room")

    monkeypatch.setattr("horde_worker.view.watching._small", broken)
    workshop.horde.pop_script = [workshop.horde.job("j1")]
    workshop.start(hooks=(StateHook(WorkerState(), keeps_pictures=lambda: True),), jobs_wanted=1)
    await workshop.ended()
    assert workshop.horde.submit_of("j1")["state"] == "ok"


def test_times_in_words() -> None:
    """Short."""
    assert [duration(one) for one in (4.4, 61, 3 * 3600 + 300)] == ["4 s", "1 min", "3 h 05 min"]


def test_the_state_has_no_place_for_prompts() -> None:
    """By its fields."""
    assert not any("prompt" in one.name for one in dataclasses.fields(WorkerState))
