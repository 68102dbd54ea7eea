"""The user's own documents: takes the code out of them as it stands, so that tests run it verbatim.

They lie beside the repository (`../shared/seeds`, or the folder named by `OPENHORDE_SEEDS`); where there are none the
tests that need them skip and say so.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from horde_processes import RunningHorde

SDK_GUIDE = "AIHordeAPISimpleClient"
RUN_LIMIT_S = 120

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


def _of_the_guide(heading: str, until: str, after: str = "", before: str = "") -> str:
    return before + code_after(document_with(SDK_GUIDE), heading, until=until) + after


def image_snippet() -> str:
    """The first snippet of the guide."""
    return _of_the_guide("Simple Client (Sync)", "Note")


def async_image_snippet() -> str:
    """The document defines the coroutine and leaves running it to the reader."""
    return _of_the_guide("Simple Client (Async)", "Manual Client", "\nimport asyncio\nasyncio.run(generate_image())\n")


def manual_snippet() -> str:
    """Submit, poll and fetch by hand."""
    return _of_the_guide("Manual Client", "Warning")


def dry_run_snippet() -> str:
    """What would it cost?"""
    return _of_the_guide("Dry Runs", "Text Generation")


def text_snippet() -> str:
    """A text."""
    return _of_the_guide("Text Generation", "Alchemy")


def alchemy_snippet() -> str:
    """The document defines the coroutine and leaves running it to the reader."""
    return _of_the_guide(
        "Alchemy (Image Post-Processing)", "Request and Response Types", "\nasyncio.run(alchemy_example())\n"
    )


def session_snippet() -> str:
    """The document leaves the request to the reader, and what happens with the response."""
    request = (
        "from horde_sdk.ai_horde_api.apimodels import ImageGenerateAsyncRequest\n"
        'my_request = ImageGenerateAsyncRequest(prompt="A cat in a hat", models=["Deliberate"])\n'
    )
    return _of_the_guide("Important note about manual clients", "Typing", "\nprint(response.id_)\n", request)


def run_snippet(
    code: str, horde: RunningHorde, folder: Path, python: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    """Run a snippet in a fresh interpreter, in an empty folder, with the SDK pointed at our horde."""
    script = folder / "snippet.py"
    script.write_text(code)
    return subprocess.run(
        [python, str(script)],
        cwd=folder,
        env={**os.environ, "AI_HORDE_URL": f"{horde.url}/api/"},
        capture_output=True,
        text=True,
        timeout=RUN_LIMIT_S,
        check=False,
    )
