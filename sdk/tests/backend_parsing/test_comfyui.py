"""The horde's words and ComfyUI's, both ways."""

from __future__ import annotations

from enum import auto

import pytest

from horde_sdk._text_enum import TextEnum
from horde_sdk.backend_parsing.image.comfyui.hordelib import (
    KNOWN_COMFYUI_CONTROLNETS,
    KNOWN_COMFYUI_IMAGE_SAMPLERS,
    KNOWN_COMFYUI_IMAGE_SCHEDULERS,
    ComfyUIBackendValuesMapper,
)
from horde_sdk.backend_parsing.object_models import ImageBackendValuesMapper, UnmappedValue
from horde_sdk.generation_parameters.image.consts import (
    KNOWN_IMAGE_CONTROLNETS,
    KNOWN_IMAGE_SAMPLERS,
    KNOWN_IMAGE_SCHEDULERS,
)

PAIRS = """
    k_lms lms, k_heun heun, k_euler euler, k_euler_a euler_ancestral, k_dpm_2 dpm_2, k_dpm_2_a dpm_2_ancestral,
    k_dpm_fast dpm_fast, k_dpm_adaptive dpm_adaptive, k_dpmpp_2s_a dpmpp_2s_ancestral, k_dpmpp_2m dpmpp_2m,
    k_dpmpp_sde dpmpp_sde, lcm lcm, DDIM ddim
"""


@pytest.fixture
def comfyui() -> ComfyUIBackendValuesMapper:
    return ComfyUIBackendValuesMapper()


@pytest.mark.parametrize(("ours", "theirs"), [pair.split() for pair in PAIRS.split(",")])
def test_samplers_map_both_ways(comfyui: ComfyUIBackendValuesMapper, ours: str, theirs: str) -> None:
    assert comfyui.map_to_backend_sampler(ours) is KNOWN_COMFYUI_IMAGE_SAMPLERS(theirs)
    assert comfyui.map_to_sdk_sampler(theirs) is KNOWN_IMAGE_SAMPLERS(ours)


def test_every_sampler_of_the_horde_can_be_run(comfyui: ComfyUIBackendValuesMapper) -> None:
    assert all(
        comfyui.is_valid_backend_sampler(comfyui.map_to_backend_sampler(sampler)) for sampler in KNOWN_IMAGE_SAMPLERS
    )


def test_dpmsolver_is_run_as_dpmpp_2m_which_stays_the_twin_of_k_dpmpp_2m(comfyui: ComfyUIBackendValuesMapper) -> None:
    assert comfyui.map_to_backend_sampler("dpmsolver") == "dpmpp_2m"
    assert comfyui.map_to_sdk_sampler("dpmpp_2m") == "k_dpmpp_2m"


@pytest.mark.parametrize("scheduler", KNOWN_IMAGE_SCHEDULERS)
def test_schedulers_map_both_ways(comfyui: ComfyUIBackendValuesMapper, scheduler: KNOWN_IMAGE_SCHEDULERS) -> None:
    there = comfyui.map_to_backend_scheduler(scheduler)

    assert comfyui.is_valid_backend_scheduler(there)
    assert comfyui.map_to_sdk_scheduler(there) is scheduler
    assert scheduler in KNOWN_COMFYUI_IMAGE_SCHEDULERS


@pytest.mark.parametrize("control", KNOWN_IMAGE_CONTROLNETS)
def test_control_types_map_both_ways(comfyui: ComfyUIBackendValuesMapper, control: KNOWN_IMAGE_CONTROLNETS) -> None:
    there = comfyui.map_to_backend_controlnet(control)

    assert comfyui.is_valid_backend_controlnet(there)
    assert comfyui.map_to_sdk_controlnet(there) is control
    assert control in KNOWN_COMFYUI_CONTROLNETS


def test_a_word_of_the_side_that_is_asked_for_stays(comfyui: ComfyUIBackendValuesMapper) -> None:
    assert comfyui.map_to_sdk_sampler("k_euler") is KNOWN_IMAGE_SAMPLERS.k_euler
    assert comfyui.map_to_backend_sampler("uni_pc") is KNOWN_COMFYUI_IMAGE_SAMPLERS.uni_pc


@pytest.mark.parametrize("word", ["uni_pc", "EULER", "made_up"])
def test_a_sampler_that_the_horde_has_not_is_an_error(comfyui: ComfyUIBackendValuesMapper, word: str) -> None:
    with pytest.raises(UnmappedValue, match=f"the horde has no sampler like '{word}'"):
        comfyui.map_to_sdk_sampler(word)


def test_unknown_words_are_errors_whatever_the_program_catches(comfyui: ComfyUIBackendValuesMapper) -> None:
    with pytest.raises(KeyError):
        comfyui.map_to_backend_sampler("made_up")
    with pytest.raises(ValueError, match="the backend has no scheduler like 'made_up'"):
        comfyui.map_to_backend_scheduler("made_up")
    with pytest.raises(ValueError, match="the horde has no control type like 'made_up'"):
        comfyui.map_to_sdk_controlnet("made_up")


@pytest.mark.parametrize("word", ["k_euler", "EULER", "made_up", ""])
def test_what_the_backend_does_not_know_is_not_valid(comfyui: ComfyUIBackendValuesMapper, word: str) -> None:
    assert not comfyui.is_valid_backend_sampler(word)
    assert not comfyui.is_valid_backend_scheduler(word)
    assert not comfyui.is_valid_backend_controlnet(word)


class OTHER_SAMPLERS(TextEnum):
    fast = auto()
    faster = auto()


def test_a_backend_of_ones_own_maps_the_first_of_two_words_back() -> None:
    mapper = ImageBackendValuesMapper(
        backend_samplers_type=OTHER_SAMPLERS,
        backend_schedulers_type=KNOWN_IMAGE_SCHEDULERS,
        backend_controlnets_type=KNOWN_IMAGE_CONTROLNETS,
        sdk_samplers_map={
            OTHER_SAMPLERS.fast: KNOWN_IMAGE_SAMPLERS.k_euler,
            OTHER_SAMPLERS.faster: KNOWN_IMAGE_SAMPLERS.k_euler,
        },
        sdk_schedulers_map={},
        sdk_controlnets_map={},
    )

    assert mapper.map_to_sdk_sampler(OTHER_SAMPLERS.faster) is KNOWN_IMAGE_SAMPLERS.k_euler
    assert mapper.map_to_backend_sampler(KNOWN_IMAGE_SAMPLERS.k_euler) is OTHER_SAMPLERS.fast
