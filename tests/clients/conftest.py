"""One household with a demo worker for all published clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from horde_processes import RunningHorde, running_horde, wait_until


@pytest.fixture(scope="session")
def household(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHorde]:
    """`horde up` whose demo worker stands in for the model the clients ask for; nothing went wrong inside it."""
    with running_horde("up", tmp_path_factory.mktemp("household"), "--alias", "Deliberate") as horde:
        wait_until(lambda: "Ctrl-C stops everything" in horde.log(), 120, "the first picture")
        yield horde
        assert "Traceback" not in horde.log(), horde.log()[-3000:]
