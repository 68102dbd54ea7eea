"""The upfront rule and what a downgrade makes of a request (requests.md §7.5, §8.7)."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_server.requests.image.order import LCM_LORA_VERSIONS, ImageOrder, Lora
from horde_server.requests.image.upfront import (
    ImageUpfront,
    UpfrontImage,
    downgraded,
    free_changes,
    free_side,
    image_upfront,
    upfront,
)
from horde_server.requests.text.upfront import TextUpfront, downgraded_length, free_tokens, text_upfront
from horde_server.requests.text.upfront import free_changes as free_text_changes

SD1 = frozenset({"stable diffusion 1"})


LCM_LORA = Lora(next(iter(LCM_LORA_VERSIONS)), is_version=True)


def an_image(
    *,
    uses_lcm: bool = False,
    has_control: bool = False,
    names_workers: bool = False,
    max_steps: tuple[int, ...] = (),
    has_unlimited_model: bool = True,
    **changes: Any,
) -> UpfrontImage:
    """A plain 512×512 image with 30 steps, for models with these limits."""
    order = ImageOrder(
        "a",
        loras=(LCM_LORA,) if uses_lcm else (),
        control_type="canny" if has_control else None,
        workers=(str(uuid4()),) if names_workers else (),
        **changes,
    )
    return UpfrontImage(order, SD1, max_steps, has_unlimited_model)


images = st.builds(
    an_image,
    width=st.integers(1, 48).map(lambda blocks: 64 * blocks),
    height=st.integers(1, 48).map(lambda blocks: 64 * blocks),
    steps=st.integers(1, 500),
    sampler_name=st.sampled_from(["k_euler_a", "k_heun", "lcm"]),
    uses_lcm=st.booleans(),
    has_control=st.booleans(),
    slow_workers=st.booleans(),
    max_steps=st.lists(st.integers(10, 200), max_size=3).map(tuple),
)


@pytest.mark.parametrize(
    ("changes", "side", "reason"),
    [
        ({}, 576, None),
        ({"slow_workers": False}, 1024, ImageUpfront.FAST_WORKERS),
        ({"uses_lcm": True, "steps": 10}, 1024, None),
        ({"uses_lcm": True, "steps": 11}, 1024, ImageUpfront.LCM_STEPS),
        ({"steps": 40}, 1024, None),
        ({"steps": 41}, 1024, ImageUpfront.MODEL_STEPS),
        ({"steps": 21, "sampler_name": "k_heun"}, 1024, ImageUpfront.MODEL_STEPS),
        ({"steps": 500, "sampler_name": "k_dpm_adaptive"}, 1024, None),
        ({"steps": 26, "max_steps": (25, 60)}, 1024, ImageUpfront.MODEL_STEPS),
        ({"steps": 60, "max_steps": (60,), "has_unlimited_model": False}, 1024, None),
        ({"steps": 41, "max_steps": (60,)}, 1024, ImageUpfront.MODEL_STEPS),
        ({"width": 1024, "height": 1024}, 1024, None),
        ({"width": 1088, "height": 1024}, 1024, ImageUpfront.RESOLUTION),
        ({"width": 640, "height": 576}, 576, ImageUpfront.RESOLUTION),
        ({"has_control": True, "steps": 20}, 1024, None),
        ({"has_control": True, "steps": 21}, 1024, ImageUpfront.CONTROL_STEPS),
        ({"names_workers": True}, 1024, None),
    ],
)
def test_heavy_images_need_kudos(changes: dict[str, Any], side: int, reason: Any) -> None:
    assert image_upfront(an_image(**changes), side, on_worker_list=False) == reason


def test_naming_workers_needs_kudos_where_the_horde_says_so_and_cannot_be_downgraded() -> None:
    reason = image_upfront(an_image(names_workers=True), 1024, on_worker_list=True)
    assert reason is ImageUpfront.WORKER_LIST
    assert not reason.can_be_downgraded
    assert ImageUpfront.RESOLUTION.can_be_downgraded


@pytest.mark.parametrize(
    ("threads", "queued", "baselines", "side"),
    [
        (0, 0, SD1, 1024),
        (5, 0, SD1, 1024),
        (0, 100, SD1, 934),
        (10, 100, SD1, 1024),
        (0, 10_000, SD1, 576),
        (0, 10_000, frozenset({"stable diffusion 2 512"}), 768),
        (0, 10_000, frozenset({"stable_diffusion_xl"}), 1024),
        (0, 10_000, SD1 | {"flux_1"}, 1024),
        (0, 10_000, frozenset({"qwen_image"}), 576),
    ],
)
def test_the_free_size_shrinks_with_the_queue(threads: int, queued: int, baselines: Any, side: int) -> None:
    assert free_side(baselines, image_threads=threads, queued_jobs=queued) == side


def test_a_downgrade_keeps_the_aspect_and_takes_the_models_steps() -> None:
    """The example of §7.5, observed on the original."""
    small = downgraded(an_image(width=3072, height=1024, steps=100, slow_workers=False), 1024).order
    assert (small.width, small.height, small.steps, small.slow_workers) == (1728, 576, 30, True)


@pytest.mark.parametrize(
    ("changes", "steps"),
    [
        ({"steps": 41}, 30),
        ({"steps": 25}, 25),
        ({"steps": 41, "sampler_name": "k_heun"}, 15),
        ({"steps": 100, "max_steps": (60,), "has_unlimited_model": False}, 60),
        ({"steps": 100, "max_steps": (60,)}, 30),
        ({"steps": 40, "has_control": True}, 20),
        ({"steps": 40, "has_control": True, "max_steps": (15,)}, 15),
        ({"steps": 40, "uses_lcm": True, "sampler_name": "lcm"}, 10),
    ],
)
def test_a_downgrade_takes_steps_down_to_the_limit(changes: dict[str, Any], steps: int) -> None:
    assert downgraded(an_image(**changes), 1024).order.steps == steps


def test_a_downgrade_never_goes_below_the_smallest_area() -> None:
    small = downgraded(an_image(width=3072, height=128), 576).order
    assert (small.width, small.height) == (512, 512)


@given(images, st.integers(576, 1024))
def test_what_was_downgraded_is_free(image: UpfrontImage, side: int) -> None:
    small = downgraded(image, side)
    assert image_upfront(small, side, on_worker_list=False) is None
    assert small.order.width % 64 == small.order.height % 64 == 0
    assert small.order.steps <= image.order.steps
    assert downgraded(small, side) == small


def test_an_order_for_any_model_has_the_default_limit_of_steps() -> None:
    """The original forgets it."""
    horde: dict[str, Any] = {"image_threads": 0, "queued_jobs": 0, "on_worker_list": False}
    assert upfront(ImageOrder("a", models=(), steps=41), **horde)
    assert not upfront(ImageOrder("a", models=(), steps=40), **horde)


# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("threads", "queued", "tokens"), [(0, 0, 512), (10, 0, 512), (0, 100, 422), (10, 100, 472), (0, 10_000, 256)]
)
def test_the_free_length_shrinks_with_the_queue(threads: int, queued: int, tokens: int) -> None:
    assert free_tokens(text_threads=threads, queued_jobs=queued) == tokens


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"max_length": 301}, TextUpfront.LENGTH),
        ({"slow_workers": False}, TextUpfront.FAST_WORKERS),
        ({"names_workers": True}, None),
        ({"names_workers": True, "on_worker_list": True}, TextUpfront.WORKER_LIST),
    ],
)
def test_long_texts_need_kudos(changes: dict[str, Any], reason: Any) -> None:
    plain: dict[str, Any] = {
        "max_length": 300,
        "slow_workers": True,
        "names_workers": False,
        "most_tokens": 300,
        "on_worker_list": False,
    }
    assert text_upfront(**plain | changes) == reason


def test_a_downgraded_text_is_cut_to_the_free_length() -> None:
    assert downgraded_length(1000, 300) == 300
    assert downgraded_length(80, 300) == 80
    assert TextUpfront.LENGTH.can_be_downgraded
    assert not TextUpfront.WORKER_LIST.can_be_downgraded


class TestFreeChanges:
    """What a refusal advises: only what helps, and together it suffices."""

    @pytest.mark.parametrize(
        ("changes", "advice"),
        [
            ({"slow_workers": False}, ["set slow_workers to true"]),
            ({"width": 1024, "height": 1024}, ["ask for at most 576x576 pixels"]),
            ({"steps": 60}, ["ask for at most 40 steps"]),
            ({"steps": 30, "sampler_name": "k_heun"}, ["ask for at most 20 steps"]),
            ({"steps": 60, "has_control": True}, ["ask for at most 20 steps"]),
            ({"names_workers": True}, ["name no workers"]),
            ({"slow_workers": False, "steps": 60}, ["set slow_workers to true", "ask for at most 40 steps"]),
            (
                {"sampler_name": "k_dpm_adaptive", "has_control": True},
                ["choose another sampler than k_dpm_adaptive", "ask for at most 20 steps"],
            ),
            ({}, []),
        ],
    )
    def test_only_what_helps_is_named(self, changes: dict[str, Any], advice: list[Any]) -> None:
        assert free_changes(an_image(**changes), 576, on_worker_list=True) == advice

    @given(images, st.sampled_from(["k_euler_a", "k_heun", "k_dpm_adaptive"]), st.booleans())
    def test_who_follows_the_advice_needs_no_kudos(
        self, image: UpfrontImage, sampler_name: str, names_workers: bool
    ) -> None:
        image = image.with_order(sampler_name=sampler_name, workers=(str(uuid4()),) if names_workers else ())
        for change in free_changes(image, 576, on_worker_list=True):
            number = int((re.findall(r"most (\d+)", change) or [0])[0])
            if "slow" in change:
                image = image.with_order(slow_workers=True)
            elif "sampler" in change:
                image = image.with_order(sampler_name="k_euler_a")
            elif "pixels" in change:
                image = image.with_order(width=number, height=number)
            elif "steps" in change:
                image = image.with_order(steps=number)
            else:
                image = image.with_order(workers=())
        assert image_upfront(image, 576, on_worker_list=True) is None

    @pytest.mark.parametrize(
        ("changes", "advice"),
        [
            ({}, []),
            ({"max_length": 1000}, ["set max_length to 256 or less"]),
            ({"slow_workers": False}, ["set slow_workers to true"]),
            ({"slow_workers": False, "max_length": 1000, "on_worker_list": True},
             ["set slow_workers to true", "set max_length to 256 or less", "name no workers"]),
        ],
    )  # fmt: skip
    def test_of_texts(self, changes: dict[str, Any], advice: list[Any]) -> None:
        plain: dict[str, Any] = {"max_length": 80, "slow_workers": True, "most_tokens": 256, "on_worker_list": False}
        assert free_text_changes(**{**plain, **changes}) == advice
