"""Requests followed on a terminal: states, steps and pictures as they come to be; texts as they are written."""

from __future__ import annotations

import io
import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

import typer

from horde_sdk.command_line.progress_display import progress_display, standing_of_jobs
from horde_sdk.command_line.terminal_pictures import as_rows, protocol_of
from horde_sdk.harmless_text import one_line, printable

if TYPE_CHECKING:
    from PIL.Image import Image

    from horde_sdk.ai_horde_api.apimodels import ImageGenerateStatusResponse, TextGenerateStatusResponse
    from horde_sdk.ai_horde_api.apimodels.generate.check import ImageGenerateCheckResponse
    from horde_sdk.ai_horde_api.open_requests import OpenRequest
    from horde_sdk.command_line.terminal_pictures import Protocol
    from horde_sdk.events import RequestEvent

PREVIEW_ROWS = 12
MOST_PREVIEW_PIXELS = 1024
"""Wide and high: a preview is small, and what is not is shown to nobody."""


def follow_image(
    opened: OpenRequest[ImageGenerateCheckResponse, ImageGenerateStatusResponse], wanted: int, *, preview: bool | None
) -> ImageGenerateStatusResponse:
    """Show what happens to a request for images, and return its results.

    Args:
        opened: The request.
        wanted: How many images.
        preview: Show pictures as they come to be; `None`: where the terminal can.
    """
    protocol = protocol_of(os.environ, is_terminal=sys.stdout.isatty()) or ("blocks" if preview else None)
    if preview is False or protocol is None:
        with progress_display(wanted) as display:
            lines = _Lines(wanted)
            for event in opened.events():
                if (line := lines.of(event)) is not None:
                    display.say(lines.finished, line)
    else:
        with _Frames(protocol, wanted) as frames:
            for event in opened.events(previews=True):
                frames.tell(event)
    return opened.result()


def stream_text(
    opened: OpenRequest[TextGenerateStatusResponse, TextGenerateStatusResponse], wanted: int
) -> TextGenerateStatusResponse:
    """Print a text as it is written, and return the results. Of several texts each is printed once it is finished."""
    from horde_sdk.events import ResultEvent, StateEvent, TextEvent

    written, printed, display = "", 0, progress_display(wanted)
    display.__enter__()  # until there is something to read
    try:
        for event in opened.events():
            match event:
                case StateEvent() if not printed:
                    display.show(event)
                case TextEvent(text=text) if wanted == 1:
                    display.__exit__(None, None, None)
                    typer.echo(printable(text), nl=False)
                    written, printed = written + text, 1
                case ResultEvent(generation=made) if wanted > 1:
                    display.__exit__(None, None, None)
                    typer.echo(("---\n" if printed else "") + printable(made.text or ""))
                    printed += 1
    finally:
        display.__exit__(None, None, None)
    status = opened.result()
    if wanted == 1:
        typer.echo("")
        if status.generations and written != (status.generations[0].text or ""):
            typer.echo("The finished text is another than what was told of it: ask again with --json.", err=True)
    return status


class _Lines:
    """Says what happens in a line."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._state = ""
        self.finished = 0

    def of(self, event: RequestEvent) -> str | None:
        """Return the line that an event makes; `None`: it says nothing new."""
        from horde_sdk.events import RestartedEvent, StateEvent, StepEvent

        match event:
            case StateEvent():
                standing = standing_of_jobs(event, self._wanted)
                self._state, self.finished = standing.line, standing.finished
                return self._state
            case StepEvent(job=job, step=step, steps=steps):
                return ", ".join(filter(None, [self._state, f"image {job + 1}: step {step} of {steps}"]))
            case RestartedEvent(job=job, reason=reason):
                return f"image {job + 1} begins anew: {one_line(reason)}"
        return None


class _Frames:
    """The newest preview with a line below it, each in the place of the one before."""

    def __init__(self, protocol: Protocol, wanted: int) -> None:
        self._protocol = protocol
        self._lines = _Lines(wanted)
        self._picture = ""
        self._line = ""
        self._rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wipe()

    def tell(self, event: RequestEvent) -> None:
        """Draw anew, if there is something new."""
        from horde_sdk.events import PreviewEvent

        if isinstance(event, PreviewEvent):
            if (picture := _opened(event.image)) is None:
                return
            self._picture = as_rows(picture, self._protocol, PREVIEW_ROWS)
        elif (line := self._lines.of(event)) is None or line == self._line:
            return
        else:
            self._line = line
        self._wipe()
        sys.stdout.write(f"{self._picture}{self._line}\n")
        sys.stdout.flush()
        self._rows = (PREVIEW_ROWS if self._picture else 0) + 1

    def _wipe(self) -> None:
        if self._rows:
            deleted = "\x1b_Ga=d\x1b\\" if self._protocol == "kitty" and self._picture else ""
            sys.stdout.write(f"{deleted}\x1b[{self._rows}A\r\x1b[J")
            sys.stdout.flush()
            self._rows = 0


def _opened(data: bytes) -> Image | None:
    """Return a preview as a picture; `None`: it is none, or far too large."""
    import PIL.Image

    try:
        picture = PIL.Image.open(io.BytesIO(data), formats=("WEBP", "JPEG", "PNG"))
        if max(picture.size) > MOST_PREVIEW_PIXELS:
            return None
        return picture.convert("RGB")
    except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError):
        return None
