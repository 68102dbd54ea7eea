"""Which worker gets which image request, rule by rule (workers.md §5, §10), and how it is told (§7.8).

Each request of `REFUSED` misses one thing in the worker's offer and is counted under one key of `skipped`; each of
`SERVED` stands just on the other side.
"""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from hordes import Horde, Pop
from PIL import Image

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLAIN, SDXL, CASCADE, FLUX, PAINTS = (
    "Deliberate", "SDXL 1.0", "Stable Cascade 1.0", "Flux.1-Schnell fp8 (Compact)", "stable_diffusion_inpainting",
)  # fmt: skip


def regen(version: int) -> dict[str, str]:
    """What the official worker of that version says it is."""
    return {"bridge_agent": f"AI Horde Worker reGen:{version}:x"}


def classic(version: int) -> dict[str, str]:
    """What the worker before it says it is."""
    return {"bridge_agent": f"AI Horde Worker:{version}:x"}


def web_ui(version: int) -> dict[str, str]:
    return {"bridge_agent": f"SD-WebUI Stable Horde Worker Bridge:{version}:x"}


AUTO_WEB = {"bridge_agent": "HordeAutoWebBridge:2:x"}
ALL_WORDS = [
    "r2", "r2_source", "img2img", "inpainting", "karras", "post-processing", "GFPGAN", "controlnet",
    "image_is_control", "return_control_map", "lora", "textual_inversion",
]  # fmt: skip


def without(*words: str) -> dict[str, list[str]]:
    """Software that can all but these."""
    return {"capabilities": [word for word in ALL_WORDS if word not in words]}


def _picture() -> str:
    target = io.BytesIO()
    Image.new("RGBA", (64, 64), (0, 128, 128, 100)).save(target, "PNG")
    return base64.b64encode(target.getvalue()).decode()


PICTURE = _picture()
FROM_IMAGE: dict[str, Any] = {"source_image": PICTURE}
PAINTED = {**FROM_IMAGE, "source_processing": "inpainting", "models": [PAINTS]}
EXTENDED = {**PAINTED, "source_processing": "outpainting"}
REMIX = {
    **FROM_IMAGE, "source_processing": "remix", "models": [CASCADE], "extra_source_images": [{"image": PICTURE}],
}  # fmt: skip
CONTROLLED = {**FROM_IMAGE, "params": {"control_type": "canny"}}
QR_CODE = {"params": {"workflow": "qr_code", "extra_texts": [{"text": "hello", "reference": "qr_code"}]}}
LORA: dict[str, Any] = {"params": {"loras": [{"name": "x"}]}}
VERSIONED: dict[str, Any] = {"params": {"loras": [{"name": "12", "is_version": True}]}}
TI = {"params": {"tis": [{"name": "x"}]}}
TRANSPARENT = {"params": {"transparent": True}}
HIRES = {"params": {"hires_fix": True}}
OFFERS_PAINTING = {"models": [PLAIN, PAINTS]}


def processed(*names: str) -> dict[str, Any]:
    return {"params": {"post_processing": list(names)}}


# (rule, request, offer, key in `skipped`)
REFUSED: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("pixels", {"params": {"width": 576}}, {"max_pixels": 512 * 512}, "max_pixels"),
    ("model", {"models": [SDXL]}, {}, "models"),
    ("img2img forbidden", FROM_IMAGE, {"allow_img2img": False}, "img2img"),
    ("inpainting forbidden", PAINTED, {**OFFERS_PAINTING, "allow_painting": False}, "painting"),
    ("outpainting forbidden", EXTENDED, {**OFFERS_PAINTING, "allow_painting": False}, "painting"),
    ("extra images", REMIX, {"models": [CASCADE], **regen(4)}, "bridge_version"),
    ("nsfw", {}, {"nsfw": False}, "nsfw"),
    ("r2", {}, {"bridge_agent": "somebody:1:x"}, "bridge_version"),
    ("r2", {}, {"bridge_agent": "AI Horde Worker reGen:v13:x"}, "bridge_version"),
    ("lora forbidden", LORA, {"allow_lora": False}, "lora"),
    ("lora", LORA, classic(21), "bridge_version"),
    ("textual inversion", TI, classic(23), "bridge_version"),
    ("ControlNet forbidden", CONTROLLED, {"allow_controlnet": False}, "controlnet"),
    ("extra slow", {}, {"extra_slow_worker": True}, "performance"),
    ("transparent forbidden", TRANSPARENT, {"allow_sdxl_controlnet": False}, "controlnet"),
    ("transparent", TRANSPARENT, regen(7), "bridge_version"),
    ("trusted workers", {"trusted_workers": True}, {}, "untrusted"),
    ("word", {"prompt": "A Light House###x"}, {"blacklist": ["house"]}, "blacklist"),
    ("word of the negative prompt", {"prompt": "a hill###Ugly"}, {"blacklist": ["UGLY"]}, "blacklist"),
    ("fifteen characters of a word", {"prompt": "abcdefghijklmnop"}, {"blacklist": ["abcdefghijklmno and more"]},
     "blacklist"),
    ("img2img", FROM_IMAGE, web_ui(3), "bridge_version"),
    ("inpainting", {**PAINTED, "r2": False, "params": {"karras": False}},
     {**OFFERS_PAINTING, **AUTO_WEB}, "bridge_version"),
    ("no model that paints", {**PAINTED, "models": [PLAIN]}, {}, "models"),
    ("outpainting", {**EXTENDED, "models": []}, {}, "models"),
    ("models that only paint", {"models": [PAINTS]}, OFFERS_PAINTING, "models"),
    ("any model", {"models": []}, {"models": [PAINTS]}, "models"),
    ("sampler", {"params": {"sampler_name": "lcm", "steps": 10}}, regen(2), "bridge_version"),
    ("sampler without Karras only", {"params": {"sampler_name": "DDIM"}}, classic(24), "bridge_version"),
    ("post-processing", processed("GFPGAN"), {**without("post-processing"), "allow_controlnet": True},
     "bridge_version"),
    ("one post-processor", processed("GFPGAN", "strip_background"), classic(17), "bridge_version"),
    ("newer post-processors", processed("GFPGANv1.3"), regen(12), "bridge_version"),
    ("remix forbidden", {**REMIX, "extra_source_images": []}, {"models": [CASCADE], "allow_img2img": False}, "img2img"),
    ("tiling", {"params": {"tiling": True}}, web_ui(1), "bridge_version"),
    ("control map", {**CONTROLLED, "params": {"control_type": "canny", "return_control_map": True}},
     without("return_control_map"), "bridge_version"),
    ("ControlNet", CONTROLLED, without("controlnet"), "bridge_version"),
    ("image_is_control", CONTROLLED, classic(22), "bridge_version"),
    ("qr_code", QR_CODE, regen(6), "bridge_version"),
    ("qr_code on SDXL forbidden", {**QR_CODE, "models": [SDXL]},
     {"models": [PLAIN, SDXL], "allow_sdxl_controlnet": False}, "controlnet"),
    ("hires_fix", HIRES, web_ui(4), "bridge_version"),
    ("second pass of Cascade", {**HIRES, "models": [CASCADE]}, {"models": [CASCADE], **regen(5)},
     "bridge_version"),
    ("Flux", {"models": [FLUX]}, {"models": [FLUX], **regen(8)}, "bridge_version"),
    ("clip_skip", {"params": {"clip_skip": 2}}, web_ui(3), "bridge_version"),
    ("LoRA versions", VERSIONED, regen(2), "bridge_version"),
    ("steps", {"params": {"steps": 31}}, {"limit_max_steps": True}, "step_count"),
    ("steps of any model", {"models": [], "params": {"steps": 31}}, {"limit_max_steps": True}, "step_count"),
    ("accurate steps", {"params": {"steps": 16, "sampler_name": "k_heun"}}, {"limit_max_steps": True},
     "step_count"),
    ("post-processing forbidden", processed("GFPGAN"), {"allow_post_processing": False}, "post-processing"),
    ("kudos", {}, {"require_upfront_kudos": True}, "kudos"),
    ("declared: no tiling", {"params": {"tiling": True}}, {"capabilities": ["r2", "karras", "k_euler_a"]},
     "bridge_version"),
    ("declared: another sampler", {"params": {"sampler_name": "k_heun", "steps": 10}},
     {"capabilities": ["r2", "karras", "k_euler_a"]}, "bridge_version"),
    ("declared: no Karras", {}, {"capabilities": ["r2", "k_euler_a"]}, "bridge_version"),
]  # fmt: skip

# (rule, request, offer, model of the job)
SERVED: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("as many pixels", {"params": {"width": 576}}, {"max_pixels": 576 * 512}, PLAIN),
    ("one of the models", {"models": [SDXL, PLAIN]}, {}, PLAIN),
    ("any model", {"models": []}, {"models": [SDXL]}, SDXL),
    ("no picture", {}, {"allow_img2img": False, "allow_painting": False}, PLAIN),
    ("the flag without a picture", {"source_processing": "inpainting"}, {"allow_painting": False}, PLAIN),
    ("extra images", REMIX, {"models": [CASCADE], **regen(5)}, CASCADE),
    ("safe", {"nsfw": False}, {"nsfw": False}, PLAIN),
    ("inline results", {"r2": False}, {"bridge_agent": "somebody:1:x"}, PLAIN),
    ("lora", LORA, classic(22), PLAIN),
    ("an empty list", {"params": {"loras": []}}, {"allow_lora": False}, PLAIN),
    ("textual inversion", TI, classic(24), PLAIN),
    ("an empty list", {"params": {"tis": []}}, classic(23), PLAIN),
    ("ControlNet", CONTROLLED, {}, PLAIN),
    ("opted in", {"extra_slow_workers": True}, {"extra_slow_worker": True}, PLAIN),
    ("transparent", TRANSPARENT, regen(8), PLAIN),
    ("other words", {}, {"blacklist": ["", "horse"]}, PLAIN),
    ("img2img", FROM_IMAGE, classic(13), PLAIN),
    ("the model that paints", {**PAINTED, "models": []}, OFFERS_PAINTING, PAINTS),
    ("the model that does not", {"models": []}, OFFERS_PAINTING, PLAIN),
    ("sampler", {"params": {"sampler_name": "lcm", "steps": 10}}, regen(3), PLAIN),
    ("sampler without Karras", {"params": {"sampler_name": "DDIM", "karras": False}}, classic(24), PLAIN),
    ("post-processors", processed("GFPGAN", "strip_background"), classic(18), PLAIN),
    ("newer post-processors", processed("GFPGANv1.3"), regen(13), PLAIN),
    ("tiling", {"params": {"tiling": True}}, web_ui(2), PLAIN),
    ("image_is_control", CONTROLLED, classic(23), PLAIN),
    ("qr_code", QR_CODE, {**regen(7), "allow_sdxl_controlnet": False}, PLAIN),
    ("qr_code beside SDXL", {**QR_CODE, "models": []},
     {"models": [PLAIN, SDXL], "allow_sdxl_controlnet": False}, PLAIN),
    ("qr_code on SDXL", {**QR_CODE, "models": [SDXL]}, {"models": [SDXL]}, SDXL),
    ("hires_fix", HIRES, classic(13), PLAIN),
    ("beside Cascade", HIRES, {"models": [PLAIN, CASCADE], **regen(5)}, PLAIN),
    ("second pass of Cascade", {**HIRES, "models": [CASCADE]}, {"models": [CASCADE], **regen(6)}, CASCADE),
    ("beside Flux", {"models": []}, {"models": [PLAIN, FLUX], **regen(8)}, PLAIN),
    ("Flux", {"models": [FLUX]}, {"models": [FLUX], **regen(9)}, FLUX),
    ("clip_skip of 1", {"params": {"clip_skip": 1}}, web_ui(3), PLAIN),
    ("clip_skip", {"params": {"clip_skip": 2}}, web_ui(4), PLAIN),
    ("LoRA versions", VERSIONED, regen(3), PLAIN),
    ("steps", {"params": {"steps": 30}}, {"limit_max_steps": True}, PLAIN),
    ("no post-processing", {}, {"allow_post_processing": False}, PLAIN),
    ("3.8.1 a version with a tail", FROM_IMAGE, {"bridge_agent": "AI Horde Worker reGen:9.0.1-citests:https://x"},
     PLAIN),
    ("declared", {}, {"bridge_agent": "somebody:1:x", "capabilities": ["r2", "karras", "k_euler_a", "more"]},
     PLAIN),
]  # fmt: skip


@pytest.mark.parametrize(("body", "offer", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
async def test_a_worker_that_misses_one_thing_is_told_which(
    horde: Horde, asker: str, pop: Pop, body: Any, offer: Any, reason: Any
) -> None:
    """§7.8: refused for one reason, counted once, and not handed out."""
    await horde.request(asker, **{"models": [PLAIN], **body})
    answer = await pop(**{"models": [PLAIN], **offer})
    assert (answer["id"], {name: count for name, count in answer["skipped"].items() if count}) == (None, {reason: 1})


@pytest.mark.parametrize(("body", "offer", "model"), [row[1:] for row in SERVED], ids=[row[0] for row in SERVED])
async def test_a_worker_that_just_fits_gets_the_job(
    horde: Horde, asker: str, pop: Pop, body: Any, offer: Any, model: Any
) -> None:
    """§5: the other side of each rule; §6.5: the job's model is one that may serve it."""
    await horde.request(asker, **{"models": [PLAIN], **body})
    answer = await pop(**{"models": [PLAIN], **offer})
    assert answer["id"], answer["skipped"]
    assert (answer["model"], answer["skipped"]) == (model, {})


async def test_what_counts_under_several_keys_upstream_counts_under_the_first(
    horde: Horde, asker: str, pop: Pop
) -> None:
    """§7.8: each request once, by the real predicate."""
    await horde.request(asker, models=[SDXL], **LORA)
    await horde.request(asker, models=[PLAIN, SDXL], **LORA)
    answer = await pop(models=[PLAIN], allow_lora=False, nsfw=False)
    assert {name: count for name, count in answer["skipped"].items() if count} == {"models": 1, "nsfw": 1}


@pytest.mark.parametrize(
    ("body", "offer", "images"),
    [
        # round(max_pixels / 3.5 · amount / (262144 · factors)), factors in the comments
        ({}, {"max_pixels": 262_144}, 2),
        ({}, {"max_pixels": 524_288}, 5),
        (processed("GFPGAN"), {"max_pixels": 524_288}, 3),  # 1.4
        (processed("GFPGAN", "RealESRGAN_x2plus"), {"max_pixels": 524_288}, 3),  # 1.8: 2.54
        (processed("CodeFormers"), {"max_pixels": 524_288}, 2),  # 1.4 · 1.8: 1.81
        (TRANSPARENT, {"max_pixels": 524_288}, 3),  # 1.8: 2.54
        ({"models": [FLUX]}, {"models": [FLUX]}, 2),  # 5: 1.83
        ({"models": ["Qwen-Image"]}, {"models": ["Qwen-Image"], "max_pixels": 2**21}, 2),  # 10: 1.83
        ({"models": ["Z-Image-Turbo"]}, {"models": ["Z-Image-Turbo"], "max_pixels": 2**21}, 2),  # 8: 2.29
        ({"models": [FLUX]}, {"models": [FLUX], "max_pixels": 262_144}, 1),  # at least one
        ({}, {"amount": 3, "max_pixels": 2**24}, 3),
        (QR_CODE, {"max_pixels": 2**24}, 1),  # which batching is off for (requests.md §2.8)
    ],
    ids=str,
)
async def test_a_batch_fits_the_worker(
    horde: Horde, asker: str, pop: Pop, body: Any, offer: dict[str, Any], images: int
) -> None:
    """§6.4: by pixels, post-processing, heavy work and the model's baseline."""
    params = {**body.get("params", {}), "n": 20}
    await horde.request(asker, **{"models": [PLAIN], **body, "params": params})
    answer = await pop(**{"models": [PLAIN], "amount": 8, "max_pixels": 1_048_576, **offer})
    assert len(answer["ids"]) == images


@pytest.mark.parametrize(
    ("body", "ttl"),
    [
        ({"params": {"width": 1024, "height": 1024}}, 30 + 30 * 2 * 4),
        ({**FROM_IMAGE, "params": {"control_type": "canny", "width": 1024, "height": 1024}}, (30 + 20 * 2 * 4) * 2),
        ({"params": {"post_processing": ["GFPGAN"], "width": 1024, "height": 1024}}, 30 + 30 * 2 * 4 + 10 * 4),
        ({"params": {"post_processing": ["CodeFormers"], "width": 1024, "height": 1024}}, 30 + 30 * 2 * 4 + 20 * 4),
    ],
    ids=lambda value: value if isinstance(value, int) else "",
)
async def test_a_job_may_take_as_long_as_its_work_is(
    horde: Horde, asker: str, pop: Pop, body: dict[str, Any], ttl: int
) -> None:
    """§6.7: doubled with a ControlNet; longer with post-processing."""
    await horde.request(asker, models=[PLAIN], **body)
    assert (await pop(models=[PLAIN]))["ttl"] == ttl


async def test_five_named_workers_are_kept(horde: Horde, asker: str, pop: Pop, module_horde: Horde) -> None:
    """requests.md §1.4: the first five ids of `workers` count."""
    owner = await module_horde.account("six", columns={"worker_invited": 1000})
    for number in range(6):
        await horde.pop(owner.api_key, f"one of six {number}")
    rows = await horde.sql("SELECT id::text FROM worker WHERE name LIKE 'one of six%%' ORDER BY name")
    await horde.request(asker, workers=[worker_id for (worker_id,) in rows], params={"n": 20})
    got = [(await horde.pop(owner.api_key, f"one of six {number}", max_pixels=2**21))["id"] for number in range(6)]
    assert [job_id is not None for job_id in got] == [True] * 5 + [False]


async def test_a_worker_on_trial_serves_only_who_names_it(horde: Horde, asker: str, module_horde: Horde) -> None:
    """A worker can be tried out without getting anybody's work."""
    owner = await module_horde.account("trial", columns={"worker_invited": 1000})
    await horde.request(asker, models=[PLAIN])
    refused = await horde.pop(owner.api_key, "on trial", models=[PLAIN], named_only=True)
    assert (refused["id"], refused["skipped"]["worker_id"]) == (None, 1)
    [(worker_id,)] = await horde.sql("SELECT id::text FROM worker WHERE name = 'on trial'")
    await horde.request(asker, models=[PLAIN], workers=[worker_id], worker_blacklist=True)
    assert (await horde.pop(owner.api_key, "on trial", models=[PLAIN], named_only=True))["id"] is None
    await horde.request(asker, models=[PLAIN], workers=[worker_id], prompt="for the one on trial")
    job = await horde.pop(owner.api_key, "on trial", models=[PLAIN], named_only=True)
    assert job["payload"]["prompt"] == "for the one on trial"


async def test_lists_of_a_worker_are_kept_to_their_limits(horde: Horde, asker: str, module_horde: Horde) -> None:
    """§1.1, §1.4: the first 300 models and the first 200 words; longer names and lists of thousands → 400."""
    owner = await module_horde.account("many", customizer=True, columns={"worker_invited": 1000})
    models = [f"model {number}" for number in range(301)]
    await horde.request(asker, models=["model 300"])
    assert (await horde.pop(owner.api_key, "many models", models=models))["id"] is None
    assert (await horde.pop(owner.api_key, "many models", models=models[1:]))["model"] == "model 300"
    words = [f"no such word {number}" for number in range(200)]
    await horde.request(asker, prompt="a hill", models=["model 0"])
    refused = await horde.pop(owner.api_key, "many words", models=["model 0"], blacklist=[*words[1:], "hill"])
    assert (refused["id"], refused["skipped"]["blacklist"]) == (None, 1)
    await horde.job(owner.api_key, "many words", models=["model 0"], blacklist=[*words, "hill"])
    for beyond in ({"models": ["m" * 256]}, {"blacklist": ["w" * 1001]}, {"models": ["abc"] * 20_001}):
        assert (await horde.try_pop(owner.api_key, "beyond", **beyond)).status_code == 400
