"""What a model's files say of it before it is loaded: which family it is of, and whether it fills masks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.in_process.config_files import config_in
from horde_worker.backends.in_process.weight_files import tensors_in, weight_bytes
from horde_worker.backends.normalise.baselines import Baseline

MAX_CONFIG_BYTES: Final = 1_000_000
FILLS_MASKS_WITH: Final = 9
"""Inputs of a net that has the mask and what is kept among them, besides the four of the latents."""

_PIPELINES: Final = frozenset(
    {"StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline", "StableDiffusionInpaintPipeline"}
    | {"StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline", "StableDiffusionXLInpaintPipeline"}
)
_INPUT: Final = "model.diffusion_model.input_blocks.0.0.weight"


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A saved pipeline (a folder) or a checkpoint (one file), whose settings and tokenizer are in `config`."""

    path: Path
    size_bytes: int
    baseline: Baseline
    fills_masks: bool
    config: Path | None = None

    @property
    def is_xl(self) -> bool:
        """Whether it has two text encoders and knows sizes."""
        return self.baseline == Baseline.stable_diffusion_xl

    @classmethod
    def read(cls, path: Path, config: Path | None) -> ModelSource:
        """Look at the files. Raises `BackendFailure` for what is none of the three families."""
        return _of_file(path, config) if path.is_file() else _of_folder(path)


def _of_folder(folder: Path) -> ModelSource:
    kind = config_in(folder / "model_index.json", MAX_CONFIG_BYTES).get("_class_name")
    if kind not in _PIPELINES:
        raise BackendFailure(
            f"{folder} is a {str(kind)[:60]}; this backend runs Stable Diffusion 1, 2 and XL. ComfyUI runs the others"
        )
    unet = config_in(folder / "unet" / "config.json", MAX_CONFIG_BYTES)
    fills_masks = unet.get("in_channels") == FILLS_MASKS_WITH
    scheduler = config_in(folder / "scheduler" / "scheduler_config.json", MAX_CONFIG_BYTES)
    if "XL" in kind:
        baseline = Baseline.stable_diffusion_xl
    elif unet.get("cross_attention_dim") != 1024:
        baseline = Baseline.stable_diffusion_1
    elif scheduler.get("prediction_type") == "v_prediction":
        baseline = Baseline.stable_diffusion_2_768
    else:
        baseline = Baseline.stable_diffusion_2_512
    return ModelSource(folder, weight_bytes(folder), baseline, fills_masks)


def _of_file(file: Path, config: Path | None) -> ModelSource:
    size_bytes = weight_bytes(file)
    tensors = tensors_in(file)
    if _INPUT not in tensors:
        raise BackendFailure(f"{file.name} is no checkpoint of Stable Diffusion 1, 2 or XL")
    if config is None:
        raise BackendFailure(
            f"{file.name} has weights alone: name a folder with the settings and tokenizer of its family (a saved "
            "pipeline; its weights are not read) by the option 'configs'"
        )
    if any(name.startswith("conditioner.embedders.1.") for name in tensors):
        baseline = Baseline.stable_diffusion_xl
    elif any(name.startswith("cond_stage_model.model.") for name in tensors):
        settings = config_in(config / "scheduler" / "scheduler_config.json", MAX_CONFIG_BYTES)
        is_v = settings.get("prediction_type") == "v_prediction"
        baseline = Baseline.stable_diffusion_2_768 if is_v else Baseline.stable_diffusion_2_512
    else:
        baseline = Baseline.stable_diffusion_1
    if ("XL" in str(config_in(config / "model_index.json", MAX_CONFIG_BYTES).get("_class_name"))) != (
        baseline == Baseline.stable_diffusion_xl
    ):
        raise BackendFailure(f"{config} is of another family than {file.name}")
    shape = tensors[_INPUT].get("shape")
    fills_masks = isinstance(shape, list) and len(shape) > 1 and shape[1] == FILLS_MASKS_WITH
    return ModelSource(file, size_bytes, baseline, fills_masks, config)
