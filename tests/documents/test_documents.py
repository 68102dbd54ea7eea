"""The documents say what is so: generated ones are fresh, links lead somewhere, files they name are there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for path in [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *(ROOT / name / "README.md" for name in ("sdk", "server", "worker", "models", "release/openhorde")),
        *ROOT.glob(".github/**/*.md"),
    ]
)


def test_generated_documents_are_fresh() -> None:
    """`make docs` was run after the last change of a setting or a command."""
    run = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link names a file or a folder of the repository."""
    for target in re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_named_in_documents_exist(document: Path) -> None:
    """A path in backquotes that looks like one of ours is one."""
    for named in re.findall(
        r"`((?:sdk|server|worker|models|release|tests|docs|bench|requirements)/[\w./-]+\.(?:py|md|sql|lock|npz))`",
        document.read_text("utf-8"),
    ):
        assert (ROOT / named).exists(), f"{document.name} names {named}"
