"""Backends are found by name, also those that other packages bring along."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from horde_worker.backends.demo_backend import DemoBackend
from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.registry import BUILT_IN, UnknownBackend, backend_named, backend_names, open_backend

PLUGIN = """
from horde_worker.backends.interface import Makers


class Crayons:
    name = "crayons"
    makers = Makers()

    def __init__(self, colour):
        self.colour = colour

    @classmethod
    async def open(cls, settings):
        settings.check_known("colour")
        return cls(settings.options.get("colour", "red"))

    async def close(self):
        pass
"""


@pytest.fixture
def installed_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with a backend, laid out as pip would install it."""
    (tmp_path / "crayons_plugin.py").write_text(PLUGIN)
    metadata = tmp_path / "crayons_plugin-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: crayons-plugin\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[horde.backends]\ncrayons = crayons_plugin:Crayons\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "crayons_plugin", raising=False)


async def test_the_demo_backend_is_built_in() -> None:
    """A fresh installation can serve."""
    assert isinstance(await open_backend(BackendSettings("demo")), DemoBackend)
    assert "demo" in backend_names()


async def test_every_call_opens_a_new_backend() -> None:
    """Two workers share no state."""
    demo = BackendSettings("demo")
    assert await open_backend(demo) is not await open_backend(demo)


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_a_built_in_backend_is_a_class_that_opens(name: str) -> None:
    """Also where what it needs is not installed: it says so when it is opened."""
    assert callable(backend_named(name).open)


@pytest.mark.usefixtures("installed_plugin")
async def test_an_installed_package_can_bring_a_backend() -> None:
    """By the entry point group `horde.backends`, with options of its own."""
    assert backend_names() == sorted({"crayons", *BUILT_IN})
    crayons: Any = await open_backend(BackendSettings("crayons", {"colour": "blue"}))
    assert (crayons.name, crayons.colour) == ("crayons", "blue")


@pytest.mark.usefixtures("installed_plugin")
async def test_an_option_that_a_backend_does_not_have_is_told() -> None:
    """With those it has."""
    with pytest.raises(BackendFailure, match="the backend crayons has no option 'color'; it has colour"):
        await open_backend(BackendSettings("crayons", {"color": "blue"}))


def test_options_are_in_no_log() -> None:
    """A key may be among them."""
    assert "secret" not in repr(BackendSettings("crayons", {"key": "secret"}))


@pytest.mark.parametrize("name", ["", "Demo", "crayons", "os:system"])
async def test_an_unknown_name_is_answered_with_the_known_ones(name: str) -> None:
    """The operator mistyped it."""
    with pytest.raises(UnknownBackend, match=rf"there are: {', '.join(sorted(BUILT_IN))}\.$"):
        await open_backend(BackendSettings(name))
