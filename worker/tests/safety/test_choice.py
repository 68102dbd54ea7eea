"""Which judge a worker has, and when it may not work without one."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from horde_worker.backends.events import BackendFailure
from horde_worker.safety.choice import is_public, is_sfw, opened_checker
from horde_worker.settings import OperatorWishes

HOME = "http://127.0.0.1:7001"


def wishes(**fields: Any) -> OperatorWishes:
    return OperatorWishes(name="a worker", **fields)


@pytest.fixture(autouse=True)
def _without_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nudenet were not installed here."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)


@pytest.mark.parametrize("horde", [HOME, "https://aihorde.net/api"])
async def test_a_model_with_a_closed_vocabulary_needs_no_judge(horde: str) -> None:
    """It can paint nothing unsafe, so what is to be censored is."""
    checker = await opened_checker(wishes(), knows_nsfw=False, horde_url=horde)
    assert (checker.name, checker.can_judge) == ("closed_vocabulary", True)


async def test_without_a_judge_a_private_horde_is_served_unchecked() -> None:
    """Its owner answers for it."""
    checker = await opened_checker(wishes(), knows_nsfw=True, horde_url=HOME)
    assert (checker.name, checker.can_judge) == ("none", False)


@pytest.mark.parametrize("safety", ["auto", "none"])
async def test_the_public_horde_is_not_served_without_a_judge(safety: str) -> None:
    """The reason says what to install."""
    with pytest.raises(BackendFailure, match=r"nobody has looked at; .*openhorde-worker\[alchemy\]"):
        await opened_checker(wishes(safety=safety), knows_nsfw=True, horde_url="https://AIHorde.net/api/v2")


@pytest.mark.parametrize("fields", [{"nsfw": False, "censor_nsfw": True}, {"censorlist": ("word",)}])
async def test_an_operator_who_wants_censoring_needs_a_judge(fields: dict[str, Any]) -> None:
    """Rather than pictures that were to be censored and are not."""
    with pytest.raises(BackendFailure, match="this worker is to censor pictures, and nobody looks at them"):
        await opened_checker(wishes(**fields), knows_nsfw=True, horde_url=HOME)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"safety": "nudenet"}, "nudenet is not installed"),
        ({"safety": "clip"}, "there is no folder '' with a config.json"),
        ({"safety": "onnx", "safety_options": {"file": "mine.onnx"}}, "there is no file 'mine.onnx'"),
        ({"safety": "http"}, "needs the option url"),
        ({"safety": "nudenet", "safety_options": {"treshold": 1}}, "has no option 'treshold'"),
        ({"safety": "closed_vocabulary"}, "this one can"),
        ({"safety": "hope"}, "there is no safety 'hope'; there are: auto, nudenet, clip, onnx, http, none"),
    ],
)
async def test_a_judge_that_cannot_be_had_is_told(fields: dict[str, Any], told: str) -> None:
    """The worker does not go on with another."""
    with pytest.raises(BackendFailure, match=told):
        await opened_checker(wishes(**fields), knows_nsfw=True, horde_url=HOME)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://aihorde.net/api/", True),
        ("https://stablehorde.net", True),
        ("https://EU.aihorde.net./api", True),
        ("https://aihorde.net.example.org", False),
        ("https://notaihorde.net", False),
        ("http://127.0.0.1:7001/?aihorde.net", False),
    ],
)
def test_the_public_horde_is_known_by_its_host(url: str, expected: bool) -> None:
    """Not by what else stands in the address."""
    assert is_public(url) is expected


def test_a_worker_is_safe_for_work_when_both_are_wished() -> None:
    """Requests that are not are not taken, and what turns out so is censored."""
    assert is_sfw(wishes(nsfw=False, censor_nsfw=True))
    assert not is_sfw(wishes(nsfw=True, censor_nsfw=True))
    assert not is_sfw(wishes(nsfw=False))


def test_options_are_in_no_log() -> None:
    """A key may be among them."""
    assert "secret" not in repr(wishes(safety_options={"api_key": "secret"}))
