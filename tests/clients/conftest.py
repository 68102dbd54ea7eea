"""One household with the demo workers for all published clients, and the places of those in Python."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from clients.client_places import newer_python, python_place
from clients.sillytavern import SillyTavern, running_sillytavern
from clients.text_clients import MODEL, is_served
from clients.tool_worker import tool_worker
from horde_processes import RunningHorde, running_horde, wait_until

SDK_VERSIONS = ("0.18.0", "0.33.3")


@pytest.fixture(scope="session")
def household(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHorde]:
    """`horde up` whose demo workers stand in for the models the clients ask for; nothing went wrong inside it.

    Requests for other models wait for the published workers, as on a public horde, and do not fall to the demo.
    """
    aliases = ["--alias", "Deliberate", "--text-alias", "koboldcpp/LLaMA2-13B-Psyfighter2"]
    folder = tmp_path_factory.mktemp("household")
    with running_horde("up", folder, *aliases, HORDE_MODEL_FALLBACK="0") as horde:
        wait_until(lambda: "Ctrl-C stops everything" in horde.log(), 120, "the first picture")
        yield horde
        assert "Traceback" not in horde.log(), horde.log()[-3000:]


@pytest.fixture(scope="session")
def talkers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHorde]:
    """The same for clients of texts in other dialects, which say each second that they are alive."""
    aliases = ["--text-alias", MODEL]
    folder = tmp_path_factory.mktemp("talkers")
    with running_horde(
        "up", folder, *aliases, HORDE_MODEL_FALLBACK="0", HORDE_SSE_KEEPALIVE_S="1", HORDE_RATE_LIMITS="0"
    ) as horde:
        wait_until(lambda: is_served(horde, MODEL), 120, "the demo worker has come")
        yield horde
        assert "Traceback" not in horde.log(), horde.log()[-3000:]


@pytest.fixture(scope="session")
def caller(talkers: RunningHorde) -> Iterator[str]:
    """A model at the same horde that calls tools."""
    with tool_worker(talkers) as model:
        yield model


@pytest.fixture(scope="session")
def tavern(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SillyTavern]:
    """One SillyTavern for all tests: it starts slowly."""
    with running_sillytavern(tmp_path_factory.mktemp("tavern")) as found:
        yield found


@pytest.fixture(params=SDK_VERSIONS)
def sdk_python(request: pytest.FixtureRequest) -> str:
    """The interpreter of a place with a published `horde_sdk`."""
    version: str = request.param
    interpreter = sys.executable if version == "0.18.0" else newer_python()
    return str(python_place(f"horde_sdk=={version}", interpreter))
