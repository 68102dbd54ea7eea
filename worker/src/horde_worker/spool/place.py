"""Where the results of a worker lie."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path


def state_folder() -> Path:
    """What this user's programs remember between their runs: `XDG_STATE_HOME`, or what stands for it."""
    named = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    return Path(named) if named and Path(named).is_absolute() else Path.home() / ".local" / "state"


def spool_folder(worker: str, base: Path | None = None) -> Path:
    """A folder for each worker name, readable where the name is, and never another's."""
    told = re.sub(r"[^A-Za-z0-9_-]+", "-", worker)[:40].strip("-")
    name = f"{told or 'worker'}-{hashlib.sha256(worker.encode()).hexdigest()[:8]}"
    return (base or state_folder() / "openhorde" / "spool") / name
