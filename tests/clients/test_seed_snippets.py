"""The snippets of the seed's guide, verbatim, with published releases of `horde_sdk`, against our server.

Where a release cannot run a snippet, that is its own doing, and what it says is named here: should it ever succeed, or
fail otherwise, the test fails.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from acceptance import seed_documents
from horde_processes import RunningHorde
from PIL import Image, ImageDraw

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]  # installing takes its time

SNIPPETS: dict[str, Callable[[], str]] = {
    "image": seed_documents.image_snippet,
    "async-image": seed_documents.async_image_snippet,
    "manual": seed_documents.manual_snippet,
    "dry-run": seed_documents.dry_run_snippet,
    "text": seed_documents.text_snippet,
    "alchemy": seed_documents.alchemy_snippet,
    "session": seed_documents.session_snippet,
}

OWN_DEFECTS = {
    # The guide is of 0.27: modules and an argument that 0.18 does not have yet.
    ("0.18.0", "image"): "No module named 'horde_sdk.generation_parameters'",
    ("0.18.0", "manual"): "got an unexpected keyword argument 'gen_id'",
    ("0.18.0", "alchemy"): "No module named 'horde_sdk.generation_parameters'",
}

SAVED = {"image": 1, "async-image": 2, "manual": 1, "alchemy": 2}  # my_image.webp is one of the last


@pytest.mark.parametrize("name", SNIPPETS)
def test_snippet_with_a_published_release(household: RunningHorde, sdk_python: str, tmp_path: Path, name: str) -> None:
    release = sdk_python.rpartition("horde_sdk-")[2].partition("/")[0]
    if name == "alchemy":
        picture = Image.new("RGB", (64, 48), "white")
        ImageDraw.Draw(picture).rectangle((19, 11, 45, 37), "#dc2828")
        picture.save(tmp_path / "my_image.webp")
    done = seed_documents.run_snippet(SNIPPETS[name](), household, tmp_path, sdk_python)
    said = done.stdout + done.stderr
    if (release, name) in OWN_DEFECTS:
        assert done.returncode != 0
        assert OWN_DEFECTS[release, name] in said
        return
    assert done.returncode == 0, said
    assert len(list(tmp_path.glob("*.webp"))) == SAVED.get(name, 0)
    if name == "alchemy":
        assert "Caption: a red square on a white background" in done.stdout
