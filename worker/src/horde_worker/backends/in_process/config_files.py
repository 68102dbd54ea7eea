"""The settings that lie beside a model's weights, as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from horde_worker.backends.events import BackendFailure


def config_in(file: Path, limit_bytes: int) -> dict[str, Any]:
    """What a file says, `limit_bytes` long at most. Raises `BackendFailure` where it is no object of JSON."""
    try:
        if file.stat().st_size > limit_bytes:
            raise BackendFailure(f"{file} is larger than {limit_bytes} bytes")
        read = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise BackendFailure(f"{file} cannot be read: {type(error).__name__}") from error
    if not isinstance(read, dict):
        raise BackendFailure(f"{file} is no object")
    return read
