"""The screen: what is drawn is what is so, and a wish to leave is passed on."""

from __future__ import annotations

import asyncio

from textual.widgets import Static

from horde_worker.view.screen import WorkerScreen
from horde_worker.view.state import Done, Dropped, Notice, Running, WorkerState


def a_busy_state() -> WorkerState:
    """A worker with something of everything."""
    state = WorkerState(clock=lambda: 1000.0, name="my-worker", horde="http://h", backends=("comfyui", "llamacpp"))
    state.running["a"] = Running("image", "Deliberate", 4, {"size": "512x512"}, 990.0, step=10, steps=20, place=1)
    state.running["b"] = Running("text", "koboldcpp/tiny", 1, {}, 995.0, characters=120)
    state.delivered(Done(900.0, "image", "Deliberate", {}, 4.2, 10.5))
    state.failed(Dropped(950.0, "image", 1, "out of memory [red]"))
    state.skipped, state.wanted_models = {"models": 412}, {"AlbedoBase XL (SDXL)": 300}
    state.messages.appendleft(Notice("[bold]The horde[/] moves on Sunday", "moderator", ""))
    return state


def shown(screen: WorkerScreen, name: str) -> str:
    """What a part of the screen says."""
    return str(screen.query_one(f"#{name}", Static).render())


async def test_it_shows_the_state_and_takes_nothing_for_markup() -> None:
    """Jobs with their progress, figures, advice, messages."""
    screen = WorkerScreen(a_busy_state(), lambda: None, is_over=lambda: False)
    async with screen.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert "my-worker for http://h with comfyui, llamacpp: working on 2 jobs" in shown(screen, "head")
        assert "Deliberate × 4 512x512" in shown(screen, "now") and "10/20" in shown(screen, "now")
        assert "120 characters" in shown(screen, "now")
        assert "1 results · 10.5 kudos" in shown(screen, "figures")
        assert "412 requests wait for models that you do not have" in shown(screen, "advice")
        assert "[bold]The horde[/] moves" in shown(screen, "messages")
        assert "out of memory [red]" in shown(screen, "dropped")


async def test_leaving_is_asked_for_and_the_screen_stays_until_it_is_over() -> None:
    """What is held is finished first; a second wish is passed on too."""
    state, wishes, over = a_busy_state(), [], asyncio.Event()

    def leave() -> None:
        wishes.append(1)
        state.is_leaving = True

    screen = WorkerScreen(state, leave, is_over=over.is_set)
    async with screen.run_test(size=(100, 30)) as pilot:
        await pilot.press("q")
        assert "leaving: what is held is finished first" in shown(screen, "head")
        await pilot.press("ctrl+c")
        assert (len(wishes), screen.is_running) == (2, True)
        over.set()
        screen.draw()
        await pilot.pause()
    assert not screen.is_running


async def test_the_log_is_there_for_those_who_want_it() -> None:
    """By a key."""
    state = a_busy_state()
    state.log.append("12:00:00 worker.delivered kudos=3")
    screen = WorkerScreen(state, lambda: None, is_over=lambda: False)
    async with screen.run_test(size=(100, 40)) as pilot:
        await pilot.press("l")
        assert "worker.delivered" in shown(screen, "log")


async def test_what_did_not_change_is_not_drawn() -> None:
    """The work must not wait for the screen."""
    screen = WorkerScreen(a_busy_state(), lambda: None, is_over=lambda: False)
    async with screen.run_test(size=(100, 40)):
        drawn = []
        panel = screen.query_one("#advice", Static)
        panel.update = lambda *_, **__: drawn.append(1)  # type: ignore[method-assign]
        screen.draw()
        screen.draw()
        assert drawn == []
        screen._state.skipped = {"models": 413}
        screen.draw()
        assert drawn == [1]
