"""Files of LoRAs and textual inversions in folders of the owner's, found by the names that jobs have for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from horde_worker.backends.in_process.weight_files import MAX_HEADER_BYTES, SUFFIX

MOST_FILES: Final = 10_000
_TRIGGERS: Final = "modelspec.trigger_phrase"
"""Where files of today's trainers say their words, separated by commas."""


@dataclass(frozen=True, slots=True)
class AdditionFolder:
    """A folder; a name stands for `<name>.safetensors` in it, whatever its case. Looked into for every job."""

    path: Path | None

    def file(self, name: str) -> Path | None:
        """The file of a name. Only what lies in the folder is found: names come from strangers, and are no paths."""
        return self._files().get(name.strip().lower())

    def _files(self) -> Mapping[str, Path]:
        if self.path is None:
            return {}
        found: dict[str, Path] = {}
        try:
            for one in self.path.iterdir():
                if one.suffix == SUFFIX and len(found) < MOST_FILES:
                    found.setdefault(one.stem.lower(), one)
        except OSError:  # the folder is on a disk that is away, say: nothing is found
            return {}
        return found


def trained_words(file: Path) -> tuple[str, ...]:
    """The words that a LoRA was trained with, as its file says them."""
    try:
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            if not 2 <= length <= MAX_HEADER_BYTES:
                return ()
            said = json.loads(opened.read(length)).get("__metadata__", {}).get(_TRIGGERS, "")
    except (OSError, ValueError, AttributeError, RecursionError):
        return ()
    return tuple(word.strip() for word in said.split(",") if word.strip()) if isinstance(said, str) else ()
