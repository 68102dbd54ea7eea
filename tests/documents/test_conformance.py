"""docs/conformance.md names tests that exist, for every rule of docs/api, in rows that a reader can take in."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from api_rules import API, ROOT, citations_in, documents, rules_of

DOCUMENT = ROOT / "docs/conformance.md"
TEXT = DOCUMENT.read_text("utf-8")
NAMED = sorted(set(re.findall(r"`([\w/.-]+\.py)::(\w+)`", TEXT)))
WITHOUT_A_TEST = frozenset({"not built yet"})
LONGEST_LINE = 200


@cache
def every_test_file() -> tuple[Path, ...]:
    """Every file of tests in the repository."""
    folders = ("server/tests", "sdk/tests", "worker/tests", "tests")
    return tuple(path for folder in folders for path in sorted((ROOT / folder).rglob("test_*.py")))


def files_named(suffix: str) -> list[Path]:
    """The files whose path ends so, as the document names them."""
    return [path for path in every_test_file() if path.as_posix().endswith(f"/{suffix}")]


def rows_of(document: str) -> dict[str, str]:
    """What stands beside each rule in the table of a document."""
    table = TEXT.partition(f"[api/{document}](api/{document})\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| (\d+(?:\.\d+)*) \| (.*) \|$", table, re.MULTILINE))


@pytest.mark.parametrize("suffix", sorted({path for path, _ in NAMED}))
def test_every_named_test_exists(suffix: str) -> None:
    """Each `file.py::name` is a test function, or a machine of hypothesis, of the one file that is named so."""
    (file,) = files_named(suffix)
    defined = set(re.findall(r"^\s*(?:async )?(?:def|class) (\w+)", file.read_text("utf-8"), re.MULTILINE))
    assert [name for named, name in NAMED if named == suffix and name not in defined] == []


@pytest.mark.parametrize("document", documents())
def test_every_rule_has_a_row_and_every_row_is_a_rule(document: str) -> None:
    assert list(rows_of(document)) == [number for number in rules_of(document) if "." in number]


@pytest.mark.parametrize("document", documents())
def test_every_row_names_a_test_or_says_why_not(document: str) -> None:
    found = rows_of(document)
    assert [number for number, told in found.items() if "::" not in told and told not in WITHOUT_A_TEST] == []


def test_rules_without_a_test_are_few() -> None:
    told = [told for document in documents() for told in rows_of(document).values()]
    assert len(told) > 350
    assert sum(row in WITHOUT_A_TEST for row in told) <= 1


def test_what_it_cites_exists() -> None:
    cited = list(citations_in(DOCUMENT))
    assert len(cited) > 30
    assert [found for found in cited if found.number not in documents().get(found.document or "", ())] == []


def test_its_lines_can_be_read() -> None:
    assert [line for line in TEXT.splitlines() if len(line) > LONGEST_LINE] == []


def test_every_code_of_the_api_has_a_rule_with_a_row() -> None:
    """basics.md §11 names a rule beside each code; that rule is proven here."""
    table = (API / "basics.md").read_text("utf-8").partition("\n## 11. ")[2]
    rules: list[tuple[str, str]] = []
    for cell in re.findall(r"^\| \d{3} \|.*\| ([^|]+) \|$", table, re.MULTILINE):
        document = "basics.md"
        for named, number in re.findall(r"([\w-]+\.md)|(\d+\.[\d.]*\d)", cell):
            document = named or document
            if number:
                rules.append((document, number))
    assert len(rules) > 90
    assert [rule for rule in rules if "::" not in rows_of(rule[0]).get(rule[1], "")] == []
