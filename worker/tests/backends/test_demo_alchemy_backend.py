"""The forms of the built-in alchemy behind the worker's seam."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from horde_sdk.generation_parameters.alchemy.consts import is_upscaler_form
from horde_worker.backends import demo_alchemy_backend
from horde_worker.backends.alchemy import AlchemyResult
from horde_worker.backends.demo_alchemy_backend import DemoAlchemyBackend
from horde_worker.backends.demo_caption import network as captioner_network
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings

NOT_OFFERED = {
    "caption", "interrogation", "nsfw", "aesthetic", "strip_background", "GFPGAN", "CodeFormers", "GFPGANv1.3",
    "RestoreFormer", "annotation",
}  # fmt: skip
PICTURE = Image.radial_gradient("L").convert("RGB").resize((60, 40))


async def done(form: str, source: Image.Image) -> Any:
    """The one result of a form."""
    [result] = [event async for event in DemoAlchemyBackend().work(form, source, {})]
    assert isinstance(result, AlchemyResult)
    return result.value


def test_it_is_called_a_resampler_and_offers_nothing_that_needs_a_model() -> None:
    """Eleven upscalers' names, and three analyses."""
    backend = DemoAlchemyBackend()
    assert "resampler" in backend.name
    assert not NOT_OFFERED & set(backend.abilities.forms)
    assert len(backend.abilities.forms) == len(set(backend.abilities.forms)) == 14


@pytest.mark.parametrize("form", DemoAlchemyBackend.abilities.forms)
async def test_every_offered_form_has_a_result(form: str) -> None:
    """A larger picture, or something JSON can say."""
    result = await done(form, PICTURE)
    if is_upscaler_form(form):
        assert result.size in ((120, 80), (240, 160))
    else:
        assert json.loads(json.dumps(result)) == result


async def test_vectorize_gives_a_document() -> None:
    """Of the picture's size."""
    root = ET.fromstring(str(await done("vectorize", PICTURE)))
    assert (root.attrib["width"], root.attrib["height"]) == ("60", "40")


async def test_a_form_that_is_not_offered_fails() -> None:
    """With a reason."""
    with pytest.raises(BackendFailure, match="caption is not among the forms"):
        await done("caption", PICTURE)


async def test_a_source_too_long_for_webp_fails() -> None:
    """With a reason; sources of the offered size are never too long."""
    able = DemoAlchemyBackend.abilities
    with pytest.raises(BackendFailure, match="pixels a side"):
        await done("RealESRGAN_x4plus", Image.new("RGB", (able.max_side + 1, 1)))


@pytest.mark.parametrize("form", ["caption", "interrogation"])
async def test_with_its_weights_it_answers_for_the_small_world(form: str) -> None:
    """Two forms more; transparency counts as white."""
    backend = await DemoAlchemyBackend.open(BackendSettings("demo-alchemy"))
    assert len(backend.abilities.forms) == len(set(backend.abilities.forms)) == 16
    assert form in backend.abilities.stand_ins  # a captioner of the whole world goes first
    clear = Image.new("RGBA", (64, 64))
    ImageDraw.Draw(clear).rectangle((18, 18, 46, 46), fill="red")
    [result] = [event async for event in backend.work(form, clear, {})]
    assert isinstance(result, AlchemyResult)
    said = json.dumps(result.value)
    assert "red" in said and "square" in said and "white" in said


async def test_without_the_weights_the_other_forms_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody needs them for a palette."""
    monkeypatch.setitem(sys.modules, "horde_models", None)
    backend = await DemoAlchemyBackend.open(BackendSettings("demo-alchemy"))
    assert backend.abilities == DemoAlchemyBackend.abilities


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\x93NUMPY"])
async def test_weights_that_cannot_be_read_are_a_failure(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a reason, not a form less in silence."""
    broken = tmp_path / "ember-demo-caption.npz"
    broken.write_bytes(content)
    monkeypatch.setattr(captioner_network, "shipped_weights", lambda _name: broken)
    with pytest.raises(BackendFailure, match="weights of the captioner cannot be read"):
        await DemoAlchemyBackend.open(BackendSettings("demo-alchemy"))


async def test_a_cancelled_drawing_stops_before_its_next_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processor is free again soon."""
    loop, has_begun, may_ask = asyncio.get_running_loop(), asyncio.Event(), threading.Event()
    asked: list[bool] = []

    def slow(_source: Image.Image, should_stop: Any) -> str:
        loop.call_soon_threadsafe(has_begun.set)
        may_ask.wait(20)
        asked.append(should_stop())
        return ""

    monkeypatch.setitem(demo_alchemy_backend._ANALYSES, "vectorize", slow)
    working = asyncio.create_task(done("vectorize", PICTURE))
    await has_begun.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    may_ask.set()
    await loop.shutdown_default_executor()
    assert asked == [True]


async def test_it_has_no_options() -> None:
    """One that is given is mistyped, and named."""
    with pytest.raises(BackendFailure, match="has no option 'tiles'"):
        await DemoAlchemyBackend.open(BackendSettings("demo-alchemy", {"tiles": 3}))
