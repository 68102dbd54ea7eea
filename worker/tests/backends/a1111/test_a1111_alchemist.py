"""Upscalers, face fixers and captions of a played server, as alchemy."""

from __future__ import annotations

from typing import Any

import pytest
from a1111_contract import A1111, PART, SDNEXT, Contract
from aiohttp import web
from PIL import Image

from horde_worker.backends.a1111_backend import A1111Backend
from horde_worker.backends.alchemy import AlchemyMaker, AlchemyResult, Option
from horde_worker.backends.events import BackendFailure

PICTURE = Image.new("RGBA", (64, 48), (200, 30, 30, 255))


def alchemist(backend: A1111Backend) -> AlchemyMaker:
    found = backend.makers.alchemy
    assert found is not None
    return found


async def value(backend: A1111Backend, form: str, payload: dict[str, Option] | None = None) -> Any:
    (result,) = [event async for event in alchemist(backend).work(form, PICTURE, payload or {})]
    assert isinstance(result, AlchemyResult)
    return result.value


async def test_there_is_none_unless_the_owner_wants_it(play: Any, opened: Any) -> None:
    """A first caption fetches gigabytes of weights."""
    assert (await opened(await play(A1111))).makers.alchemy is None


@pytest.mark.parametrize(
    ("contract", "forms"),
    [
        (
            A1111,
            {"caption", "RealESRGAN_x4plus", "RealESRGAN_x4plus_anime_6B", "4x_AnimeSharp", "GFPGAN", "CodeFormers"},
        ),
        (SDNEXT, {"caption", "RealESRGAN_x4plus", "RealESRGAN_x4plus_anime_6B"}),
        (PART, {"caption"}),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
async def test_forms_follow_from_what_the_server_has(
    play: Any, opened: Any, contract: Contract, forms: set[str]
) -> None:
    """Program by program."""
    backend = await opened(await play(contract), alchemy=True, face_fixers=["GFPGAN", "CodeFormers"])
    assert set(alchemist(backend).abilities.forms) == forms


@pytest.mark.parametrize("contract", [A1111, SDNEXT, PART], ids=lambda one: one.name)
async def test_a_caption_is_a_sentence(play: Any, opened: Any, contract: Contract) -> None:
    """From wherever the program describes pictures."""
    server = await play(contract)
    backend = await opened(server, alchemy=True)
    assert await value(backend, "caption") == "a fox in the snow, by nobody"


async def test_pictures_come_out_larger(play: Any, opened: Any) -> None:
    """By the factor in the name of the horde's."""
    backend = await opened(await play(A1111), alchemy=True)
    assert (await value(backend, "RealESRGAN_x4plus")).size == (256, 192)


@pytest.mark.parametrize(("wished", "sent"), [("0.3", 0.3), (1.7, 1.0), ("nan", 0.5), ("a lot", 0.5), (None, 0.5)])
async def test_faces_are_mended_as_much_as_wished(play: Any, opened: Any, wished: Option, sent: float) -> None:
    """Options come as text from many hordes."""
    server = await play(A1111)
    backend = await opened(server, alchemy=True, face_fixers=["GFPGAN"])
    await value(backend, "GFPGAN", {"facefixer_strength": wished})
    assert server.last("/sdapi/v1/extra-single-image")["gfpgan_visibility"] == sent


@pytest.mark.parametrize("form", ["strip_background", "RestoreFormer", "nsfw"])
async def test_other_forms_are_refused(play: Any, opened: Any, form: str) -> None:
    """They are not offered."""
    backend = await opened(await play(A1111), alchemy=True)
    with pytest.raises(BackendFailure, match=form):
        await value(backend, form)


@pytest.mark.parametrize("answer", [{}, {"caption": ""}, {"caption": "<error>"}, {"caption": 7}, []])
async def test_no_caption_is_a_failure(play: Any, opened: Any, answer: Any) -> None:
    """Also the one that the program writes where it has none."""
    server = await play(A1111)
    backend = await opened(server, alchemy=True)
    server.surprise = lambda path, body: web.json_response(answer) if path.endswith("/interrogate") else None
    with pytest.raises(BackendFailure):
        await value(backend, "caption")


@pytest.mark.parametrize("answer", [{}, {"image": None}, {"image": "x"}, [], {"image": ""}])
async def test_no_picture_is_a_failure(play: Any, opened: Any, answer: Any) -> None:
    """Whatever else comes."""
    server = await play(A1111)
    backend = await opened(server, alchemy=True, face_fixers=["GFPGAN"])
    server.surprise = lambda path, body: web.json_response(answer) if path.endswith("-single-image") else None
    with pytest.raises(BackendFailure):
        await value(backend, "GFPGAN")
