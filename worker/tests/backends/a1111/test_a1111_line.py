"""From a horde's hand-out to what is handed in, with pictures by a played server; and any job and any answer at all."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

import pytest
from a1111_contract import A1111, CONTROL_MODELS, CONTROL_MODULES, FORGE, PART, SDNEXT, Contract
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from plain_jobs import an_image_job
from played_a1111 import colour_of
from played_horde import PlayedHorde
from workshop import Workshop

from horde_worker.backends.a1111 import facts as reading
from horde_worker.backends.a1111.answer import pictures_of
from horde_worker.backends.a1111.facts import Checkpoint, ControlNets, Facts, Program
from horde_worker.backends.a1111.options import A1111Options
from horde_worker.backends.a1111.request import plan
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.image import Lora, SourceGiven, TextualInversion
from horde_worker.backends.over_http.options import ServerOptions
from horde_worker.exit_codes import ExitCode

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
CHECKPOINT = Checkpoint("m.safetensors [00]", "m", "/m.safetensors", "00")
NETWORK = re.compile(r"<(\w+):([^>]+)>")
"""What the programs read as a file to load."""
KNOWN = ("name", "title", "model_name", "label", "aliases", "options", "metadata", "loaded", "skipped", "images",
         "info", "module_list", "model_list", "cuda", "system", "total", "filename", "hash")  # fmt: skip
SHAPED = st.recursive(
    JSON, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KNOWN), inner, max_size=4)
)


async def test_a_job_goes_from_pop_to_submit(horde: PlayedHorde, workshop: Workshop, play: Any, opened: Any) -> None:
    """A batch of two: uploaded, and handed in with the seeds that the server tells."""
    backend = await opened(await play(A1111), models={"Deliberate": "deliberate_v2"})
    horde.pop_script = [horde.job("j1", "j2", model="Deliberate")]
    workshop.start(models=("Deliberate",), maker=backend.makers.image, jobs_wanted=1)
    assert await workshop.ended() == ExitCode.OK
    assert [(one["id"], one["seed"], one["state"]) for one in horde.submits] == [("j1", 7, "ok"), ("j2", 8, "ok")]
    first = Image.open(io.BytesIO(horde.uploads[0].data))
    seen = first.convert("RGB").getpixel((20, 20))
    assert isinstance(seen, tuple)
    assert all(abs(one - other) < 12 for one, other in zip(seen, colour_of(7), strict=True))
    assert not first.info.get("exif")


async def test_what_is_offered_comes_from_the_server(
    horde: PlayedHorde, workshop: Workshop, play: Any, opened: Any
) -> None:
    """In the pop, by the API's words."""
    backend = await opened(await play(A1111), models={"Deliberate": "deliberate_v2"})
    workshop.start(models=("Deliberate",), maker=backend.makers.image)
    await horde.until(lambda: horde.pops)
    pop = horde.pops[0]
    assert (pop["allow_img2img"], pop["allow_controlnet"], pop["allow_lora"]) == (True, True, False)
    assert {"k_dpmpp_2m", "RealESRGAN_x4plus", "karras"} <= set(pop["capabilities"])


async def test_a_server_that_fails_gives_the_job_back(
    horde: PlayedHorde, workshop: Workshop, play: Any, opened: Any
) -> None:
    """With the reason."""
    server = await play(A1111)
    backend = await opened(server, models={"Deliberate": "deliberate_v2"})
    server.surprise = lambda path, body: (
        web.json_response({"error": "OutOfMemoryError"}, status=500) if path.endswith("txt2img") else None
    )
    horde.pop_script = [horde.job("j1", model="Deliberate")]
    workshop.start(models=("Deliberate",), maker=backend.makers.image)
    await horde.until(lambda: horde.submits)
    assert horde.submit_of("j1")["state"] == "faulted"
    assert "OutOfMemoryError" in horde.submit_of("j1")["gen_metadata"][0]["ref"]


@given(SHAPED)
@settings(max_examples=300)
def test_any_answer_is_read(answer: Any) -> None:
    """As facts, whatever they are, or as a failure."""
    reading.checkpoints_of(answer)
    reading.samplers_of(answer)
    reading.schedules_of(answer)
    reading.loras_of(answer)
    reading.embeddings_of(answer)
    reading.controlnets_of(answer, answer)
    assert reading.vram_of(answer) >= 0
    assert all(reading.named(answer))
    with pytest.raises(BackendFailure):
        pictures_of(answer, (1, 2))


def facts(contract: Contract, program: Program) -> Facts:
    return Facts(
        program=program,
        checkpoints=(CHECKPOINT,),
        samplers=reading.samplers_of(contract.samplers),
        schedules=reading.schedules_of(contract.schedulers),
        loras=reading.loras_of([{"name": "a"}]),
        embeddings=("b",),
        controlnets=ControlNets(tuple(CONTROL_MODULES), tuple(CONTROL_MODELS)) if contract.has_control else None,
        latent_upscaler="" if program == Program.PART else "Latent",
    )


PROGRAMS = st.sampled_from(
    [(A1111, Program.A1111), (FORGE, Program.FORGE), (SDNEXT, Program.SDNEXT), (PART, Program.PART)]
)
PICTURES = st.sampled_from([None, Image.new("RGB", (30, 50)), Image.new("L", (1, 900)), Image.new("RGBA", (64, 64))])


@given(
    program=PROGRAMS,
    prompt=st.text(max_size=60) | st.text(alphabet="<>:lora a", max_size=60),
    sampler=st.text(max_size=20),
    width=st.integers(1, 1600),
    height=st.integers(1, 1600),
    steps=st.integers(1, 1000),
    strength=st.floats(0.01, 1),
    source=PICTURES,
    mask=PICTURES,
    control=st.sampled_from(["", "canny", "CANNY", "nothing"]),
    word=st.text(max_size=20),
    flags=st.tuples(*[st.booleans()] * 5),
)
@settings(max_examples=150, deadline=None)
def test_any_job_has_a_plan_or_a_reason(
    program: tuple[Contract, Program],
    prompt: str,
    sampler: str,
    width: int,
    height: int,
    steps: int,
    strength: float,
    source: Image.Image | None,
    mask: Image.Image | None,
    control: str,
    word: str,
    flags: tuple[bool, ...],
) -> None:
    """Whatever a horde hands out: a body that JSON can hold and the program understands."""
    karras, hires, tiling, map_alone, is_map = flags
    job = an_image_job(
        prompt=prompt,
        sampler=sampler,
        karras=karras,
        width=width,
        height=height,
        steps=steps,
        hires_fix=hires,
        tiling=tiling,
        denoising_strength=strength,
        hires_denoising_strength=strength,
        given=SourceGiven("x") if source else None,
        source=source,
        mask=mask if source else None,
        control_type=control,
        return_control_map=map_alone,
        image_is_control=is_map,
        loras=(Lora(word, inject_trigger=word), Lora("a", inject_trigger=word)),
        tis=(TextualInversion(word, "prompt"), TextualInversion("b", "negprompt", -2.5)),
    )
    contract, which = program
    options = A1111Options(ServerOptions("http://127.0.0.1:9"))
    try:
        found = plan(job, facts(contract, which), options, CHECKPOINT, "task")
    except BackendFailure:
        assert control and (control == "nothing" or not contract.has_control)
        return
    schema = contract.bodies[found.path]
    assert set(found.body) <= set(schema)
    assert all(found.body[side] % 64 == 0 for side in ("width", "height") if side in found.body)

    if "prompt" in found.body:
        assert len(NETWORK.findall(found.body["prompt"])) == (2 if word.lower() == "a" else 1)
    for image in found.body.get("init_images", []):
        assert Image.open(io.BytesIO(base64.b64decode(image))).size == found.size
