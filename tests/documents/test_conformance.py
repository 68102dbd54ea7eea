"""docs/conformance.md names tests that exist, for every rule, and every refusal that requests and jobs can get."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/conformance.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`([\w/.-]+\.py)::(\w+)`", DOCUMENT)))
CONTRACT_TESTS = ROOT / "server/tests/contract"


def file_of(path: str) -> Path:
    """A test file as the document names it."""
    is_from_the_root = path.startswith(("server/", "tests/", "sdk/", "worker/"))
    return ROOT / path if is_from_the_root else CONTRACT_TESTS / path


@pytest.mark.parametrize("path", sorted({path for path, _ in NAMED}))
def test_every_named_test_exists(path: str) -> None:
    """Each `file.py::name` is a test function, or a machine of hypothesis, of that file."""
    source = file_of(path).read_text("utf-8")
    defined = set(re.findall(r"^\s*(?:async )?(?:def|class) (\w+)", source, re.MULTILINE))
    assert [name for named, name in NAMED if named == path and name not in defined] == []


def test_every_rule_of_the_checklist_has_a_row() -> None:
    """generation.md §9 has 25."""
    checklist = DOCUMENT.partition("## The checklist (§9)")[2].partition("\n## ")[0]
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", checklist, re.MULTILINE)] == list(range(1, 26))


def test_every_row_names_a_test_or_says_why_not() -> None:
    """No row is empty: it names tests or a table that does, is left to later, dropped, or cannot be reached."""
    heads = ("| #", "| §", "| HTTP")
    rows = [row for row in DOCUMENT.splitlines() if row.startswith("| ") and not row.startswith(heads)]
    excused = ("later", "refusals", "unreachable", "dropped", "no cap yet", "](#")
    assert [row for row in rows if "::" not in row and not any(word in row for word in excused)] == []


def test_every_refusal_of_requests_and_jobs_is_listed() -> None:
    """Every `rc` in the code of requests and of dispatch stands in the table of return codes."""
    listed = set(re.findall(r"`([A-Z]\w+\.?)`", DOCUMENT.partition("## Return codes (§6)")[2]))
    sent: set[str] = set()
    for folder in ("requests", "dispatch", "moderation"):
        for file in (ROOT / "server/src/horde_server" / folder).rglob("*.py"):
            sent.update(
                re.findall(r'^    (?:status, )?rc = (?:\d+, )?"(\w+\.?)"', file.read_text("utf-8"), re.MULTILINE)
            )
    assert len(sent) > 40
    assert sorted(sent - listed) == []
