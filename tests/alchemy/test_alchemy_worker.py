"""The backend `alchemy` as a worker has it: opened with trained models, tried out, and paid by a played horde."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest_asyncio
from PIL import Image
from played_horde import Answer, PlayedHorde
from workshop import Naps, Painter

from alchemy.small_networks import blip_folder, brightness_onnx, clip_folder, inverting_onnx
from horde_worker.backends.alchemy import AlchemyResult
from horde_worker.backends.alchemy_backend import AlchemyBackend
from horde_worker.backends.interface import BackendSettings
from horde_worker.exit_codes import ExitCode
from horde_worker.horde_api import HordeApi
from horde_worker.kinds.alchemy.kind import AlchemyKind
from horde_worker.kinds.image.kind import ImageKind
from horde_worker.safety.judgement import Judgement, Wanted
from horde_worker.safety.nudenet import NudenetChecker
from horde_worker.safety.options import SafetyOptions
from horde_worker.settings import OperatorWishes
from horde_worker.worker import Worker

ONLY_ANIME = {"RealESRGAN_x4plus": "off", "RealESRGAN_x2plus": "off"}


@pytest_asyncio.fixture
async def horde() -> AsyncIterator[PlayedHorde]:
    played = PlayedHorde()
    await played.open()
    yield played
    await played.close()


async def test_trained_forms_earn(horde: PlayedHorde, photograph: Image.Image) -> None:
    """Whatever the speed of this machine: the limit is set as high as it may be."""
    raw = io.BytesIO()
    photograph.crop((180, 60, 240, 110)).save(raw, "WEBP")
    horde.shelf["source"] = Answer(body=raw.getvalue())
    forms = ("RealESRGAN_x4plus_anime_6B", "nsfw", "4x_AnimeSharp")
    given = [
        {
            "id": form,
            "form": form,
            "payload": None,
            "source_image": f"{horde.url}/shelf/source",
            "r2_upload": f"{horde.url}/store/{form}",
        }
        for form in forms
    ]
    horde.alchemy_pop_script = [horde.alchemy_forms(one) for one in given]
    options = {"form_limit_s": 170, "upscalers": {**ONLY_ANIME, "4x_AnimeSharp": "realesr-animevideov3"}}
    backend = await AlchemyBackend.open(BackendSettings("alchemy", options))
    assert set(backend.abilities.forms) == set(forms)
    async with aiohttp.ClientSession() as session:
        api = HordeApi(session, horde.url, "the key", Naps())
        kind = AlchemyKind(api, "alchemy", backend, OperatorWishes("an alchemist"))
        assert await Worker(kind, jobs_wanted=3).run() == ExitCode.OK
    results = {one["id"]: one["result"] for one in horde.alchemy_submits}
    assert results == {
        "RealESRGAN_x4plus_anime_6B": {"RealESRGAN_x4plus_anime_6B": "R2"},
        "nsfw": {"nsfw": False},
        "4x_AnimeSharp": {"4x_AnimeSharp": "R2"},
    }
    for upload in horde.uploads:
        with Image.open(io.BytesIO(upload.data)) as made:
            assert (made.format, made.size) == ("WEBP", (240, 200))


async def test_what_the_lease_does_not_allow_is_not_offered() -> None:
    """On no machine is a tile done in five seconds by the largest network."""
    backend = await AlchemyBackend.open(BackendSettings("alchemy", {"form_limit_s": 5, "threads": 1}))
    assert "RealESRGAN_x4plus" not in backend.abilities.forms
    assert "nsfw" in backend.abilities.forms


async def test_files_of_the_owner_serve_their_forms(tmp_path: Path, photograph: Image.Image) -> None:
    """All of them at once; each has a result of its kind."""
    import torch

    torch.save({"weight": torch.zeros(1, 16), "bias": torch.full((1,), 4.2)}, tmp_path / "head.pth")
    backend = await AlchemyBackend.open(
        BackendSettings(
            "alchemy",
            {
                "upscalers": {**ONLY_ANIME, "RealESRGAN_x4plus_anime_6B": "off"},
                "strip_background": str(brightness_onnx(tmp_path / "u2net.onnx")),
                "face_fixers": {"GFPGAN": str(inverting_onnx(tmp_path / "gfpgan.onnx", with_fidelity=False))},
                "clip": str(clip_folder(tmp_path / "clip")),
                "aesthetic": str(tmp_path / "head.pth"),
                "caption": str(blip_folder(tmp_path / "blip")),
                "cache": str(tmp_path / "cache"),
            },
        )
    )
    found: dict[str, Any] = {}
    for form in backend.abilities.forms:
        *_, last = [event async for event in backend.work(form, photograph, {"min_length": "3", "num_beams": "1"})]
        assert isinstance(last, AlchemyResult)
        found[form] = last.value
    assert set(found) == {"nsfw", "GFPGAN", "strip_background", "interrogation", "aesthetic", "caption"}
    assert (found["nsfw"], found["aesthetic"]) == (False, 4.2)
    assert found["strip_background"].mode == "RGBA"
    assert isinstance(found["caption"], str) and len(found["interrogation"]) == 7
    # The face is inverted, the corner is not.
    assert found["GFPGAN"].getpixel((2, 2)) == photograph.getpixel((2, 2))
    assert found["GFPGAN"].getpixel((222, 120)) != photograph.getpixel((222, 120))


async def test_pictures_of_another_backend_are_judged_and_enlarged(horde: PlayedHorde) -> None:
    """nudenet is taken by itself where it is installed, and alchemy does what the maker cannot."""
    horde.pop_script = [
        horde.job("j1", payload={"post_processing": ["4x_AnimeSharp"], "use_nsfw_censor": True}),
    ]
    options = {"upscalers": {**ONLY_ANIME, "4x_AnimeSharp": "realesr-animevideov3"}, "form_limit_s": 170}
    alchemist = await AlchemyBackend.open(BackendSettings("alchemy", options))
    painter = Painter()
    painter.abilities = replace(painter.abilities, knows_nsfw=True)
    async with aiohttp.ClientSession() as session:
        api = HordeApi(session, horde.url, "the key", Naps())
        kind = ImageKind(api, "painter", painter, OperatorWishes("a worker", ("paint",)), alchemist)
        assert await Worker(kind, jobs_wanted=1).run() == ExitCode.OK
    assert "4x_AnimeSharp" in horde.pops[0]["capabilities"]
    assert horde.submit_of("j1")["state"] == "ok"
    [upload] = horde.uploads
    with Image.open(io.BytesIO(upload.data)) as made:
        assert made.size == (256, 256)


async def test_an_astronaut_is_safe(photograph: Image.Image) -> None:
    """Also where the prompt names a child: she is dressed."""
    checker = NudenetChecker.open(SafetyOptions("nudenet"))
    assert await checker.judge(photograph, Wanted("a child who wants to be an astronaut")) == Judgement()
