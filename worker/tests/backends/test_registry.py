"""Backends are found by name, also those that other packages bring along."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from horde_worker.backends.demo_backend import DemoBackend
from horde_worker.backends.registry import UnknownBackend, backend_names, make_backend

PLUGIN = """
class Crayons:
    name = "crayons"
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


def test_the_demo_backend_is_built_in() -> None:
    """A fresh installation can serve."""
    assert isinstance(make_backend("demo"), DemoBackend)
    assert "demo" in backend_names()


def test_every_call_makes_a_new_backend() -> None:
    """Two workers share no state."""
    assert make_backend("demo") is not make_backend("demo")


@pytest.mark.usefixtures("installed_plugin")
def test_an_installed_package_can_bring_a_backend() -> None:
    """By the entry point group `horde.backends`."""
    assert backend_names() == ["crayons", "demo", "demo-alchemy", "demo-text"]
    assert make_backend("crayons").name == "crayons"


@pytest.mark.parametrize("name", ["", "Demo", "crayons", "os:system"])
def test_an_unknown_name_is_answered_with_the_known_ones(name: str) -> None:
    """The operator mistyped it."""
    with pytest.raises(UnknownBackend, match=r"there are: demo, demo-alchemy, demo-text\.$"):
        make_backend(name)
