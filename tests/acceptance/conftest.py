"""Real hordes for acceptance tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from horde_processes import RunningHorde, running_horde, wait_until


@pytest.fixture(scope="session")
def household(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHorde]:
    """`horde up` with the demo workers standing in for the models that the documents ask for."""
    folder = tmp_path_factory.mktemp("household")
    aliases = ["--alias", "Deliberate", "--alias", "stable_diffusion"]
    aliases += ["--text-alias", "koboldcpp/LLaMA2-13B-Psyfighter2"]
    with running_horde("up", folder, *aliases) as horde:
        wait_until(lambda: "Ctrl-C stops everything" in horde.log(), 120, "the first picture")
        yield horde
