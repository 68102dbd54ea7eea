"""A drop-in replacement has the reference release's names, or says why it has not."""

from __future__ import annotations

import pytest
from symbol_check import examine
from symbol_facts import Symbol, reference_symbols, required_symbols, rules


def _by_module(symbols: list[Symbol]) -> list[str]:
    return sorted({symbol.module for symbol in symbols})


@pytest.mark.parametrize("module", _by_module(required_symbols()))
def test_no_required_name_is_missing(module: str) -> None:
    found = examine(symbol for symbol in required_symbols() if symbol.module == module)

    assert [finding.symbol.path for finding in found if finding.state == "missing"] == []


@pytest.mark.parametrize("module", _by_module(reference_symbols()))
def test_every_public_symbol_is_present_or_left_out_for_a_reason(module: str) -> None:
    found = examine(symbol for symbol in reference_symbols() if symbol.module == module)

    assert [finding.symbol.path for finding in found if finding.state == "missing"] == []


@pytest.mark.parametrize("module", _by_module(reference_symbols()))
def test_every_difference_is_meant(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AI_HORDE_URL")
    found = examine(symbol for symbol in reference_symbols() if symbol.module == module)

    assert [f"{finding.symbol.path}: {finding.note}" for finding in found if not finding.is_meant] == []


@pytest.mark.parametrize("file_name", ["absent.csv", "different.csv"])
def test_no_reason_is_left_over(file_name: str) -> None:
    symbols = [*reference_symbols(), *required_symbols()]

    assert [rule for rule in rules(file_name) if not any(rule.covers(symbol) for symbol in symbols)] == []
