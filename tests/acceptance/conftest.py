"""Real hordes for acceptance tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from horde_processes import RunningHorde, running_horde, wait_until


@pytest.fixture(scope="session")
def household(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHorde]:
    """`horde up` with the demo worker standing in for the model that the documents ask for."""
    folder = tmp_path_factory.mktemp("household")
    with running_horde("up", folder, "--alias", "Deliberate", "--alias", "stable_diffusion") as horde:
        wait_until(lambda: "Ctrl-C stops everything" in horde.log(), 120, "the first picture")
        yield horde
