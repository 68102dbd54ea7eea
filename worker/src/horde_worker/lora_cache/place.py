"""Where files lie: where a backend looks for them, so that what is fetched needs no copy."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from horde_worker.backends.interface import BackendSettings
from horde_worker.lora_cache.additions import LORA, TI
from horde_worker.settings import LoraCacheSettings

_OPTIONS: Final = {LORA: ("loras_folder", "loras"), TI: ("embeddings_folder", "inversions")}
"""What backends call the option that names their folder."""


def folders_for(settings: LoraCacheSettings, backends: Iterable[BackendSettings]) -> dict[str, Path]:
    """A folder for each kind of addition: the owner's choice, that of the first backend with one, or the user's."""
    kept = list(backends)
    chosen = {LORA: settings.folder, TI: settings.ti_folder}
    return {kind: chosen[kind] or _of_a_backend(kind, kept) or _of_the_user() / kind for kind in (LORA, TI)}


def _of_a_backend(kind: str, backends: Iterable[BackendSettings]) -> Path | None:
    for one in backends:
        for name in _OPTIONS[kind]:
            value = one.options.get(name)
            if isinstance(value, str | Path) and str(value):
                return Path(value).expanduser()
    return None


def _of_the_user() -> Path:
    named = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    base = Path(named) if named and Path(named).is_absolute() else Path.home() / ".cache"
    return base / "openhorde"
