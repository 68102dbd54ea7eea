"""What is offered follows from what the server answers, program by program."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from a1111_contract import A1111, A1111_1_6, FORGE, PART, SDNEXT, WHOLE_PROGRAMS, Contract
from aiohttp import web
from plain_jobs import an_image_job

from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SAMPLERS
from horde_worker.backends.a1111.facts import Program
from horde_worker.backends.a1111_backend import A1111Backend
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.image import ImageAbilities, ImageEvent
from horde_worker.backends.interface import BackendSettings
from horde_worker.kinds.image.needs import WORDS

EVERYTHING = {
    "face_fixers": ["GFPGAN", "CodeFormers"],
    "loras": {"26975": "pixel-art"},
    "tis": {"7808": "bad-hands"},
    "models": {"Deliberate": "deliberate_v2"},
}


async def all_of(backend: A1111Backend) -> list[ImageEvent]:
    return [event async for event in backend._maker.make(an_image_job())]


def abilities(backend: A1111Backend) -> ImageAbilities:
    assert backend.makers.image is not None
    return backend.makers.image.abilities


@pytest.mark.parametrize(
    ("contract", "program"),
    [
        (A1111, Program.A1111),
        (A1111_1_6, Program.A1111),
        (FORGE, Program.FORGE),
        (SDNEXT, Program.SDNEXT),
        (PART, Program.PART),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
async def test_programs_are_told_apart_by_their_addresses(
    play: Any, opened: Any, contract: Contract, program: Program
) -> None:
    """Each has one that the others have not."""
    backend = await opened(await play(contract))
    assert backend._attendance.abilities.program == program


@pytest.mark.parametrize("contract", WHOLE_PROGRAMS, ids=lambda one: one.name)
async def test_whole_programs_do_the_common_things(play: Any, opened: Any, contract: Contract) -> None:
    """And no word is made up."""
    can = abilities(await opened(await play(contract), **EVERYTHING))
    assert can.models == ("Deliberate",)
    assert {"karras", "r2", "img2img", "inpainting", "hires_fix", "clip_skip", "lora"} <= can.capabilities
    assert {"textual_inversion", "post-processing", "RealESRGAN_x4plus"} <= can.capabilities
    names = {one for one in can.capabilities if one not in WORDS}
    assert names <= {
        "karras",
        "r2",
        "r2_source",
        "RealESRGAN_x4plus",
        "RealESRGAN_x4plus_anime_6B",
        "4x_AnimeSharp",
        "GFPGAN",
        "CodeFormers",
    }
    assert can.max_batch == 8
    assert can.max_pixels == 1536 * 1536  # by 12 GiB of the GPU


@pytest.mark.parametrize("contract", WHOLE_PROGRAMS, ids=lambda one: one.name)
async def test_tiling_is_offered_where_it_has_an_effect(play: Any, opened: Any, contract: Contract) -> None:
    """Not by Forge, which takes the key and leaves it."""
    can = abilities(await opened(await play(contract)))
    assert ("tiling" in can.capabilities) == (contract is not FORGE)


async def test_a_part_of_the_api_offers_a_part(play: Any, opened: Any) -> None:
    """One picture at a time, and nothing that it would not notice in a request."""
    can = abilities(await opened(await play(PART), **EVERYTHING))
    assert can.capabilities == {"r2", "r2_source", "img2img", "inpainting"}
    assert can.samplers == {"k_euler", "k_euler_a"}
    assert can.max_batch == 1


async def test_all_samplers_of_the_horde_are_there(play: Any, opened: Any) -> None:
    """AUTOMATIC1111 has every one."""
    can = abilities(await opened(await play(A1111)))
    assert {sampler.value for sampler in KNOWN_IMAGE_SAMPLERS} <= can.samplers


async def test_sdnext_offers_the_samplers_it_has(play: Any, opened: Any) -> None:
    """Three of the horde's are not among those of diffusers."""
    can = abilities(await opened(await play(SDNEXT)))
    lacking = {sampler.value for sampler in KNOWN_IMAGE_SAMPLERS} - can.samplers
    assert lacking == {"k_dpmpp_2s_a", "k_dpm_fast", "k_dpm_adaptive"}


async def test_face_fixers_of_sdnext_are_none(play: Any, opened: Any) -> None:
    """Under that address it lists what finds faces."""
    can = abilities(await opened(await play(SDNEXT), face_fixers=["GFPGAN", "CodeFormers"]))
    assert not {"GFPGAN", "CodeFormers"} & can.capabilities


async def test_loras_and_inversions_need_the_owners_word(play: Any, opened: Any) -> None:
    """Jobs may name any of hundreds of thousands; a handful of files serves them only where the owner says so."""
    can = abilities(await opened(await play(A1111)))
    assert not {"lora", "lora_versions", "textual_inversion"} & can.capabilities


async def test_controlnet_is_offered_where_all_types_work(play: Any, opened: Any) -> None:
    """With a model of SD 1.5 and preprocessors and models for each type."""
    can = abilities(await opened(await play(A1111), models={"Deliberate": "deliberate_v2"}))
    assert {"controlnet", "image_is_control", "return_control_map"} <= can.capabilities


async def test_controlnet_is_not_offered_where_a_model_has_none(play: Any, opened: Any) -> None:
    """There is no ControlNet of SDXL among those of the server."""
    can = abilities(await opened(await play(A1111)))
    assert "juggernautXL" in "".join(can.models)
    assert "controlnet" not in can.capabilities


async def test_without_a_table_models_have_their_own_names(play: Any, opened: Any) -> None:
    """Folders become part of it, as the programs name them."""
    can = abilities(await opened(await play(A1111)))
    assert can.models == ("deliberate_v2", "sdxl_juggernautXL_v9")


@pytest.mark.parametrize(
    "local",
    ["deliberate_v2.safetensors [9aba26abdf]", "deliberate_v2.safetensors", "Deliberate_V2", "9aba26abdf"],
)
async def test_a_model_is_found_by_title_file_name_or_hash(play: Any, opened: Any, local: str) -> None:
    """However the owner writes it down."""
    assert abilities(await opened(await play(A1111), models={"Deliberate": local})).models == ("Deliberate",)


async def test_a_models_table_without_a_model_of_the_server_is_an_error(play: Any) -> None:
    """It is mistyped, or the file is gone."""
    server = await play(A1111)
    with pytest.raises(BackendFailure, match="none of the models in the settings"):
        await A1111Backend.open(BackendSettings("a1111", {"url": server.url, "models": {"Deliberate": "other"}}))


async def test_a_post_processor_that_fails_its_trial_is_not_offered(play: Any, opened: Any) -> None:
    """The others are."""
    server = await play(A1111)

    def no_gfpgan(path: str, body: Any) -> web.StreamResponse | None:
        is_it = path == "/sdapi/v1/extra-single-image" and "gfpgan_visibility" in body
        return web.json_response({"detail": "no weights"}, status=500) if is_it else None

    server.surprise = no_gfpgan
    can = abilities(await opened(server, face_fixers=["GFPGAN", "CodeFormers"]))
    assert "GFPGAN" not in can.capabilities
    assert {"post-processing", "CodeFormers"} <= can.capabilities


async def test_an_upscaler_without_weights_is_not_offered(play: Any, opened: Any) -> None:
    """The programs then answer with the picture stretched, and no word of it."""
    server = await play(A1111)
    server.without_weights = {"R-ESRGAN 4x+"}
    can = abilities(await opened(server))
    assert "RealESRGAN_x4plus" not in can.capabilities
    assert {"post-processing", "RealESRGAN_x4plus_anime_6B"} <= can.capabilities


async def test_a_file_of_that_name_serves_where_the_programs_own_has_no_weights(play: Any, opened: Any) -> None:
    """The owner put it there."""
    contract = replace(A1111, upscalers=(*A1111.upscalers, "RealESRGAN_x4plus"))
    server = await play(contract)
    server.without_weights = {"R-ESRGAN 4x+"}
    backend = await opened(server)
    assert backend._maker.processors(backend._attendance.abilities)["RealESRGAN_x4plus"].local == "RealESRGAN_x4plus"


async def test_face_fixers_need_the_owners_word(play: Any, opened: Any) -> None:
    """Without weights the programs answer as with them, and a picture without faces shows no difference."""
    can = abilities(await opened(await play(A1111)))
    assert not {"GFPGAN", "CodeFormers"} & can.capabilities


async def test_the_trial_uses_the_model_that_is_loaded(play: Any) -> None:
    """A change of models takes a minute on some machines."""
    contract = replace(
        A1111, options={**A1111.options, "sd_model_checkpoint": "sdxl/juggernautXL_v9.safetensors [c9e3e68f89]"}
    )
    server = await play(contract)
    backend = await A1111Backend.open(BackendSettings("a1111", {"url": server.url}))
    await backend.close()
    assert server.last()["override_settings"]["sd_model_checkpoint"].startswith("sdxl/")
    assert (server.last()["width"], server.last()["steps"]) == (64, 2)


async def test_what_changes_is_seen_at_the_next_look(play: Any, opened: Any) -> None:
    """A new model is offered once a picture came of the server again."""
    server = await play(A1111)
    backend = await opened(server)
    server.titles.append("new.safetensors [0000000000]")
    await backend._attendance._look_once()
    assert "new" in abilities(backend).models
    assert [body["tiling"] for body in server.sent("/sdapi/v1/txt2img")] == [False, True]


async def test_one_job_at_a_time_unless_the_owner_says_more(play: Any, opened: Any) -> None:
    """The server does one after the other anyway."""
    assert (await opened(await play(A1111)))._maker.slots == 1
    assert (await opened(await play(A1111), slots=2))._maker.slots == 2


async def test_other_peoples_use_is_seen(play: Any, opened: Any) -> None:
    """The owner's own work, but not ours."""
    server = await play(A1111)
    backend = await opened(server)
    assert backend._maker.used_by_others is False
    done = asyncio.Event()
    owner = asyncio.ensure_future(server.use_it_oneself(done))
    async with asyncio.timeout(20):
        while not backend._maker.used_by_others:
            await asyncio.sleep(0.01)
        done.set()
        await owner
        while backend._maker.used_by_others:
            await asyncio.sleep(0.01)
        server.may_paint.clear()
        making = asyncio.ensure_future(all_of(backend))
        await server.began.wait()
        await backend._maker.look_whether_used()
        assert backend._maker.used_by_others is False
        server.may_paint.set()
        await making


async def test_user_and_password_are_sent(play: Any, opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `--api-auth` wants them; without them the reason says what is missing."""
    server = await play(A1111, auth="ann:sesame-2718")
    monkeypatch.setenv("A1111_PASSWORD", "sesame-2718")
    assert abilities(await opened(server, user="ann", password="env:A1111_PASSWORD")).models
    with pytest.raises(BackendFailure, match="--api-auth") as refused:
        await A1111Backend.open(BackendSettings("a1111", {"url": server.url, "user": "ann", "password": "wrong-31415"}))
    assert "wrong-31415" not in str(refused.value)


async def test_a_server_without_the_api_says_how_to_have_it(play: Any) -> None:
    """Its pages answer, and nothing else."""
    server = await play(A1111)
    server.surprise = lambda path, body: web.json_response({"detail": "Not Found"}, status=404)
    with pytest.raises(BackendFailure, match="--api"):
        await A1111Backend.open(BackendSettings("a1111", {"url": server.url}))


async def test_a_server_without_models_is_not_ready(play: Any) -> None:
    """It was installed a minute ago."""
    server = await play(A1111)
    server.titles.clear()
    with pytest.raises(BackendFailure, match="no model"):
        await A1111Backend.open(BackendSettings("a1111", {"url": server.url}))


@pytest.mark.parametrize(
    "garbage",
    [b"", b"<html>", b"null", b"[]", b"{}", b'"a"', b"[[[[1]]]]", b'[{"title": 7, "name": {"a": 1}}]', b"\xff\xfe"],
)
async def test_any_answer_is_read_or_refused(play: Any, garbage: bytes) -> None:
    """No shape of JSON, or of anything else, raises what nobody expects."""
    server = await play(A1111)
    server.surprise = lambda path, body: web.Response(body=garbage, content_type="application/json")
    with pytest.raises(BackendFailure):
        await A1111Backend.open(BackendSettings("a1111", {"url": server.url}))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"loras": ["a"]}, "loras"),
        ({"tis": {"a": {}}}, "tis"),
        ({"baselines": {"Deliberate": "sd15"}}, "baseline"),
        ({"max_pixels": 3}, "max_pixels"),
        ({"face_fixers": ["RestoreFormer"]}, "face_fixers"),
        ({"alchemy": "yes"}, "alchemy"),
        ({"modles": {}}, "modles"),
    ],
)
async def test_wrong_options_are_named(options: dict[str, Any], told: str) -> None:
    """Before anything is asked of the server."""
    with pytest.raises(BackendFailure, match=told):
        await A1111Backend.open(BackendSettings("a1111", {"url": "http://127.0.0.1:9", **options}))
