"""Published clients, as their users install them, complete image jobs against a real horde."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from clients.client_places import SCRIPTS, node_place, run_client
from horde_processes import RunningHorde, wait_until
from PIL import Image

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]  # installing takes its time


def sizes(folder: Path, names: list[str]) -> list[tuple[int, int]]:
    found = []
    for name in names:
        with Image.open(folder / name) as image:
            image.load()
            found.append(image.size)
    return found


def test_the_published_sdk_gets_its_pictures(household: RunningHorde, sdk_python: str, tmp_path: Path) -> None:
    told = run_client([sdk_python, str(SCRIPTS / "horde_sdk_requestor.py")], household, tmp_path)
    assert sizes(tmp_path, told["sync"]) == [(512, 512)]
    assert sizes(tmp_path, told["async"]) == [(512, 512)] * 2
    assert told["dry_run_kudos"] > 0
    assert told["heartbeat"] == "OK"
    assert "Deliberate" in told["models"]
    assert "household-demo" in told["workers"]
    assert told["worker"] == "household-demo"
    assert told["user"] == "Anonymous#0"
    assert told["image_workers"] >= 1


def test_the_published_sdk_works_as_a_worker(household: RunningHorde, sdk_python: str, tmp_path: Path) -> None:
    name = f"smith-{sdk_python.rpartition('horde_sdk-')[2].partition('/')[0]}"
    owner = household.create_user(name, trusted=True)
    body = {"prompt": "a teal square", "models": ["Dreamshaper"], "params": {"width": 256, "height": 192, "steps": 5}}
    status, asked = household.api("generate/async", body, key="0000000000")
    assert status == 202, asked
    command = [sdk_python, str(SCRIPTS / "horde_sdk_worker.py"), owner["api_key"], name, "Dreamshaper"]
    told = run_client(command, household, tmp_path)
    assert told["prompt"] == "a teal square"
    assert told["reward"] > 0
    _, done = household.api(f"generate/status/{asked['id']}")
    assert done["done"] is True
    assert [(each["worker_name"], each["seed"]) for each in done["generations"]] == [(name, "7")]


@pytest.mark.parametrize("sdk_python", ["0.33.3"], indirect=True)  # the older one knows no styles
def test_the_published_sdk_makes_and_uses_styles(household: RunningHorde, sdk_python: str, tmp_path: Path) -> None:
    owner = household.create_user("painter", trusted=True)
    told = run_client([sdk_python, str(SCRIPTS / "horde_sdk_styles.py"), owner["api_key"]], household, tmp_path)
    assert told["same"]
    assert (told["prompt"], told["tags"], told["steps"]) == ("{p}, in oil###{np}, photograph", ["paint"], 8)
    assert told["examples"] == [["https://example.org/1.webp", True]]
    assert told["listed"] == ["published oil"]
    assert told["text"] == "A poem about {p}:"
    assert told["collection"] == [f"{owner['alias']}::style::published oil"]
    assert told["collections"] == ["published paints"]
    wait_until(lambda: household.api(f"generate/check/{told['asked']}")[1]["done"], 60, "the styled picture is made")
    _, done = household.api(f"generate/status/{told['asked']}")
    assert [each["model"] for each in done["generations"]] == ["Deliberate"]


def test_the_published_npm_package_gets_its_picture(household: RunningHorde, tmp_path: Path) -> None:
    place = node_place("@zeldafan0225/ai_horde@5.2.0")
    node = shutil.which("node")
    assert node
    script = str(SCRIPTS / "npm_requestor.cjs")
    told = run_client([node, script, f"{household.url}/api/v2", str(place), "picture.webp"], household, tmp_path)
    assert told["generations"] == 1
    assert sizes(tmp_path, ["picture.webp"]) == [(512, 512)]
    assert told["heartbeat"] is True
    assert "Deliberate" in told["models"]
    assert "household-demo" in told["workers"]
    assert told["me"] == "Anonymous#0"
    assert told["cancelled"] is False
    assert told["refusal"] == "RequestNotFound"
