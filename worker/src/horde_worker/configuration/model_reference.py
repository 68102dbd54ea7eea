"""A file with what is known of picture models: the form in which hordes publish it, records by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from horde_worker.model_choice import ModelFacts

MAX_BYTES: Final = 32 * 1024 * 1024
MAX_MODELS: Final = 20_000


class UnreadableReference(ValueError):
    """The file is no such reference; the text says why."""


def read_reference(path: Path) -> Mapping[str, ModelFacts]:
    """What it says. Raises `UnreadableReference`."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        found = json.loads(raw) if len(raw) <= MAX_BYTES else None
    except OSError as error:
        raise UnreadableReference(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or len(found) > MAX_MODELS:
        raise UnreadableReference(f"{path} is no reference of models: records by name, in JSON")
    return {name: _facts(record) for name, record in found.items() if isinstance(record, dict)}


def _facts(record: Mapping[str, Any]) -> ModelFacts:
    baseline = record.get("baseline")
    words = "_".join(baseline.lower().split()) if isinstance(baseline, str) else ""
    return ModelFacts(
        words or ModelFacts().baseline,
        is_nsfw=record.get("nsfw") is True,
        is_inpainting=record.get("inpainting") is True,
    )
