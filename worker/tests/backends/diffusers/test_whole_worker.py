"""Jobs all the way: popped from a played horde, painted and written by real nets, uploaded and submitted."""

from __future__ import annotations

import io
from pathlib import Path

import aiohttp
import pytest
from PIL import Image
from played_horde import PlayedHorde
from tiny_image_model import save_tiny_sd
from tiny_text_model import save_tiny_text_model
from workshop import Naps

from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.registry import open_backend
from horde_worker.exit_codes import ExitCode
from horde_worker.horde_api import HordeApi
from horde_worker.kinds.image.kind import ImageKind
from horde_worker.kinds.text.kind import TextKind
from horde_worker.settings import OperatorWishes
from horde_worker.worker import Worker

pytestmark = pytest.mark.torch


async def test_pictures_are_painted_for_a_horde(
    horde: PlayedHorde, session: aiohttp.ClientSession, naps: Naps, tmp_path: Path
) -> None:
    """One job is done; one that asks for what is not offered is given back."""
    models = {"Deliberate": str(save_tiny_sd(tmp_path / "sd"))}
    backend = await open_backend(BackendSettings("diffusers", {"models": models, "devices": "cpu"}))
    maker = backend.makers.image
    assert maker is not None
    horde.pop_script += [
        horde.job("lora", model="Deliberate", payload={"loras": [{"name": "1"}]}),
        horde.job("a", "b", model="Deliberate", payload={"width": 128, "karras": True, "sampler_name": "k_euler_a"}),
    ]
    wishes = OperatorWishes("a painter", ("Deliberate",), batch=2)
    worker = Worker(ImageKind(HordeApi(session, horde.url, "the key", naps), "diffusers", maker, wishes), jobs_wanted=1)
    assert await worker.run() is ExitCode.OK
    assert "does not offer lora" in horde.fault_of("lora")
    assert {"k_euler_a", "karras", "inpainting"} <= set(horde.pops[0]["capabilities"])
    assert [horde.submit_of(one)["seed"] for one in ("a", "b")] == [7, 8]
    uploaded = [Image.open(io.BytesIO(one.data)) for one in horde.uploads]
    assert [(one.format, one.size) for one in uploaded] == [("WEBP", (128, 64))] * 2
    await backend.close()


async def test_texts_are_written_for_a_horde(
    horde: PlayedHorde, session: aiohttp.ClientSession, naps: Naps, tmp_path: Path
) -> None:
    """As long as the job asks for, of a context that the model has."""
    models = {"me/tiny": str(save_tiny_text_model(tmp_path / "tiny"))}
    backend = await open_backend(BackendSettings("transformers", {"models": models, "devices": "cpu"}))
    maker = backend.makers.text
    assert maker is not None
    horde.text_pop_script.append(
        horde.text_job("a", model="me/tiny", payload={"max_context_length": 200, "stop_sequence": ["e"]})
    )
    wishes = OperatorWishes("a scribe", ("me/tiny",))
    worker = Worker(
        TextKind(HordeApi(session, horde.url, "the key", naps), "transformers", maker, wishes), jobs_wanted=1
    )
    assert await worker.run() is ExitCode.OK
    assert horde.text_pops[0]["max_context_length"] == 256
    [submit] = horde.text_submits
    assert submit["state"] == "ok"
    assert submit["generation"]
    await backend.close()
