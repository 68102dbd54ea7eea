"""The body of KoboldCpp's `generate` as an order (gateway-kobold.md §2)."""

from __future__ import annotations

from typing import Any

import pytest

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, MissingField
from horde_server.gateway.common.lengths import Offered
from horde_server.gateway.kobold.wishes import Wish, read_wish
from horde_server.requests.text.order import Sampling, TextOrder

OFFERED = Offered(((512, 4096),))


def wish(**sent: Any) -> Wish:
    return read_wish(Body({"prompt": "Once", **sent}), OFFERED)


def test_a_prompt_alone() -> None:
    """80 tokens, as KoboldCpp has it, and the context that is offered."""
    assert wish().order == TextOrder(prompt="Once", max_length=80, max_context_length=4096)


def test_every_name_is_the_hordes_own() -> None:
    """As SillyTavern sends it, with all that nobody here has."""
    made = wish(
        max_length=200, max_context_length=2048, temperature=0.7, top_p=0.9, top_k=40, top_a=0.1, tfs=0.9, typical=0.8,
        min_p=0.05, rep_pen=1.1, rep_pen_range=1024, rep_pen_slope=0.7, sampler_order=[6, 0, 1, 3, 4, 2, 5],
        stop_sequence=["You:", "You:", "\n"], singleline=True, use_default_badwordsids=False, dynatemp_range=0.5,
        dynatemp_exponent=1, smoothing_factor=0.2, n=2, sampler_seed=7, genkey="KCPP1234", quiet=True, bypass_eos=False,
        mirostat=2, xtc_probability=0.1, dry_multiplier=0.8, can_abort=True, use_world_info=False, trim_stop=True,
    )  # fmt: skip
    assert made.order == TextOrder(
        prompt="Once",
        n=2,
        max_length=200,
        max_context_length=2048,
        seed=7,
        sampling=Sampling(
            temperature=0.7, top_p=0.9, top_k=40, top_a=0.1, tfs=0.9, typical=0.8, min_p=0.05, rep_pen=1.1,
            rep_pen_range=1024, rep_pen_slope=0.7, sampler_order=(6, 0, 1, 3, 4, 2, 5), stop_sequence=("You:", "\n"),
            singleline=True, use_default_badwordsids=False, dynatemp_range=0.5, dynatemp_exponent=1,
            smoothing_factor=0.2,
        ),
    )  # fmt: skip
    assert (made.genkey, made.trims_stop) == ("KCPP1234", True)


def test_koboldapis_default_body() -> None:
    """It misspells the temperature, and samples of nothing: `top_k` 0 is off."""
    made = wish(genkey="KCPP4223", temp=0, top_k=0, top_p=1.0, rep_pen=1.0, min_p=0.05, max_length=30)
    assert made.order.sampling == Sampling(top_k=0, top_p=1, rep_pen=1, min_p=0.05)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ([6, 0, 1, 3, 4, 2], (6, 0, 1, 3, 4, 2, 5)),
        ([5], (5, 6, 0, 1, 3, 4, 2)),
        ([9, 0, 0], (0, 6, 1, 3, 4, 2, 5)),
        ([], None),
    ],
)
def test_an_order_of_samplers_is_made_whole(sent: list[int], told: tuple[int, ...] | None) -> None:
    assert wish(sampler_order=sent).order.sampling.sampler_order == told


def test_what_is_beyond_the_horde_is_clamped_and_told() -> None:
    body = Body({"prompt": "x", "max_length": 4096, "max_context_length": 99999, "rep_pen": 0.5, "n": 50, "tfs": 2})
    made = read_wish(body, OFFERED)
    assert (made.order.max_length, made.order.max_context_length, made.order.n) == (512, 4096, 20)
    assert body.clamped == {
        "max_length": "512", "max_context_length": "4096", "rep_pen": "1", "n": "20", "tfs": "1",
    }  # fmt: skip


def test_a_grammar_is_ignored_by_name() -> None:
    body = Body({"prompt": "x", "grammar": "root ::= x", "banned_tokens": []})
    read_wish(body, OFFERED)
    assert body.ignored == ["grammar"]


def test_a_seed_of_minus_one_is_none() -> None:
    assert wish(sampler_seed=-1).order.seed is None


def test_a_stream_is_of_one_text() -> None:
    body = Body({"prompt": "x", "n": 2})
    assert read_wish(body, OFFERED, streams=True).order.n == 1
    assert body.clamped == {"n": "1"}


def test_no_answer_is_longer_than_the_context() -> None:
    made = wish(max_length=300, max_context_length=100)
    assert made.order.max_context_length == made.order.max_length == 300


def test_pictures_are_told_in_a_message() -> None:
    chat = wish(images=["iVBORw0KGgo="]).order.chat
    assert chat is not None and chat.needs
    assert chat.pictures() == ["data:image/png;base64,iVBORw0KGgo="]


def test_the_coldest_temperature_takes_the_likeliest_token() -> None:
    assert wish(temperature=0).order.sampling == Sampling(temperature=0, top_k=1)


def test_without_a_prompt_there_is_nothing_to_write() -> None:
    with pytest.raises(MissingField, match="prompt"):
        wish(prompt="")


@pytest.mark.parametrize(
    "sent",
    [
        {"genkey": "x" * 65},
        {"sampler_order": ["a"]},
        {"sampler_order": [0] * 33},
        {"max_length": "long"},
        {"stop_sequence": [["a"]]},
        {"images": ["AAAA"] * 9},
        {"prompt": ["a"]},
    ],
)
def test_what_makes_no_sense_is_refused_by_name(sent: dict[str, Any]) -> None:
    with pytest.raises(BadField, match=next(iter(sent))):
        wish(**sent)
