"""The screen in a terminal (extra `tui`): drawn once a second from the state, and only what has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Footer, Static

from horde_worker.view.advice import advice
from horde_worker.view.shown import duration, headline, rate
from horde_worker.view.state import Running, WorkerState

DRAWN_EVERY_S: Final = 1.0
BAR_CELLS: Final = 24
ROWS: Final = 8


class Panel(Static):
    """A part of the screen that is drawn anew only when what it says is another."""

    _said = ""

    def say(self, shown: Text, key: str) -> None:
        """Show this, unless what is there says the same."""
        if key != self._said:
            self._said = key
            self.update(shown)


class WorkerScreen(App[None]):
    """Shows a state. `on_stop` is called for each wish to leave: the first finishes, the second does not."""

    CSS = """
    Screen { background: $surface; }
    #head { height: 3; padding: 0 1; border: round $primary; }
    #figures { height: auto; padding: 0 1; border: round $primary-darken-1; }
    .panel { padding: 0 1; border: round $primary-darken-1; height: 1fr; }
    #now { height: auto; min-height: 4; max-height: 12; }
    #log { height: 1fr; color: $text-muted; }
    .hidden { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", "finish and leave (again: at once)"),
        Binding("ctrl+c", "leave", show=False, priority=True),
        Binding("l", "toggle_log", "log"),
    ]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, state: WorkerState, on_stop: Callable[[], None], *, is_over: Callable[[], bool]) -> None:
        super().__init__()
        self._state = state
        self._on_stop = on_stop
        self._is_over = is_over

    def compose(self) -> ComposeResult:
        """The parts, from the top down."""
        yield Panel(id="head")
        yield Panel(id="figures")
        yield Panel(id="now", classes="panel")
        with Horizontal():
            with Vertical():
                yield Panel(id="recent", classes="panel")
                yield Panel(id="dropped", classes="panel")
            with Vertical():
                yield Panel(id="advice", classes="panel")
                yield Panel(id="messages", classes="panel")
        yield Panel(id="log", classes="panel hidden")
        yield Footer()

    def on_mount(self) -> None:
        """Titles, the first picture, and the clock."""
        titles = {
            "now": "Now",
            "recent": "Lately",
            "dropped": "Dropped",
            "advice": "Why there are not more jobs",
            "messages": "Messages",
            "log": "Log",
        }
        for name, title in titles.items():
            self.query_one(f"#{name}", Panel).border_title = title
        self.draw()
        self.set_interval(DRAWN_EVERY_S, self.draw)

    def action_leave(self) -> None:
        """Ask the worker to leave."""
        self._on_stop()
        self.draw()

    def action_toggle_log(self) -> None:
        """Show the log, or hide it."""
        self.query_one("#log", Panel).toggle_class("hidden")
        self.draw()

    def draw(self) -> None:
        """Everything as it is now."""
        if self._is_over():
            self.exit()
            return
        state = self._state
        doing = headline(state)
        head = Text.assemble((state.name, "bold"), f" for {state.horde} with {', '.join(state.backends)}: ")
        head.append(doing, "bold red" if state.trouble else "green")
        self._say("head", head)
        self._say("figures", Text(_figures(state)))
        self._say("now", _lines([_running(job, state.clock()) for job in state.running.values()], "nothing"))
        now = state.clock()
        recent = [
            f"{duration(now - one.at):>6} ago  {one.model}  {one.seconds:.1f} s  {one.kudos:.2f} kudos"
            for one in list(state.done)[:ROWS]
        ]
        self._say("recent", _lines(recent, "nothing yet"))
        dropped = [f"{duration(now - one.at):>6} ago  {one.reason}" for one in list(state.dropped)[:ROWS]]
        self._say("dropped", _lines(dropped, "nothing"))
        self._say("advice", _lines(advice(state.skipped, state.wanted_models)[:ROWS], "nothing waits that you refuse"))
        self._say("messages", _lines([f"{one.text} – {one.origin}" for one in list(state.messages)[:ROWS]], "none"))
        if not self.query_one("#log", Panel).has_class("hidden"):
            self._say("log", _lines(list(state.log)[-12:], ""))

    def _say(self, name: str, shown: Text) -> None:
        self.query_one(f"#{name}", Panel).say(shown, shown.markup)


def _figures(state: WorkerState) -> str:
    speeds = [f"{kind} {state.speed(kind)}" for kind in sorted(state.results) if state.speed(kind)]
    parts = [
        f"{state.total_results} results",
        f"{state.total_kudos:,.1f} kudos ({state.kudos_today:,.1f} today)",
        f"an hour: {rate(state.kudos_of_last_hour())}",
        f"dropped in the last hour: {state.drops_of_last_hour()}",
        *speeds,
        f"running for {duration(state.running_s)}",
    ]
    return " · ".join(parts)


def _running(job: Running, now: float) -> str:
    filled = round(job.share * BAR_CELLS)
    bar = "█" * filled + "░" * (BAR_CELLS - filled) if job.steps else ""
    count = f" × {job.results}" if job.results > 1 else ""
    size = f" {job.fields['size']}" if "size" in job.fields else ""
    done = f"{job.step}/{job.steps}" if job.steps else f"{job.characters} characters" if job.characters else "…"
    return f"{job.model}{count}{size}  {bar} {done}  {duration(now - job.since)}"


def _lines(lines: list[str], otherwise: str) -> Text:
    """Lines as they are: what hordes say is no markup."""
    return Text("\n".join(lines)) if lines else Text(otherwise, style="dim")
