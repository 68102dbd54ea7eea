"""What is known of models by their names (basics.md §9)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from horde_server.models import catalogue, current
from horde_server.models.reference import (
    KNOWN_BASELINES,
    CatalogueUnusable,
    ModelReference,
    Requirements,
    built_in,
    read_image_catalogue,
    read_text_catalogue,
)


def image_reference(**entries: Any) -> ModelReference:
    return ModelReference(image=read_image_catalogue(json.dumps(entries).encode()))


def text_reference(*names: str, parameters: float = 7e9) -> ModelReference:
    entries = {name: {"parameters": parameters} for name in names}
    return ModelReference(text=read_text_catalogue(json.dumps(entries).encode()))


class TestImageModels:
    @pytest.mark.parametrize("baseline", sorted(KNOWN_BASELINES))
    def test_are_known_with_one_of_eight_baselines(self, baseline: str) -> None:
        assert image_reference(a={"baseline": baseline}).is_known("a")

    def test_of_other_baselines_are_listed_but_not_known(self) -> None:
        reference = image_reference(a={"baseline": "infinitely_new"})
        assert not reference.is_known("a")
        assert reference.baseline("a") == "infinitely_new"

    @pytest.mark.parametrize(
        ("name", "baseline"),
        [
            ("My Model [SDXL]", "stable_diffusion_xl"),
            ("[Flux] My Model", "flux_1"),
            ("My[Qwen]Model", "qwen_image"),
            ("My Model [ZModel]", "z_image_turbo"),
            ("My Model [ZImage]", "z_image_turbo"),
            ("My Model", "stable diffusion 1"),
            ("My Model [sdxl]", "stable diffusion 1"),
            ("", "stable diffusion 1"),
        ],
    )
    def test_that_are_not_listed_tell_their_baseline_by_a_tag(self, name: str, baseline: str) -> None:
        assert ModelReference().baseline(name) == baseline
        assert not ModelReference().is_known(name)

    def test_that_are_listed_keep_their_baseline_whatever_their_name_says(self) -> None:
        assert image_reference(**{"a [SDXL]": {"baseline": "flux_1"}}).baseline("a [SDXL]") == "flux_1"

    def test_have_the_requirements_of_their_entry(self) -> None:
        required = {
            "clip_skip": 2, "min_steps": 4, "max_steps": 8, "cfg_scale": 1, "min_cfg_scale": 0.5, "max_cfg_scale": 2,
            "samplers": ["k_euler"], "schedulers": ["simple"], "unheard_of": True,
        }  # fmt: skip
        reference = image_reference(a={"baseline": "flux_1", "requirements": required})
        assert reference.requirements("a") == Requirements(2, 4, 8, 1.0, 0.5, 2.0, ("k_euler",), ("simple",))
        assert reference.requirements("unknown") == Requirements()

    def test_are_of_a_type_and_for_something(self) -> None:
        entry = {"baseline": "flux_1", "nsfw": True, "inpainting": True, "type": "controlnet"}
        model = image_reference(a=entry).image["a"]
        assert (model.nsfw, model.inpainting, model.type) == (True, True, "controlnet")

    @pytest.mark.parametrize("field", ["nsfw", "inpainting", "type", "requirements"])
    def test_may_leave_anything_but_the_baseline_open(self, field: str) -> None:
        assert image_reference(a={"baseline": "flux_1", field: None}).is_known("a")


class TestTextModels:
    @pytest.mark.parametrize(
        "suffix",
        [
            "", ".gguf", ".GGUF", ".Q4_K_M", "-Q4_K_M", "-Q8_0", ".q4_k_m.gguf", "-IQ4_XS", ".i1-Q4_K_S",
            "-i1-Q4_K_M.gguf", "-UD-Q4_K_XL", "-GPTQ-Int4", ",Q5_K_S", "-Q6_K-imat", "::ada#7", "-Q4_K_M::ada#7",
        ],
    )  # fmt: skip
    def test_are_known_under_their_quantised_names(self, suffix: str) -> None:
        assert text_reference("koboldcpp/Model-7B").text_parameters_b("koboldcpp/Model-7B" + suffix) == 7.0

    def test_keep_the_version_before_the_quantisation(self) -> None:
        """§9.3: the original also loses `-v2` of such a name."""
        reference = text_reference("Model-7B-v2", parameters=8e9)
        assert reference.text_parameters_b("Model-7B-v2-Q4_K_M") == 8.0
        assert text_reference("Model-7B").text_parameters_b("Model-7B-v2-Q4_K_M") is None

    @pytest.mark.parametrize(
        "name", ["", "model-7b", "Model-7B-v2", "aphrodite/Model-7B", "Model-7B-Quick", "Model-7B-8bit", "::Model-7B"]
    )
    def test_are_unknown_under_other_names(self, name: str) -> None:
        """Case and the program before the slash are part of the name."""
        assert text_reference("Model-7B").text_parameters_b(name) is None

    def test_a_name_that_is_listed_as_it_stands_is_not_taken_apart(self) -> None:
        both = {"M": {"parameters": 7e9}, "M-Q4_K_M": {"parameters": 3e9}}
        reference = ModelReference(text=read_text_catalogue(json.dumps(both).encode()))
        assert reference.text_parameters_b("M-Q4_K_M") == 3.0

    def test_long_names_are_taken_apart_in_no_time(self) -> None:
        """A pattern that tried all ways would never end."""
        assert text_reference("a").text_parameters_b("-q4" * 20_000 + "!") is None
        assert text_reference("a").text_parameters_b("-aaaaq" * 20_000) is None


class TestCatalogues:
    @pytest.mark.parametrize(
        "data",
        [
            b"", b"null", b"[]", b'"text"', b"{", b"<!doctype html>", b"\xff\xfe", b"{}", b'{"error": "not found"}',
            b'{"message": {"text": "not found"}}', b"[" * 100_000,
        ],
    )  # fmt: skip
    def test_that_are_no_object_of_models_are_refused(self, data: bytes) -> None:
        for read in (read_image_catalogue, read_text_catalogue):
            with pytest.raises(CatalogueUnusable):
                read(data)

    @pytest.mark.parametrize("entry", [None, 5, "text", [], {}, {"baseline": 5}, {"baseline": "flux_1", "nsfw": "no"}])
    def test_lose_image_models_that_make_no_sense_only(self, entry: object) -> None:
        assert list(image_reference(good={"baseline": "flux_1"}, bad=entry).image) == ["good"]

    @pytest.mark.parametrize("required", [5, [], {"min_steps": "four"}, {"samplers": "k_euler"}])
    def test_lose_requirements_that_make_no_sense_only(self, required: object) -> None:
        reference = image_reference(a={"baseline": "flux_1", "requirements": required})
        assert reference.requirements("a") == Requirements()
        assert reference.is_known("a")

    @pytest.mark.parametrize("parameters", ["7b", None, 0, -1, 1e300, {}])
    def test_lose_text_models_without_a_number_of_parameters_only(self, parameters: object) -> None:
        entries = {"good": {"parameters": 7_000_000_000}, "bad": {"parameters": parameters}}
        assert read_text_catalogue(json.dumps(entries).encode()) == {"good": 7.0}


def test_fewest_and_most_steps_are_the_models_or_the_defaults() -> None:
    try:
        current.use(image_reference(a={"baseline": "flux_1", "requirements": {"max_steps": 8}}))
        assert catalogue.steps_range("a") == (20, 8)
        assert catalogue.steps_range("unknown") == (20, 40)
    finally:
        current.use(None)


class TestBuiltIn:
    def test_all_its_image_models_are_known(self) -> None:
        assert len(built_in().image) > 100
        assert all(model.is_known for model in built_in().image.values())

    @pytest.mark.parametrize(
        ("name", "baseline", "multiplier"),
        [
            ("stable_diffusion", "stable diffusion 1", 1),
            ("stable_diffusion_2.1", "stable diffusion 2", 1),
            ("SDXL 1.0", "stable_diffusion_xl", 2),
            ("Stable Cascade 1.0", "stable_cascade", 4),
            ("Flux.1-Schnell fp8 (Compact)", "flux_1", 8),
            ("Z-Image-Turbo", "z_image_turbo", 8),
            ("Qwen-Image", "qwen_image", 12),
            ("ember-demo", "stable diffusion 1", 1),
        ],
    )
    def test_well_known_models_have_their_baseline_and_price(self, name: str, baseline: str, multiplier: int) -> None:
        assert catalogue.is_known(name)
        assert catalogue.baseline(name) == baseline
        assert catalogue.price_multiplier(name) == multiplier

    def test_inpainting_models_are_told_by_name(self) -> None:
        assert "stable_diffusion_inpainting" in catalogue.inpainting_models()
        assert catalogue.is_inpainting("stable_diffusion_inpainting")
        assert not catalogue.is_inpainting("stable_diffusion")

    def test_models_for_adults_are_told_by_name(self) -> None:
        assert catalogue.is_nsfw("Hentai Diffusion")
        assert not catalogue.is_nsfw("Deliberate")

    def test_no_model_is_a_controlnet(self) -> None:
        assert not any(map(catalogue.is_controlnet, built_in().image))

    @pytest.mark.parametrize(
        "name",
        [
            "KoboldAI/LLaMA2-13B-Tiefighter", "koboldcpp/LLaMA2-13B-Tiefighter",
            "aphrodite/KoboldAI/LLaMA2-13B-Tiefighter", "koboldcpp/LLaMA2-13B-Tiefighter.Q4_K_M.gguf",
        ],
    )  # fmt: skip
    def test_text_models_are_known_by_every_program(self, name: str) -> None:
        """§9.3: each base model appears plain and with prefixes."""
        assert catalogue.text_parameters_b(name) == 13.0
