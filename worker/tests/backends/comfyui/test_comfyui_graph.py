"""Graphs: every combination of wishes is one that ComfyUI's schema takes."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from played_comfyui.bench import an_order
from played_comfyui.schema import EXTENSION_NODES, STOCK_NODES, Schema

from horde_worker.backends.comfyui.control import Control
from horde_worker.backends.comfyui.graph import as_file
from horde_worker.backends.comfyui.local_models import LocalModel, Parts
from horde_worker.backends.comfyui.nodes import INPUTS, takes_what_we_send
from horde_worker.backends.comfyui.order import AppliedLora
from horde_worker.backends.comfyui.picture_graph import picture_graph, sampling_steps
from horde_worker.backends.comfyui.upscalers import Upscaler
from horde_worker.backends.normalise.baselines import Baseline
from horde_worker.backends.normalise.hires_fix import HiresFix

SCHEMA = Schema(
    {**STOCK_NODES, **EXTENSION_NODES},
    {
        "checkpoints": ["sd.safetensors", "c.safetensors", "b.safetensors"],
        "diffusion_models": ["flux", "qwen", "z"],
        "text_encoders": ["clip_l", "t5", "qwen_2.5", "qwen_3"],
        "vae": ["ae", "qwen_vae"],
        "loras": ["one", "two"],
        "controlnet": ["canny", "depth"],
        "upscale_models": ["larger"],
        "uploaded": ["source.png [temp]"],
    },
)
MODELS = {
    "sd1": LocalModel("sd1", "sd.safetensors", Baseline.stable_diffusion_1),
    "inpainting": LocalModel("inpainting", "sd.safetensors", Baseline.stable_diffusion_1, is_inpainting=True),
    "sdxl": LocalModel("sdxl", "sd.safetensors", Baseline.stable_diffusion_xl),
    "fused flux": LocalModel("fused flux", "sd.safetensors", Baseline.flux_1),
    "flux": LocalModel("flux", "flux", Baseline.flux_dev, False, False, Parts(("clip_l", "t5"), "flux", "ae")),
    "qwen": LocalModel(
        "qwen", "qwen", Baseline.qwen_image, False, False, Parts(("qwen_2.5",), "qwen_image", "qwen_vae")
    ),
    "z": LocalModel("z", "z", Baseline.z_image_turbo, False, False, Parts(("qwen_3",), "lumina2", "ae")),
    "cascade": LocalModel("cascade", "c.safetensors", Baseline.stable_cascade, parts=Parts(stage_b="b.safetensors")),
}
SOURCES: tuple[dict[str, Any], ...] = (
    {},
    {"source": "source.png [temp]", "denoising": 0.5},
    {"source": "source.png [temp]", "has_mask": True, "denoising": 0.5},
    {"source": "source.png [temp]", "control": Control("Canny", "canny")},
    {"source": "source.png [temp]", "control": Control("MiDaS-DepthMapPreprocessor", "depth")},
    {"source": "source.png [temp]", "control": Control("", "canny")},
    {"source": "source.png [temp]", "control": Control("Canny", ""), "returns_control_map": True},
)
ADDITIONS: tuple[dict[str, Any], ...] = (
    {},
    {"hires_fix": HiresFix((512, 512), 3, 0.65)},
    {"loras": (AppliedLora("one", 1.0, 0.5), AppliedLora("two", -1.0, 2.0)), "clip_skip": 2},
    {"upscalers": (Upscaler("larger", 4), Upscaler("larger", 2, 0.5)), "is_tiling": True},
)


@pytest.mark.parametrize("model", MODELS)
def test_every_graph_is_one_that_the_schema_takes(model: str) -> None:
    """Whatever is asked for."""
    for source, addition in product(SOURCES, ADDITIONS):
        graph = picture_graph(an_order(model=MODELS[model], size=(1024, 1024), **source, **addition)).prompt
        assert SCHEMA.errors(graph) == {}, (source, addition)
        assert SCHEMA.errors(as_file(graph, 5000)) == {}, (source, addition)


@pytest.mark.parametrize("model", MODELS)
def test_every_node_of_a_graph_leads_to_its_picture(model: str) -> None:
    """What does not would be left out by ComfyUI, without a word."""
    for source, addition in product(SOURCES, ADDITIONS):
        graph = picture_graph(an_order(model=MODELS[model], size=(1024, 1024), **source, **addition)).prompt
        needed, found = ["output"], set()
        while needed:
            found.add(node := needed.pop())
            needed += [value[0] for value in graph[node]["inputs"].values() if isinstance(value, list)]
        assert found == set(graph)


def test_the_nodes_that_tell_steps_are_in_the_graph() -> None:
    """Under the names by which their progress is known."""
    for model, addition in product(MODELS.values(), ADDITIONS):
        order = an_order(model=model, size=(1024, 1024), **addition)
        graph = picture_graph(order).prompt
        assert {
            node: graph[node]["inputs"]["steps"] for node in graph if graph[node]["class_type"] == "KSampler"
        } == sampling_steps(order) or model.baseline == Baseline.stable_cascade
        assert set(sampling_steps(order)) <= set(graph)


def test_loras_are_applied_in_their_order() -> None:
    """Each to what the one before it made."""
    graph = picture_graph(an_order(loras=(AppliedLora("one", 1.0, 0.5), AppliedLora("two", 0.2, 0.3)))).prompt
    assert graph["lora_0"]["inputs"]["model"] == ["checkpoint", 0]
    assert graph["lora_1"]["inputs"]["model"] == ["lora_0", 0]
    assert graph["lora_1"]["inputs"]["clip"] == ["lora_0", 1]
    assert graph["sampler"]["inputs"]["model"] == ["lora_1", 0]
    assert graph["positive"]["inputs"]["clip"] == ["lora_1", 1]


def test_no_layer_is_skipped_without_a_wish() -> None:
    """The default is not the last layer with every model."""
    assert "skipped" not in picture_graph(an_order(clip_skip=1)).prompt
    assert picture_graph(an_order(clip_skip=2)).prompt["skipped"]["inputs"]["stop_at_clip_layer"] == -2


def test_stable_cascade_shares_its_steps() -> None:
    """Two thirds for stage C; at least one for each."""
    for steps in (1, 2, 30):
        order = an_order(model=MODELS["cascade"], steps=steps, size=(1024, 1024))
        first, second = sampling_steps(order).values()
        assert first >= 1 <= second
        assert first + second == max(steps, 2)


@pytest.mark.parametrize("name", INPUTS)
def test_a_node_counts_as_there_by_its_inputs(name: str) -> None:
    """Of every node that is used, as it is described."""
    assert takes_what_we_send(name, SCHEMA.described(name)[name])
    changed = SCHEMA.described(name)[name]
    changed["input"]["required"]["something_new"] = ["INT", {}]
    assert not takes_what_we_send(name, changed)
