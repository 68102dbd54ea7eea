"""OpenAI's images: generations, edits, variations (gateway.md §2.4)."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Awaitable
from typing import Any

import httpx
import pytest
from hordes import Horde
from PIL import Image

GENERATIONS, EDITS, VARIATIONS = "/v1/images/generations", "/v1/images/edits", "/v1/images/variations"
MODEL = "Deliberate"
CAN = ["img2img", "inpainting", "karras", "r2", "r2_source", "clip_skip", "tiling", "post-processing", "hires_fix"]


def opened(b64: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(b64)))


def picture(mode: str = "RGB", color: Any = "teal", size: tuple[int, int] = (96, 64)) -> bytes:
    target = io.BytesIO()
    Image.new(mode, size, color).save(target, "PNG")
    return target.getvalue()


async def painter(horde: Horde, width: int = 512, height: int = 512, **offer: Any) -> dict[str, Any]:
    """A worker that does the next job; the job."""
    key = (await horde.account("painter", trusted=True)).api_key
    offer = {"models": [MODEL], "max_pixels": 4_194_304, "capabilities": CAN, **offer}

    async def job() -> Any:
        found = await horde.pop(key, "painter", **offer)
        return found if found["id"] else None

    found = await horde.until(job, "there is a job")
    made = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(made, "WEBP")
    for each in found["ids"]:
        await horde.submit(key, each, generation=base64.b64encode(made.getvalue()).decode())
    return dict(found)


async def online(horde: Horde) -> None:
    key = (await horde.account("there", trusted=True)).api_key
    await horde.pop(key, "there", models=[MODEL], max_pixels=4_194_304)


async def answered(
    horde: Horde, asking: Awaitable[httpx.Response], width: int = 512, height: int = 512
) -> tuple[dict[str, Any], dict[str, Any]]:
    answer, job = await asyncio.gather(asking, painter(horde, width, height))
    assert answer.status_code == 200, answer.text
    return answer.json(), job


async def test_a_picture_comes_as_png_unless_told_otherwise(horde: Horde) -> None:
    await online(horde)
    told, job = await answered(horde, horde.client.post(GENERATIONS, json={"model": MODEL, "prompt": "a lighthouse"}))
    [datum] = told["data"]
    made = opened(datum["b64_json"])
    assert (made.format, made.size) == ("PNG", (512, 512))
    assert datum["revised_prompt"] is None and datum["horde"]["censored"] is False
    assert (told["output_format"], told["quality"], told["background"]) == ("png", "medium", "opaque")
    assert "size" not in told  # programs know no such
    assert told["horde"]["worker"]["name"] == "painter"
    assert job["payload"]["prompt"] == "a lighthouse"
    assert job["payload"]["ddim_steps"] == 25


async def test_size_quality_and_format_are_as_wished_for(horde: Horde) -> None:
    await online(horde)
    asking = horde.client.post(
        GENERATIONS,
        json={
            "model": MODEL, "prompt": "p", "negative_prompt": "n", "size": "500x700", "quality": "low",
            "output_format": "jpeg", "output_compression": 40, "n": 1, "user": "somebody", "style": "vivid",
            "seed": 7, "horde": {"slow_workers": True},
        },
    )  # fmt: skip
    told, job = await answered(horde, asking, 512, 704)
    made = opened(told["data"][0]["b64_json"])
    assert (made.format, made.size) == ("JPEG", (500, 700))
    payload = job["payload"]
    assert (payload["width"], payload["height"], payload["ddim_steps"]) == (512, 704, 12)
    assert payload["prompt"] == "p###n" and payload["seed"] == "7"


async def test_a_link_leads_to_the_picture(horde: Horde) -> None:
    await online(horde)
    asking = horde.client.post(GENERATIONS, json={"model": MODEL, "prompt": "p", "response_format": "url"})
    told, _ = await answered(horde, asking)
    url = told["data"][0]["url"]
    assert url.startswith("http://horde.test/") and "b64_json" not in told["data"][0]
    fetched = await horde.client.get(url, headers={"Authorization": "Bearer whatever"})
    assert Image.open(io.BytesIO(fetched.content)).format == "WEBP"


async def test_a_stream_ends_with_the_picture(horde: Horde) -> None:
    await online(horde)
    asking = horde.client.post(
        GENERATIONS, json={"model": MODEL, "prompt": "p", "stream": True, "partial_images": 2, "size": "512x512"}
    )
    answer, _ = await asyncio.gather(asking, painter(horde))
    assert answer.headers["content-type"].startswith("text/event-stream")
    name, data = [line for line in answer.text.split("\n") if line and not line.startswith(":")][-2:]
    told = json.loads(data.removeprefix("data: "))
    assert name == "event: image_generation.completed" and told["type"] == "image_generation.completed"
    for key in ("b64_json", "created_at", "size", "quality", "background", "output_format", "usage"):
        assert key in told
    assert opened(told["b64_json"]).size == (512, 512)


async def test_an_edit_repaints_what_its_mask_lets_through(horde: Horde) -> None:
    await online(horde)
    mask = Image.new("RGBA", (96, 64), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (0, 0, 48, 64))
    sent = io.BytesIO()
    mask.save(sent, "PNG")
    asking = horde.client.post(
        EDITS,
        data={"prompt": "a hat", "model": MODEL, "n": "1"},
        files={"image": ("a.png", picture(), "image/png"), "mask": ("m", sent.getvalue(), "application/octet-stream")},
    )
    told, job = await answered(horde, asking, 640, 448)
    assert job["source_processing"] == "inpainting"
    painted = await horde.client.get(job["source_mask"]) if job["source_mask"].startswith("http") else None
    data = painted.content if painted is not None else base64.b64decode(job["source_mask"])
    shown = Image.open(io.BytesIO(data)).convert("L")
    pixels = shown.tobytes()
    assert pixels[4 * shown.width + 4] > 250 and pixels[60 * shown.width + 90] < 5
    assert opened(told["data"][0]["b64_json"]).format == "PNG"


async def test_an_edit_without_a_mask_is_another_of_the_picture(horde: Horde) -> None:
    await online(horde)
    body = {
        "prompt": "a hat", "model": MODEL, "images": [{"image_url": f"data:image/png;base64,{_b64(picture())}"}],
        "input_fidelity": "high",
    }  # fmt: skip
    _, job = await answered(horde, horde.client.post(EDITS, json=body), 640, 448)
    assert job["source_processing"] == "img2img"
    assert job["payload"]["denoising_strength"] == 0.4


async def test_a_transparent_picture_is_its_own_mask(horde: Horde) -> None:
    await online(horde)
    asking = horde.client.post(
        EDITS,
        data={"prompt": "a hat", "model": MODEL},
        files=[("image[]", ("a.png", picture("RGBA", (0, 90, 90, 0)), "image/png"))],
    )
    _, job = await answered(horde, asking, 640, 448)
    assert job["source_processing"] == "inpainting"


async def test_a_variation_needs_neither_prompt_nor_model(horde: Horde) -> None:
    await online(horde)
    asking = horde.client.post(VARIATIONS, files={"image": ("a.png", picture(), "image/png")})
    _, job = await answered(horde, asking, 640, 448)
    assert job["payload"]["prompt"] == "a variation of the picture"
    assert job["payload"]["denoising_strength"] == 0.55


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_parameter", "prompt"),
        ({"prompt": "p", "size": "large"}, "invalid_value", "size"),
        ({"prompt": "p", "size": "9999x9999"}, "invalid_value", "size"),
        ({"prompt": "p", "n": 21}, "invalid_value", "n"),
        ({"prompt": "p", "n": 2, "stream": True}, "invalid_value", "n"),
        ({"prompt": "p", "quality": "best"}, "invalid_value", "quality"),
        ({"prompt": "p", "output_format": "gif"}, "invalid_value", "output_format"),
        ({"prompt": "p", "background": "transparent", "output_format": "jpeg"}, "unsupported_value", "background"),
        ({"prompt": "p", "sampler_name": "best"}, "invalid_value", "sampler_name"),
        ({"prompt": "p", "post_processing": ["magic"]}, "invalid_value", "post_processing"),
        ({"prompt": "p", "loras": [{}]}, "missing_required_parameter", "loras.0.name"),
        ({"prompt": "p", "horde": {"dry_run": True}}, "unsupported_parameter", "horde.dry_run"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_its_name(
    horde: Horde, body: dict[str, Any], code: str, param: str
) -> None:
    answer = await horde.client.post(GENERATIONS, json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, code, param), error


async def test_a_text_model_makes_no_pictures(horde: Horde) -> None:
    key = (await horde.account("scribe", trusted=True)).api_key
    await horde.texts.pop(key, models=["koboldcpp/some-text"])
    answer = await horde.client.post(GENERATIONS, json={"prompt": "p", "model": "koboldcpp/some-text"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "invalid_value", "model")


@pytest.mark.parametrize(
    "files",
    [
        {"picture": ("a.png", b"x", "image/png")},
        {"image": ("a.png", b"no picture", "image/png")},
    ],
)
async def test_an_edit_needs_a_picture_that_can_be_read(horde: Horde, files: dict[str, Any]) -> None:
    answer = await horde.client.post(EDITS, data={"prompt": "p"}, files=files)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize("path", ["/v1/rerank", "/v1/audio/speech", "/v1/moderations", "/v1/files/f/content"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_a_horde_does_not_do_is_404(horde: Horde, method: str, path: str) -> None:
    answer = await horde.client.request(method, path)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (404, "not_supported")
    assert error["message"].startswith("This horde makes text and images; it has no ")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
