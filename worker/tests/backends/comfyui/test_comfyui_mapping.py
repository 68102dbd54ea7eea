"""The table of parameters tells the truth: each that is sent changes the graph at that place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from PIL import Image
from played_comfyui.bench import MODEL, a_job
from played_comfyui.schema import EXTENSION_NODES, STOCK_NODES
from played_comfyui.weights import CHECKPOINT, CONTROLNET, EMBEDDING, INPAINTING_CHECKPOINT, LORA, UPSCALER

from horde_worker.backends.comfyui.file_names import stem
from horde_worker.backends.comfyui.local_models import local_models
from horde_worker.backends.comfyui.mapping import MAPPING
from horde_worker.backends.comfyui.ordering import Files, ordered, with_source
from horde_worker.backends.comfyui.picture_graph import picture_graph
from horde_worker.backends.comfyui.stock import Stock
from horde_worker.backends.image import ImageJob, Lora, TextualInversion
from horde_worker.backends.mapping import Sent

STOCK = Stock(
    nodes=frozenset({**STOCK_NODES, **EXTENSION_NODES}),
    samplers=frozenset({"euler", "heun"}),
    schedulers=frozenset({"normal", "karras"}),
    checkpoints=(CHECKPOINT, INPAINTING_CHECKPOINT),
    controlnets=(CONTROLNET, "control_depth.safetensors"),
    upscalers=(UPSCALER, "4x-AnimeSharp.pth"),
    preprocessors=frozenset({"MiDaS-DepthMapPreprocessor"}),
)
FILES = Files((LORA, "other.safetensors"), (stem(EMBEDDING), "other"))
BLUE = Image.new("RGB", (128, 64))
MASK = Image.new("L", (128, 64), 255)
HIRES = {"width": 1024, "height": 1024, "hires_fix": True}
CANNY = {"source": BLUE, "control_type": "canny"}

# A parameter, the job without it, the job with it.
PAIRS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "prompt": ({}, {"prompt": "a hill"}),
    "negative_prompt": ({}, {"negative_prompt": "rain"}),
    "seed": ({}, {"seeds": (8,)}),
    "width": ({}, {"width": 192}),
    "height": ({}, {"height": 192}),
    "ddim_steps": ({}, {"steps": 9}),
    "cfg_scale": ({}, {"cfg_scale": 9.0}),
    "sampler_name": ({}, {"sampler": "k_heun"}),
    "karras": ({}, {"karras": True}),
    "clip_skip": ({"clip_skip": 2}, {"clip_skip": 3}),
    "tiling": ({}, {"tiling": True}),
    "hires_fix": ({**HIRES, "hires_fix": False}, HIRES),
    "hires_fix_denoising_strength": (HIRES, {**HIRES, "hires_denoising_strength": 0.3}),
    "source_image": ({}, {"source": BLUE, "denoising_strength": 1.0}),
    "source_mask": ({"source": BLUE}, {"source": BLUE, "mask": MASK}),
    "denoising_strength": ({"source": BLUE}, {"source": BLUE, "denoising_strength": 0.4}),
    "loras": ({"loras": (Lora("other"),)}, {"loras": (Lora(stem(LORA)),)}),
    "tis": ({}, {"tis": (TextualInversion("other", "prompt"),)}),
    "control_type": (CANNY, {"source": BLUE, "control_type": "depth"}),
    "image_is_control": (CANNY, {**CANNY, "image_is_control": True}),
    "return_control_map": (CANNY, {**CANNY, "return_control_map": True}),
    "post_processing": (
        {"post_processing": ("RealESRGAN_x4plus",)},
        {"post_processing": ("4x_AnimeSharp",)},
    ),
    "model": ({}, {"model": stem(INPAINTING_CHECKPOINT)}),
}


def graph_of(job: ImageJob) -> Mapping[str, Any]:
    """What is sent for a job."""
    model = local_models(STOCK, {}).named(job.model)
    assert model is not None
    order = ordered(job, model, STOCK, FILES).order
    if job.source is not None:
        order = with_source(order, "source.png [temp]", has_mask=job.mask is not None)
    return picture_graph(order).prompt


def at(graph: Mapping[str, Any], place: str) -> Any:
    """What stands at node.input; None where there is no such node."""
    node, name = place.split(".")
    return graph[node]["inputs"][name] if node in graph else None


def test_every_parameter_that_is_sent_is_tried() -> None:
    """And no other."""
    assert set(PAIRS) == {name for name, mapped in MAPPING.items() if isinstance(mapped, Sent)}


@pytest.mark.parametrize("name", PAIRS)
def test_a_parameter_changes_the_graph_where_the_table_says(name: str) -> None:
    """A job that differs in it alone."""
    without, wished = PAIRS[name]
    mapped = MAPPING[name]
    assert isinstance(mapped, Sent)
    before, after = graph_of(a_job(**without)), graph_of(a_job(**{**without, **wished}))
    assert at(after, mapped.where) is not None
    assert at(before, mapped.where) != at(after, mapped.where)


def test_the_strengths_of_additions_are_sent() -> None:
    """Beside their names."""
    graph = graph_of(a_job(loras=(Lora(stem(LORA), 0.5, -2.0),), tis=(TextualInversion("other", "negprompt", 1.25),)))
    assert (graph["lora_0"]["inputs"]["strength_model"], graph["lora_0"]["inputs"]["strength_clip"]) == (0.5, -2.0)
    assert graph["negative"]["inputs"]["text"] == "blurry, (embedding:other:1.25)"


def test_the_second_pass_has_steps_by_its_strength() -> None:
    """Fewer where less is painted anew."""
    steps = [
        at(graph_of(a_job(**HIRES, steps=30, hires_denoising_strength=one)), "second_sampler.steps")
        for one in (0.3, 0.9)
    ]
    assert 0 < steps[0] < steps[1] <= 30


def test_a_model_for_inpainting_sees_its_mask() -> None:
    """By its conditioning."""
    graph = graph_of(a_job(model=stem(INPAINTING_CHECKPOINT), source=BLUE, mask=MASK))
    assert at(graph, "to_fill.mask") == ["source", 1]
    assert at(graph, "sampler.positive") == ["to_fill", 0]


def test_samplers_are_taken_in_any_case_and_unknown_ones_told() -> None:
    """Hordes write them both ways."""
    assert at(graph_of(a_job(sampler="K_HEUN")), "sampler.sampler_name") == "heun"
    model = local_models(STOCK, {}).named(MODEL)
    assert model is not None
    plan = ordered(a_job(sampler="k_new"), model, STOCK, FILES)
    assert plan.order.sampler == "euler"
    assert [one.value for one in plan.remarks] == ["see_ref"]
