"""The files that are here: each with a description beside it, of limited size together, the least used give way."""

from __future__ import annotations

import dataclasses
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import structlog

from horde_worker.lora_cache.additions import CachedLora, Described, LoraFailure, Wanted

log = structlog.get_logger(__name__)

_FILE: Final = ".safetensors"
_NOTE: Final = ".horde.json"
_HALF: Final = ".part"
MAX_NOTE_BYTES: Final = 1024 * 1024


class Shelf:
    """One folder, which a backend may read too. Files in it that are not ours stay as they are. Blocking."""

    def __init__(self, folder: Path, max_total_bytes: int, pinned: frozenset[str] = frozenset()) -> None:
        """`pinned`: ids of models or versions that never give way."""
        self.folder = folder
        self._most_bytes = max_total_bytes
        self._pinned = pinned
        self._held: dict[int, Described] = {}

    def open(self) -> None:
        """Make the folder and read what is there. Raises `OSError`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for half in self.folder.glob(f"*{_HALF}"):
            half.unlink(missing_ok=True)
        for note in self.folder.glob(f"*{_NOTE}"):
            described = _read(note)
            if described is None or not self._path(described).is_file():
                note.unlink(missing_ok=True)
            else:
                self._held[described.version_id] = described

    def find(self, wanted: Wanted) -> CachedLora | None:
        """What is here for these words; of several versions the newest. It counts as used just now."""
        found = [one for one in self._held.values() if one.kind == wanted.kind and _is_meant(one, wanted)]
        for described in sorted(found, key=lambda one: -one.version_id):
            path = self._path(described)
            try:
                os.utime(path)
            except OSError:  # somebody has removed it
                self._held.pop(described.version_id, None)
                continue
            return CachedLora(path, described)
        return None

    def half(self, described: Described) -> Path:
        """Where a file is written until it is whole."""
        return self.folder / f"{described.stem}{_HALF}"

    def make_room(self, wanted_bytes: int) -> None:
        """Let the least recently used give way. Raises `LoraFailure` where not even that is enough."""
        held = sorted((self._used_at(one), self._size(one), one.version_id) for one in self._held.values())
        total = sum(size for _, size, _ in held)
        for _, size, version_id in held:
            if total + wanted_bytes <= self._most_bytes:
                break
            if self._is_pinned(self._held[version_id]):
                continue
            self._remove(self._held[version_id])
            total -= size
        if total + wanted_bytes > self._most_bytes:
            raise LoraFailure("there is no room for it in the cache", is_final=True)

    def take(self, described: Described) -> CachedLora:
        """The file that was written is whole: it is here from now on. Raises `OSError`."""
        path = self._path(described)
        self.half(described).replace(path)
        note = path.with_name(described.stem + _NOTE)
        note.write_text(json.dumps(dataclasses.asdict(described)))
        self._held[described.version_id] = described
        return CachedLora(path, described)

    def _path(self, described: Described) -> Path:
        return self.folder / f"{described.stem}{_FILE}"

    def _used_at(self, described: Described) -> float:
        with suppress(OSError):
            return self._path(described).stat().st_mtime
        return 0.0

    def _size(self, described: Described) -> int:
        with suppress(OSError):
            return self._path(described).stat().st_size
        return 0

    def _is_pinned(self, described: Described) -> bool:
        return bool({str(described.model_id), str(described.version_id)} & self._pinned)

    def _remove(self, described: Described) -> None:
        log.info("worker.lora_gave_way", name=described.name, version=described.version_id)
        self._held.pop(described.version_id, None)
        with suppress(OSError):
            self._path(described).unlink(missing_ok=True)
            (self.folder / (described.stem + _NOTE)).unlink(missing_ok=True)


def _is_meant(described: Described, wanted: Wanted) -> bool:
    if wanted.is_version:
        return str(described.version_id) == wanted.name
    return str(described.model_id) == wanted.name or described.name.lower() == wanted.name.lower()


def _read(note: Path) -> Described | None:
    """What a note says; None for one that is none of ours."""
    try:
        if note.stat().st_size > MAX_NOTE_BYTES:
            return None
        found: dict[str, Any] = json.loads(note.read_text())
        described = Described(**{**found, "trigger_words": tuple(found["trigger_words"])})
        is_whole = isinstance(described.version_id, int) and isinstance(described.model_id, int)
        return described if is_whole and note.name == described.stem + _NOTE else None
    except (OSError, ValueError, TypeError, KeyError):
        return None
