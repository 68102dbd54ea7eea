"""With `TESTS_ONGOING` set at import, fields that are not known are errors; without, they are kept (sdk.md 2.3, 7)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from horde_sdk.ai_horde_api.apimodels import TeamDetails

PROBE = """
from pydantic import ValidationError
from horde_sdk.ai_horde_api.apimodels import TeamDetails
try:
    TeamDetails.model_validate({"name": "t", "brand_new": 1})
except ValidationError as problem:
    print(problem.errors()[0]["type"])
"""


def test_tests_hear_of_unknown_fields() -> None:
    strict = {**os.environ, "TESTS_ONGOING": "1"}
    done = subprocess.run([sys.executable, "-c", PROBE], env=strict, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "extra_forbidden"


def test_programs_keep_unknown_fields() -> None:
    team = TeamDetails.model_validate({"name": "t", "brand_new": 1})

    assert team.model_extra == {"brand_new": 1}
    assert team.model_dump()["brand_new"] == 1


@pytest.mark.parametrize("spelling", ["id", "id_"])
def test_both_spellings_of_a_name_are_taken(spelling: str) -> None:
    team = TeamDetails.model_validate({spelling: "00000000-0000-0000-0000-000000000000"})

    assert str(team.id_) == "00000000-0000-0000-0000-000000000000"
