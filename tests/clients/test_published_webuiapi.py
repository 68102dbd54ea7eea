"""The published client of AUTOMATIC1111's API, on a real horde with demo workers (docs/gateway/clients.md)."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from clients.client_places import SCRIPTS, python_place, run_client
from horde_processes import RunningHorde, wait_until

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]

PAINTER = "ember-demo"
ABSENT = "Deliberate"
"""In the catalogue; nobody serves it."""


def test_the_published_python_package_draws_and_looks_and_interrupts(talkers: RunningHorde, tmp_path: Path) -> None:
    python = python_place("webuiapi==0.9.17", sys.executable)
    wait_until(lambda: "Ctrl-C stops everything" in talkers.log(), 120, "the first picture")
    key = talkers.create_user("webuiapi", trusted=True)["api_key"]
    port = str(urlsplit(talkers.url).port)
    told = run_client([str(python), str(SCRIPTS / "webuiapi_calls.py"), port, key, PAINTER, ABSENT], talkers, tmp_path)
    assert told["scripts"] == {"txt2img": [], "img2img": []}
    assert PAINTER in told["models"] and "Euler a" in told["samplers"]
    assert (told["chosen"], told["others_choice"]) == (PAINTER, PAINTER)
    assert told["sizes"] == [[64, 64], [64, 64]] and len(set(told["seeds"])) == 2
    assert told["asked"] == [8, "a red circle on a blue background"]
    assert "Steps: 8" in told["written"] and "Seed: 7" in told["written"] and "blurry" in told["written"]
    assert (told["img2img"], told["upscaled"]) == ([64, 64], [128, 128])
    assert told["caption"].strip()
    assert told["jobs"] == [1, 0]
    assert told["interrupted"] == [[]]
    assert told["idle"] == 0
    assert told["wrong_key"][0] == 401
    assert told["unknown_model"][0] == 404 and PAINTER in told["unknown_model"][1]
    assert told["too_wide"][0] == 400
