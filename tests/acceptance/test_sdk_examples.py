"""The examples of the SDK's documents run as they stand against `horde up`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from horde_processes import RunningHorde

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).resolve().parents[2]
ONE_PROGRAM = {"generations.md"}
"""Pages whose examples go on from one to the next and need no horde; `sdk/tests/worker` runs them."""
PAGES = [
    ROOT / "sdk" / "README.md",
    *sorted(page for page in (ROOT / "docs" / "sdk").rglob("*.md") if page.name not in ONE_PROGRAM),
]
RUN_LIMIT_S = 120


def examples_of(page: Path) -> list[str]:
    """The blocks of Python in a page."""
    return re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


EXAMPLES = {
    f"{page.relative_to(ROOT)}#{number}": code
    for page in PAGES
    for number, code in enumerate(examples_of(page), start=1)
}


@pytest.mark.parametrize("code", EXAMPLES.values(), ids=EXAMPLES)
def test_example_runs(household: RunningHorde, tmp_path: Path, code: str) -> None:
    owner = household.create_user(f"example-{abs(hash(code)) % 10**9}")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code.replace("http://127.0.0.1:7001", household.url)],
        cwd=tmp_path,
        env={**os.environ, "AI_HORDE_URL": f"{household.url}/api/", "WORKER_KEY": owner["api_key"]},
        capture_output=True,
        text=True,
        timeout=RUN_LIMIT_S,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 12
