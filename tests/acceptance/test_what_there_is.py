"""`horde up` serves apps that ask for models of elsewhere, and says what it cannot do."""

from __future__ import annotations

import base64
import io

import pytest
from horde_processes import RunningHorde, wait_until
from PIL import Image

pytestmark = pytest.mark.acceptance

ANONYMOUS = "0000000000"


def test_a_request_for_a_model_of_elsewhere_becomes_a_picture_that_names_its_model(household: RunningHorde) -> None:
    asked = {"prompt": "a red circle", "models": ["SDXL 1.0"], "params": {"steps": 5}}
    status, answer = household.api("generate/async", asked, key=ANONYMOUS)
    assert status == 202, answer
    (warning,) = answer["warnings"]
    assert warning["code"] == "ModelFallback"
    assert warning["message"].startswith("No worker online can serve this with SDXL 1.0: ")

    def finished() -> object:
        return household.api(f"generate/check/{answer['id']}")[1].get("done")  # or, now and then, that we ask too often

    wait_until(finished, 120, "the picture")
    (made,) = household.api(f"generate/status/{answer['id']}")[1]["generations"]
    assert made["img"]
    assert made["model"] in warning["message"]


def test_a_form_that_no_alchemist_does_is_told_at_once(household: RunningHorde) -> None:
    # its own alchemist captions and tags; nobody judges
    target = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(target, "PNG")
    asked = {"source_image": base64.b64encode(target.getvalue()).decode(), "forms": [{"name": "nsfw"}]}
    status, answer = household.api("interrogate/async", asked, key=ANONYMOUS)
    assert status == 202, answer
    assert "can fulfill nsfw." in answer["message"]
    assert "Done now: " in answer["message"]
    household.api(f"interrogate/status/{answer['id']}", method="DELETE")
