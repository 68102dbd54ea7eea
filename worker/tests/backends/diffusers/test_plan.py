"""How a job is painted, decided before anything is loaded."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image
from plain_jobs import an_image_job

from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SAMPLERS
from horde_worker.backends.diffusers.plan import MOST_LEVELS, Plan, plan_of, steps_from_source
from horde_worker.backends.diffusers.samplers import NOT_EXACT, SAMPLERS, usable_samplers
from horde_worker.backends.image import Remark, SourceGiven
from horde_worker.backends.normalise.baselines import Baseline
from horde_worker.backends.normalise.samplers import SAMPLERS as EVERY_SAMPLER

SOURCE = Image.new("RGB", (100, 80), "red")
MASK = Image.new("L", (50, 40), 255)
GIVEN = SourceGiven("x")


def a_plan(*, fills_masks: bool = False, without: frozenset[str] = frozenset(), **wishes: Any) -> Plan:
    """Of a job for Stable Diffusion 1."""
    samplers = frozenset(SAMPLERS) - without
    return plan_of(an_image_job(**wishes), Baseline.stable_diffusion_1, fills_masks=fills_masks, samplers=samplers)


def test_every_sampler_of_the_horde_has_a_scheduler() -> None:
    """Those that are not public, too."""
    assert set(SAMPLERS) == set(EVERY_SAMPLER) >= {sampler.value for sampler in KNOWN_IMAGE_SAMPLERS}
    assert set(SAMPLERS) > NOT_EXACT
    assert {name for name, one in SAMPLERS.items() if not one.karras} == {"lcm", "plms"}
    assert "k_euler" in usable_samplers()


@pytest.mark.parametrize("strength", [0.01, 0.05, 0.3, 0.5, 0.75, 0.9, 0.99, 1.0])
@pytest.mark.parametrize("steps", [1, 2, 7, 20, 30, 100, 500])
def test_all_the_steps_are_walked_over_the_last_part_of_the_way(steps: int, strength: float) -> None:
    """As the library counts them: it walks `int(levels * strength)`."""
    found = steps_from_source(steps, strength)
    assert min(int(found.levels * found.strength), found.levels) == found.walked <= steps
    assert found.levels <= max(MOST_LEVELS, steps)
    if found.levels < MOST_LEVELS:
        assert found.walked >= steps - 1
        assert found.walked / found.levels == pytest.approx(strength, abs=1 / found.levels)
    assert (found.strength == 1.0) == (found.walked == found.levels)


def test_a_job_without_a_source_is_painted_from_noise_in_one_pass() -> None:
    """In multiples of 64, all of its steps."""
    plan = a_plan(width=500, height=330)
    assert (plan.first_size, plan.size, plan.steps) == ((512, 384), (512, 384), 20)
    assert (plan.source, plan.mask, plan.second, plan.remarks) == (None, None, None, ())
    assert plan.first.strength == 1.0


def test_a_source_and_its_mask_have_the_size_that_is_painted() -> None:
    """Whatever theirs is."""
    plan = a_plan(source=SOURCE, mask=MASK, given=GIVEN, denoising_strength=0.5)
    assert plan.source is not None
    assert plan.mask is not None
    assert plan.source.size == plan.mask.size == (512, 512)
    assert (plan.first.levels, plan.first.walked) == (40, 20)


def test_a_large_picture_is_painted_twice() -> None:
    """Small, then over the enlarged one; the source is as small as the first."""
    plan = a_plan(width=1024, height=768, hires_fix=True, source=SOURCE, given=GIVEN)
    assert plan.first_size == (640, 512)
    assert plan.source is not None
    assert plan.source.size == (640, 512)
    assert plan.second is not None
    assert plan.steps == plan.first.walked + plan.second.walked


def test_a_model_that_fills_masks_gets_something_to_fill() -> None:
    """And says so."""
    plan = a_plan(fills_masks=True)
    assert plan.source is not None
    assert plan.mask is not None
    assert plan.first.strength == 1.0
    assert plan.remarks == (Remark("source_image", "parse_failed", "source_image"),)


def test_the_source_of_a_control_net_is_not_painted_over() -> None:
    """It says where things are."""
    plan = a_plan(control_type="canny", source=SOURCE, given=GIVEN, denoising_strength=0.5)
    assert plan.control is not None
    assert plan.control.size == (512, 512)
    assert (plan.source, plan.first.strength) == (None, 1.0)


@pytest.mark.parametrize(
    ("wishes", "sampler", "remark"),
    [
        ({"sampler": "ddim", "karras": True}, "DDIM", ""),
        ({"sampler": "nonsense"}, "k_euler", "no sampler nonsense: k_euler instead"),
        ({"sampler": "lcm", "karras": True}, "lcm", "lcm has no Karras spacing here"),
        ({"sampler": "lcm"}, "lcm", ""),
        ({"sampler": "k_lms", "without": frozenset({"k_lms"})}, "k_euler", "no k_lms here: k_euler instead"),
    ],
)
def test_what_a_sampler_cannot_do_is_remarked(wishes: dict[str, Any], sampler: str, remark: str) -> None:
    """The picture is made all the same."""
    plan = a_plan(**wishes)
    assert plan.sampler == sampler
    assert [one.ref for one in plan.remarks] == ([remark] if remark else [])
