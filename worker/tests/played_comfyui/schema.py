"""The nodes of ComfyUI 0.3.64 that a worker may use, with their inputs: types, bounds, choices. Recorded from a real
one, and held against it again by `make test-comfyui`. What a graph has beyond this is refused, as the real one does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias


@dataclass(frozen=True)
class Link:
    """An output of another node."""

    type: str


@dataclass(frozen=True)
class Whole:
    """A whole number."""

    least: int
    most: int


@dataclass(frozen=True)
class Number:
    """A number."""

    least: float
    most: float


@dataclass(frozen=True)
class Text:
    """Any text."""


@dataclass(frozen=True)
class Flag:
    """True or false."""


@dataclass(frozen=True)
class Choice:
    """One of these."""

    of: tuple[str, ...]


@dataclass(frozen=True)
class FileOf:
    """A file of a model folder, or of those uploaded."""

    folder: str


Input: TypeAlias = Link | Whole | Number | Text | Flag | Choice | FileOf


@dataclass(frozen=True)
class Node:
    """A class of nodes."""

    inputs: Mapping[str, Input]
    outputs: tuple[str, ...] = ()
    optional: Mapping[str, Input] = field(default_factory=dict)
    is_output: bool = False


_SIDE: Final = Whole(16, 16384)
_SHARE: Final = Number(0, 1)
_METHODS: Final = ("nearest-exact", "bilinear", "area", "bicubic")
_SAMPLERS: Final = (
    *("euler", "euler_ancestral", "heun", "dpm_2", "dpm_2_ancestral", "lms", "dpm_fast", "dpm_adaptive"),
    *("dpmpp_2s_ancestral", "dpmpp_sde", "dpmpp_2m", "lcm", "ddim", "uni_pc", "uni_pc_bh2"),
)
_SCHEDULERS: Final = ("simple", "sgm_uniform", "karras", "exponential", "ddim_uniform", "beta", "normal")
_TILING: Final = ("enable", "x_only", "y_only", "disable")
_COPY: Final = ("Make a copy", "Modify in place")

STOCK_NODES: Final[Mapping[str, Node]] = {
    "CheckpointLoaderSimple": Node({"ckpt_name": FileOf("checkpoints")}, ("MODEL", "CLIP", "VAE")),
    "UNETLoader": Node(
        {"unet_name": FileOf("diffusion_models"), "weight_dtype": Choice(("default", "fp8_e4m3fn"))}, ("MODEL",)
    ),
    "CLIPLoader": Node(
        {"clip_name": FileOf("text_encoders"), "type": Choice(("stable_diffusion", "qwen_image", "lumina2"))},
        ("CLIP",),
        {"device": Choice(("default", "cpu"))},
    ),
    "DualCLIPLoader": Node(
        {
            "clip_name1": FileOf("text_encoders"),
            "clip_name2": FileOf("text_encoders"),
            "type": Choice(("sdxl", "sd3", "flux")),
        },
        ("CLIP",),
        {"device": Choice(("default", "cpu"))},
    ),
    "VAELoader": Node({"vae_name": FileOf("vae")}, ("VAE",)),
    "ModelSamplingAuraFlow": Node({"model": Link("MODEL"), "shift": Number(0, 100)}, ("MODEL",)),
    "LoraLoader": Node(
        {
            "model": Link("MODEL"),
            "clip": Link("CLIP"),
            "lora_name": FileOf("loras"),
            "strength_model": Number(-100, 100),
            "strength_clip": Number(-100, 100),
        },
        ("MODEL", "CLIP"),
    ),
    "CLIPSetLastLayer": Node({"clip": Link("CLIP"), "stop_at_clip_layer": Whole(-24, -1)}, ("CLIP",)),
    "CLIPTextEncode": Node({"text": Text(), "clip": Link("CLIP")}, ("CONDITIONING",)),
    "ConditioningZeroOut": Node({"conditioning": Link("CONDITIONING")}, ("CONDITIONING",)),
    "EmptyLatentImage": Node({"width": _SIDE, "height": _SIDE, "batch_size": Whole(1, 4096)}, ("LATENT",)),
    "EmptySD3LatentImage": Node({"width": _SIDE, "height": _SIDE, "batch_size": Whole(1, 4096)}, ("LATENT",)),
    "StableCascade_EmptyLatentImage": Node(
        {
            "width": Whole(256, 16384),
            "height": Whole(256, 16384),
            "compression": Whole(4, 128),
            "batch_size": Whole(1, 4096),
        },
        ("LATENT", "LATENT"),
    ),
    "StableCascade_StageC_VAEEncode": Node(
        {"image": Link("IMAGE"), "vae": Link("VAE"), "compression": Whole(4, 128)}, ("LATENT", "LATENT")
    ),
    "StableCascade_StageB_Conditioning": Node(
        {"conditioning": Link("CONDITIONING"), "stage_c": Link("LATENT")}, ("CONDITIONING",)
    ),
    "LoadImage": Node({"image": FileOf("uploaded")}, ("IMAGE", "MASK")),
    "VAEEncode": Node({"pixels": Link("IMAGE"), "vae": Link("VAE")}, ("LATENT",)),
    "SetLatentNoiseMask": Node({"samples": Link("LATENT"), "mask": Link("MASK")}, ("LATENT",)),
    "InpaintModelConditioning": Node(
        {
            "positive": Link("CONDITIONING"),
            "negative": Link("CONDITIONING"),
            "vae": Link("VAE"),
            "pixels": Link("IMAGE"),
            "mask": Link("MASK"),
            "noise_mask": Flag(),
        },
        ("CONDITIONING", "CONDITIONING", "LATENT"),
    ),
    "KSampler": Node(
        {
            "model": Link("MODEL"),
            "seed": Whole(0, (1 << 64) - 1),
            "steps": Whole(1, 10000),
            "cfg": Number(0, 100),
            "sampler_name": Choice(_SAMPLERS),
            "scheduler": Choice(_SCHEDULERS),
            "positive": Link("CONDITIONING"),
            "negative": Link("CONDITIONING"),
            "latent_image": Link("LATENT"),
            "denoise": _SHARE,
        },
        ("LATENT",),
    ),
    "LatentUpscale": Node(
        {
            "samples": Link("LATENT"),
            "upscale_method": Choice((*_METHODS, "bislerp")),
            "width": Whole(0, 16384),
            "height": Whole(0, 16384),
            "crop": Choice(("disabled", "center")),
        },
        ("LATENT",),
    ),
    "VAEDecode": Node({"samples": Link("LATENT"), "vae": Link("VAE")}, ("IMAGE",)),
    "Canny": Node(
        {"image": Link("IMAGE"), "low_threshold": Number(0.01, 0.99), "high_threshold": Number(0.01, 0.99)},
        ("IMAGE",),
    ),
    "ControlNetLoader": Node({"control_net_name": FileOf("controlnet")}, ("CONTROL_NET",)),
    "ControlNetApplyAdvanced": Node(
        {
            "positive": Link("CONDITIONING"),
            "negative": Link("CONDITIONING"),
            "control_net": Link("CONTROL_NET"),
            "image": Link("IMAGE"),
            "strength": Number(0, 10),
            "start_percent": _SHARE,
            "end_percent": _SHARE,
        },
        ("CONDITIONING", "CONDITIONING"),
        {"vae": Link("VAE")},
    ),
    "UpscaleModelLoader": Node({"model_name": FileOf("upscale_models")}, ("UPSCALE_MODEL",)),
    "ImageUpscaleWithModel": Node({"upscale_model": Link("UPSCALE_MODEL"), "image": Link("IMAGE")}, ("IMAGE",)),
    "ImageScaleBy": Node(
        {
            "image": Link("IMAGE"),
            "upscale_method": Choice((*_METHODS, "lanczos")),
            "scale_by": Number(0.01, 8),
        },
        ("IMAGE",),
    ),
    "ImageFromBatch": Node(
        {"image": Link("IMAGE"), "batch_index": Whole(0, 4095), "length": Whole(1, 4096)}, ("IMAGE",)
    ),
    "PreviewImage": Node({"images": Link("IMAGE")}, is_output=True),
    "SaveImageWebsocket": Node({"images": Link("IMAGE")}, is_output=True),
}

EXTENSION_NODES: Final[Mapping[str, Node]] = {
    "AIO_Preprocessor": Node(
        {"image": Link("IMAGE")},
        ("IMAGE",),
        {
            "preprocessor": Choice(
                (
                    *("HEDPreprocessor", "MiDaS-DepthMapPreprocessor", "BAE-NormalMapPreprocessor"),
                    *("OpenposePreprocessor", "OneFormer-ADE20K-SemSegPreprocessor", "ScribblePreprocessor"),
                    *("FakeScribblePreprocessor", "M-LSDPreprocessor"),
                )
            ),
            "resolution": Whole(64, 16384),
        },
    ),
    "SeamlessTile": Node({"model": Link("MODEL"), "tiling": Choice(_TILING), "copy_model": Choice(_COPY)}, ("MODEL",)),
    "MakeCircularVAE": Node({"vae": Link("VAE"), "tiling": Choice(_TILING), "copy_vae": Choice(_COPY)}, ("VAE",)),
}
"""Of packs that owners install; written after their documents, none was run."""

_NEW_STYLE: Final = frozenset({"UpscaleModelLoader"})
"""Nodes that a real one describes in its newer way."""


@dataclass
class Schema:
    """The nodes that there are, and the files that their inputs may name."""

    nodes: Mapping[str, Node]
    files: Mapping[str, list[str]]

    def described(self, name: str) -> dict[str, Any]:
        """A node as `/object_info` describes it; nothing for one that there is not."""
        node = self.nodes.get(name)
        if node is None:
            return {}
        wide = {"required": node.inputs, "optional": node.optional}
        inputs = {
            group: {key: self._described(name, one) for key, one in found.items()} for group, found in wide.items()
        }
        return {name: {"input": inputs, "output": list(node.outputs), "output_node": node.is_output, "name": name}}

    def _described(self, name: str, given: Input) -> list[Any]:
        match given:
            case Link(type=kind):
                return [kind, {}]
            case Whole(least, most):
                return ["INT", {"min": least, "max": most}]
            case Number(least, most):
                return ["FLOAT", {"min": least, "max": most}]
            case Text():
                return ["STRING", {}]
            case Flag():
                return ["BOOLEAN", {}]
            case Choice() | FileOf():
                found = list(self._choices(given))
                return ["COMBO", {"options": found}] if name in _NEW_STYLE else [found, {}]

    def _choices(self, given: Choice | FileOf) -> tuple[str, ...]:
        return given.of if isinstance(given, Choice) else tuple(self.files.get(given.folder, ()))

    def errors(self, graph: object) -> dict[str, list[dict[str, str]]]:
        """What is wrong with a graph, by node; nothing for one that can be executed."""
        if not isinstance(graph, dict) or not graph:
            return {"": [{"type": "no_prompt", "details": "no graph"}]}
        found = {name: list(self._errors_of(graph, node)) for name, node in graph.items()}
        wrong = {name: errors for name, errors in found.items() if errors}
        if not wrong and not any(self.nodes[node["class_type"]].is_output for node in graph.values()):
            return {"": [{"type": "prompt_no_outputs", "details": "no output"}]}
        return wrong

    def _errors_of(self, graph: dict[str, Any], node: Any) -> Iterator[dict[str, str]]:
        if set(node) != {"class_type", "inputs"} or node["class_type"] not in self.nodes:
            yield {"type": "missing_node_type", "details": str(node.get("class_type"))}
            return
        kind = self.nodes[node["class_type"]]
        known = {**kind.inputs, **kind.optional}
        for name in kind.inputs.keys() - node["inputs"].keys():
            yield {"type": "required_input_missing", "details": name}
        for name, value in node["inputs"].items():
            if name not in known:  # a real one ignores it, so a mistake would not be seen
                yield {"type": "unknown_input", "details": name}
            elif problem := self._problem(graph, known[name], value):
                yield {"type": problem, "details": f"{name}: {value!r}"}

    def _problem(self, graph: dict[str, Any], given: Input, value: Any) -> str:
        match given:
            case Link(type=kind):
                return "" if self._is_output(graph, value, kind) else "bad_linked_input"
            case Whole(least, most):
                is_whole = isinstance(value, int) and not isinstance(value, bool)
                return "" if is_whole and least <= value <= most else "value_not_in_range"
            case Number(least, most):
                is_number = isinstance(value, int | float) and not isinstance(value, bool)
                return "" if is_number and least <= value <= most else "value_not_in_range"
            case Text():
                return "" if isinstance(value, str) else "invalid_input_type"
            case Flag():
                return "" if isinstance(value, bool) else "invalid_input_type"
            case Choice() | FileOf():
                return "" if value in self._choices(given) else "value_not_in_list"

    def _is_output(self, graph: dict[str, Any], value: Any, kind: str) -> bool:
        if not isinstance(value, list) or len(value) != 2 or value[0] not in graph:
            return False
        source = self.nodes.get(graph[value[0]].get("class_type"))
        return source is not None and value[1] in range(len(source.outputs)) and source.outputs[value[1]] == kind
