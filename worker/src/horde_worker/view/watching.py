"""What feeds the state: a hook that hears of every job, and a listener to the log for what is beside the jobs."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from horde_sdk.harmless_text import harmless, one_line
from horde_worker.backends.alchemy import AlchemyJob, AlchemyResult
from horde_worker.backends.embedding import EmbeddingJob
from horde_worker.backends.events import Piece, Preview, Progress
from horde_worker.backends.image import ImageJob, ImageResult
from horde_worker.hooks import AnyResult, Delivery, Hook, Job
from horde_worker.view.state import Done, Dropped, Notice, Picture, Running, WorkerState

if TYPE_CHECKING:
    from PIL import Image  # a worker of texts never loads it

THUMBNAIL_PIXELS: Final = 256


def kind_of(job: Job) -> str:
    """What kind of work a job is."""
    if isinstance(job, EmbeddingJob):
        return "embedding"
    return "image" if isinstance(job, ImageJob) else "alchemy" if isinstance(job, AlchemyJob) else "text"


class StateHook(Hook):
    """Writes down what becomes of each job. It decides nothing, and so must never fail where hooks decide."""

    only_looks = True

    def __init__(self, state: WorkerState, *, keeps_pictures: Callable[[], bool] = lambda: False) -> None:
        self._state = state
        self._keeps_pictures = keeps_pictures
        self._pictures = 0

    async def before_job(self, job: Job) -> None:
        with suppress(Exception):
            fields = {name: harmless(value) for name, value in job.log_fields().items()}
            self._state.running[job.ids[0]] = Running(
                kind_of(job), one_line(job.model), len(job.ids), fields, self._state.clock()
            )
            self._well()

    async def on_progress(self, job: Job, progress: Progress | Preview) -> None:
        running = self._state.running.get(job.ids[0])
        if running is not None and isinstance(progress, Progress):
            running.place, running.step, running.steps = progress.place, progress.step, progress.steps

    async def on_piece(self, job: Job, piece: Piece) -> None:
        if (running := self._state.running.get(job.ids[0])) is not None:
            running.place = piece.place
            running.characters += len(piece.text)

    async def on_result(self, job: Job, place: int, result: AnyResult) -> AnyResult:
        with suppress(Exception):
            picture = _picture_of(result)
            if picture is not None and self._keeps_pictures():
                self._pictures += 1
                number = self._pictures
                self._state.pictures.appendleft(Picture(number, await asyncio.to_thread(_small, picture)))
        return result

    async def on_delivered(self, job: Job, delivery: Delivery) -> None:
        fields = {name: harmless(value) for name, value in job.log_fields().items()}
        now = self._state.clock()
        self._state.delivered(Done(now, kind_of(job), one_line(job.model), fields, delivery.seconds, delivery.kudos))

    async def on_fault(self, job: Job, ids: Sequence[str], error: Exception) -> None:
        reason = one_line(str(error) or type(error).__name__)[:300]
        self._state.failed(Dropped(self._state.clock(), kind_of(job), len(ids), reason))

    async def on_lost(self, job: Job, place: int, reason: str) -> None:
        """A result was made, and the horde would not have it."""
        self._state.failed(Dropped(self._state.clock(), kind_of(job), 1, one_line(reason)[:300]))

    async def on_gate(self, reason: str) -> None:
        """No work is asked for, for this reason; or it is again."""
        self._state.trouble, self._state.trouble_kind = one_line(reason)[:500], "paused" if reason else ""

    async def after_job(self, job: Job) -> None:
        self._state.running.pop(job.ids[0], None)

    def _well(self) -> None:
        """A job came: whatever kept them away is over."""
        self._state.trouble = self._state.trouble_kind = ""


class LogListener:
    """Hears every event of the log, and keeps what tells why there is no work."""

    def __init__(self, state: WorkerState) -> None:
        self._state = state

    def __call__(self, event: Mapping[str, Any]) -> None:
        """Called for each event, before it is written."""
        name = str(event.get("event", ""))
        fields = {key: value for key, value in event.items() if key not in {"event", "level", "timestamp"}}
        said = " ".join(f"{key}={harmless(value)}" for key, value in fields.items())
        self._state.log.append(one_line(f"{str(event.get('timestamp', ''))[11:19]} {name} {said}").strip())
        if (listen := getattr(self, f"_on_{name.replace('.', '_')}", None)) is not None:
            with suppress(Exception):
                listen(fields)

    def _on_worker_idle(self, fields: Mapping[str, Any]) -> None:
        self._trouble("", "")
        self._state.skipped = {one_line(str(key)): int(count) for key, count in fields["requests_not_for_us"].items()}
        wanted = fields.get("wanted_models") or {}
        self._state.wanted_models = {one_line(str(key)): int(count) for key, count in wanted.items()}

    def _on_worker_delivered(self, fields: Mapping[str, Any]) -> None:
        self._trouble("", "")

    def _on_worker_told(self, fields: Mapping[str, Any]) -> None:
        told = (one_line(str(fields.get(key) or ""))[:1000] for key in ("message", "origin", "until"))
        self._state.messages.appendleft(Notice(*told))

    def _on_worker_horde_unreachable(self, fields: Mapping[str, Any]) -> None:
        self._trouble("unreachable", fields.get("reason"))

    def _on_worker_in_maintenance(self, fields: Mapping[str, Any]) -> None:
        self._trouble("maintenance", fields.get("message"))

    def _on_worker_maintenance_over(self, fields: Mapping[str, Any]) -> None:
        self._trouble("", "")

    _on_worker_resumed = _on_worker_going_on = _on_worker_maintenance_over

    def _on_worker_pausing(self, fields: Mapping[str, Any]) -> None:
        self._trouble("paused", fields.get("reason"))

    _on_worker_backend_pausing = _on_worker_waiting = _on_worker_pausing

    def _on_worker_refused(self, fields: Mapping[str, Any]) -> None:
        self._trouble("refused", fields.get("message"))

    def _on_worker_backend_failed(self, fields: Mapping[str, Any]) -> None:
        self._trouble("backend", fields.get("reason"))

    def _on_worker_backend_unready(self, fields: Mapping[str, Any]) -> None:
        self._trouble("backend", fields.get("reason"))

    def _on_worker_backend_is_back(self, fields: Mapping[str, Any]) -> None:
        self._trouble("", "")

    def _on_worker_leaving(self, fields: Mapping[str, Any]) -> None:
        self._state.is_leaving = True

    _on_worker_leaving_at_once = _on_worker_leaving

    def _trouble(self, kind: str, why: object) -> None:
        self._state.trouble_kind = kind
        self._state.trouble = one_line(str(why or ""))[:500]


def _picture_of(result: AnyResult) -> Image.Image | None:
    if isinstance(result, ImageResult):
        return result.image
    if isinstance(result, AlchemyResult):
        from PIL import Image

        return result.value if isinstance(result.value, Image.Image) else None
    return None


def _small(picture: Image.Image) -> bytes:
    copy = picture.convert("RGB")
    copy.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
    kept = io.BytesIO()
    copy.save(kept, "WEBP", quality=80)
    return kept.getvalue()
