"""Settings of workers: names of the file, bounds, instructions among models."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import Field, ValidationError

from horde_sdk.worker.dispatch.ai_horde.bridge_data import (
    ALL_DATA_FILES_TYPES,
    CombinedHordeBridgeData,
    ImageWorkerBridgeData,
    MetaInstruction,
    ScribeBridgeData,
    SharedHordeBridgeData,
)
from horde_sdk.worker.locale_info.bridge_data_fields import BRIDGE_DATA_FIELD_DESCRIPTIONS

EXAMPLE = Path(__file__).parent / "bridgeData.yaml"
NEVER_LOADED = "SDXL_beta::stability.ai#6901"
ALIASES = {
    "worker_name": "default_worker_name",
    "cache_home": "models_folder_parent",
    "dreamer_name": "dreamer_worker_name",
    "allow_painting": "allow_inpainting",
    "models_to_load": "image_models_to_load",
    "models_to_skip": "image_models_to_skip",
    "max_models_to_download": "max_dynamic_models_to_download",
    "number_of_dynamic_models": "number_of_dynamic_models_to_load",
}


def settings(**given: Any) -> ImageWorkerBridgeData:
    return ImageWorkerBridgeData.model_validate(given)


def test_an_operators_file_is_read(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        read = CombinedHordeBridgeData.model_validate(yaml.safe_load(EXAMPLE.read_text()))

    assert caplog.messages == []
    assert (read.api_key, read.horde_url) == ("0000000000", "https://horde.example/api/")
    assert (read.default_worker_name, read.dreamer_worker_name) == ("Fallback", "My Dreamer")
    assert (read.alchemist_name, read.scribe_name) == ("My Alchemist", "My Scribe")
    assert (read.models_folder_parent, read.temp_dir) == ("./models/", "./tmp")
    assert (read.max_power, read.max_pixels) == (32, 1024 * 1024)
    assert (read.max_dynamic_models_to_download, read.number_of_dynamic_models_to_load) == (5, 3)
    assert read.allow_inpainting is True
    assert read.image_models_to_load == ["Deliberate"]
    assert read.meta_load_instructions == ["TOP 5", "all sdxl models"]
    assert read.image_models_to_skip == ["pix2pix", NEVER_LOADED]
    assert read.meta_skip_instructions == ["all inpainting"]
    assert read.forms == ["caption", "post_process"]
    assert (read.censorlist, read.ram_to_leave_free, read.vram_to_leave_free) == ([], "80%", "20%")
    assert (read.kai_url, read.max_length, read.max_context_length) == ("http://localhost:5001", 512, 4096)
    assert read.model_extra == {"safety_on_gpu": True, "model_stickiness": 0.3, "civitai_api_token": None}


def test_a_dump_by_alias_reads_as_the_file_does() -> None:
    read = CombinedHordeBridgeData.model_validate(yaml.safe_load(EXAMPLE.read_text()))
    dumped = read.model_dump(by_alias=True)

    assert ALIASES.keys() <= dumped.keys()
    assert not set(ALIASES.values()) & dumped.keys()
    again = CombinedHordeBridgeData.model_validate(dumped)
    assert again.model_dump() == read.model_dump()


@pytest.mark.parametrize(("alias", "field"), ALIASES.items())
def test_a_setting_goes_by_either_name(alias: str, field: str) -> None:
    value: Any = {"allow_painting": True, "max_models_to_download": 7, "number_of_dynamic_models": 7}.get(alias, "x")
    if alias.startswith("models_to"):
        value = ["x", NEVER_LOADED]

    for name in (alias, field):
        read = settings(**{name: value})
        assert getattr(read, field) == value
        assert read.model_extra == {}


@pytest.mark.parametrize(
    ("old_name", "field"), [("nataili_cache_home", "models_folder_parent"), ("ray_temp_dir", "temp_dir")]
)
def test_names_of_old_workers_are_understood(old_name: str, field: str) -> None:
    assert getattr(settings(**{old_name: "/x"}), field) == "/x"


def test_defaults() -> None:
    read = CombinedHordeBridgeData()

    assert (read.api_key, read.horde_url, read.default_worker_name) == ("0000000000", "", "An Awesome AI Horde Worker")
    assert (read.max_power, read.max_pixels, read.max_threads, read.queue_size, read.max_batch) == (
        8,
        512 * 512,
        1,
        1,
        1,
    )
    assert (read.allow_img2img, read.allow_inpainting, read.allow_lora, read.allow_controlnet) == (
        True,
        False,
        False,
        False,
    )
    assert (read.max_length, read.max_context_length, read.branded_model) == (80, 1024, True)
    assert (read.image_models_to_load, read.image_models_to_skip, read.forms) == ([], [NEVER_LOADED], [])
    assert read.meta_load_instructions is read.meta_skip_instructions is None


@pytest.mark.parametrize("power", [1, 8, 18, 32, 50, 512])
def test_power_is_pixels(power: int) -> None:
    assert settings(max_power=power).max_pixels == power * 32768


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_power": 0},
        {"max_power": 513},
        {"max_threads": 0},
        {"max_threads": 17},
        {"max_batch": 0},
        {"max_batch": 21},
        {"queue_size": -1},
        {"queue_size": 5},
        {"max_lora_cache_size": 9},
        {"max_lora_cache_size": 2049},
        {"max_models_to_download": 1001},
        {"number_of_dynamic_models": -1},
        {"ram_to_leave_free": "lots"},
        {"ram_to_leave_free": "101%"},
        {"vram_to_leave_free": "101%"},
        {"forms": ["cooking"]},
        {"models_to_load": "top 2"},
        {"api_key": "x"},
        {"api_key": ""},
        {"api_key": 5},
        {"api_key": "a" * 36},
        {"horde_url": "horde.example"},
        {"horde_url": "/api"},
        {"horde_url": "http://[broken"},
    ],
    ids=str,
)
def test_settings_out_of_bounds_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


@pytest.mark.parametrize("wrong", [{"max_length": 16385}, {"max_length": 0}, {"max_context_length": 16385}], ids=str)
def test_a_scribes_settings_out_of_bounds_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ScribeBridgeData.model_validate(wrong)


def test_a_key_is_not_shown() -> None:
    assert "k" * 22 not in repr(settings(api_key="k" * 22))


def test_a_key_is_not_told_by_what_is_wrong_with_it() -> None:
    with pytest.raises(ValidationError) as refused:
        settings(api_key="half-a-secret", max_power=0)

    assert "half-a-secret" not in str(refused.value)


@pytest.mark.parametrize("zeros", [0, "0000000000"])
def test_zeros_that_yaml_reads_as_a_number_are_the_anonymous_key(zeros: int | str) -> None:
    assert settings(api_key=zeros).api_key == "0000000000"


@pytest.mark.parametrize(
    "entry",
    ["top 2", "TOP 15", "top 2 models", "bottom 3", "all", "ALL", "all models", "all model", "All SDXL", "all nsfw"],
)
def test_instructions_are_parted_from_names(entry: str) -> None:
    read = settings(models_to_load=[entry, "Deliberate"], models_to_skip=["Anything", entry])

    assert (read.image_models_to_load, read.meta_load_instructions) == (["Deliberate"], [entry])
    assert (read.image_models_to_skip, read.meta_skip_instructions) == (["Anything", NEVER_LOADED], [entry])


@pytest.mark.parametrize("name", ["top2", "top two", "recall", "overall model", "Stop 5", "allsd15", "all of it"])
def test_names_that_look_like_instructions_stay_names(name: str) -> None:
    read = settings(models_to_load=[name])

    assert (read.image_models_to_load, read.meta_load_instructions) == ([name], None)


@pytest.mark.parametrize("nothing", [[], None], ids=["empty", "nothing after the colon"])
def test_an_empty_list_of_models_is_the_most_wanted(nothing: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        read = settings(models_to_load=nothing)

    assert (read.image_models_to_load, read.meta_load_instructions) == ([], ["top 2"])
    assert caplog.messages == ["no models are set: the two most wanted are loaded"]


@pytest.mark.parametrize("nothing", [[], None], ids=["empty", "nothing after the colon"])
def test_an_empty_list_of_forms_is_what_every_alchemist_can_do(nothing: Any) -> None:
    assert settings(forms=nothing).forms == ["caption", "nsfw", "interrogation", "post_process"]


def test_a_setting_without_a_value_has_its_default_unless_nothing_is_a_value() -> None:
    read = settings(max_power=None, blacklist=None, vram_to_leave_free=None, dreamer_name=None)

    assert (read.max_power, read.blacklist, read.vram_to_leave_free) == (8, [], None)
    assert read.dreamer_worker_name == "An Awesome Dreamer"


def test_what_needs_something_that_is_off_is_off_too(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        read = settings(allow_img2img=False, allow_controlnet=True, allow_sdxl_controlnet=True)

    assert (read.allow_controlnet, read.allow_sdxl_controlnet) == (False, False)
    assert len(caplog.messages) == 2


def test_a_misspelt_setting_is_kept_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        read = settings(max_powre=32)

    assert read.model_extra == {"max_powre": 32}
    assert caplog.messages == ["unknown setting max_powre in the bridge data"]


def test_settings_are_mutable() -> None:
    read = settings()
    read.max_power = 64

    assert read.max_pixels == 64 * 32768


def test_a_worker_may_add_settings_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    class MyBridgeData(CombinedHordeBridgeData):
        safety_on_gpu: bool = False
        hat: str = "none"
        favourites: list[str] = Field(default_factory=list, alias="my_favourites")

    with caplog.at_level(logging.WARNING):
        read = MyBridgeData.model_validate(
            {"safety_on_gpu": True, "hat": "top 2", "my_favourites": None, "models_to_load": ["top 2"]}
        )

    assert caplog.messages == []
    assert (read.safety_on_gpu, read.hat, read.favourites) == (True, "top 2", [])
    assert read.meta_load_instructions == ["top 2"]


def test_one_file_serves_all_workers() -> None:
    assert [kind.__name__ for kind in CombinedHordeBridgeData.__mro__[:5]] == [
        "CombinedHordeBridgeData",
        "ImageWorkerBridgeData",
        "ScribeBridgeData",
        "SharedHordeBridgeData",
        "BaseHordeBridgeData",
    ]
    assert [
        SharedHordeBridgeData,
        ImageWorkerBridgeData,
        ScribeBridgeData,
        CombinedHordeBridgeData,
    ] == ALL_DATA_FILES_TYPES
    for kind in ALL_DATA_FILES_TYPES:
        assert kind.model_validate(yaml.safe_load(EXAMPLE.read_text())).default_worker_name == "Fallback"


def test_patterns_of_instructions() -> None:
    assert MetaInstruction.TOP_N_REGEX.value == r"TOP (\d+)"
    assert len(MetaInstruction) == 9


def test_every_description_is_of_a_setting() -> None:
    fields = CombinedHordeBridgeData.model_fields
    known = {*fields, *(field.alias for field in fields.values() if field.alias), "threads"}

    assert BRIDGE_DATA_FIELD_DESCRIPTIONS.keys() <= known
    assert all(BRIDGE_DATA_FIELD_DESCRIPTIONS.values())
