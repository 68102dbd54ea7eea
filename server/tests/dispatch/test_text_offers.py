"""What text workers offer (workers.md §5.14, §10.4)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from horde_server.dispatch.abilities import Abilities
from horde_server.dispatch.capabilities import VALIDATED_BACKEND
from horde_server.dispatch.offers import make_offer
from horde_server.dispatch.refusal import Offer
from horde_server.requests.text.kind import TextKind


def offer_of(abilities: Abilities, *, speed: float = 1.0) -> Offer:
    return make_offer(
        abilities, kind=TextKind(), worker_id=uuid4(), owner_id=1, owner_trusted=False, speed=speed, maintenance=False,
        paused=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("models", "fast_from"),
    [
        (("Llama-3.3-70B-Instruct",), 3.0),
        (("Cydonia-22B-v1.2", "Mistral-7B-Instruct-v0.2"), 3.0),
        (("MythoMax-L2-13b",), 4.0),
        (("Mistral-7B-Instruct-v0.2", "Llama-3.3-70B-Instruct"), 5.0),  # the first counts
        (("my own merge",), 5.0),
        ((), 3.0),
    ],
)
def test_large_models_are_fast_at_fewer_tokens_a_second(models: tuple[Any, ...], fast_from: float) -> None:
    abilities = Abilities(models=models)
    assert offer_of(abilities, speed=fast_from).is_fast
    assert not offer_of(abilities, speed=fast_from - 0.1).is_fast


@pytest.mark.parametrize(
    ("agent", "is_validated"),
    [
        ("KoboldCppEmbedWorker:2:https://example.org", True),
        ("TabbyAPI:v1:x", True),  # whatever its version
        ("OpenHorde Worker:0.1.0:https://example.org", True),  # our own
        ("AI Horde Worker", True),
        ("AI Horde Worker~aphrodite~kai:1:x", True),
        ("AI Horde Worker reGen:13:x", False),
        ("tabbyapi:1:x", False),
        ("unknown:0:unknown", False),
    ],
)
@pytest.mark.parametrize("capabilities", [None, ("validated_backend", "img2img")])
def test_software_is_validated_by_its_name_alone(
    agent: str, is_validated: bool, capabilities: tuple[str, str] | None
) -> None:
    offer = offer_of(Abilities(bridge_agent=agent, capabilities=capabilities))
    assert bool(offer.can & VALIDATED_BACKEND) == is_validated


def test_the_horde_keeps_no_share_of_texts_for_old_software() -> None:
    assert TextKind().reward_percent(Abilities(bridge_agent="my own:1:x")) == 100
