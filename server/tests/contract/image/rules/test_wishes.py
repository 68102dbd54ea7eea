"""All that an image request can ask for: limits of every field, what of it reaches workers (requests.md §1, §2)."""

from __future__ import annotations

from typing import Any

import pytest
from hordes import Horde, Pop

pytestmark = pytest.mark.asyncio(loop_scope="module")

BARE = {
    "prompt": "a lighthouse", "ddim_steps": 30, "n_iter": 1, "sampler_name": "k_euler_a", "cfg_scale": 5.0,
    "height": 512, "width": 512, "karras": True, "tiling": False, "hires_fix": False, "transparent": False,
    "image_is_control": False, "return_control_map": False,
}  # fmt: skip
TEXT = {"text": "https://example.org", "reference": "qr_code"}
POST_PROCESSORS = [
    "GFPGAN", "RealESRGAN_x4plus", "RealESRGAN_x2plus", "RealESRGAN_x4plus_anime_6B", "NMKD_Siax", "4x_AnimeSharp",
    "CodeFormers", "strip_background", "4xNomos8kSC", "4xLSDIRplus", "4xNomosWebPhoto_RealPLKSR",
    "4xNomos2_realplksr_dysample", "4xNomos2_hq_dat2", "2xModernSpanimationV1", "GFPGANv1.3", "RestoreFormer",
]  # fmt: skip
NOT_UPSCALERS = ["GFPGAN", "GFPGANv1.3", "CodeFormers", "RestoreFormer", "strip_background"]


def lora(**changes: Any) -> dict[str, Any]:
    return {"loras": [{"name": "x", **changes}]}


def ti(**changes: Any) -> dict[str, Any]:
    return {"tis": [{"name": "x", **changes}]}


def text(**changes: Any) -> dict[str, Any]:
    return {"workflow": "qr_code", "extra_texts": [{**TEXT, **changes}]}


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"post_processing": ["GFPGAN", "GFPGAN"]}, "post_processing"),
        ({"post_processing": ["4xUnknown"]}, "post_processing.0"),
        ({"post_processing": "GFPGAN"}, "post_processing"),
        ({"facefixer_strength": -0.01}, "facefixer_strength"),
        ({"facefixer_strength": 1.01}, "facefixer_strength"),
        ({"loras": [{}]}, "loras.0.name"),
        (lora(name=""), "loras.0.name"),
        (lora(name="x" * 256), "loras.0.name"),
        (lora(name=5), "loras.0.name"),
        (lora(model=-5.01), "loras.0.model"),
        (lora(model=5.01), "loras.0.model"),
        (lora(clip=-5.01), "loras.0.clip"),
        (lora(clip=5.01), "loras.0.clip"),
        (lora(inject_trigger=""), "loras.0.inject_trigger"),
        (lora(inject_trigger="x" * 31), "loras.0.inject_trigger"),
        (lora(is_version=1), "loras.0.is_version"),
        ({"tis": [{}]}, "tis.0.name"),
        (ti(name=""), "tis.0.name"),
        (ti(name="x" * 256), "tis.0.name"),
        (ti(inject_ti="both"), "tis.0.inject_ti"),
        (ti(inject_ti=None), "tis.0.inject_ti"),
        (lora(inject_trigger=None), "loras.0.inject_trigger"),
        (ti(strength=-5.01), "tis.0.strength"),
        (ti(strength=5.01), "tis.0.strength"),
        ({"special": ["a"]}, "special"),
        ({"workflow": "none"}, "workflow"),
        ({"workflow": None}, "workflow"),
        ({"control_type": "mlsd"}, "control_type"),
        (text(text=""), "extra_texts.0.text"),
        (text(reference="qr"), "extra_texts.0.reference"),
        ({"workflow": "qr_code", "extra_texts": [{"text": "x"}]}, "extra_texts.0.reference"),
        ({"transparent": "yes"}, "transparent"),
        ({"image_is_control": 1}, "image_is_control"),
        ({"return_control_map": 0}, "return_control_map"),
    ],
    ids=str,
)
async def test_a_parameter_beyond_its_limits_is_refused_by_its_path(
    horde: Horde, asker: str, params: Any, path: str
) -> None:
    """basics.md §3.3: nested keys have paths as `params.loras.0.name`; `reference` missing → 400 (500 upstream)."""
    answer = await horde.ask(asker, params=params)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {f"params.{path}"})


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"source_processing": "upscaling"}, "source_processing"),
        ({"source_image": 5}, "source_image"),
        ({"source_mask": ["x"]}, "source_mask"),
        ({"extra_source_images": [{"strength": 1}]}, "extra_source_images.0.image"),
        ({"extra_source_images": [{"image": ""}]}, "extra_source_images.0.image"),
        ({"extra_source_images": [{"image": "x", "strength": "1"}]}, "extra_source_images.0.strength"),
        ({"proxied_account": "x" * 256}, "proxied_account"),
        ({"webhook": "https://x"}, "webhook"),
        ({"webhook": "https://" + "x" * 1017}, "webhook"),
        ({"style": "xy"}, "style"),
        ({"style": "x" * 1025}, "style"),
        ({"workers": [5]}, "workers.0"),
        ({"models": "stable_diffusion"}, "models"),
        ({"params": []}, "params"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_field_beyond_its_limits_is_refused_by_its_path(
    horde: Horde, asker: str, body: dict[str, Any], path: str
) -> None:
    """§1: types, lengths and enums at the top."""
    answer = await horde.ask(asker, **body)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {path})


@pytest.mark.parametrize(
    "params",
    [
        lora(name="x" * 255, model=-5, clip=5, inject_trigger="x" * 30),
        {"loras": [{"name": str(number), "is_version": True} for number in range(5)]},
        ti(name="x" * 255, strength=-5, inject_ti="negprompt"),
        {"tis": [{"name": str(number)} for number in range(20)]},
        {"facefixer_strength": 0},
        {"facefixer_strength": 1},
        {"post_processing": [*NOT_UPSCALERS, "NMKD_Siax"]},
        text(text="x" * 1000, reference="qr_code"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_parameters_at_their_limits_are_taken(horde: Horde, asker: str, params: Any) -> None:
    """§2.1: the limits themselves are allowed."""
    assert (await horde.ask(asker, params=params)).status_code == 202


async def test_every_post_processor_reaches_the_worker_in_its_place(horde: Horde, asker: str, pop: Pop) -> None:
    """§2.5: all sixteen are taken, one upscaler at a time, their order preserved."""
    for name in POST_PROCESSORS:
        chosen = [name] if name in NOT_UPSCALERS else [name, *NOT_UPSCALERS[::-1]]
        await horde.request(asker, params={"post_processing": chosen})
        payload = (await pop(models=["stable_diffusion"]))["payload"]
        assert payload["post_processing"] == chosen


@pytest.mark.parametrize(
    ("params", "payload"),
    [
        ({}, {}),
        ({"cfg_scale": 0, "karras": False, "sampler_name": "DDIM"}, {"cfg_scale": 0.0, "karras": False,
                                                                    "sampler_name": "DDIM"}),
        ({"denoising_strength": 0.01, "hires_fix_denoising_strength": 1, "hires_fix": True},
         {"denoising_strength": 0.01, "hires_fix_denoising_strength": 1.0, "hires_fix": True}),
        ({"clip_skip": 12, "tiling": True, "transparent": True},
         {"clip_skip": 12, "tiling": True, "transparent": True}),
        ({"facefixer_strength": 0.25, "post_processing": ["GFPGAN"]},
         {"facefixer_strength": 0.25, "post_processing": ["GFPGAN"]}),
        ({"post_processing": [], "loras": [], "tis": [], "extra_texts": [], "special": {}}, {}),
        (lora(), {"loras": [{"name": "x", "model": 1.0, "clip": 1.0, "is_version": False}]}),
        ({"loras": [{"name": "12", "is_version": True, "model": 0.5, "clip": -2, "inject_trigger": "any"}]},
         {"loras": [{"name": "12", "is_version": True, "model": 0.5, "clip": -2.0, "inject_trigger": "any"}]}),
        (ti(), {"tis": [{"name": "x", "strength": 1.0}]}),
        (ti(strength=0.5, inject_ti="prompt"), {"tis": [{"name": "x", "strength": 0.5, "inject_ti": "prompt"}]}),
        (text(), {"workflow": "qr_code", "extra_texts": [TEXT]}),
        (
            {"workflow": "qr_code", "extra_texts": [TEXT, {"reference": "bare"}]},
            {"workflow": "qr_code", "extra_texts": [TEXT, {"reference": "bare"}]},
        ),
        ({"image_is_control": True}, {"image_is_control": True}),
        ({"return_control_map": True}, {"return_control_map": True}),
        ({"unknown": {"a": 1}, "seed_variation": 7}, {}),
    ],
    ids=str,
)  # fmt: skip
async def test_the_payload_has_what_was_asked_for_and_nothing_else(
    horde: Horde, asker: str, pop: Pop, params: Any, payload: dict[str, Any]
) -> None:
    """workers.md §7.3: effective defaults where nothing was said, LoRAs and TIs filled, others absent, none null."""
    await horde.request(asker, params=params)
    got = (await pop(models=["stable_diffusion"]))["payload"]
    assert got.pop("seed").isdigit()
    assert got == {**BARE, **payload}


@pytest.mark.parametrize(
    ("params", "steps"),
    [({}, 20), ({"steps": 25}, 25), ({"steps": 40}, 40), ({"steps": 41}, 40), ({"steps": 500}, 40)],
    ids=str,
)
async def test_a_controlnet_has_its_own_steps(
    horde: Horde, rich: str, pop: Pop, image: str, params: dict[str, Any], steps: int
) -> None:
    """§2.6: 20 steps with `control_type` unless others are asked for; above 40 they are silently cut to 40."""
    await horde.request(rich, source_image=image, params={**params, "control_type": "hed"})
    payload = (await pop(models=["stable_diffusion"]))["payload"]
    assert (payload["ddim_steps"], payload["control_type"]) == (steps, "hed")


@pytest.mark.parametrize(
    "kind", ["canny", "hed", "depth", "normal", "openpose", "seg", "scribble", "fakescribbles", "hough"]
)
async def test_every_controlnet_reaches_the_worker(horde: Horde, asker: str, pop: Pop, image: str, kind: str) -> None:
    """§2.6: the nine kinds."""
    await horde.request(asker, source_image=image, params={"control_type": kind})
    assert (await pop(models=["stable_diffusion"]))["payload"]["control_type"] == kind


async def test_special_parameters_reach_the_worker_as_they_are(horde: Horde, module_horde: Horde, pop: Pop) -> None:
    """§2.8: `special` of a special account is passed through; its owner may offer its model (workers.md §4.5)."""
    special = await module_horde.account("zoe", columns={"special": True, "worker_invited": 1000})
    model, wish = f"horde_special::{special.alias}", {"a": [1, None], "b": {"c": "d"}}
    await horde.request(special.api_key, models=[model], params={"special": wish})
    job = await horde.job(special.api_key, "zoe's worker", models=[model])
    assert (job["model"], job["payload"]["special"]) == (model, wish)


async def test_special_models_are_offered_by_those_they_name_and_serve_those_who_name_them(
    horde: Horde, module_horde: Horde
) -> None:
    """workers.md §4.5: another's → 400 `BadRequest`; §5.3: never for a request that names no model."""
    special = await module_horde.account("yan", columns={"special": True, "worker_invited": 1000})
    model = f"horde_special::{special.alias}"
    offered = await horde.try_pop(special.api_key, "yan's worker", models=[model, "horde_special::ada#1"])
    assert horde.outcome(offered) == (400, "BadRequest")
    plain = await module_horde.account("xia", columns={"worker_invited": 1000})
    offered = await horde.try_pop(plain.api_key, "xia's worker", models=[model])
    assert horde.outcome(offered) == (400, "BadRequest")
    await horde.request(models=[])
    answer = await horde.pop(special.api_key, "yan's worker", models=[model])
    assert (answer["id"], answer["skipped"]["models"]) == (None, 1)
    job = await horde.job(special.api_key, "yan's worker", models=[model, "Deliberate"])
    assert job["model"] == "Deliberate"


async def test_services_ask_for_others(horde: Horde, module_horde: Horde) -> None:
    """§1.7: `proxied_account` of a service account is taken and kept with the request."""
    service = await module_horde.account("bot", columns={"service": True})
    request_id = await horde.request(service.api_key, proxied_account="p" * 255)
    ((kept,),) = await horde.sql("SELECT request_order->>'proxied_account' FROM request WHERE id = %s", request_id)
    assert kept == "p" * 255


async def test_results_are_not_shared_unless_the_operator_shares(horde: Horde, asker: str) -> None:
    """§5.6: `shared` is taken and ignored; see `storage/test_sharing.py` for who shares."""
    request_id = await horde.request(asker, shared=True)
    assert (await horde.status(request_id))["shared"] is False
