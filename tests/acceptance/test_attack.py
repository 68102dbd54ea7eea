"""One stranger's floods in a short form against a default server; `make attack` runs them whole, and measures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attack.floods import FLOODS
from attack.siege import besiege, few_descriptors
from horde_processes import RunningHorde, running_horde

pytestmark = pytest.mark.acceptance

SHARE = 0.1
MOST_GROWTH_BYTES = 100 * 1024 * 1024


@pytest.fixture(scope="module")
def besieged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHorde]:
    """A server with the settings of everybody and few descriptors, whose log is read at the end."""
    with running_horde("serve", tmp_path_factory.mktemp("attack"), preexec=few_descriptors) as horde:
        yield horde
        log = horde.log()
        assert "Traceback" not in log, log[-3000:]
        assert "unhandled" not in log, log[-3000:]


@pytest.fixture(scope="module")
def key(besieged: RunningHorde) -> str:
    """The attacker's own: some floods need an account."""
    made: str = besieged.create_user("mallory", kudos=100_000)["api_key"]
    return made


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_is_refused_in_words_and_others_are_served_meanwhile(
    besieged: RunningHorde, key: str, flood: str
) -> None:
    (outcome,) = besiege(besieged, [flood], key, SHARE)
    assert not outcome.unanswered, outcome.unanswered[:3]
    assert not outcome.unfriendly(), outcome.unfriendly()
    assert outcome.growth_bytes <= MOST_GROWTH_BYTES, f"{outcome.growth_bytes / 2**20:.0f} MiB"
    assert outcome.answers
