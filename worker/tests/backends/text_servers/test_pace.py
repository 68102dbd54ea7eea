"""How long texts take, and what follows from it."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from horde_worker.backends.text_servers.pace import GRACE_S, Pace, believed_tokens_per_s


def paced(tokens_per_s: float, texts: int = 5, *, model: str = "tiny", tokens: int = 101) -> Pace:
    """After some texts of this speed, each begun after a second for a thousand characters."""
    pace = Pace()
    for _ in range(texts):
        pace.note(model, prompt_characters=1000, tokens=tokens, first_s=1.0, rest_s=(tokens - 1) / tokens_per_s)
    return pace


def test_nothing_is_known_at_first() -> None:
    """No limit but the horde's, and all lengths are offered."""
    for pace in (Pace(), paced(10, texts=2), paced(10, tokens=5)):
        assert pace.limit_s(100, 1000) is None
        assert pace.longest_text(4096) == 4096


def test_a_text_may_take_twice_as_long_as_usual() -> None:
    """Reading included."""
    assert paced(10).limit_s(100, 2000) == pytest.approx(GRACE_S + 2 * (10 + 2))


def test_texts_are_offered_that_are_written_in_time() -> None:
    """In 120 of the 150 seconds that a horde gives."""
    assert paced(10).longest_text(4096) == 1200
    assert paced(1000).longest_text(4096) == 4096
    assert paced(0.01).longest_text(4096) == 16


def test_longer_ones_are_offered_to_a_horde_that_takes_signs_of_life() -> None:
    """It waits up to four times as long."""
    assert paced(10).longest_text(4096, is_prolonged=True) == 3600
    assert paced(0.01).longest_text(4096, is_prolonged=True) == 16


def test_the_latest_texts_count_most() -> None:
    """A machine may get busy."""
    pace = paced(100)
    for _ in range(20):
        pace.note("tiny", prompt_characters=1000, tokens=101, first_s=1.0, rest_s=10.0)
    assert pace.tokens_per_s == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize(
    ("model", "limit"),
    [
        ("author/Model-7B", 150),
        ("llama3.2:3b", 150),
        ("tiny", 150),
        ("Model-13B", 150),
        ("Model-14B", 100),
        ("Model-22B-v0.2", 100),
        ("koboldcpp/Model-70B.Q4_K_M", 30),
        ("Mixtral-8x7B", 450),
        ("Mixtral-8x22B", 300),
        ("Model-1.5B", 150),
        ("Model-70bananas", 150),
    ],
)
def test_what_hordes_believe_of_a_model(model: str, limit: float) -> None:
    """By the size in its name."""
    assert believed_tokens_per_s(model) == limit


def test_a_suspicious_speed_is_told_once() -> None:
    """For each model; a short text is no measure."""
    with capture_logs() as log:
        paced(500, tokens=20)
        paced(140)
        paced(50, model="Model-70B")
        paced(50, model="Model-14B")
        paced(50_000, model="tiny")
    told = [(entry["model"], entry["believed"]) for entry in log if entry["event"] == "worker.suspicious_speed"]
    assert told == [("Model-70B", 30)]
