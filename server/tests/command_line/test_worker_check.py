"""`horde doctor` on the worker: there, there without its models, or not there, with what to install."""

from __future__ import annotations

import sys

import pytest

from horde_server.command_line.checks import _worker


def test_a_whole_installation_has_a_worker_with_its_models() -> None:
    assert (_worker().ok, _worker().text) == (True, "installed")


def test_without_the_weights_other_backends_still_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "horde_models", None)
    found = _worker()
    assert found.ok
    assert "pip install openhorde-models" in found.text


def test_without_the_worker_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "horde_worker", None)
    found = _worker()
    assert not found.ok
    assert found.advice == "Install it: pip install 'openhorde-worker[demo]'"
