"""Shows how far a request is: a bar on a terminal, lines elsewhere, on standard error in both cases."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

import typer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from horde_sdk.ai_horde_api.apimodels.generate.progress import ResponseGenerationProgressInfoMixin


def describe(check: ResponseGenerationProgressInfoMixin, wanted: int) -> str:
    """Return the state of a request in one line."""
    parts = [f"finished {check.finished} of {wanted}"]
    if check.processing:
        parts.append(f"{check.processing} in the making")
    if check.waiting and check.queue_position:
        parts.append(f"queue position {check.queue_position}")
    if check.wait_time and not check.done:
        parts.append(f"about {check.wait_time} s left")
    if not check.is_possible and not check.done:
        parts.append("no worker that could do it was seen lately")
    return ", ".join(parts)


class PlainProgress:
    """A line whenever something changed."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._said = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, check: ResponseGenerationProgressInfoMixin) -> None:
        """Show a poll's answer."""
        line = describe(check, self._wanted)
        if line != self._said:
            typer.echo(line, err=True)
            self._said = line


class BarProgress:
    """A bar that moves."""

    def __init__(self, wanted: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._wanted = wanted
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

    def show(self, check: ResponseGenerationProgressInfoMixin) -> None:
        """Show a poll's answer."""
        self._progress.update(self._task, completed=check.finished, description=describe(check, self._wanted))


def progress_display(wanted: int) -> PlainProgress | BarProgress:
    """Return the display that suits standard error."""
    return BarProgress(wanted) if sys.stderr.isatty() else PlainProgress(wanted)
