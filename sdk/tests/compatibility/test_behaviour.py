"""`behaviour.csv` tells users what works differently: each row names the test that proves it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent

with (FOLDER / "behaviour.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))


@pytest.mark.parametrize("path", sorted({row["file"] for row in ROWS}))
def test_every_named_test_exists(path: str) -> None:
    source = (FOLDER.parent / path).read_text("utf-8")
    defined = set(re.findall(r"^(?:async )?def (test_\w+)", source, re.MULTILINE))

    assert [row["test"] for row in ROWS if row["file"] == path and row["test"] not in defined] == []


def test_every_known_defect_is_answered() -> None:
    answered = {number for row in ROWS for number in re.findall(r"\d+", row["defect"])}

    assert answered == {str(number) for number in range(1, 19)}
