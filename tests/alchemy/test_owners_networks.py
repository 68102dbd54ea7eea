"""Networks in files of the owner's: read as what they are, and refused where they are not."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from alchemy.small_networks import (
    brightness_onnx,
    doubling_onnx,
    inverting_onnx,
    redness_onnx,
    rrdb_state,
)
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.trained_alchemy.background import BackgroundStripper
from horde_worker.backends.trained_alchemy.faces import SIDE, onnx_restorer
from horde_worker.backends.trained_alchemy.onnx_upscaler import OnnxUpscaler
from horde_worker.backends.trained_alchemy.pixels import planes_of
from horde_worker.backends.trained_alchemy.rrdb import Rrdb
from horde_worker.backends.trained_alchemy.torch_upscaler import opened_torch_upscaler
from horde_worker.safety.judgement import Judgement, Wanted
from horde_worker.safety.onnx import OnnxChecker
from horde_worker.safety.options import SafetyOptions

Naming = Callable[[dict[str, Tensor]], dict[str, Any]]


def oldest_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """As ESRGAN's first program saved them: by places in a list of layers."""
    ups = sum(name.startswith("conv_up") and name.endswith("weight") for name in state)
    blocks = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("body."))
    places = {"conv_first": "model.0", "conv_body": f"model.1.sub.{blocks}"}
    places |= {f"conv_up{up}": f"model.{3 * up}" for up in range(1, ups + 1)}
    places |= {"conv_hr": f"model.{3 * ups + 2}", "conv_last": f"model.{3 * ups + 4}"}
    made = {}
    for name, value in state.items():
        layer, kind = name.rsplit(".", 1)
        if layer.startswith("body."):
            _, block, dense, conv = layer.split(".")
            made[f"model.1.sub.{block}.{dense.upper()}.{conv}.0.{kind}"] = value
        else:
            made[f"{places[layer]}.{kind}"] = value
    return made


def middle_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """As its second program did."""
    places = {"conv_body": "trunk_conv", "conv_up1": "upconv1", "conv_up2": "upconv2", "conv_hr": "HRconv"}
    made = {}
    for name, value in state.items():
        layer, kind = name.rsplit(".", 1)
        if layer.startswith("body."):
            _, block, dense, conv = layer.split(".")
            made[f"RRDB_trunk.{block}.{dense.upper()}.{conv}.{kind}"] = value
        else:
            made[f"{places.get(layer, layer)}.{kind}"] = value
    return made


@pytest.mark.parametrize("names", [oldest_names, middle_names, lambda state: {"params_ema": state}])
def test_weights_of_all_generations_are_one_network(names: Naming, tmp_path: Path) -> None:
    """Whatever the layers are called, and whether they come as `.pth` or as safetensors."""
    state = rrdb_state()
    source = np.random.default_rng(1).random((3, 20, 14), dtype=np.float32)
    with torch.inference_mode():
        expected = Rrdb(state).eval()(torch.from_numpy(source)[None])[0].numpy()
    torch.save(names(state), tmp_path / "net.pth")
    network = opened_torch_upscaler(tmp_path / "net.pth", threads=1)
    assert network.factor == 4
    assert np.allclose(network(source), expected, atol=1e-5)
    save_file(state, tmp_path / "net.safetensors")
    assert np.allclose(opened_torch_upscaler(tmp_path / "net.safetensors", 1)(source), expected, atol=1e-5)


@pytest.mark.parametrize(("ups", "taken", "factor"), [(1, 3, 2), (3, 3, 8), (2, 12, 2), (2, 48, 1)])
def test_the_factor_is_seen_from_the_weights(ups: int, taken: int, factor: int, tmp_path: Path) -> None:
    """Some take blocks of pixels as channels, so that they make less of them; odd sizes are no obstacle."""
    torch.save(rrdb_state(ups=ups, taken=taken), tmp_path / "net.pth")
    network = opened_torch_upscaler(tmp_path / "net.pth", threads=1)
    assert network.factor == factor
    made = network(np.zeros((3, 19, 31), np.float32))
    assert made.shape == (3, 19 * factor, 31 * factor)


class Malice:
    """A pickle that would write a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_file_that_runs_code_is_not_read(tmp_path: Path) -> None:
    """Nothing in it is run."""
    (tmp_path / "net.pth").write_bytes(pickle.dumps({"conv_first.weight": Malice(tmp_path / "was_here")}))
    with pytest.raises(BackendFailure, match=r"net.pth cannot be read as weights"):
        opened_torch_upscaler(tmp_path / "net.pth", threads=1)
    torch.save({"conv_first.weight": Malice(tmp_path / "was_here")}, tmp_path / "net2.pth")
    with pytest.raises(BackendFailure, match=r"net2.pth cannot be read as weights"):
        opened_torch_upscaler(tmp_path / "net2.pth", threads=1)
    assert not (tmp_path / "was_here").exists()


def test_weights_of_another_build_are_told(tmp_path: Path) -> None:
    """What they are not, and what might know them; one with a missing layer too."""
    torch.save({"some.weight": torch.zeros(2, 2)}, tmp_path / "other.pth")
    with pytest.raises(BackendFailure, match="other is"):
        opened_torch_upscaler(tmp_path / "other.pth", threads=1)
    state = rrdb_state()
    del state["conv_hr.weight"]
    torch.save(state, tmp_path / "half.pth")
    with pytest.raises(BackendFailure, match="of another network"):
        opened_torch_upscaler(tmp_path / "half.pth", threads=1)
    (tmp_path / "junk.safetensors").write_bytes(b"junk")
    with pytest.raises(BackendFailure, match=r"junk.safetensors cannot be read"):
        opened_torch_upscaler(tmp_path / "junk.safetensors", threads=1)


def test_an_onnx_upscaler_is_tried_for_its_factor(tmp_path: Path) -> None:
    """One that makes no larger picture is none."""
    network = OnnxUpscaler(doubling_onnx(tmp_path / "double.onnx"), threads=1)
    source = planes_of(Image.new("RGB", (10, 6), "teal"))
    assert (network.factor, network(source).shape) == (2, (3, 12, 20))
    with pytest.raises(BackendFailure, match="is no upscaler"):
        OnnxUpscaler(redness_onnx(tmp_path / "red.onnx"), threads=1)
    (tmp_path / "junk.onnx").write_bytes(b"junk")
    with pytest.raises(BackendFailure, match="no network that onnxruntime can read"):
        OnnxUpscaler(tmp_path / "junk.onnx", threads=1)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_background_becomes_transparent(mode: str, tmp_path: Path) -> None:
    """What the network takes for the front stays, at its place, in its colours."""
    source = Image.new(mode, (200, 100), "black")
    source.paste("white", (100, 0, 200, 100))
    made = BackgroundStripper(brightness_onnx(tmp_path / "u2net.onnx"), 1).stripped(source)
    assert (made.mode, made.size) == ("RGBA", (200, 100))
    assert made.getpixel((180, 50)) == (255, 255, 255, 255)
    assert made.getpixel((20, 50)) == (0, 0, 0, 0)


@pytest.mark.parametrize("with_fidelity", [False, True])
def test_a_face_restorer_sees_values_from_minus_one_to_one(with_fidelity: bool, tmp_path: Path) -> None:
    """And where it wants a number beside the face, it gets a half, as it takes it."""
    restore = onnx_restorer(inverting_onnx(tmp_path / "face.onnx", with_fidelity=with_fidelity), 1)
    face = np.random.default_rng(2).random((3, SIDE, SIDE), dtype=np.float32)
    assert np.allclose(restore(face), 1 - face, atol=1e-6)


async def test_a_classifier_of_the_owners_judges(tmp_path: Path) -> None:
    """By the share of the classes that he names; a prompt that names a child makes it wary."""
    file = str(redness_onnx(tmp_path / "red.onnx"))
    checker = OnnxChecker.open(SafetyOptions("onnx", {"file": file, "threshold": 0.6}))
    red, grey, aqua = (Image.new("RGB", (64, 40), colour) for colour in ("red", "grey", "aqua"))
    assert await checker.judge(red, Wanted("a rose")) == Judgement(is_nsfw=True)
    assert await checker.judge(aqua, Wanted("a child")) == Judgement()
    assert await checker.judge(grey, Wanted("a rose")) == Judgement()  # a share of a half
    assert await checker.judge(grey, Wanted("a child")) == Judgement(is_csam=True)
    with pytest.raises(BackendFailure, match="class 7 counts"):
        OnnxChecker.open(SafetyOptions("onnx", {"file": file, "unsafe_classes": [1, 7]}))
