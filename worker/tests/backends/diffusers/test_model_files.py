"""What the files say of a model, and what an owner's options come to: all without torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from horde_worker.backends.diffusers.additions import AdditionFolder, trained_words
from horde_worker.backends.diffusers.model_source import MAX_CONFIG_BYTES, ModelSource
from horde_worker.backends.diffusers_backend import CONTROL_TYPES, DiffusersBackend, _abilities
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.in_process.options import Options
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.normalise.baselines import Baseline

INPUT = "model.diffusion_model.input_blocks.0.0.weight"


def a_checkpoint(path: Path, *names: str, inputs: int = 4, words: str = "") -> Path:
    """Empty tensors of these names; real files have their shapes in the header, too."""
    header: dict[str, Any] = {name: {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for name in names}
    if INPUT in header:
        header[INPUT]["shape"] = [320, inputs, 3, 3]
    if words:
        header["__metadata__"] = {"modelspec.trigger_phrase": words}
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    return path


def a_pipeline(folder: Path, kind: str = "StableDiffusionPipeline", *, width: int = 768, **more: Any) -> Path:
    """The settings of a saved pipeline, and an empty tensor."""
    parts: dict[str, Any] = {
        "model_index.json": {"_class_name": kind},
        "unet/config.json": {"in_channels": more.get("inputs", 4), "cross_attention_dim": width},
        "scheduler/scheduler_config.json": {"prediction_type": more.get("prediction", "epsilon")},
    }
    for name, content in parts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    a_checkpoint(folder / "unet" / "diffusion_pytorch_model.safetensors", "w")
    return folder


@pytest.mark.parametrize(
    ("kind", "settings", "baseline", "fills_masks"),
    [
        ("StableDiffusionPipeline", {}, Baseline.stable_diffusion_1, False),
        ("StableDiffusionInpaintPipeline", {"inputs": 9}, Baseline.stable_diffusion_1, True),
        ("StableDiffusionPipeline", {"width": 1024}, Baseline.stable_diffusion_2_512, False),
        (
            "StableDiffusionPipeline",
            {"width": 1024, "prediction": "v_prediction"},
            Baseline.stable_diffusion_2_768,
            False,
        ),
        ("StableDiffusionXLPipeline", {"width": 2048}, Baseline.stable_diffusion_xl, False),
    ],
)
def test_the_family_of_a_folder(
    tmp_path: Path, kind: str, settings: dict[str, Any], baseline: Baseline, fills_masks: bool
) -> None:
    """By its settings."""
    source = ModelSource.read(a_pipeline(tmp_path, kind, **settings), None)
    assert (source.baseline, source.fills_masks, source.is_xl) == (baseline, fills_masks, "XL" in kind)


def test_a_folder_of_another_family_is_refused_with_what_runs_it(tmp_path: Path) -> None:
    """Not at the first job."""
    with pytest.raises(BackendFailure, match=r"is a FluxPipeline; .* ComfyUI runs the others"):
        ModelSource.read(a_pipeline(tmp_path, "FluxPipeline"), None)


@pytest.mark.parametrize(
    ("names", "inputs", "config", "baseline", "fills_masks"),
    [
        ((INPUT,), 4, {}, Baseline.stable_diffusion_1, False),
        ((INPUT,), 9, {}, Baseline.stable_diffusion_1, True),
        ((INPUT, "cond_stage_model.model.a"), 4, {}, Baseline.stable_diffusion_2_512, False),
        (
            (INPUT, "cond_stage_model.model.a"),
            4,
            {"prediction": "v_prediction"},
            Baseline.stable_diffusion_2_768,
            False,
        ),
        (
            (INPUT, "conditioner.embedders.1.a"),
            4,
            {"kind": "StableDiffusionXLPipeline"},
            Baseline.stable_diffusion_xl,
            False,
        ),
    ],
)
def test_the_family_of_a_single_file(
    tmp_path: Path, names: tuple[str, ...], inputs: int, config: dict[str, Any], baseline: Baseline, fills_masks: bool
) -> None:
    """By its tensors; settings come from a folder of its family."""
    file = a_checkpoint(tmp_path / "x.safetensors", *names, inputs=inputs)
    source = ModelSource.read(file, a_pipeline(tmp_path / "config", **config))
    assert (source.baseline, source.fills_masks) == (baseline, fills_masks)


def test_a_single_file_needs_settings_of_its_own_family(tmp_path: Path) -> None:
    """Words for none, for others, and for a file that is something else."""
    file = a_checkpoint(tmp_path / "x.safetensors", INPUT)
    with pytest.raises(BackendFailure, match="by the option 'configs'"):
        ModelSource.read(file, None)
    with pytest.raises(BackendFailure, match=r"is of another family than x\.safetensors"):
        ModelSource.read(file, a_pipeline(tmp_path / "xl", "StableDiffusionXLPipeline"))
    with pytest.raises(BackendFailure, match="is no checkpoint of Stable Diffusion"):
        ModelSource.read(a_checkpoint(tmp_path / "lora.safetensors", "lora_unet"), tmp_path)


def test_settings_that_make_no_sense_are_told(tmp_path: Path) -> None:
    """Too large, no object, not there."""
    folder = a_pipeline(tmp_path)
    (folder / "unet" / "config.json").write_text("[" + " " * MAX_CONFIG_BYTES + "]")
    with pytest.raises(BackendFailure, match="is larger than"):
        ModelSource.read(folder, None)
    (folder / "unet" / "config.json").write_text("[]")
    with pytest.raises(BackendFailure, match="is no object"):
        ModelSource.read(folder, None)
    (folder / "unet" / "config.json").unlink()
    with pytest.raises(BackendFailure, match="cannot be read: FileNotFoundError"):
        ModelSource.read(folder, None)


def test_additions_are_found_by_name_and_by_nothing_else(tmp_path: Path) -> None:
    """Names are strangers': a path in one leads nowhere."""
    inside = a_checkpoint(tmp_path / "loras" / "My Style.safetensors", "w")
    a_checkpoint(tmp_path / "secret.safetensors", "w")
    folder = AdditionFolder(tmp_path / "loras")
    assert folder.file(" my style ") == inside
    assert folder.file("../secret") is None
    assert folder.file(str(tmp_path / "secret")) is None
    assert AdditionFolder(None).file("my style") is None
    assert AdditionFolder(tmp_path / "gone").file("my style") is None


def test_a_lora_says_its_words(tmp_path: Path) -> None:
    """Where its trainer wrote them; else there are none."""
    assert trained_words(a_checkpoint(tmp_path / "a.safetensors", "w", words="zwx, a zwx dog ,")) == (
        "zwx",
        "a zwx dog",
    )
    assert trained_words(a_checkpoint(tmp_path / "b.safetensors", "w")) == ()
    (tmp_path / "c.safetensors").write_bytes(b"no")
    assert trained_words(tmp_path / "c.safetensors") == ()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "'models' of the backend diffusers names at least one"),
        ({"model": "x"}, "has no option 'model'"),
        ({"configs": {"other": "FOLDER"}}, "'configs' of the backend diffusers is for models that are named; 'other'"),
        ({"controlnets": {"caney": "FOLDER"}}, "'controlnets' of the backend diffusers knows canny, hed"),
        ({"controlnets": {"canny": "EMPTY"}}, "needs weights as .safetensors"),
        ({"max_pixels": 100}, "'max_pixels' .* whole number from 4096"),
        ({"offer_controlnet": "yes"}, "'offer_controlnet' .* true or false"),
    ],
)
async def test_options_are_checked_before_anything_is_loaded(
    tmp_path: Path, options: dict[str, Any], reason: str
) -> None:
    """Without torch, too."""
    (tmp_path / "empty").mkdir()
    paths = {"FOLDER": str(a_pipeline(tmp_path / "sd")), "EMPTY": str(tmp_path / "empty")}
    if options and "model" not in options:
        options = {"models": {"m": "FOLDER"}, "controlnets": {"canny": "FOLDER"}, **options}
    filled = {
        name: {key: paths.get(path, path) for key, path in value.items()} if isinstance(value, dict) else value
        for name, value in options.items()
    }
    with pytest.raises(BackendFailure, match=reason):
        await DiffusersBackend.open(BackendSettings("diffusers", filled))


def test_what_it_cannot_do_is_not_offered(tmp_path: Path) -> None:
    """LoRAs and inversions with a folder for them; ControlNets where all types are there, or by the owner's word."""
    source = ModelSource.read(a_pipeline(tmp_path / "sd"), None)

    def can(**options: Any) -> frozenset[str]:
        given = Options(BackendSettings("diffusers", options))
        return _abilities(given, {"m": source}, given.paths("controlnets")).capabilities

    plain = can()
    assert plain == {"karras", "r2", "r2_source", "img2img", "inpainting", "hires_fix", "tiling", "clip_skip"}
    assert can(loras=str(tmp_path)) - plain == {"lora", "lora_versions"}
    assert can(inversions=str(tmp_path)) - plain == {"textual_inversion"}
    assert can(controlnets={"canny": str(tmp_path)}) == plain
    assert can(offer_controlnet=True) == plain
    assert can(controlnets=dict.fromkeys(CONTROL_TYPES, str(tmp_path))) == plain  # poses cannot be drawn here
    words = {"controlnet", "image_is_control", "return_control_map"}
    assert can(controlnets={"canny": str(tmp_path)}, offer_controlnet=True) - plain == words


async def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the options were looked at, before anything is imported."""
    monkeypatch.setattr(
        "horde_worker.backends.in_process.extras.find_spec", lambda name: None if name == "torch" else 1
    )
    settings = BackendSettings("diffusers", {"models": {"m": str(a_pipeline(tmp_path / "sd"))}})
    with pytest.raises(BackendFailure, match=r"needs torch: .*pip install 'openhorde-worker\[diffusers\]'"):
        await DiffusersBackend.open(settings)
