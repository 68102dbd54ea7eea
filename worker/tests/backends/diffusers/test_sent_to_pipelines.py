"""The table of parameters is true: each that is said to be given to the library, is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image
from plain_jobs import an_image_job
from tiny_image_model import save_tiny_control_net, save_tiny_inversion, save_tiny_lora, save_tiny_sd

from horde_worker.backends.diffusers.mapping import MAPPING
from horde_worker.backends.diffusers_backend import DiffusersBackend
from horde_worker.backends.image import ImageJob, Lora, SourceGiven, TextualInversion
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.mapping import Sent

pytestmark = pytest.mark.torch

JOB = an_image_job(model="sd", width=64, height=64, steps=2)
GIVEN = SourceGiven("x")
RED, BLUE = Image.new("RGB", (64, 64), "red"), Image.new("RGB", (64, 64), "blue")
WHITE, BLACK = Image.new("L", (64, 64), 255), Image.new("L", (64, 64), 0)
FROM_RED = {"source": RED, "given": GIVEN, "denoising_strength": 0.5}
LARGE = {"width": 576, "height": 576, "hires_fix": True}
CANNY = {"source": RED, "given": GIVEN, "control_type": "canny"}


@pytest_asyncio.fixture
async def backend(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DiffusersBackend]:
    """Two models, and one of every addition."""
    folder = tmp_path_factory.mktemp("shelf")
    models = {name: str(save_tiny_sd(folder / name)) for name in ("sd", "other")}
    save_tiny_lora(folder / "loras" / "one.safetensors", folder / "sd")
    save_tiny_inversion(folder / "inversions" / "7808.safetensors")
    options = {
        "models": models,
        "controlnets": {"canny": str(save_tiny_control_net(folder / "canny", folder / "sd"))},
        "loras": str(folder / "loras"),
        "inversions": str(folder / "inversions"),
        "devices": "cpu",
        "side_by_side": 2,
    }
    made = await DiffusersBackend.open(BackendSettings("diffusers", options))
    yield made
    await made.close()


class Sends:
    """What the library was given, by the table's names for the places: a dictionary for each pass."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from horde_worker.backends.diffusers.checkpoint import Checkpoint

        self.passes: list[dict[str, Any]] = []
        pipeline = Checkpoint.pipeline

        def watched(own: Checkpoint, what: str, scheduler: Any, control_net: Any = None) -> Any:
            made = pipeline(own, what, scheduler, control_net)

            def called(**given: Any) -> Any:
                self.passes.append(self._seen(own, scheduler, control_net, given))
                return made(**given)

            return called

        monkeypatch.setattr(Checkpoint, "pipeline", watched)

    def _seen(self, own: Any, scheduler: Any, control_net: Any, given: dict[str, Any]) -> dict[str, Any]:
        seen = {name: _plain(value) for name, value in given.items() if not name.startswith("callback")}
        scales = {
            name: layer.scaling
            for part in (own.base.unet, own.base.text_encoder)
            for name, layer in part.named_modules()
            if hasattr(layer, "lora_A")
        }
        return {
            **seen,
            "scheduler": (type(scheduler).__name__, scheduler.config.get("use_karras_sigmas")),
            "controlnet": control_net is not None,
            "padding_mode": own.base.unet.conv_in.padding_mode,
            "set_adapters": repr(scales),
            "from_pretrained(folder)": own.source.path,
        }

    async def of(self, backend: DiffusersBackend, job: ImageJob) -> list[dict[str, Any]]:
        """The passes of one job."""
        self.passes.clear()
        async for _ in backend.make(job):
            pass
        return list(self.passes)


def _plain(value: Any) -> Any:
    """Something that can be compared."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, Image.Image):
        return value.tobytes()
    if hasattr(value, "initial_seed"):
        return value.initial_seed()
    return value.tolist() if hasattr(value, "tolist") else value


BOTH = {"prompt_embeds", "negative_prompt_embeds"}
CASES: list[tuple[str, dict[str, Any], dict[str, Any], set[str]]] = [
    ("prompt", {}, {"prompt": "an owl"}, set()),
    ("negative_prompt", {}, {"negative_prompt": "sharp"}, set()),
    ("seed", {}, {"seeds": (8,)}, set()),
    ("width", {}, {"width": 128}, set()),
    ("height", {}, {"height": 128}, set()),
    ("ddim_steps", {}, {"steps": 3}, set()),
    ("cfg_scale", {}, {"cfg_scale": 3.0}, set()),
    ("n_iter", {}, {"ids": ("a", "b"), "seeds": (7, 8)}, BOTH),
    ("sampler_name", {}, {"sampler": "k_heun"}, set()),
    ("karras", {}, {"karras": True}, set()),
    ("clip_skip", {}, {"clip_skip": 2}, BOTH),
    ("tiling", {}, {"tiling": True}, set()),
    ("source_image", FROM_RED, {"source": BLUE}, set()),
    ("source_mask", {**FROM_RED, "mask": WHITE}, {"mask": BLACK}, set()),
    ("source_processing", FROM_RED, {"mask": WHITE}, {"width", "height"}),
    ("denoising_strength", FROM_RED, {"denoising_strength": 0.3}, {"num_inference_steps"}),
    ("loras", {}, {"loras": (Lora("one", 0.5),)}, BOTH),
    ("loras", {"loras": (Lora("one", 0.5),)}, {"loras": (Lora("one", 0.7),)}, set()),
    ("tis", {}, {"tis": (TextualInversion("7808", "prompt"),)}, set()),
    (
        "control_type",
        FROM_RED,
        {"control_type": "canny"},
        {"image", "strength", "width", "height", "num_inference_steps"},
    ),
    ("image_is_control", CANNY, {"image_is_control": True}, set()),
    ("model", {}, {"model": "other"}, BOTH),
    ("hires_fix", {**LARGE, "hires_fix": False}, {"hires_fix": True}, {"second pass", "width", "height"}),
    ("hires_fix_denoising_strength", LARGE, {"hires_denoising_strength": 0.3}, {"num_inference_steps", "image"}),
]


def test_every_parameter_that_is_sent_is_tried() -> None:
    """No line of the table without its proof."""
    assert {name for name, mapped in MAPPING.items() if isinstance(mapped, Sent)} == {name for name, *_ in CASES}


@pytest.mark.parametrize(("name", "base", "change", "also"), CASES)
async def test_what_is_said_to_be_sent_is_sent(
    backend: DiffusersBackend,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    base: dict[str, Any],
    change: dict[str, Any],
    also: set[str],
) -> None:
    """A job that differs in one parameter differs at the place that the table names, and where that follows from it."""
    sends = Sends(monkeypatch)
    job = replace(JOB, **base)
    before, after = await sends.of(backend, job), await sends.of(backend, replace(job, **change))
    first, last = before[-1], after[-1]
    changed = {place for place in first.keys() | last.keys() if first.get(place) != last.get(place)}
    if len(before) != len(after):
        changed.add("second pass")
    mapped = MAPPING[name]
    assert isinstance(mapped, Sent)
    assert mapped.where in changed
    if name != "hires_fix":
        assert changed <= {mapped.where, *also}
    else:
        assert changed >= also - {"width", "height"}
