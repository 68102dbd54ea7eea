"""From base price to reward, debit and total of an image request (kudos.md §2.1, §2.6)."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace
from samples import MODELS, read_image_samples

from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.prices import charges
from horde_server.requests.image.prices.formula import REFERENCE_JOB
from horde_server.requests.pictures.source_images import ExtraSource, SourceImages

SAMPLES = read_image_samples()
REFERENCE_ORDER = ImageOrder("a quiet harbour", steps=50, sampler_name="k_euler", cfg_scale=7.5)


def test_rewards_follow_from_base_prices_as_on_the_public_horde() -> None:
    """§2.2, on every sample: the multiplier of the baseline, 4 for SDXL QR codes, 7 for Cascade with hires_fix."""
    for sample in SAMPLES:
        base = round(sample.base_kudos * 100)
        reward = charges.reward_hundredths(base, sample.order, sample.order.models[0])
        assert reward == round(sample.reward_kudos * 100)


def test_debits_follow_from_rewards_as_on_the_public_horde() -> None:
    """§2.3, on every sample; ours are rounded to whole hundredths."""
    for sample in SAMPLES:
        debit = charges.debit_hundredths(round(sample.reward_kudos * 100), sample.order)
        assert debit == pytest.approx(sample.debit_kudos * 100, abs=0.5001)


def test_a_censored_image_costs_the_tax_only() -> None:
    assert charges.debit_hundredths(0, REFERENCE_ORDER) == 100


@pytest.mark.parametrize(
    ("changes", "job", "total"),
    [
        ({}, 1200, 1500),
        ({"n": 2}, 1200, 2700),
        ({"models": (MODELS["sdxl"],)}, 2300, 2600),
        ({"slow_workers": False}, 1440, 1740),
        ({"worker_blacklist": True}, 1320, 1620),
        ({"sources": SourceImages(extra=(ExtraSource("a"), ExtraSource("b")))}, 1200, 2500),
        ({"models": ()}, 2300, 2600),
        ({"models": (MODELS["sdxl"],), "workflow": "qr_code"}, 4500, 4800),
    ],
)
def test_the_total_is_what_a_wholly_delivered_request_is_charged(changes: dict[str, Any], job: int, total: int) -> None:
    """The worked examples of §9, and §2.4."""
    price = charges.price(replace(REFERENCE_ORDER, **{"models": (MODELS["sd1"],), **changes}))
    assert price.job_hundredths == job
    assert price.total_hundredths == price.held_hundredths == total


def test_cascade_with_hires_fix_is_estimated_as_it_is_charged() -> None:
    order = replace(REFERENCE_ORDER, hires_fix=True, models=(MODELS["cascade"],))
    base = charges.base_hundredths(order)
    assert charges.price(order).job_reward_hundredths == 7 * base


def test_a_horde_of_matched_workers_charges_a_flat_price_for_them() -> None:
    """§2.5: only where workers are named, not where they are excluded."""
    base = partial(charges.base_hundredths, matched_targeting=True)
    named = ImageOrder("a", workers=("w",))
    assert base(named) == 10
    assert base(ImageOrder("a", workers=("w",), worker_blacklist=True)) > 10
    assert base(ImageOrder("a")) > 10
    assert charges.base_hundredths(named) > 10


def test_an_order_is_priced_as_its_image() -> None:
    assert charges.priced_image(REFERENCE_ORDER) == REFERENCE_JOB
    assert charges.base_hundredths(REFERENCE_ORDER) == 1100
    assert charges.reward_hundredths(1100, REFERENCE_ORDER, MODELS["qwen"]) == 13_200
    assert charges.debit_hundredths(1100, REFERENCE_ORDER) == 1200
    assert charges.price(REFERENCE_ORDER).total_hundredths == 1500
