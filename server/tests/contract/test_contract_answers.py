"""Live answers against the original's document: a horde with one of everything tells every field, of its type."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from api_contract import contract, gives
from contract_deviations import NEVER_TOLD, NOT_BUILT, NOT_TOLD_YET, REFUSED, is_listed
from contract_walk import Part, Walk
from hordes import AGENT, running_horde
from pictures import picture
from text_routes import TEXT_AGENT, TEXT_MODEL

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMAGE_MODEL, INPAINTING, CASCADE = "stable_diffusion", "stable_diffusion_inpainting", "Stable Cascade 1.0"
PICTURE = base64.b64encode(picture()).decode()
ADA, ROOT = "ada", "root"
ANSWERED = sorted(contract().keys() - NOT_BUILT - REFUSED.keys())


async def users(walk: Walk, key: dict[str, str]) -> None:
    """Everything that one can be, and all that is told of it to each."""
    changed = {
        "kudos": 5, "monthly_kudos": 7, "usage_multiplier": 1.5, "moderator": False, "concurrency": 40,
        "worker_invited": 30, "trusted": True, "flagged": False, "customizer": True, "vpn": True, "service": True,
        "education": False, "special": True, "reset_suspicion": True, "admin_comment": "a good one",
        "public_workers": True, "username": "ada", "contact": "ada@example.org",
    }  # fmt: skip
    await walk.call("PUT /v2/users/{user_id}", changed, key=key[ROOT], user_id="2")
    await walk.call("PUT /v2/users/{user_id}", {"generate_proxy_passkey": True}, key=key[ADA], user_id="2")


async def users_seen(walk: Walk, key: dict[str, str]) -> None:
    """When they have something to show: open requests, workers, styles."""
    await walk.call("GET /v2/find_user", key=key[ADA])
    await walk.call("GET /v2/find_user", key=key[ROOT])
    for viewer in (None, key[ADA], key[ROOT]):
        await walk.call("GET /v2/users/{user_id}", key=viewer, user_id="2")


async def list_of_users(walk: Walk, key: dict[str, str]) -> None:
    """By whoever looks: anybody, and moderators."""
    for viewer in (None, key[ROOT]):
        await walk.call("GET /v2/users", key=viewer, query={"page": 1, "sort": "kudos"})


async def kudos(walk: Walk, key: dict[str, str]) -> None:
    await walk.call("POST /v2/kudos/award", {"username": "ada#2", "amount": 5000}, key=key[ROOT])
    await walk.call("POST /v2/kudos/transfer", {"username": "root#1", "amount": 10}, key=key[ADA])
    await walk.horde.folded()


LORA = {"name": "a", "model": 1.5, "clip": 0.5, "inject_trigger": "any", "is_version": False}
INVERSION = {"name": "b", "strength": 0.5, "inject_ti": "prompt"}
WISHES: dict[str, dict[str, Any]] = {
    "plain": {"params": {"n": 2}, "unheard": 1},
    "networks": {
        "params": {
            "loras": [LORA], "tis": [INVERSION], "seed": "7", "clip_skip": 2, "post_processing": ["GFPGAN"],
            "facefixer_strength": 0.7, "hires_fix": True, "hires_fix_denoising_strength": 0.5, "special": {"a": {}},
        }
    },
    "qr code": {"params": {"workflow": "qr_code", "extra_texts": [{"text": "https://a.b", "reference": "qr_code"}]}},
    "inpainting": {
        "models": [INPAINTING], "source_image": PICTURE, "source_mask": PICTURE, "source_processing": "inpainting",
        "params": {"denoising_strength": 0.6},
    },
    "control": {"source_image": PICTURE, "params": {"control_type": "canny"}},
    "remix": {
        "models": [CASCADE], "source_image": PICTURE, "source_processing": "remix",
        "extra_source_images": [{"image": PICTURE, "strength": 0.5}],
    },
    "safe": {"nsfw": False, "censor_nsfw": True},
}  # fmt: skip
"""What one can wish for, as it does not all go together."""
PAINTER = {
    "name": "painter", "models": [IMAGE_MODEL, INPAINTING, CASCADE], "bridge_agent": AGENT, "max_pixels": 1_048_576,
    "nsfw": True, "allow_controlnet": True, "allow_sdxl_controlnet": True, "allow_lora": True,
}  # fmt: skip


async def images(walk: Walk, key: dict[str, str]) -> None:
    """Requests with all that one can wish for, delivered with a remark."""
    await walk.call("POST /v2/generate/pop", PAINTER, key=key[ADA])  # nothing yet
    plain = {"prompt": "a lighthouse###fog", "nsfw": True, "models": [IMAGE_MODEL], "r2": True, "shared": True}
    asked = [
        (await walk.call("POST /v2/generate/async", {**plain, **wish}, key=key[ADA]))["id"] for wish in WISHES.values()
    ]
    while (job := await walk.call("POST /v2/generate/pop", PAINTER, key=key[ADA]))["id"]:
        remark = {"type": "information", "value": "see_ref", "ref": "a remark"}
        done = {"id": job["id"], "generation": PICTURE, "seed": 7, "state": "ok", "gen_metadata": [remark]}
        await walk.call("POST /v2/generate/submit", done, key=key[ADA])
    for request_id in asked:
        await walk.call("GET /v2/generate/check/{id}", id=request_id)
        await walk.call("GET /v2/generate/status/{id}", id=request_id)
        await walk.call("DELETE /v2/generate/status/{id}", id=request_id)


async def open_requests(walk: Walk, key: dict[str, str]) -> None:
    """What waits while its user is looked at."""
    await walk.call("POST /v2/generate/async", {"prompt": "a hill", "models": ["Deliberate"]}, key=key[ADA])
    await walk.horde.texts.request(key[ADA], models=["koboldcpp/another"])


async def texts(walk: Walk, key: dict[str, str]) -> None:
    body = {
        "prompt": "Once upon a time", "models": [TEXT_MODEL], "params": {
            "n": 1, "max_length": 80, "max_context_length": 1024, "rep_pen": 1.1, "rep_pen_range": 100,
            "rep_pen_slope": 0.7, "temperature": 0.9, "tfs": 0.9, "top_a": 0.1, "top_k": 10, "top_p": 0.9,
            "typical": 0.9, "min_p": 0.1, "smoothing_factor": 0.1, "dynatemp_range": 0.1, "dynatemp_exponent": 0.9,
            "sampler_order": [0, 1, 2, 3, 4, 5, 6], "stop_sequence": ["\n"], "singleline": True, "frmtadsnsp": True,
            "frmtrmblln": True, "frmtrmspch": True, "frmttriminc": True, "use_default_badwordsids": True,
        }, "softprompt": "sea", "unheard": 1,
    }  # fmt: skip
    offer = {
        "name": "scribe", "models": [TEXT_MODEL], "bridge_agent": TEXT_AGENT, "max_length": 512,
        "max_context_length": 4096, "softprompts": ["sea"],
    }  # fmt: skip
    request_id = (await walk.call("POST /v2/generate/text/async", body, key=key[ADA]))["id"]
    job = await walk.call("POST /v2/generate/text/pop", offer, key=key[ADA])
    done = {
        "id": job["id"], "generation": " there was a harbour.", "state": "ok",
        "gen_metadata": [{"type": "censorship", "value": "csam", "ref": "a remark"}],
    }  # fmt: skip
    await walk.call("POST /v2/generate/text/submit", done, key=key[ADA])
    await walk.call("GET /v2/generate/text/status/{id}", id=request_id)
    for wish in (
        {"params": {"max_length": 1024}}, {"params": {"max_context_length": 8192}}, {"softprompt": "hill"},
        {"models": ["koboldcpp/other"]}, {"trusted_workers": True}, {"slow_workers": False, "params": {"n": 1}},
        {"validated_backends": True}, {"workers": [await id_of(walk, "scribe")]},
    ):  # fmt: skip
        await walk.call("POST /v2/generate/text/async", {**body, **wish}, key=key[ADA])
    await walk.call("DELETE /v2/generate/text/status/{id}", id=request_id)
    await walk.horde.texts.request("0000000000", models=[TEXT_MODEL])
    stranger = {**offer, "name": "a stranger's", "bridge_agent": "own:1:x", "require_upfront_kudos": True}
    await walk.call("POST /v2/generate/text/pop", stranger, key=key["bob"])


async def images_not_given(walk: Walk, key: dict[str, str]) -> None:
    """Requests that a worker may not serve, one for each reason, as its pop tells."""
    plain = {"prompt": "a wet kitten", "models": [IMAGE_MODEL], "nsfw": False}
    for wish in (
        {"params": {"width": 2048, "height": 2048}}, {"models": ["Deliberate"]}, {"trusted_workers": True},
        {"nsfw": True}, {"params": {"loras": [{"name": "a"}]}}, {"slow_workers": False},
        {"params": {"post_processing": ["GFPGAN"]}}, {"params": {"steps": 90}}, {"source_image": PICTURE}, {},
    ):  # fmt: skip
        await walk.call("POST /v2/generate/async", {**plain, **wish}, key=key[ADA])
    await walk.horde.request("0000000000", "a hill", models=[IMAGE_MODEL], nsfw=False)  # whose payer has nothing
    offer = {
        "name": "a stranger's painter", "models": [IMAGE_MODEL], "bridge_agent": AGENT, "max_pixels": 262_144,
        "allow_post_processing": False, "allow_img2img": False, "blacklist": ["kitten"], "limit_max_steps": True,
        "nsfw": False, "require_upfront_kudos": True,
    }  # fmt: skip
    await walk.call("POST /v2/generate/pop", offer, key=key["bob"])


async def alchemy(walk: Walk, key: dict[str, str]) -> None:
    body = {
        "source_image": PICTURE,
        "forms": [{"name": "caption", "payload": {"a": {}}}, {"name": "RealESRGAN_x2plus"}],
    }
    offer = {"name": "alchemist", "forms": ["caption", "RealESRGAN_x2plus"], "amount": 2, "bridge_agent": AGENT}
    asked = await walk.call("POST /v2/interrogate/async", body, key=key[ADA])
    popped = await walk.call("POST /v2/interrogate/pop", offer, key=key[ADA])
    caption = next(form for form in popped["forms"] if form["form"] == "caption")
    await walk.call(
        "POST /v2/interrogate/submit", {"id": caption["id"], "result": {"caption": "a lighthouse"}}, key=key[ADA]
    )
    await walk.call("GET /v2/interrogate/status/{id}", id=asked["id"])
    await walk.call("DELETE /v2/interrogate/status/{id}", id=asked["id"])


async def alchemy_not_given(walk: Walk, key: dict[str, str]) -> None:
    """Forms for trusted alchemists, if there were any such wish: what is told is by the kind's own words."""
    await walk.call("POST /v2/interrogate/async", {"source_image": PICTURE, "forms": [{"name": "nsfw"}]}, key=key[ADA])
    await walk.call(
        "POST /v2/interrogate/pop", {"name": "a stranger's alchemist", "forms": ["caption"]}, key=key["bob"]
    )


async def id_of(walk: Walk, name: str) -> str:
    """Of the worker with this name."""
    return str((await walk.horde.client.get(f"/api/v2/workers/name/{name}")).json()["id"])


async def workers(walk: Walk, key: dict[str, str]) -> None:
    worker_id = await id_of(walk, "painter")
    changed = {
        "maintenance": True,
        "maintenance_msg": "lunch",
        "paused": False,
        "info": "in the attic",
        "name": "artist",
    }
    await walk.call("PUT /v2/workers/{worker_id}", changed, key=key[ROOT], worker_id=worker_id)
    await walk.call("PUT /v2/workers/{worker_id}", {"maintenance": False}, key=key[ADA], worker_id=worker_id)
    found = await walk.call("GET /v2/workers", key=key[ROOT])
    for worker in found:
        await walk.call("GET /v2/workers/{worker_id}", key=key[ROOT], worker_id=worker["id"])
        await walk.call("GET /v2/workers/name/{worker_name}", key=key[ROOT], worker_name=worker["name"])
    changed = {
        "maintenance": True,
        "maintenance_msg": "lunch",
        "paused": False,
        "info": "in the attic",
        "name": "artist",
    }


async def teams(walk: Walk, key: dict[str, str]) -> None:
    """One that all workers are in, and that served."""
    team = await walk.call("POST /v2/teams", {"name": "Harbour", "info": "of the north"}, key=key[ADA])
    for worker in (await walk.horde.client.get("/api/v2/workers")).json():
        if worker["owner"] == "ada#2":
            await walk.call("PUT /v2/workers/{worker_id}", {"team": team["id"]}, key=key[ADA], worker_id=worker["id"])
    await walk.call(
        "PATCH /v2/teams/{team_id}", {"name": "Port", "info": "of the south"}, key=key[ADA], team_id=team["id"]
    )
    await walk.call("GET /v2/teams")
    await walk.call("GET /v2/teams/{team_id}", team_id=team["id"])
    other = await walk.call("POST /v2/teams", {"name": "Soon gone", "info": "a while"}, key=key[ADA])
    await walk.call("DELETE /v2/teams/{team_id}", key=key[ADA], team_id=other["id"])


async def messages(walk: Walk, key: dict[str, str]) -> None:
    """To one worker, told to it and to whoever looks at it."""
    worker = (await walk.horde.client.get("/api/v2/workers/name/painter")).json()
    sent = {"worker_id": worker["id"], "message": "Please update.", "origin": "The moderators", "expiry": 2}
    made = await walk.call("POST /v2/workers/messages", sent, key=key[ROOT])
    await walk.call("GET /v2/workers/messages", key=key[ROOT], query={"validity": "all"})
    await walk.call("GET /v2/workers/messages/{message_id}", key=key[ROOT], message_id=made["id"])
    gone = await walk.call("POST /v2/workers/messages", sent, key=key[ROOT])
    await walk.call("DELETE /v2/workers/messages/{message_id}", key=key[ROOT], message_id=gone["id"])


async def shared_keys(walk: Walk, key: dict[str, str]) -> None:
    made = await walk.call("PUT /v2/sharedkeys", SHARED_KEY, key=key[ADA])
    await walk.call("PATCH /v2/sharedkeys/{sharedkey_id}", SHARED_KEY, key=key[ADA], sharedkey_id=made["id"])
    await walk.call("GET /v2/sharedkeys/{sharedkey_id}", sharedkey_id=made["id"])
    gone = await walk.call("PUT /v2/sharedkeys", SHARED_KEY, key=key[ADA])
    await walk.call("DELETE /v2/sharedkeys/{sharedkey_id}", key=key[ADA], sharedkey_id=gone["id"])


SHARED_KEY = {
    "kudos": 5000, "expiry": 30, "name": "for friends", "max_image_pixels": 262_144, "max_image_steps": 30,
    "max_text_tokens": 100,
}  # fmt: skip


async def image_styles(walk: Walk, key: dict[str, str]) -> None:
    shared = await walk.call("PUT /v2/sharedkeys", SHARED_KEY, key=key[ADA])
    style = {
        "name": "old photo", "info": "as in old albums", "prompt": "a photo of {p}###{np}", "public": True,
        "nsfw": False, "tags": ["photo"], "models": [IMAGE_MODEL], "sharedkey": shared["id"], "params": {
            "steps": 25, "width": 512, "height": 512, "cfg_scale": 6.5, "sampler_name": "k_euler", "karras": True,
            "hires_fix": True, "clip_skip": 1, "tiling": False, "transparent": False, "denoising_strength": 0.6,
            "hires_fix_denoising_strength": 0.5, "facefixer_strength": 0.7, "post_processing": ["GFPGAN"],
            "loras": [{"name": "a", "model": 1.5, "clip": 0.5, "inject_trigger": "any", "is_version": False}],
            "tis": [{"name": "b", "strength": 0.5, "inject_ti": "prompt"}], "workflow": "qr_code",
            "special": {"a": {"b": 1}},
        },
    }  # fmt: skip
    made = await walk.call("POST /v2/styles/image", style, key=key[ADA])
    example = {"url": "https://example.org/a.webp", "primary": True}
    for _ in range(2):
        shown = await walk.call("POST /v2/styles/image/{style_id}/example", example, key=key[ADA], style_id=made["id"])
        example = {"url": "https://example.org/b.webp", "primary": False}
    place = {"style_id": made["id"], "example_id": shown["id"]}
    await walk.call(
        "PATCH /v2/styles/image/{style_id}/example/{example_id}", {**example, "primary": True}, key=key[ADA], **place
    )
    await walk.call("PATCH /v2/styles/image/{style_id}", {"name": "old photo", "tags": ["sepia"]}, key=key[ADA],
                    style_id=made["id"])  # fmt: skip
    await walk.call("GET /v2/styles/image", query={"sort": "age", "page": 1, "tag": "sepia", "model": IMAGE_MODEL})
    await walk.call("GET /v2/styles/image/{style_id}", style_id=made["id"])
    await walk.call(
        "GET /v2/styles/image_by_name/{style_name}", style_name="ada#2::style::old photo".replace("#", "%23")
    )
    await walk.call("DELETE /v2/styles/image/{style_id}/example/{example_id}", key=key[ADA], **place)
    gone = await walk.call("POST /v2/styles/image", {**style, "name": "soon gone"}, key=key[ADA])
    await walk.call("DELETE /v2/styles/image/{style_id}", key=key[ADA], style_id=gone["id"])


async def text_styles(walk: Walk, key: dict[str, str]) -> None:
    style = {
        "name": "fairy tale", "info": "as told at night", "prompt": "Once upon a time, {p}", "public": True,
        "nsfw": False, "tags": ["tale"], "models": [TEXT_MODEL], "params": {
            "rep_pen": 1.1, "rep_pen_range": 100, "rep_pen_slope": 0.7, "temperature": 0.9, "tfs": 0.9, "top_a": 0.1,
            "top_k": 10, "top_p": 0.9, "typical": 0.9, "min_p": 0.1, "smoothing_factor": 0.1, "dynatemp_range": 0.1,
            "dynatemp_exponent": 0.9, "sampler_order": [0, 1, 2, 3, 4, 5, 6], "stop_sequence": ["\n"],
            "singleline": True, "frmtadsnsp": True, "frmtrmblln": True, "frmtrmspch": True, "frmttriminc": True,
            "use_default_badwordsids": True,
        },
    }  # fmt: skip
    made = await walk.call("POST /v2/styles/text", style, key=key[ADA])
    await walk.call("PATCH /v2/styles/text/{style_id}", {"name": "fairy tale", "tags": ["night"]}, key=key[ADA],
                    style_id=made["id"])  # fmt: skip
    await walk.call("GET /v2/styles/text", query={"sort": "popular", "page": 1})
    await walk.call("GET /v2/styles/text/{style_id}", style_id=made["id"])
    await walk.call("GET /v2/styles/text_by_name/{style_name}", style_name="fairy tale")
    gone = await walk.call("POST /v2/styles/text", {**style, "name": "soon gone"}, key=key[ADA])
    await walk.call("DELETE /v2/styles/text/{style_id}", key=key[ADA], style_id=gone["id"])


async def collections(walk: Walk, key: dict[str, str]) -> None:
    styles = [style["id"] for style in await walk.call("GET /v2/styles/image")]
    body = {"name": "old pictures", "info": "of many kinds", "public": True, "styles": styles}
    made = await walk.call("POST /v2/collections", body, key=key[ADA])
    await walk.call("PATCH /v2/collections/{collection_id}", body, key=key[ADA], collection_id=made["id"])
    await walk.call("GET /v2/collections", query={"sort": "age", "page": 1, "type": "image"})
    await walk.call("GET /v2/collections/{collection_id}", collection_id=made["id"])
    await walk.call("GET /v2/collection_by_name/{collection_name}", collection_name="old pictures")
    gone = await walk.call("POST /v2/collections", {**body, "name": "soon gone"}, key=key[ADA])
    await walk.call("DELETE /v2/collections/{collection_id}", key=key[ADA], collection_id=gone["id"])


async def filters(walk: Walk, key: dict[str, str]) -> None:
    new = {"regex": "forbidden", "filter_type": 10, "description": "an example", "replacement": "allowed"}
    made = await walk.call("PUT /v2/filters", new, key=key[ROOT])
    await walk.call("GET /v2/filters", key=key[ROOT], query={"filter_type": 10, "contains": "forb"})
    await walk.call("GET /v2/filters/regex", key=key[ROOT], query={"filter_type": 10})
    await walk.call("GET /v2/filters/{filter_id}", key=key[ROOT], filter_id=made["id"])
    await walk.call("POST /v2/filters", {"prompt": "a forbidden thing", "filter_type": 10}, key=key[ROOT])
    await walk.call("PATCH /v2/filters/{filter_id}", {"replacement": "good"}, key=key[ROOT], filter_id=made["id"])
    await walk.call("DELETE /v2/filters/{filter_id}", key=key[ROOT], filter_id=made["id"])


async def time_outs(walk: Walk, key: dict[str, str]) -> None:
    await walk.call("POST /v2/operations/ipaddr", {"ipaddr": "192.0.2.0/24", "hours": 2}, key=key[ROOT])
    await walk.call("GET /v2/operations/ipaddr", key=key[ROOT])
    await walk.call("GET /v2/operations/ipaddr/{ipaddr}", key=key[ROOT], ipaddr="192.0.2.7")
    await walk.call("DELETE /v2/operations/ipaddr", {"ipaddr": "192.0.2.0/24"}, key=key[ROOT])
    (worker,) = (await walk.horde.client.get("/api/v2/workers", params={"name": "scribe"})).json()
    name = "/v2/operations/block_worker_ipaddr/{worker_id}"
    await walk.call(f"PUT {name}", {"days": 1}, key=key[ROOT], worker_id=worker["id"])
    await walk.call(f"DELETE {name}", key=key[ROOT], worker_id=worker["id"])


async def state_of_the_horde(walk: Walk, key: dict[str, str]) -> None:
    await walk.call("GET /v2/status/heartbeat")
    await walk.call("GET /v2/status/performance")
    await walk.call("GET /v2/status/modes", key=key[ROOT])
    await walk.call(
        "PUT /v2/status/modes",
        {"maintenance_mode": False, "invite_only_mode": False, "raid_mode": False},
        key=key[ROOT],
    )
    for kind, model in (("image", IMAGE_MODEL), ("text", TEXT_MODEL)):
        await walk.call("GET /v2/status/models", query={"type": kind, "model_state": "all"})
        await walk.call("GET /v2/status/models/{model_name}", model_name=model)


async def news(walk: Walk, key: dict[str, str]) -> None:
    await walk.call("GET /v2/status/news")


async def documents(walk: Walk, key: dict[str, str]) -> None:
    for name in ("privacy", "sponsors", "terms"):
        for form in ("html", "markdown"):
            await walk.call(f"GET /v2/documents/{name}", query={"format": form})


async def statistics(walk: Walk, key: dict[str, str]) -> None:
    """What was served a moment ago is counted by the fold."""
    await walk.horde.folded()
    for kind in ("img", "text"):
        await walk.call(f"GET /v2/stats/{kind}/totals")
        await walk.call(f"GET /v2/stats/{kind}/models")


async def undeleted(walk: Walk, key: dict[str, str]) -> None:
    await walk.horde.sql("UPDATE account SET deleted = true WHERE id = 3")
    await walk.call("PUT /v2/users/{user_id}", {"undelete": True}, key=key[ROOT], user_id="3")


async def ends(walk: Walk, key: dict[str, str]) -> None:
    """What is gone afterwards: at the end."""
    (worker,) = (await walk.horde.client.get("/api/v2/workers", params={"name": "scribe"})).json()
    await walk.call("DELETE /v2/workers/{worker_id}", key=key[ADA], worker_id=worker["id"])
    await walk.call("DELETE /v2/users/{user_id}", key=key[ROOT], user_id="3")


PARTS: tuple[Part, ...] = (
    kudos, users, shared_keys, image_styles, text_styles, collections, images, texts, alchemy, messages, teams,
    images_not_given, alchemy_not_given, open_requests, users_seen, list_of_users, workers, filters, time_outs,
    state_of_the_horde, news, documents, statistics, undeleted, ends,
)  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def walk(module_database_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Walk]:
    """The whole walk, once for all tests."""
    settings: dict[str, Any] = {"_env_file": None, "data": tmp_path_factory.mktemp("horde"), "admins": ["root#1"]}
    async with running_horde(module_database_dsn, settings) as horde:
        root = await horde.account(ROOT, moderator=True, kudos=100_000)
        ada = await horde.account(ADA, trusted=True, kudos=10_000)
        bob = await horde.account("bob")
        assert (root.id, ada.id, bob.id) == (1, 2, 3)
        walk = Walk(horde)
        for part in PARTS:
            await walk.take(part, {ROOT: root.api_key, ADA: ada.api_key, "bob": bob.api_key})
        yield walk


async def test_every_part_went_to_its_end(walk: Walk) -> None:
    """Good answers all the way, each with the status of the document."""
    assert walk.failed == {}


async def test_every_operation_was_called(walk: Walk) -> None:
    """But for those that are said not to be built, or always refused."""
    assert sorted(walk.called) == ANSWERED


@pytest.mark.parametrize("name", ANSWERED)
async def test_every_field_was_told_and_is_of_its_type(walk: Walk, name: str) -> None:
    told, promised = walk.told[name], contract()[name].answer
    missing = [
        path
        for path in promised
        if told.get(path, set()) <= {"null"}
        and not is_listed(NEVER_TOLD, name, path)
        and not is_listed(NOT_TOLD_YET, name, path)
    ]
    assert ", ".join(missing) == ""
    wrong = {
        path: found
        for path, kinds in told.items()
        for found in kinds
        if path in promised and not gives(promised[path], found)
    }
    assert wrong == {}


async def test_what_is_said_not_to_be_told_is_not(walk: Walk) -> None:
    """Whoever builds a field takes it out of the list."""
    told = {
        f"{name} {path}"
        for name, fields in walk.told.items()
        for path, kinds in fields.items()
        if kinds - {"null"} and is_listed(NOT_TOLD_YET, name, path) and fields[path] != {"array"}
    }
    assert sorted(told) == []


@pytest.mark.parametrize("name", sorted(REFUSED))
async def test_what_is_said_to_be_refused_is(walk: Walk, name: str) -> None:
    """By its own code, whatever it is asked."""
    method, _, path = name.partition(" ")
    code = REFUSED[name][0]
    (request_id,) = (
        await walk.horde.sql("SELECT id::text FROM request WHERE finished = jobs AND kind = 'image' LIMIT 1")
    )[0]
    answer = await walk.horde.client.request(method, f"/api{path.format(id=request_id)}", json={})
    assert walk.horde.outcome(answer) == (400, code)
