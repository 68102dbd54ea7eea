"""What is kept, for how long, and what is left over from before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from horde_worker.kinds.parcel import Parcel
from horde_worker.settings import SpoolSettings
from horde_worker.spool.folder import Folder
from horde_worker.spool.parcel_file import MAX_FILE_BYTES, NoParcel, Spooled, read

log = structlog.get_logger(__name__)

SUFFIX: Final = ".parcel"


class Spool:
    """The results of one worker name that its horde has not taken yet. Never fails: without a disk it keeps nothing."""

    def __init__(
        self,
        path: Path,
        *,
        horde_url: str,
        worker: str,
        kind: str,
        limits: SpoolSettings | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder = Folder(path)
        self._horde_url = horde_url
        self._worker = worker
        self._kind = kind
        self._limits = limits or SpoolSettings()
        self._clock = clock
        self._is_open = False

    async def open(self) -> None:
        """Claim the folder. Where that cannot be, nothing is kept, and the log says so."""
        try:
            self._is_open = await asyncio.to_thread(self._folder.open)
            reason = "another process of this worker's name uses it"
        except OSError as error:
            reason = error.strerror or type(error).__name__
        if not self._is_open:
            log.warning("worker.nothing_kept", folder=str(self._folder.path), reason=reason)

    async def close(self) -> None:
        """Leave what is kept for the next process."""
        if self._is_open:
            self._is_open = False
            await asyncio.to_thread(self._folder.close)

    async def keep(self, parcel: Parcel, model: str) -> None:
        """Keep a result until it is forgotten; it is on disk when this returns."""
        if not self._is_open:
            return
        spooled = Spooled(parcel, self._horde_url, self._worker, self._kind, model, self._clock())
        try:
            await asyncio.to_thread(self._write, spooled)
        except (OSError, NoParcel) as error:  # a full disk must not cost a result that can be delivered now
            log.warning("worker.not_kept", job=parcel.job_id, reason=str(error))

    async def forget(self, parcel: Parcel) -> None:
        """The horde has taken it, or will never."""
        if not self._is_open:
            return
        name = Spooled(parcel, "", "", "", "", 0.0).file_name
        try:
            await asyncio.to_thread(self._folder.remove, name)
        except OSError as error:
            log.warning("worker.not_forgotten", job=parcel.job_id, reason=str(error))

    async def left_over(self) -> list[Spooled]:
        """What is kept, the oldest first. What is too old, or no parcel, is dropped, and the log says so."""
        return await asyncio.to_thread(self._left_over) if self._is_open else []

    def _write(self, spooled: Spooled) -> None:
        content = spooled.to_bytes()
        self._make_room(len(content))
        self._folder.write(spooled.file_name, content)

    def _make_room(self, wanted_bytes: int) -> None:
        """Drop the oldest: they are the first that the horde will not want any more."""
        kept = list(self._folder.files(SUFFIX))
        total = sum(size for _, size in kept)
        while kept and (len(kept) >= self._limits.max_files or total + wanted_bytes > self._limits.max_bytes):
            path, size = kept.pop(0)
            total -= size
            self._drop(path, "there is no room for newer results")

    def _left_over(self) -> list[Spooled]:
        found = []
        for path, size in self._folder.files(SUFFIX):
            if (spooled := self._read(path, size)) is not None:
                found.append(spooled)
        return found

    def _read(self, path: Path, size: int) -> Spooled | None:
        try:
            if size > MAX_FILE_BYTES:
                raise NoParcel(f"{size} bytes are too many")
            spooled = read(path.read_bytes())
        except (OSError, NoParcel) as error:
            self._drop(path, str(error))
            return None
        if (spooled.worker, spooled.kind) != (self._worker, self._kind):
            self._drop(path, f"it is of the worker {spooled.worker!r}")
            return None
        # A clock that was set back makes an age below nought: that is young.
        if self._clock() - spooled.made_at > self._limits.max_age_s:
            self._drop(path, "the horde has given the job to somebody else long ago", spooled.parcel.job_id)
            return None
        return spooled if spooled.horde_url == self._horde_url else None  # another horde's waits for that one

    def _drop(self, path: Path, reason: str, job: str = "") -> None:
        log.warning("worker.kept_result_dropped", file=path.name, job=job, reason=reason)
        try:
            self._folder.remove(path.name)
        except OSError as error:
            log.warning("worker.not_forgotten", job=job, reason=str(error))
