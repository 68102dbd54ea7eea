"""Published clients, as their users install them, ask for alchemy and do it, against a real horde."""

from __future__ import annotations

import base64
import io
import shutil
from pathlib import Path

import pytest
from clients.client_places import SCRIPTS, node_place, run_client
from horde_processes import RunningHorde, call
from PIL import Image
from scripted_alchemist import scripted_alchemist

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]  # installing takes its time

ANALYSES = {"nsfw": False}
"""What a played alchemist says; captions and tags are the household's own."""

READABLE = {  # the forms whose results a release can read; one it cannot makes the whole status unreadable to it
    "0.18.0": ("caption", "nsfw"),
    "0.33.3": ("caption", "nsfw", "interrogation", "vectorize"),
}


def teal() -> Image.Image:
    """The picture that is worked on."""
    return Image.new("RGB", (64, 48), "teal")


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        image.load()
        return image.size


def release(sdk_python: str) -> str:
    """Of the published SDK."""
    return sdk_python.rpartition("horde_sdk-")[2].partition("/")[0]


def test_the_published_sdk_gets_its_alchemy(household: RunningHorde, sdk_python: str, tmp_path: Path) -> None:
    teal().save(tmp_path / "my_image.webp")
    forms = READABLE[release(sdk_python)]
    with scripted_alchemist(household, f"analyst-{release(sdk_python)}", ANALYSES):
        told = run_client([sdk_python, str(SCRIPTS / "horde_sdk_alchemy.py"), *forms], household, tmp_path)
    analysed = told["analysed"]
    assert (analysed["state"], analysed["nsfw"]) == ("done", [False])
    assert [bool(caption.strip()) for caption in analysed["captions"]] == [True]
    assert [len(tags) > 0 for tags in analysed["tags"]] == ([True] if "interrogation" in forms else [])
    assert [drawing[:5] for drawing in analysed["drawings"]] == (["<svg "] if "vectorize" in forms else [])
    assert [size(tmp_path / name) for name in told["upscaled"]] == [(128, 96)]
    assert told["cancelled"] == ["cancelled"]


def test_the_published_sdk_works_as_an_alchemist(household: RunningHorde, sdk_python: str, tmp_path: Path) -> None:
    name = f"alchemist-{release(sdk_python)}"
    if name.endswith("0.18.0"):
        pytest.skip("0.18.0 takes a result as text only, which every server refuses: the API wants an object")
    owner = household.create_user(name, trusted=True)
    kept = io.BytesIO()
    teal().save(kept, "WEBP")
    forms = [{"name": "nsfw"}, {"name": "GFPGAN"}]
    body = {"source_image": base64.b64encode(kept.getvalue()).decode(), "forms": forms}
    status, asked = household.api("interrogate/async", body, key="0000000000")
    assert status == 202, asked
    command = [sdk_python, str(SCRIPTS / "horde_sdk_alchemist.py"), owner["api_key"], name]
    told = run_client(command, household, tmp_path)
    assert told == {"forms": ["GFPGAN", "nsfw"], "rewards": [1.0, 3.0]}
    _, done = household.api(f"interrogate/status/{asked['id']}")
    assert done["state"] == "done"
    assert done["forms"][0]["result"] == {"nsfw": False}
    fetched, picture = call(done["forms"][1]["result"]["GFPGAN"])
    assert (fetched, Image.open(io.BytesIO(picture)).size) == (200, (64, 48))


def test_the_published_npm_package_does_alchemy_from_both_sides(household: RunningHorde, tmp_path: Path) -> None:
    place = node_place("@zeldafan0225/ai_horde@5.2.0")
    node = shutil.which("node")
    assert node
    teal().save(tmp_path / "my_image.webp")
    owner = household.create_user("npm-alchemist", trusted=True)
    arguments = [f"{household.url}/api/v2", str(place), "my_image.webp", owner["api_key"], "npm-alchemist"]
    told = run_client([node, str(SCRIPTS / "npm_alchemy.cjs"), *arguments], household, tmp_path)
    assert (told["popped"], told["source"], told["reward"]) == ("nsfw", 200, 1)
    assert told["forms"] == [["nsfw", "done"], ["RealESRGAN_x4plus", "done"]]
    assert told["nsfw"] is False
    assert size(tmp_path / "larger.webp") == (256, 192)
    assert told["cancelled"] == ["cancelled"]
    assert told["refusal"] == "RequestNotFound"
