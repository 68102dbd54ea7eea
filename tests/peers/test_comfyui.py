"""A request through a real horde and `horde work` to a real ComfyUI and back: `make test-comfyui COMFYUI_URL=…`.

It has the reduced weights of worker/tests/played_comfyui/weights.py.
"""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from horde_processes import RunningHorde, RunningProcess, start, start_horde, wait_until
from PIL import Image
from played_comfyui.weights import CHECKPOINT, INPAINTING_CHECKPOINT

from horde_worker.backends.comfyui.file_names import stem
from horde_worker.backends.comfyui_backend import DEFAULT_URL

COMFYUI_URL = os.environ.get("COMFYUI_URL", "")
LIMIT_S = 170.0

pytestmark = [
    pytest.mark.skipif(COMFYUI_URL != DEFAULT_URL, reason=f"the command asks a ComfyUI at {DEFAULT_URL}"),
]


@pytest.fixture(scope="module")
def horde(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHorde]:
    running = start_horde("serve", tmp_path_factory.mktemp("horde"), HORDE_RATE_LIMITS="0")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def owner(horde: RunningHorde) -> dict[str, Any]:
    """He may serve models that the horde does not know, as the reduced ones."""
    return horde.create_user("owner", trusted=True, customizer=True)


@pytest.fixture(scope="module")
def worker(
    horde: RunningHorde, owner: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningProcess]:
    """`horde work` with nothing but the backend's name: it finds the ComfyUI where those usually are."""
    arguments = ["work", "--horde", horde.url, "--apikey", owner["api_key"], "--name", "comfy", "--backend", "comfyui"]
    running = start(arguments, tmp_path_factory.mktemp("worker"))
    try:
        wait_until(lambda: horde.api("workers")[1] or running.process.poll() is not None, 60, "the worker pops")
        assert running.process.poll() is None, running.log()
        yield running
    finally:
        running.stop()


def made(horde: RunningHorde, worker: RunningProcess, request: dict[str, Any]) -> list[dict[str, Any]]:
    """The generations of a request."""
    status, answer = horde.api("generate/async", {"r2": False, **request}, key="0000000000")
    assert status == 202, answer
    assert answer.get("message") is None, answer

    def is_done() -> bool:
        assert worker.process.poll() is None, worker.log()
        found = horde.api(f"generate/check/{answer['id']}")[1]
        assert not found["faulted"], worker.log()
        return bool(found["done"])

    wait_until(is_done, LIMIT_S, f"{request} by {worker.log()}")
    generations: list[dict[str, Any]] = horde.api(f"generate/status/{answer['id']}")[1]["generations"]
    return generations


def picture(generation: dict[str, Any]) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(generation["img"])))


def inline(image: Image.Image) -> str:
    written = io.BytesIO()
    image.save(written, "WEBP", lossless=True)
    return base64.b64encode(written.getvalue()).decode()


def test_pictures_of_a_request_come_back_and_earn_kudos(
    horde: RunningHorde, worker: RunningProcess, owner: dict[str, Any]
) -> None:
    """Handed out one by one, so each has the seed of the request."""
    before = horde.api("find_user", key=owner["api_key"])[1]["kudos"]
    found = made(
        horde,
        worker,
        {
            "prompt": "a red boat ### blurry",
            "models": [stem(CHECKPOINT)],
            "params": {"n": 2, "width": 64, "height": 128, "steps": 3, "seed": "7", "sampler_name": "k_dpmpp_2m"},
        },
    )
    assert [one["seed"] for one in found] == ["7", "7"]
    assert [picture(one).size for one in found] == [(64, 128)] * 2
    assert {(one["model"], one["worker_name"], one["state"]) for one in found} == {(stem(CHECKPOINT), "comfy", "ok")}
    assert horde.api("find_user", key=owner["api_key"])[1]["kudos"] > before


@pytest.mark.parametrize("file", [CHECKPOINT, INPAINTING_CHECKPOINT])
def test_what_a_mask_does_not_cover_comes_back(horde: RunningHorde, worker: RunningProcess, file: str) -> None:
    """Inpainting, with the picture and its mask inside the request; then enlarged."""
    mask = Image.new("L", (128, 128))
    mask.paste(255, (64, 0, 128, 128))
    found = made(
        horde,
        worker,
        {
            "prompt": "a red boat",
            "models": [stem(file)],
            "source_image": inline(Image.new("RGB", (128, 128), "blue")),
            "source_mask": inline(mask.convert("RGB")),
            "source_processing": "inpainting",
            "params": {"width": 128, "height": 128, "steps": 3, "denoising_strength": 1.0},
        },
    )
    pixels = np.asarray(picture(found[0]).convert("RGB"), float)
    assert np.abs(pixels[:, :48] - (0, 0, 255)).mean() < 20
    assert np.abs(pixels[:, 80:] - (0, 0, 255)).mean() > 40
    assert not [one for one in found[0]["gen_metadata"] if one["value"] in ("parse_failed", "download_failed")]


def test_a_picture_comes_back_enlarged(horde: RunningHorde, worker: RunningProcess) -> None:
    """By the ComfyUI's own upscaler."""
    found = made(
        horde,
        worker,
        {
            "prompt": "a red boat",
            "models": [stem(CHECKPOINT)],
            "params": {"width": 64, "height": 64, "steps": 2, "post_processing": ["RealESRGAN_x4plus"]},
        },
    )
    assert picture(found[0]).size == (256, 256)
