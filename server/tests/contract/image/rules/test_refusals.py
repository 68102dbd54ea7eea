"""Every refusal of an image request, with its code, and their order (requests.md §3, §5.4, basics.md §11).

`FAULTS` are requests that break one rule each, in the order of the rules. Each is asked alone, and then together with
the next that can be broken at the same time: the earlier rule answers.
"""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from hordes import Horde
from PIL import Image
from strange_servers import answer, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYPgPAAEDAQAIicLsAAAAAElFTkSuQmCC"
"""A PNG of one pixel."""
FLUX, SD2, SDXL, PLAIN = "Flux.1-Schnell fp8 (Compact)", "stable_diffusion_2.1", "SDXL 1.0", "Deliberate"
QR_CODE: dict[str, Any] = {
    "workflow": "qr_code",
    "extra_texts": [{"text": "https://example.org", "reference": "qr_code"}],
}
NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Fault:
    """A request that breaks one rule, and its answer.

    `who` asks (see `keys`); `without`: fields that would mend it, those of `params` with that in front.
    """

    step: str
    wanted: tuple[int, str]
    body: dict[str, Any] = field(default_factory=dict)
    who: str = ""
    without: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.step} {self.wanted[1]}"


def refused(step: str, rc: str, status: int = 400, **more: Any) -> Fault:
    """A fault; what is left of `more` are parameters."""
    known = {name: more.pop(name) for name in ("body", "who", "without", "headers") if name in more}
    body = {**known.pop("body", {}), **({"params": more} if more else {})}
    return Fault(step, (status, rc), body, **known)


def loras(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"name": str(number), **more} for number in range(count)]


FAULTS = [
    refused("7", "BadRequest", body={"webhook": "http://example.org"}),
    refused("8d", "InvalidAPIKey", 401, who="nobody"),
    refused("9", "OnlyServiceAccountProxy", body={"proxied_account": "someone"}),
    refused("10", "DeletedUser", 403, who="deleted"),
    refused("11", "TooManyExtraSourceImages.", body={"extra_source_images": [{"image": IMAGE}] * 6}),
    refused("12", "MoreThanMinExtraSourceImage.", body={"extra_source_images": [{"image": IMAGE}] * 2}, who="plain"),
    refused("14", "WorkerNotFound", 404, body={"workers": [NOBODY]}),
    refused("15", "RequiresTrust", body={"disable_batching": True}, n=2, who="plain"),
    refused("16", "TooManyPrompts", 429, n=20, who="busy"),
    refused("21", "HiResMismatch", body={"models": [FLUX]}, hires_fix=True),
    refused("22", "TooManyLoras", loras=loras(6)),
    refused("23", "BadLoraVersion", loras=[{"name": "12x", "is_version": True}]),
    refused("24", "TooManyTIs", tis=[{"name": "1"}] * 21),
    refused("25", "InvalidTransparencyModel", body={"models": [SD2]}, transparent=True),
    refused("26", "ControlNetMismatch.", body={"models": [SD2]}, **QR_CODE),
    refused("27", "InvalidPromptSize", body={"prompt": "x " * 7501}),
    refused("28", "UnexpectedModelName", body={"models": ["GFPGAN"]}),
    refused("29", "TooManyUpscalers", post_processing=["NMKD_Siax", "4x_AnimeSharp"]),
    refused("30", "BadCFGDecimals", cfg_scale=7.555),
    refused("31", "SpecialModelNeedsSpecialUser", 403, body={"models": ["horde_special::ada#1"]}, who="plain"),
    refused("31", "SpecialMissingUsername", body={"models": ["horde_special"]}, who="special"),
    refused("31", "SpecialForbidden", 403, body={"models": ["horde_special::ada#1"]}, who="special"),
    refused("31", "SpecialMissingPayload", body={"models": ["horde_special::SELF"]}, who="special",
            without=("params.special",)),
    refused("33", "SpecialFieldNeedsSpecialUser", special={"a": 1}, who="plain"),
    refused("34.1", "SourceMaskUnnecessary", body={"source_mask": IMAGE}, without=("source_image",)),
    refused("34.2", "ControlNetUnsupported", body={"models": [SD2]}, control_type="normal",
            without=("params.transparent",)),
    refused("34.2", "ControlNetUnsupported", body={"models": [SD2]}, control_type="hough",
            without=("params.transparent",)),
    refused("34.3", "ControlNetUnsupported", body={"models": ["pix2pix"]}, control_type="canny"),
    refused("34.4", "ControlNetSourceMissing", control_type="canny", without=("source_image",)),
    refused("34.5", "ControlNetInpaintingMismatch", control_type="canny",
            body={"source_image": IMAGE, "source_mask": IMAGE, "source_processing": "inpainting"}),
    refused("34.6", "ControlNetMismatch", control_type="canny", body={"source_image": IMAGE, "models": [SDXL]}),
    refused("34.6", "ControlNetMismatch", control_type="canny", without=("params.transparent",),
            body={"source_image": IMAGE, "models": ["Qwen-Image"]}),
    refused("34.7", "InvalidTransparencyImg2Img", transparent=True,
            body={"extra_source_images": [{"image": IMAGE}], "source_processing": "remix"}),
    refused("34.8", "InvalidTransparencyCN", transparent=True, control_type="canny", body={"source_image": IMAGE}),
    refused("34.9", "InvalidRemix", body={"source_processing": "remix"}),
    refused("34.10", "InvalidExtraSourceImages.", without=("source_processing",),
            body={"extra_source_images": [{"image": IMAGE}]}),
    refused("34.11", "InvalidExtraTexts.", without=("params.workflow",),
            extra_texts=[{"text": "x", "reference": "qr_code"}]),
    refused("34.12", "MissingExtraTexts.", workflow="qr_code", without=("params.extra_texts",)),
    refused("34.12", "MissingExtraTexts.", workflow="qr_code", extra_texts=[{"text": "x", "reference": "other"}]),
    refused("34.13", "ControlNetInvalidPayload", image_is_control=True, return_control_map=True),
    refused("34.14", "SourceImageRequiredForModel", body={"models": ["pix2pix"]}, without=("source_image",)),
    refused("34.14", "SourceImageRequiredForModel", body={"models": ["Stable Diffusion 2 Depth"]},
            without=("source_image",)),
    refused("34.15", "UnexpectedModelName", body={"models": ["control_canny"]}, without=("source_image",)),
    refused("35", "BannedClientAgent", 403, headers={"Client-Agent": "My-Project:v0.0.1:My-Contact"}),
    refused("36", "KudosUpfront", 403, body={"slow_workers": False}),
    refused("39", "ImageValidationFailed", body={"source_image": "bm8gcGljdHVyZQ=="}),
]  # fmt: skip


def together(one: Any, other: Any) -> Any:
    """Both bodies in one: lists joined, objects merged."""
    if isinstance(one, dict) and isinstance(other, dict):
        shared = {name: together(one[name], other[name]) for name in one.keys() & other.keys()}
        return {**one, **other, **shared}
    return [*one, *other] if isinstance(one, list) else one


def names(fault: Fault) -> dict[str, Any]:
    """What it sets, but for lists, by path."""
    params = fault.body.get("params", {})
    flat = {**fault.body, **{f"params.{name}": value for name, value in params.items()}}
    return {name: value for name, value in flat.items() if name != "params" and not isinstance(value, list)}


def fit(one: Fault, other: Fault) -> bool:
    """Whether a request can break both rules: none mends the other, and the same account may ask."""
    mine, its = names(one), names(other)
    if one.who and other.who:
        return False
    if not {*one.without}.isdisjoint(its | other.body) or not {*other.without}.isdisjoint(mine | one.body):
        return False
    if any(f"params.{name}" in one.without for name in other.body.get("params", {})):
        return False
    return all(mine[name] == its[name] for name in mine.keys() & its.keys())


def pairs() -> list[tuple[Fault, Fault]]:
    """Each fault with the next one of another rule that fits it."""
    found = []
    for place, one in enumerate(FAULTS):
        following = (o for o in FAULTS[place + 1 :] if o.wanted != one.wanted and fit(one, o))
        found += [(one, other) for other in [next(following, None)] if other]
    return found


@pytest.fixture(scope="module")
def module_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """With a model that is a ControlNet, and addresses on this machine."""
    catalogue = tmp_path_factory.mktemp("catalogue") / "more.json"
    catalogue.write_text(json.dumps({"control_canny": {"baseline": "stable diffusion 1", "type": "controlnet"}}))
    return {"image_diffusers_reference": str(catalogue), "allow_private_addresses": True, "admins": ["asker#1"]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def keys(module_horde: Horde, asker: str) -> dict[str, str]:
    """API keys of those who ask."""
    special = await module_horde.account("special", columns={"special": True})
    deleted = await module_horde.account("gone", columns={"deleted": True})
    busy = await module_horde.account("busy", columns={"concurrency": 10})

    async def read() -> bool:
        answered = await module_horde.ask(asker, models=["control_canny"], dry_run=True)
        return answered.status_code == 400

    await module_horde.until(read, "the catalogue is read")
    return {
        "": asker, "plain": asker, "special": special.api_key, "deleted": deleted.api_key, "busy": busy.api_key,
        "nobody": "not a key", "alias": special.alias,
    }  # fmt: skip


async def ask(
    horde: Horde, keys: dict[str, str], body: dict[str, Any], who: str, headers: dict[str, str]
) -> tuple[int, str | None]:
    models = [name.replace("SELF", keys["alias"]) for name in body.get("models", [PLAIN])]
    answered = await horde.client.post(
        "/api/v2/generate/async",
        json={"prompt": "a lighthouse", **body, "models": models},
        headers={"apikey": keys[who], **headers},
    )
    assert answered.json()["message"]
    return horde.outcome(answered)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_a_broken_rule_is_answered_with_its_code(horde: Horde, keys: dict[str, str], fault: Any) -> None:
    """§3, §4: HTTP status and rc, trailing dots included (basics.md §4.2)."""
    assert await ask(horde, keys, fault.body, fault.who, fault.headers) == fault.wanted
    assert await horde.sql("SELECT count(*) FROM request") == [(0,)]


@pytest.mark.parametrize(("earlier", "later"), pairs(), ids=str)
async def test_of_two_broken_rules_the_earlier_answers(
    horde: Horde, keys: dict[str, str], earlier: Any, later: Any
) -> None:
    """§3: the steps are taken in their order."""
    body, headers = together(earlier.body, later.body), {**earlier.headers, **later.headers}
    assert await ask(horde, keys, body, earlier.who or later.who, headers) == earlier.wanted


async def test_maintenance_is_told_before_anything_else(horde: Horde, keys: dict[str, str]) -> None:
    """§3.2: → 400 `MaintenanceMode`, before the webhook, the key and all that follows."""
    for mode, wanted in ((True, "MaintenanceMode"), (False, "BadRequest")):
        changed = await horde.client.put(
            "/api/v2/status/modes", json={"maintenance_mode": mode}, headers={"apikey": keys[""]}
        )
        assert changed.status_code == 200
        assert await ask(horde, keys, {"webhook": "http://example.org"}, "nobody", {}) == (400, wanted)


def picture(size: tuple[int, int], mode: str = "RGB") -> str:
    """A plain PNG as base64."""
    target = io.BytesIO()
    Image.new(mode, size).save(target, "PNG")
    return base64.b64encode(target.getvalue()).decode()


@pytest.mark.parametrize(
    ("sources", "rc"),
    [
        ({"source_image": "no base64!"}, "ImageValidationFailed"),
        ({"source_image": picture((3136, 3072))}, "SourceImageResolutionExceeded"),
        ({"source_image": "A" * 29_000_000}, "SourceImageSizeExceeded"),
        ({"source_image": IMAGE, "source_mask": "bm8="}, "ImageValidationFailed"),
        ({"source_image": IMAGE, "source_processing": "inpainting"}, "InpaintingMissingMask"),
        ({"source_image": "http://127.0.0.1:1/unreachable.png"}, "ImageValidationFailed"),
        (
            {
                "extra_source_images": [{"image": "bm8="}],
                "source_processing": "remix",
                "models": ["Stable Cascade 1.0"],
            },
            "ImageValidationFailed",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_picture_that_is_none_is_refused_and_leaves_nothing_behind(
    horde: Horde, keys: dict[str, str], sources: dict[str, Any], rc: str
) -> None:
    """§5.5: all 400; no request, no hold and no picture is left."""
    assert await ask(horde, keys, sources, "", {}) == (400, rc)
    assert await horde.sql("SELECT count(*) FROM request") == [(0,)]
    assert list((horde.settings.data / "blobs").rglob("*.webp")) == []


@pytest.mark.parametrize(
    ("body", "rc"),
    [
        (b"<html>", "SourceImageUrlInvalid"),
        (b"", "SourceImageUnreadable"),
        (b"x" * (5000 * 1024 + 1), "SourceImageSizeExceeded"),
        (base64.b64decode(picture((3136, 3072))), "SourceImageResolutionExceeded"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_lies_at_an_address_must_be_a_picture(
    horde: Horde, keys: dict[str, str], body: Any, rc: str
) -> None:
    """§5.4: no image, nothing at all, above 5000 KiB, above 3072×3072 pixels."""
    async with serving(answer(body)) as server:
        assert await ask(horde, keys, {"source_image": server.url()}, "", {}) == (400, rc)


async def test_outpainting_needs_no_mask(horde: Horde, keys: dict[str, str]) -> None:
    """§5.3: only inpainting needs a mask or an alpha channel."""
    assert (await horde.ask(keys[""], source_image=IMAGE, source_processing="outpainting")).status_code == 202
    transparent = picture((64, 64), "RGBA")
    assert (await horde.ask(keys[""], source_image=transparent, source_processing="inpainting")).status_code == 202
