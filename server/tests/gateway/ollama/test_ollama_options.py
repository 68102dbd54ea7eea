"""`options` in the horde's words (gateway-ollama.md §2.4)."""

from __future__ import annotations

from typing import Any

import pytest

from horde_server.gateway.chats.orders import with_stops
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField
from horde_server.gateway.ollama.options import sampling, wished_context, wished_length
from horde_server.requests.text.order import Sampling


def options(**sent: Any) -> Body:
    return Body({"options": sent}).object("options")


@pytest.mark.parametrize(
    ("sent", "told"),
    [(None, 512), (-1, 900), (-2, 900), (100, 100), (100.0, 100), ("100", 100), (5000, 900)],
)
def test_lengths(sent: Any, told: int) -> None:
    """Absent: what is usual here; -1, -2: the most that is offered; else as asked, within what is offered."""
    assert wished_length(options(num_predict=sent), usual=512, most=900) == (told, None)


def test_an_answer_shorter_than_workers_make_any_is_cut() -> None:
    """16 tokens are asked for; of those the client sees as many as it wished."""
    assert wished_length(options(num_predict=3), usual=512, most=900) == (16, 12)


def test_the_usual_length_is_never_more_than_is_offered() -> None:
    assert wished_length(options(), usual=512, most=300) == (300, None)


def test_what_is_clamped_is_told_by_its_path() -> None:
    body = options(num_predict=5000, num_ctx=1, temperature=9)
    wished_length(body, usual=512, most=900)
    wished_context(body, usual=2048, most=4096)
    sampling(body, context=2048)
    assert body.clamped == {"options.num_predict": "900", "options.num_ctx": "80", "options.temperature": "5"}


def test_every_sampler_has_its_name_here() -> None:
    body = options(
        temperature=0.5, top_k=40, top_p=0.9, min_p=0.05, typical_p=0.7, tfs_z=0.8, repeat_penalty=1.1,
        repeat_last_n=64, stop=["a", "b", "a"],
    )  # fmt: skip
    found = sampling(body, context=2048)
    assert with_stops(found, (*(found.stop_sequence or ()), "b", "<end>")) == Sampling(
        temperature=0.5, top_k=40, top_p=0.9, min_p=0.05, typical=0.7, tfs=0.8, rep_pen=1.1, rep_pen_range=64,
        stop_sequence=("a", "b", "<end>"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"repeat_penalty": 0.5}, {"rep_pen": 1}),
        ({"repeat_last_n": -1}, {"rep_pen_range": 2048}),
        ({"temperature": 0}, {"temperature": 0, "top_k": 1}),
        ({"temperature": 0, "top_k": 5}, {"temperature": 0, "top_k": 5}),
        ({"stop": "a"}, {"stop_sequence": ("a",)}),
        ({"stop": []}, {}),
        ({"top_p": 0}, {"top_p": 0.001}),
        ({"mirostat": 2, "num_gpu": 1, "numa": True, "presence_penalty": 1.0}, {}),
    ],
)
def test_edges(sent: dict[str, Any], told: dict[str, Any]) -> None:
    body = options(**sent)
    assert sampling(body, context=2048) == Sampling(**told)
    assert body.ignored == []  # as Ollama, without a word


@pytest.mark.parametrize(
    "sent",
    [
        {"temperature": "hot"},
        {"num_predict": [1]},
        {"num_predict": True},
        {"top_k": {}},
        {"stop": [{}]},
        {"stop": ["a"] * 129},
    ],
)
def test_what_makes_no_sense_is_refused_by_its_path(sent: dict[str, Any]) -> None:
    body = options(**sent)

    def read() -> None:
        wished_length(body, usual=512, most=900)
        sampling(body, context=2048)

    with pytest.raises(BadField, match=f"options.{next(iter(sent))}"):
        read()


def test_options_that_are_no_object() -> None:
    with pytest.raises(BadField, match="options"):
        Body({"options": [1]}).object("options")
