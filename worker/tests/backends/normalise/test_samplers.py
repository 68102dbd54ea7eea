"""Names of samplers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_sdk.generation_parameters.image.consts import KNOWN_IMAGE_SAMPLERS
from horde_worker.backends.normalise.samplers import SAMPLERS, chosen_sampler, sampler_named


@pytest.mark.parametrize("sampler", [sampler.value for sampler in KNOWN_IMAGE_SAMPLERS])
def test_every_sampler_of_the_api_is_known_in_any_case(sampler: str) -> None:
    """Hordes write DDIM, clients ddim."""
    assert chosen_sampler(sampler.upper()) == (sampler, ())
    assert sampler_named(f" {sampler.lower()} ") == sampler


def test_an_unknown_sampler_is_euler_and_said() -> None:
    """The requester learns what ran."""
    name, (remark,) = chosen_sampler("k_warp" + "x" * 500)
    assert name == "k_euler"
    assert "k_warp" in remark.ref
    assert len(remark.ref) < 255


def test_no_sampler_at_all_is_euler_without_a_word() -> None:
    """Nothing was asked for."""
    assert chosen_sampler("  ") == ("k_euler", ())


@given(st.text())
def test_any_name_gives_a_sampler(name: str) -> None:
    """Of those there are."""
    assert chosen_sampler(name)[0] in SAMPLERS
