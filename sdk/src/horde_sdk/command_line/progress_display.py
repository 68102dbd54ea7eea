"""Progress of a request on standard error: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import typer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from horde_sdk.ai_horde_api.apimodels import AlchemyStatusResponse
    from horde_sdk.ai_horde_api.apimodels.generate.progress import ResponseGenerationProgressInfoMixin
    from horde_sdk.events import StateEvent


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a request is: results that are there, and all of it in one line."""

    finished: int
    line: str


Describe = Callable[[Any, int], Standing]
"""Reads a poll's answer; told how many results are wanted."""


def standing_of_jobs(check: ResponseGenerationProgressInfoMixin | StateEvent, wanted: int) -> Standing:
    """Read the answer about images or texts."""
    parts = [f"finished {check.finished} of {wanted}"]
    if check.processing:
        parts.append(f"{check.processing} in the making")
    if check.waiting and check.queue_position:
        parts.append(f"queue position {check.queue_position}")
    if check.wait_time and not check.done:
        parts.append(f"about {check.wait_time} s left")
    if not check.is_possible and not check.done:
        parts.append("no worker that could do it was seen lately")
    return Standing(check.finished, ", ".join(parts))


def standing_of_forms(status: AlchemyStatusResponse, wanted: int) -> Standing:
    """Read the answer about alchemy, which tells no queue."""
    states = [form.state for form in status.forms]
    parts = [f"finished {status.finished} of {wanted}"]
    if working := states.count("processing"):
        parts.append(f"{working} in the making")
    if failed := states.count("faulted"):
        parts.append(f"{failed} failed")
    return Standing(status.finished, ", ".join(parts))


class PlainProgress:
    """A line whenever something changed."""

    def __init__(self, wanted: int, describe: Describe) -> None:
        self._wanted = wanted
        self._describe = describe
        self._said = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, check: object) -> None:
        """Show a poll's answer."""
        standing = self._describe(check, self._wanted)
        self.say(standing.finished, standing.line)

    def say(self, finished: int, line: str) -> None:
        """Show a line, unless it was the last one."""
        if line != self._said:
            typer.echo(line, err=True)
            self._said = line


class BarProgress:
    """A bar that moves."""

    def __init__(self, wanted: int, describe: Describe) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._wanted = wanted
        self._describe = describe
        self._progress: Progress = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=24),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: TaskID = self._progress.add_task("asking the horde", total=wanted)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def show(self, check: object) -> None:
        """Show a poll's answer."""
        standing = self._describe(check, self._wanted)
        self.say(standing.finished, standing.line)

    def say(self, finished: int, line: str) -> None:
        """Show so many results and a line."""
        self._progress.update(self._task, completed=finished, description=line)


def progress_display(wanted: int, describe: Describe = standing_of_jobs) -> PlainProgress | BarProgress:
    """Return the display that suits standard error."""
    return BarProgress(wanted, describe) if sys.stderr.isatty() else PlainProgress(wanted, describe)
