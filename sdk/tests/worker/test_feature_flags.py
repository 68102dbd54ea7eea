"""What a worker cannot do of what a job needs: each need against each ability, alone and by baseline."""

from __future__ import annotations

from typing import Any

import pytest

from horde_sdk.generation_parameters.alchemy.consts import KNOWN_ALCHEMY_TYPES as A
from horde_sdk.generation_parameters.alchemy.object_models import AlchemyFeatureFlags
from horde_sdk.generation_parameters.image import ImageGenerationFeatureFlags, image_parameters_to_feature_flags
from horde_sdk.generation_parameters.image.object_models import ControlnetFeatureFlags
from horde_sdk.worker.feature_flags import (
    ALCHEMY_WORKER_NOT_CAPABLE_REASON as NO_ALCHEMY,
    IMAGE_WORKER_NOT_CAPABLE_REASON as NO_IMAGE,
    AlchemyWorkerFeatureFlags,
    ImageWorkerFeatureFlags,
    PerBaselineFeatureFlags,
)

SD15, SDXL = "stable_diffusion_1", "stable_diffusion_xl"
CANNY = ControlnetFeatureFlags(controlnets=["canny"])

NEEDS: dict[NO_IMAGE, dict[str, Any]] = {
    NO_IMAGE.clip_skip: {"clip_skip": True},
    NO_IMAGE.samplers: {"samplers": ["k_euler", "lcm"]},
    NO_IMAGE.schedulers: {"schedulers": ["karras", "beta"]},
    NO_IMAGE.tiling: {"tiling": True},
    NO_IMAGE.hires_fix: {"hires_fix": True},
    NO_IMAGE.controlnets: {"controlnets_feature_flags": CANNY},
    NO_IMAGE.tis: {"tis": ["CIVITAI"]},
    NO_IMAGE.loras: {"loras": ["CIVITAI"]},
    NO_IMAGE.extra_texts: {"extra_texts": True},
    NO_IMAGE.extra_source_images: {"extra_source_images": True},
    NO_IMAGE.unsupported_baseline: {"baselines": [SDXL]},
}


def flags(**changes: Any) -> ImageGenerationFeatureFlags:
    plain: dict[str, Any] = {
        "baselines": [SD15],
        "schedulers": ["karras"],
        "samplers": ["k_euler"],
        "source_processing": [],
    }
    return ImageGenerationFeatureFlags(**{**plain, **changes})


def a_worker(by_baseline: PerBaselineFeatureFlags | None = None, **abilities: Any) -> ImageWorkerFeatureFlags:
    return ImageWorkerFeatureFlags(
        image_generation_feature_flags=flags(**abilities), per_baseline_feature_flags=by_baseline
    )


def test_every_reason_has_a_need() -> None:
    assert set(NEEDS) == set(NO_IMAGE) - {NO_IMAGE.unsupported_generation_type}


@pytest.mark.parametrize("needed", NEEDS, ids=str)
@pytest.mark.parametrize("able", NEEDS, ids=str)
def test_worker_lacks_exactly_what_is_needed_and_it_cannot_do(needed: NO_IMAGE, able: NO_IMAGE) -> None:
    abilities = {**NEEDS[able], "baselines": [SD15, *NEEDS[able].get("baselines", [])]}
    worker, job = a_worker(**abilities), flags(**NEEDS[needed])

    assert worker.reasons_not_capable_of_features(job) == (None if needed is able else [needed])
    assert worker.is_capable_of_features(job) is (needed is able)


def test_all_reasons_are_given_at_once() -> None:
    job = flags(**{name: value for need in NEEDS.values() for name, value in need.items()})

    assert set(a_worker().reasons_not_capable_of_features(job) or []) == set(NEEDS)
    assert a_worker().is_capable_of_features(flags())


def test_job_with_several_baselines_wants_one_of_them() -> None:
    assert a_worker().is_capable_of_features(flags(baselines=[SDXL, SD15]))


@pytest.mark.parametrize(
    ("field", "needed", "fitting", "unfitting"),
    [
        ("samplers_map", NO_IMAGE.samplers, ["k_euler", "lcm"], ["lcm"]),
        ("schedulers_map", NO_IMAGE.schedulers, ["karras", "beta"], ["beta"]),
        ("tiling_map", NO_IMAGE.tiling, True, False),
        ("hires_fix_map", NO_IMAGE.hires_fix, True, False),
        ("tis_map", NO_IMAGE.tis, True, False),
        ("loras_map", NO_IMAGE.loras, True, False),
    ],
)
def test_map_by_baseline_decides_instead_of_the_general_flag(
    field: str, needed: NO_IMAGE, fitting: Any, unfitting: Any
) -> None:
    job = flags(**NEEDS[needed])

    assert a_worker(PerBaselineFeatureFlags(**{field: {SD15: fitting}})).is_capable_of_features(job)
    for wrong in ({SD15: unfitting}, {SDXL: fitting}, {}):
        able_in_general = a_worker(PerBaselineFeatureFlags(**{field: wrong}), **NEEDS[needed])
        assert able_in_general.reasons_not_capable_of_features(job) == [needed]


@pytest.mark.parametrize("by_baseline", [True, False])
def test_control_wants_the_general_flag_and_the_baseline(by_baseline: bool) -> None:
    job = flags(controlnets_feature_flags=CANNY)
    allowed = PerBaselineFeatureFlags(controlnet_map={SD15: by_baseline})

    assert a_worker(allowed, controlnets_feature_flags=CANNY).is_capable_of_features(job) is by_baseline
    assert not a_worker(allowed).is_capable_of_features(job)


@pytest.mark.parametrize(
    "wanted",
    [{"controlnets": ["depth"]}, {"image_is_control": True}, {"return_control_map": True}],
    ids=str,
)
def test_control_is_to_fit_in_kind_and_manner(wanted: dict[str, Any]) -> None:
    job = flags(controlnets_feature_flags=ControlnetFeatureFlags(**{"controlnets": ["canny"], **wanted}))

    assert a_worker(controlnets_feature_flags=CANNY).reasons_not_capable_of_features(job) == [NO_IMAGE.controlnets]


@pytest.mark.parametrize("kind", ["loras", "tis"])
def test_models_are_to_come_from_where_the_worker_can_fetch_them(kind: str) -> None:
    wanted: dict[str, Any] = {kind: ["CIVITAI"]}
    known: dict[str, Any] = {kind: ["LOCAL"]}
    job, worker = flags(**wanted), a_worker(None, **known)

    assert worker.reasons_not_capable_of_features(job) == [NO_IMAGE(kind)]


FORMS = {
    A.RealESRGAN_x4plus: NO_ALCHEMY.unsupported_upscaler,
    A.GFPGAN: NO_ALCHEMY.unsupported_facefixer,
    A.interrogation: NO_ALCHEMY.unsupported_interrogator,
    A.caption: NO_ALCHEMY.unsupported_caption_model,
    A.nsfw: NO_ALCHEMY.unsupported_nsfw_detector,
    A.vectorize: NO_ALCHEMY.unsupported_vectorizer,
    A.annotation: NO_ALCHEMY.unsupported_annotation,
    A.strip_background: NO_ALCHEMY.unsupported_misc,
}


def an_alchemist(*forms: A) -> AlchemyWorkerFeatureFlags:
    return AlchemyWorkerFeatureFlags(alchemy_feature_flags=AlchemyFeatureFlags(alchemy_types=list(forms)))


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_alchemist_lacks_the_form_that_it_has_not(form: A) -> None:
    job = AlchemyFeatureFlags(alchemy_types=[form])
    others = [other for other in FORMS if other is not form]

    assert an_alchemist(*others).reasons_not_capable_of_features(job) == [FORMS[form]]
    assert an_alchemist(form).is_capable_of_features(job)


def test_each_reason_is_given_once() -> None:
    job = AlchemyFeatureFlags(alchemy_types=[A.RealESRGAN_x4plus, A.NMKD_Siax, A.GFPGAN])

    assert an_alchemist().reasons_not_capable_of_features(job) == [
        NO_ALCHEMY.unsupported_upscaler,
        NO_ALCHEMY.unsupported_facefixer,
    ]


def test_no_worker_does_jobs_of_another_kind() -> None:
    image_job, alchemy_job = flags(), AlchemyFeatureFlags(alchemy_types=[])

    assert a_worker().reasons_not_capable_of_features(alchemy_job) == [NO_IMAGE.unsupported_generation_type]
    assert an_alchemist().reasons_not_capable_of_features(image_job) == [NO_ALCHEMY.unsupported_generation_type]
    assert (a_worker().get_not_capable_reason_type(), an_alchemist().get_not_capable_reason_type()) == (
        NO_IMAGE,
        NO_ALCHEMY,
    )


def test_needs_of_real_parameters_are_understood() -> None:
    from making import image_parameters

    needs = image_parameters_to_feature_flags(image_parameters(post_processed=True))

    assert a_worker(baselines=["infer"]).is_capable_of_features(needs)
    assert a_worker().reasons_not_capable_of_features(needs) == [NO_IMAGE.unsupported_baseline]
