"""`/sdapi/v1` of a real server with a real database, whose workers are the tests."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from typing import Any

import httpx
import pytest
from hordes import Horde, StartHorde
from PIL import Image

SOON_S = 20.0


@pytest.fixture
async def owner(horde: Horde) -> str:
    return str((await horde.account("owner", kudos=100_000, columns={"worker_invited": 100})).api_key)


def basic(key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"horde:{key}".encode()).decode()}


def ask(
    horde: Horde, path: str, body: dict[str, Any], key: str = "", **more_headers: str
) -> asyncio.Task[httpx.Response]:
    headers = (basic(key) if key else {}) | more_headers
    return asyncio.create_task(horde.client.post(f"/sdapi/v1/{path}", json=body, headers=headers))


async def job(horde: Horde, owner: str, call: asyncio.Task[httpx.Response], **offer: Any) -> dict[str, Any]:
    """A job of the call that is under way."""

    async def popped() -> dict[str, Any] | None:
        assert not call.done(), call.result().text
        answer = await horde.pop(owner, **offer)
        return answer if answer["id"] else None

    return dict(await horde.until(popped, "a job is there"))


async def answer_of(call: asyncio.Task[httpx.Response]) -> dict[str, Any]:
    answer = await asyncio.wait_for(call, SOON_S)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def opened(text: str) -> Image.Image:
    image = Image.open(io.BytesIO(base64.b64decode(text)))
    image.load()
    return image


async def test_a_picture_comes_as_png_that_says_how_it_was_made(horde: Horde, owner: str) -> None:
    call = ask(
        horde,
        "txt2img",
        {"prompt": "a lighthouse", "negative_prompt": "fog", "steps": 9, "width": 500, "seed": 7},
        owner,
    )
    handed = await job(horde, owner, call)
    assert handed["payload"]["prompt"] == "a lighthouse###fog"
    assert (handed["payload"]["width"], handed["payload"]["ddim_steps"]) == (512, 9)
    await horde.submit(owner, handed["id"])
    answer = await answer_of(call)
    image = opened(answer["images"][0])
    assert (image.format, image.size) == ("PNG", (500, 512))
    told = json.loads(answer["info"])
    assert told["all_seeds"] == [7]
    assert answer["parameters"]["steps"] == 9
    info = await answer_of(ask(horde, "png-info", {"image": answer["images"][0]}, owner))
    assert info["info"] == told["infotexts"][0]
    assert info["parameters"]["Negative prompt"] == "fog"


async def test_img2img_of_the_masked_alone_puts_it_back(horde: Horde, owner: str) -> None:
    source, mask = Image.new("RGB", (256, 256), "blue"), Image.new("L", (256, 256), 0)
    mask.paste(255, (96, 96, 160, 160))
    texts = []
    for image in (source, mask):
        target = io.BytesIO()
        image.save(target, "PNG")
        texts.append(base64.b64encode(target.getvalue()).decode())
    body = {
        "prompt": "a door", "init_images": [texts[0]], "mask": texts[1], "mask_blur": 0, "inpaint_full_res": True,
        "width": 256, "height": 256,
    }  # fmt: skip
    call = ask(horde, "img2img", body, owner)
    handed = await job(horde, owner, call, models=["stable_diffusion_inpainting"])
    assert handed["source_processing"] == "inpainting"
    red = horde.picture("red")
    await horde.submit(owner, handed["id"], generation=base64.b64encode(red).decode())
    image = opened((await answer_of(call))["images"][0]).convert("RGB")
    assert image.size == (256, 256)
    inside, outside = image.getpixel((128, 128)), image.getpixel((10, 10))
    assert isinstance(inside, tuple) and isinstance(outside, tuple)
    assert inside[0] > 200 and outside == (0, 0, 255)


async def test_progress_is_each_callers_own(horde: Horde, owner: str) -> None:
    other = str((await horde.account("other")).api_key)
    call = ask(horde, "txt2img", {"prompt": "a lighthouse", "steps": 20}, owner)

    async def progress(key: str) -> dict[str, Any]:
        answer = await horde.client.get("/sdapi/v1/progress", headers=basic(key))
        return dict(answer.json())

    async def is_seen() -> bool:
        return bool((await progress(owner))["state"]["job"])

    await horde.until(is_seen, "the call is seen")
    assert (await progress(other))["state"]["job_count"] == 0
    assert (await progress(other))["progress"] == 0.0
    assert (await progress(owner))["state"]["job_count"] == 1
    handed = await job(horde, owner, call)
    await horde.submit(owner, handed["id"])
    await answer_of(call)
    assert (await progress(owner))["state"]["job_count"] == 0


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "once"}])
async def test_interrupt_ends_the_callers_calls_with_what_is_there(
    horde: Horde, owner: str, headers: dict[str, str]
) -> None:
    call = ask(horde, "txt2img", {"prompt": "a lighthouse", "batch_size": 2}, owner, **headers)
    handed = await job(horde, owner, call)
    await horde.submit(owner, handed["id"])

    async def one_is_there() -> bool:
        told = (await horde.client.get("/sdapi/v1/progress", headers=basic(owner))).json()
        return bool(told["state"]["job_no"] == 1)

    await horde.until(one_is_there, "one of two is there")
    assert (await ask(horde, "interrupt", {}, "")).json() == {}  # somebody else's: nothing of ours
    assert not call.done()
    await ask(horde, "interrupt", {}, owner)
    assert len((await answer_of(call))["images"]) == 1
    assert await horde.sql("SELECT state FROM request") == [("cancelled",)]


async def test_a_client_that_goes_cancels(horde: Horde, owner: str) -> None:
    call = ask(horde, "txt2img", {"prompt": "a lighthouse"}, owner)

    async def is_asked() -> bool:
        return bool(await horde.sql("SELECT 1 FROM request"))

    await horde.until(is_asked, "it is asked for")
    call.cancel()

    async def is_cancelled() -> bool:
        return await horde.sql("SELECT state FROM request") == [("cancelled",)]

    await horde.until(is_cancelled, "it is cancelled")


async def test_options_choose_a_model_for_the_caller(horde: Horde, owner: str) -> None:
    await horde.pop(owner, models=["Deliberate", "stable_diffusion"])
    models = (await horde.client.get("/sdapi/v1/sd-models")).json()
    assert {model["title"] for model in models} == {"Deliberate", "stable_diffusion"}
    options = (await horde.client.get("/sdapi/v1/options", headers=basic(owner))).json()
    answer = await ask(horde, "options", {**options, "sd_model_checkpoint": "deliberate"}, owner)
    assert (answer.status_code, answer.json()) == (200, None)
    mine = (await horde.client.get("/sdapi/v1/options", headers=basic(owner))).json()
    assert mine["sd_model_checkpoint"] == "Deliberate"
    assert "forge_preset" not in mine
    call = ask(horde, "txt2img", {"prompt": "a lighthouse"}, owner)
    handed = await job(horde, owner, call, models=["Deliberate", "stable_diffusion"])
    assert handed["model"] == "Deliberate"
    await horde.submit(owner, handed["id"])
    await answer_of(call)
    unknown = await ask(horde, "options", {"sd_model_checkpoint": "nobody's"}, owner)
    assert unknown.status_code == 422
    assert "served" in unknown.json()["detail"][0]["msg"].lower()


async def test_the_nameless_choose_for_their_own_address(horde: Horde, owner: str) -> None:
    await horde.pop(owner, models=["Deliberate", "stable_diffusion"])
    assert (await ask(horde, "options", {"sd_model_checkpoint": "Deliberate"})).status_code == 200
    assert (await horde.client.get("/sdapi/v1/options")).json()["sd_model_checkpoint"] == "Deliberate"
    elsewhere = horde.client_at("192.0.2.77")
    assert (await elsewhere.post("/sdapi/v1/options", json={"sd_model_checkpoint": "stable_diffusion"})).is_success
    assert (await elsewhere.get("/sdapi/v1/options")).json()["sd_model_checkpoint"] == "stable_diffusion"
    assert (await horde.client.get("/sdapi/v1/options")).json()["sd_model_checkpoint"] == "Deliberate"
    await elsewhere.aclose()


@pytest.mark.parametrize(
    "path",
    ["samplers", "schedulers", "upscalers", "latent-upscale-modes", "face-restorers", "loras", "sd-vae", "sd-modules",
     "hypernetworks", "prompt-styles", "embeddings", "cmd-flags", "memory", "scripts", "script-info", "sd-models"],
)  # fmt: skip
async def test_lists_need_no_key(horde: Horde, path: str) -> None:
    answer = await horde.client.get(f"/sdapi/v1/{path}")
    assert answer.status_code == 200
    assert isinstance(answer.json(), (list, dict))


async def test_refusals_have_its_own_shape(horde: Horde) -> None:
    wrong_key = await ask(horde, "txt2img", {"prompt": "x"}, "nobody" * 4)
    assert (wrong_key.status_code, wrong_key.headers["WWW-Authenticate"]) == (401, 'Basic realm="openhorde"')
    assert wrong_key.json()["error"] == "HordeError"
    unknown = await horde.client.get("/sdapi/v1/nothing")
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "Not Found"})
    sampler = await ask(horde, "txt2img", {"prompt": "x", "sampler_name": "none of them"})
    assert (sampler.status_code, sampler.json()) == (404, {"detail": "Sampler not found"})
    script = await ask(horde, "txt2img", {"prompt": "x", "script_name": "loopback"})
    assert script.status_code == 422
    assert script.json()["detail"][0]["loc"] == ["body", "script_name"]


async def test_where_nobody_can_it_is_told_soon(start_horde: StartHorde) -> None:
    horde = await start_horde(gateway_hopeless_s=0.2)
    call = await asyncio.wait_for(ask(horde, "txt2img", {"prompt": "x"}), SOON_S)
    assert (call.status_code, call.headers["x-should-retry"]) == (503, "false")
    told = await asyncio.wait_for(
        ask(horde, "interrogate", {"image": base64.b64encode(horde.picture()).decode()}), SOON_S
    )
    assert told.status_code == 503
    assert "caption" in told.json()["detail"]


async def test_captions_and_larger_pictures_are_alchemists_work(horde: Horde, owner: str) -> None:
    image = base64.b64encode(horde.picture()).decode()
    call = ask(horde, "interrogate", {"image": image}, owner)

    async def popped() -> Any:
        return (await horde.alchemy.pop(owner, "caption"))["forms"]

    (form,) = await horde.until(popped, "a form is there")
    await horde.alchemy.submit(owner, form["id"])
    assert (await answer_of(call))["caption"] == "a teal square"
    source = opened(image).size
    plain = await answer_of(ask(horde, "extra-single-image", {"image": image, "upscaling_resize": 2}, owner))
    assert opened(plain["image"]).size == (2 * source[0], 2 * source[1])


PICTURE = base64.b64encode(Horde.picture()).decode()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("extra-single-image", {"image": PICTURE, "upscaling_resize": "abc"}),
        ("extra-single-image", {"image": "https://example.org/a.png"}),
        ("extra-single-image", {"image": base64.b64encode(b"no picture").decode()}),
        ("extra-batch-images", {"imageList": [{"data": PICTURE}, {"data": PICTURE}, {"name": "a.png"}]}),
        ("extra-batch-images", {"imageList": [{"data": PICTURE}, {"data": "bm8gcGljdHVyZQ=="}]}),
    ],
)
async def test_what_cannot_be_finished_is_refused_before_it_costs_anything(
    start_horde: StartHorde, path: str, body: dict[str, Any]
) -> None:
    horde = await start_horde(gateway_hopeless_s=0.2)
    answer = await asyncio.wait_for(ask(horde, path, {"upscaler_1": "RealESRGAN_x2plus", **body}), SOON_S)
    assert answer.status_code in (400, 422), answer.text
    assert await horde.sql("SELECT 1 FROM request") == []


async def test_switched_off_it_is_not_there(start_horde: StartHorde) -> None:
    horde = await start_horde(dialects=["openai"])
    answer = await horde.client.get("/sdapi/v1/samplers")
    assert answer.status_code == 404
