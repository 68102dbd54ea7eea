"""What embeddings cost (embeddings.md §4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_server.requests.embedding.lease import ttl_s
from horde_server.requests.embedding.order import EmbeddingOrder, counted_tokens, decode_order
from horde_server.requests.embedding.prices import most_job_hundredths, price, reward_hundredths, worth_hundredths

TEXTS = st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=20).map(tuple)


@pytest.mark.parametrize(("text", "tokens"), [("x", 1), ("xxxx", 1), ("xxxxx", 2), ("x" * 400, 100)])
def test_a_token_is_four_characters(text: str, tokens: int) -> None:
    """§4.1: begun ones count."""
    assert counted_tokens(text) == tokens


@given(TEXTS, st.text(min_size=1, max_size=300), st.floats(0.01, 100))
def test_more_never_costs_less(inputs: tuple[str, ...], more: str, billions: float) -> None:
    """§4.1: nor does a larger model."""
    less, all_of_it = EmbeddingOrder(inputs), EmbeddingOrder((*inputs, more))
    assert 1 <= worth_hundredths(less, billions) <= worth_hundredths(all_of_it, billions)
    assert worth_hundredths(less, billions) <= worth_hundredths(less, billions * 2)


@given(TEXTS, st.sampled_from([(), ("Mistral-7B-Instruct-v0.2",), ("all-MiniLM-L6-v2", "Llama-3.3-70B-Instruct")]))
def test_no_job_charges_more_than_was_said(inputs: tuple[str, ...], models: tuple[str, ...]) -> None:
    """keys.md §2.1: whichever of its models makes it."""
    order = EmbeddingOrder(inputs, models)
    for model in models or ("all-MiniLM-L6-v2", "Llama-3.3-70B-Instruct", "whatever"):
        assert reward_hundredths(order, model) <= most_job_hundredths(order)
    assert price(order).held_hundredths >= price(order).request_hundredths + most_job_hundredths(order)


def test_an_order_reads_back_as_it_was_stored() -> None:
    """§1.1: with what only later versions know left at its default."""
    assert decode_order('{"inputs":["a","b"],"dimensions":3}') == EmbeddingOrder(("a", "b"), dimensions=3)


@pytest.mark.parametrize(
    ("tokens", "speed", "extra_slow", "seconds"),
    [(1, 500, False, 60), (10_000, 500, False, 70), (10_000, 500, True, 210), (10_000, 1, False, 130),
     (250_000, 1e6, False, 60)],
)  # fmt: skip
def test_a_lease_is_by_tokens_and_speed(tokens: int, speed: float, extra_slow: bool, seconds: int) -> None:
    """§2.4: at half of what it has shown, within bounds."""
    order = EmbeddingOrder(("x" * 4,) * tokens)
    assert ttl_s(order, speed=speed, extra_slow=extra_slow) == seconds
