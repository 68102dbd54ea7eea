"""From the seed of a request to a number."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from horde_sdk.utils import default_bridge_agent_string, seed_to_int


@pytest.mark.parametrize(
    ("seed", "number"),
    [
        (5, 5),
        (-3, -3),
        (2**40, 2**40),
        ("0", 0),
        ("007", 7),
        ("4294967295", 4294967295),
        ("4294967296", 0),
        ("99999999999", 1215752191),
        ("-5", 13613),
        (" 7 ", 2111264),
        ("1.5", 3485233),
        ("a", 97),
        ("é", 43459),
        ("²", 45762),
        ("test_seed", 1953719668),
    ],
)
def test_a_seed_stands_for_one_number(seed: int | str, number: int) -> None:
    assert seed_to_int(seed) == number


@given(st.integers(min_value=0, max_value=10**60))
def test_digits_are_that_number_modulo_two_to_the_32(number: int) -> None:
    assert seed_to_int(str(number)) == number % 2**32


@given(st.text(min_size=1).filter(lambda text: not text.isdecimal()))
def test_text_is_its_bytes_read_little_endian(text: str) -> None:
    assert seed_to_int(text) == sum(byte << (8 * place) for place, byte in enumerate(text.encode())) % 2**32


def test_more_digits_than_python_reads_at_once_are_a_number_too() -> None:
    assert seed_to_int("1" + "0" * 10_000) == 10**10_000 % 2**32


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_seed_is_one_at_random(nothing: str | None) -> None:
    drawn = {seed_to_int(nothing) for _ in range(8)}

    assert len(drawn) > 1
    assert all(0 <= seed < 2**32 for seed in drawn)


def test_the_bridge_agent_has_three_parts() -> None:
    assert default_bridge_agent_string.count(":") == 2
