"""The user's own documents: takes the code out of them as it stands, so that tests run it verbatim.

They lie beside the repository (`../shared/seeds`, or the folder named by `OPENHORDE_SEEDS`); where there are none the
tests that need them skip and say so.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def seed_folder() -> Path:
    """Where the documents are; skips the calling test where there are none."""
    named = os.environ.get("OPENHORDE_SEEDS")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "seeds"
    if not folder.is_dir() or not any(folder.glob("*.txt")):
        pytest.skip(f"no seed documents: {folder} is missing (set OPENHORDE_SEEDS to their folder)")
    return folder


def document_with(marker: str) -> str:
    """The text of the one document that contains `marker`."""
    found = [text for path in sorted(seed_folder().glob("*.txt")) if marker in (text := path.read_text())]
    assert len(found) == 1, f"{len(found)} seed documents contain {marker!r}"
    return found[0]


def code_after(document: str, heading: str, *, until: str) -> str:
    """The code under `heading` (a line of its own): from its first import to the line that starts with `until`."""
    lines = document.splitlines()
    begin = lines.index(heading) + 1
    first = next(i for i in range(begin, len(lines)) if lines[i].startswith(("import ", "from ")))
    last = next(i for i in range(first, len(lines)) if lines[i].startswith(until))
    return "\n".join(lines[first:last]).rstrip() + "\n"
