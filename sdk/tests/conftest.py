"""What all tests share: a horde on loopback, and an environment that names no other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fake_horde import FakeHorde


@pytest.fixture(autouse=True)
def _no_horde_but_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AI_HORDE_DEV_URL", "AI_HORDE_DEV_APIKEY", "AI_HORDE_API_KEY", "HORDE_API_KEY", "TESTS_ONGOING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AI_HORDE_URL", "http://127.0.0.1:9/api/")


@pytest.fixture
def horde(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHorde]:
    with FakeHorde() as running:
        monkeypatch.setenv("AI_HORDE_URL", running.url)
        yield running
