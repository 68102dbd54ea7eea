"""What text costs, to the hundredth (kudos.md §3)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from samples import TextSample, read_text_samples

from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.prices.charges import TextPrices, debit_hundredths

SAMPLES = read_text_samples()


def a_book(billions: float | None) -> TextPrices:
    return TextPrices(lambda model: billions, lambda: 0.0)


def reward_of(sample: TextSample) -> int:
    return a_book(sample.billions).reward_hundredths(
        sample.order,
        "m",
        prompt_characters=sample.prompt_characters,
        generation_characters=sample.generation_characters,
        owner_trusted=sample.owner_trusted,
        backend_validated=sample.backend_validated,
    )


def test_rewards_and_debits_equal_those_of_the_public_horde() -> None:
    """On every sample; it leaves rewards of unknown models unrounded, ours are whole hundredths."""
    assert len(SAMPLES) == 560
    for sample in SAMPLES:
        reward = reward_of(sample)
        assert reward == pytest.approx(sample.reward_kudos * 100, abs=0.5001)
        assert debit_hundredths(reward) == pytest.approx(sample.debit_kudos * 100, abs=0.5001)


def test_estimates_dry_runs_and_holds_equal_those_of_the_public_horde() -> None:
    compared = 0
    for sample in SAMPLES:
        price = a_book(sample.billions).price(sample.order)
        if sample.estimate_kudos is not None:
            compared += 1
            assert price.job_reward_hundredths == round(sample.estimate_kudos * 100)
            assert round(price.total_hundredths / 100) == sample.dry_run_kudos
        assert sample.held_kudos is not None
        assert price.held_hundredths == round(sample.held_kudos * 100)
    assert compared > 400


def test_any_model_is_estimated_at_thirteen_billion_parameters() -> None:
    text = TextOrder("a prompt", max_length=80, max_context_length=2048, n=3)
    price = a_book(None).price(text)
    assert price.job_reward_hundredths == 3536  # 80 · 13 · (1.2 + 2.2) / 100
    assert price.total_hundredths == 3 * 3636 + 100
    assert price.held_hundredths == 3 * 2000


def test_an_unknown_model_is_estimated_and_not_refused() -> None:
    """The original answers 500."""
    text = TextOrder("a prompt", max_length=100, max_context_length=1024, models=("mine",))
    assert a_book(None).price(text).job_reward_hundredths == 594  # 100 · 2.7 · 2.2 / 100


def test_the_dearest_model_decides_what_is_held() -> None:
    sizes = {"small": 7.0, "large": 70.0}
    text = TextOrder("a prompt", max_length=210, max_context_length=2048, models=("small", "unknown", "large"))
    assert TextPrices(sizes.get, lambda: 0.0).price(text).held_hundredths == 70_000


def test_a_censored_text_costs_the_tax_only() -> None:
    assert debit_hundredths(0) == 100


def test_twenty_five_tokens_of_a_large_model_earn_what_the_specification_says() -> None:
    """§3.1, worked example."""
    text = TextOrder("a prompt", max_length=80, max_context_length=2048, models=("m",))
    reward = a_book(70.0).reward_hundredths(
        text, "m", prompt_characters=20, generation_characters=100, owner_trusted=True, backend_validated=True
    )
    assert reward == 2375


def test_a_longer_context_never_costs_less() -> None:
    text = TextOrder("a prompt", max_length=80, max_context_length=80, models=("m",))
    totals = [
        a_book(13.0).price(replace(text, max_context_length=length)).total_hundredths
        for length in (80, 1024, 2048, 8192, 32_768, 1_048_576)
    ]
    assert totals == sorted(totals)
