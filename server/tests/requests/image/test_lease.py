"""Times to live, batches and seeds: the worked examples of workers.md §6.4, §6.6."""

from __future__ import annotations

import pytest

from horde_server.requests.image.lease import batch_size, hand_out_seed, seed_number, ttl_s
from horde_server.requests.image.order import ImageOrder

PLAIN = "stable_diffusion"


@pytest.mark.parametrize(
    ("width", "height", "steps", "sampler", "expected_s"),
    [
        (512, 512, 20, "k_euler", 150),
        (1024, 1024, 50, "k_euler", 430),
        (1024, 1024, 30, "k_heun", 510),
        (1024, 1024, 40, "k_euler", 350),
    ],
)
def test_ttl_of_one_image_is_that_of_section_3_6_1(
    width: int, height: int, steps: int, sampler: str, expected_s: int
) -> None:
    order = ImageOrder(prompt="x", width=width, height=height, steps=steps, sampler_name=sampler)
    assert ttl_s(order, PLAIN, images=1, extra_slow=False) == expected_s


def test_ttl_grows_with_the_batch_and_triples_for_an_extra_slow_worker() -> None:
    order = ImageOrder(prompt="x", width=1024, height=1024, steps=50)
    assert ttl_s(order, PLAIN, images=2, extra_slow=False) == 830
    assert ttl_s(order, PLAIN, images=1, extra_slow=True) == 1290


@pytest.mark.parametrize(("max_pixels", "expected"), [(262_144, 2), (524_288, 5)])
def test_batch_of_eight_is_cut_to_what_the_worker_holds(max_pixels: int, expected: int) -> None:
    order = ImageOrder(prompt="x", n=8)
    assert batch_size(order, PLAIN, max_pixels=max_pixels, amount=8, available=8) == expected


def test_batching_can_be_turned_off_and_never_exceeds_what_waits() -> None:
    assert (
        batch_size(ImageOrder(prompt="x", disable_batching=True), PLAIN, max_pixels=10**7, amount=8, available=8) == 1
    )
    assert batch_size(ImageOrder(prompt="x"), PLAIN, max_pixels=10**8, amount=20, available=3) == 3


@pytest.mark.parametrize(("text", "number"), [("42", 42), ("abc", 6513249), ("-5", 13613), ("4294967296", 1)])
def test_a_seed_becomes_the_number_of_section_2_2(text: str, number: int) -> None:
    assert seed_number(text) == number


def test_seed_variation_counts_what_waits_before_the_hand_out() -> None:
    order = ImageOrder(prompt="x", seed="7", seed_variation=3, n=5)
    assert [hand_out_seed(order, waiting, 0) for waiting in (5, 2)] == [22, 13]


def test_an_unset_seed_is_drawn_anew() -> None:
    assert hand_out_seed(ImageOrder(prompt="x"), 1, 123_456) == 123_456
