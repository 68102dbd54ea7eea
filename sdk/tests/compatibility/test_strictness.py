"""With `TESTS_ONGOING` set at import, fields that are not known are errors; without, they are kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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


EVERY_MODULE = """
import importlib, pkgutil
for name in ("horde_sdk.ai_horde_api", "horde_sdk.generic_api", "horde_sdk.ratings_api"):
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, f"{name}."):
        importlib.import_module(module.name)
"""
EVERY_SAMPLE = """
from request_table import REQUESTS, operation_of, the_class
from wire_samples import SHAPES, answers_of
for row in REQUESTS:
    if operation_of(row) in SHAPES["operations"]:
        kinds = the_class(row).get_success_status_response_pairs()
        for status, answer in answers_of(operation_of(row)).items():
            if answer is not None and status in kinds:
                kinds[status].model_validate(answer)
                print(row["request"])
"""


def strictly(program: str) -> list[str]:
    """The lines that a program prints where tests are going on."""
    environment = {**os.environ, "TESTS_ONGOING": "1", "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_tests_hear_of_unknown_fields() -> None:
    assert strictly(PROBE) == ["extra_forbidden"]


def test_every_module_can_be_imported_by_walking() -> None:
    assert strictly(EVERY_MODULE) == []


def test_tests_find_every_documented_answer_known() -> None:
    assert len(strictly(EVERY_SAMPLE)) > 80


def test_programs_keep_unknown_fields() -> None:
    team = TeamDetails.model_validate({"name": "t", "brand_new": 1})

    assert team.model_extra == {"brand_new": 1}
    assert team.model_dump()["brand_new"] == 1


@pytest.mark.parametrize("spelling", ["id", "id_"])
def test_both_spellings_of_a_name_are_taken(spelling: str) -> None:
    team = TeamDetails.model_validate({spelling: "00000000-0000-0000-0000-000000000000"})

    assert str(team.id_) == "00000000-0000-0000-0000-000000000000"
