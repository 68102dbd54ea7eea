"""What an owner may write for the backend `alchemy`, and what he is told about what he may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.trained_alchemy.forms import load_forms
from horde_worker.backends.trained_alchemy.model_files import NotInstalled, file_of_owner
from horde_worker.backends.trained_alchemy.options import AlchemyOptions


def read(**options: Any) -> AlchemyOptions:
    return AlchemyOptions.read(BackendSettings("alchemy", options))


def test_nothing_need_be_said() -> None:
    """The models that come in wheels serve their forms."""
    options = read()
    assert (options.nsfw, options.upscalers, options.threads) == ("nudenet", {}, None)


def test_off_is_what_yaml_makes_of_it() -> None:
    """`off` without quotes is false there."""
    assert read(upscalers={"RealESRGAN_x4plus": False}, nsfw=False) == read(
        upscalers={"RealESRGAN_x4plus": "off"}, nsfw="off"
    )


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"upscaler": {}}, "has no option 'upscaler'"),
        ({"upscalers": ["RealESRGAN_x4plus"]}, "tells for each form what serves it"),
        ({"upscalers": {"RealESRGAN_x4plus": 4}}, "as text"),
        ({"caption": 4}, "the option caption of alchemy is a text"),
        ({"threads": 0}, "is a number from 1 to 256"),
        ({"threads": True}, "is a number from 1 to 256"),
        ({"nsfw_threshold": 1.5}, "is a number from 0.2 to 0.99"),
        ({"form_limit_s": "long"}, "is a number from 5 to 170"),
        ({"aesthetic": "head.pth"}, "needs clip too"),
    ],
)
def test_what_cannot_be_meant_is_told(options: dict[str, Any], told: str) -> None:
    """With what could."""
    with pytest.raises(BackendFailure, match=told):
        read(**options)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"upscalers": {"realesrgan": "realesrgan-x4plus"}}, "'realesrgan': not upscalers of the API"),
        ({"upscalers": {"NMKD_Siax": "siax.pth"}}, "there is no file 'siax.pth'"),
        ({"strip_background": "u2net.onnx"}, "strip_background: there is no file 'u2net.onnx'"),
        ({"nsfw": "640m.onnx"}, "there is no file '640m.onnx'"),
        ({"clip": "clip"}, "clip: there is no folder 'clip' with a config.json"),
        ({"caption": "blip"}, "caption: there is no folder 'blip' with a config.json"),
    ],
)
def test_a_model_that_the_owner_names_and_has_not_is_told(options: dict[str, Any], told: str) -> None:
    """He would wait for its jobs in vain."""
    off = dict.fromkeys(("RealESRGAN_x4plus", "RealESRGAN_x2plus", "RealESRGAN_x4plus_anime_6B"), "off")
    upscalers = {**off, **options.pop("upscalers", {})}
    with pytest.raises(BackendFailure, match=told):
        load_forms(read(**{"nsfw": "off", **options, "upscalers": upscalers}))


def test_a_file_of_another_kind_is_not_read(tmp_path: Path) -> None:
    """Not even opened: some kinds run what is in them."""
    (tmp_path / "model.pkl").write_bytes(b"cos\nsystem\n")
    with pytest.raises(NotInstalled, match=r"model.pkl is not one of .onnx, .pth"):
        file_of_owner(str(tmp_path / "model.pkl"), ".onnx", ".pth", what="GFPGAN")
