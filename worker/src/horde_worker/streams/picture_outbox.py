"""The steps of a picture, and how it looks half made."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from horde_sdk.generation_pieces import GenerationPiecesResponse
from horde_worker.backends.events import BackendFailure, Preview, Progress, Watched
from horde_worker.steady_clock import steady_s
from horde_worker.stream_wish import StreamWish

if TYPE_CHECKING:
    from PIL import Image

_QUALITIES: Final = (70, 40, 15)

MayShow: TypeAlias = "Callable[[Image.Image], Awaitable[bool]]"
"""Whether a preview may go out, as whoever judges the pictures says."""


class PictureOutbox:
    """Only the newest of both counts. A preview goes out at the pace that the horde wishes, if it may at all."""

    def __init__(self, wish: StreamWish, may_show: MayShow | None = None) -> None:
        self._wish = wish
        self._may_show = may_show
        self._previews_wanted = wish.previews
        self._progress: Progress | None = None
        self._preview: Preview | None = None
        self._next_preview_at = 0.0
        self.is_full = False

    def add(self, event: Watched) -> bool:
        if isinstance(event, Progress):
            self._progress = event
            return True
        if isinstance(event, Preview) and self._previews_wanted:
            self._preview = event
            return steady_s() >= self._next_preview_at
        return False

    async def fields(self) -> Mapping[str, Any]:
        progress, self._progress = self._progress, None
        found: dict[str, Any] = {}
        if progress is not None:
            found = {"step": progress.step, "steps": progress.steps}
        if self._preview is not None and self._previews_wanted and steady_s() >= self._next_preview_at:
            preview, self._preview = self._preview, None
            if shown := await self._shown(preview.image):
                found["preview"] = shown
                self._next_preview_at = steady_s() + self._wish.preview_interval_s
        return found

    def taken(self, answer: GenerationPiecesResponse) -> bool:
        if answer.previews is not None:
            self._previews_wanted = answer.previews
        return False

    def go_back(self, have: int | None, have_deltas: int | None) -> None:
        """A step that got lost is of no interest any more."""

    def so_far(self) -> str:
        return ""

    @property
    def has_rest(self) -> bool:
        return False

    async def _shown(self, image: Image.Image) -> str:
        """As base64; empty where it may not be shown, or does not fit."""
        try:
            if self._may_show is not None and not await self._may_show(image):
                return ""
        except BackendFailure:  # nobody can tell
            return ""
        return await asyncio.to_thread(_encoded, image, self._wish.preview_side, self._wish.preview_max_bytes)


def _encoded(image: Image.Image, most_side: int, most_bytes: int) -> str:
    small = image.convert("RGB")
    small.thumbnail((most_side, most_side))
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        small.save(buffer, "WEBP", quality=quality, method=0)
        found = base64.b64encode(buffer.getvalue()).decode()
        if len(found) <= most_bytes:
            return found
    return ""
