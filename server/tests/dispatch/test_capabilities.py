"""Bridge agents and declared capabilities (workers.md §10)."""

from __future__ import annotations

from typing import Any

import pytest

from horde_server.dispatch.capabilities import (
    BIT,
    agent_mask,
    declared_mask,
    parse_agent,
    reward_multiplier_percent,
    sampler_word,
)

REGEN = "AI Horde Worker reGen:{}:https://example.org"


@pytest.mark.parametrize(
    ("agent", "parsed"),
    [
        ("AI Horde Worker reGen:9.0.1-citests:https://github.com/x", ("AI Horde Worker reGen", 9)),
        ("a:9:b:c:d", ("a", 9)),
        ("a:v13:b", ("unknown", 0)),
        ("a:13", ("unknown", 0)),
        ("", ("unknown", 0)),
    ],
)
def test_agents_are_read_as_name_version_url(agent: str, parsed: tuple[str, int]) -> None:
    assert parse_agent(agent) == parsed


def test_a_pre_release_is_below_its_release() -> None:
    assert parse_agent("a:13.0.0-rc1:u")[1] < parse_agent("a:13:u")[1]


def test_a_version_has_what_all_earlier_ones_gained() -> None:
    nine, thirteen = agent_mask(REGEN.format(9)), agent_mask(REGEN.format(13))
    assert nine & BIT["img2img"] and nine & BIT["lora"] and nine & BIT["flux"]
    assert not nine & BIT["RestoreFormer"]
    assert thirteen & BIT["RestoreFormer"]


def test_an_unknown_agent_has_samplers_and_nothing_else() -> None:
    mask = agent_mask("mine:1:u")
    assert mask & BIT[sampler_word("k_euler", karras=True)]
    assert mask & BIT[sampler_word("DDIM", karras=False)]
    assert not mask & BIT[sampler_word("DDIM", karras=True)]
    assert not mask & BIT["r2"]


def test_declared_words_decide_alone() -> None:
    mask = declared_mask(["r2", "k_euler", "unheard of"])
    assert mask == BIT["r2"] | BIT["k_euler"]
    assert declared_mask(["karras", "k_euler"]) & BIT[sampler_word("k_euler", karras=True)]


def test_a_list_without_samplers_gets_those_of_an_unknown_agent() -> None:
    assert declared_mask(["r2"]) & BIT[sampler_word("k_euler", karras=True)]


@pytest.mark.parametrize(("agent", "percent"), [(REGEN.format(13), 100), (REGEN.format(12), 90), ("mine:1:u", 75)])
def test_old_software_earns_less(agent: Any, percent: int) -> None:
    assert reward_multiplier_percent(agent, declares_capabilities=False) == percent
    assert reward_multiplier_percent(agent, declares_capabilities=True) == 100
