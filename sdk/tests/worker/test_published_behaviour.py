"""Worker programs meet here what they met in the published library, but for what `differences.csv` names.

`published_0_27_0/told.json` is what release 0.27.0 answered: `python -m published_scenarios` in a place of its own.
"""

from __future__ import annotations

import csv
import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from published_scenarios import tell_all

HERE = Path(__file__).parent / "published_0_27_0"
PUBLISHED: dict[str, Any] = json.loads((HERE / "told.json").read_text(encoding="utf-8"))
DIFFERENT = {
    row["scenario"]: row["here"]
    for row in csv.DictReader((HERE / "differences.csv").read_text(encoding="utf-8").splitlines())
}


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    return tell_all()


def agrees(published: Any, ours: Any) -> bool:
    """Whether a program that was written for `published` finds `ours`: an error may be more special and say more."""
    if not isinstance(published, dict) or not isinstance(ours, dict) or published.keys() != ours.keys():
        return bool(published == ours)
    return all(
        published[key][0] in ours[key]
        if key == "kinds"
        else ours[key].startswith(published[key])
        if key == "says"
        else agrees(published[key], ours[key])
        for key in published
    )


def is_named(scenario: str) -> bool:
    return any(fnmatchcase(scenario, pattern) for pattern in DIFFERENT)


def test_scenarios_are_those_that_were_recorded(ours: dict[str, Any]) -> None:
    assert ours.keys() == PUBLISHED.keys()


def test_behaviour_is_the_published_one_but_for_what_is_different_on_purpose(ours: dict[str, Any]) -> None:
    others = {name: (told, ours[name]) for name, told in PUBLISHED.items() if not agrees(told, ours[name])}

    assert {name: told for name, told in others.items() if not is_named(name)} == {}


@pytest.mark.parametrize("pattern", DIFFERENT)
def test_what_is_called_different_is(pattern: str, ours: dict[str, Any]) -> None:
    assert any(not agrees(PUBLISHED[name], ours[name]) for name in PUBLISHED if fnmatchcase(name, pattern))
