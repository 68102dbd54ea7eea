"""Walk the reference release's symbols and tell which of them are here. `make sdk-symbols` prints the table.

    python symbol_check.py [--missing] [--absent] [--different] [MODULE …]

Modules are prefixes. Without an option only the counts are printed.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from symbol_differences import difference
from symbol_facts import Rule, Symbol, reference_symbols, required_symbols, rules


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of a symbol.

    Attributes:
        state: `present`, `absent` (on purpose) or `missing`.
        note: Why it is absent, or in which way it differs.
        is_meant: There is a reason, for the absence or the difference.
    """

    symbol: Symbol
    state: str
    note: str = ""
    is_meant: bool = True


def examine(symbols: Iterable[Symbol]) -> list[Finding]:
    """Look for each symbol."""
    absent, different = rules("absent.csv"), rules("different.csv")
    return [_examine(symbol, absent, different) for symbol in symbols]


def _examine(symbol: Symbol, absent: list[Rule], different: list[Rule]) -> Finding:
    try:
        owner, found = find(symbol)
    except (ImportError, AttributeError) as problem:
        reason = _reason(absent, symbol)
        return Finding(symbol, "absent", reason) if reason else Finding(symbol, "missing", str(problem), is_meant=False)
    told = difference(symbol, owner, found)
    reason = _reason(different, symbol) if told else None
    return Finding(symbol, "present", f"{told} ({reason})" if reason else told, is_meant=not told or reason is not None)


def find(symbol: Symbol) -> tuple[Any, Any]:
    """Return where a symbol is and what it is.

    Raises:
        ImportError: Its module is missing.
        AttributeError: It is missing.
    """
    found: Any = _module(symbol.module)
    owner: Any = found
    for part in symbol.name.split(".") if symbol.name else ():
        owner, found = found, _attribute(found, part)
    return owner, found


@cache
def _module(path: str) -> Any:
    return import_module(path)


def _attribute(owner: Any, name: str) -> Any:
    fields = getattr(owner, "model_fields", {}) if isinstance(owner, type) else {}
    if name in fields:
        return fields[name]
    annotated = {name for kind in getattr(owner, "__mro__", ()) for name in getattr(kind, "__annotations__", {})}
    try:
        static = inspect.getattr_static(owner, name)
    except AttributeError:
        if name in annotated:
            return None
        return getattr(owner, name) if hasattr(owner, name) else _submodule(owner, name)
    return static if isinstance(static, property) else getattr(owner, name)


def _submodule(owner: Any, name: str) -> Any:
    """`from package import module` imports it; plain access does not."""
    missing = AttributeError(f"{getattr(owner, '__name__', owner)} has no {name}")
    if not hasattr(owner, "__path__"):
        raise missing
    try:
        return _module(f"{owner.__name__}.{name}")
    except ModuleNotFoundError:
        raise missing from None


def _reason(known: list[Rule], symbol: Symbol) -> str | None:
    return next((rule.reason for rule in known if rule.covers(symbol)), None)


def table(findings: list[Finding]) -> str:
    """Return the counts by module."""
    counts: dict[str, list[int]] = {}
    for finding in findings:
        columns = counts.setdefault(finding.symbol.module, [0, 0, 0, 0, 0])
        columns[("present", "absent", "missing").index(finding.state)] += 1
        if finding.state == "present" and finding.note:
            columns[3 if finding.is_meant else 4] += 1
    total = [sum(column) for column in zip(*counts.values(), strict=True)]
    heads = ("present", "absent", "missing", "differs", "unexplained")
    lines = [f"{'module':68}" + "".join(f"{head:>12}" for head in heads)]
    lines += [f"{module:68}" + "".join(f"{count:12}" for count in counts[module]) for module in counts]
    lines.append(f"{'total':68}" + "".join(f"{count:12}" for count in total))
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Print what was asked for; 1 if a required name is missing."""
    options = {argument for argument in arguments if argument.startswith("--")}
    prefixes = tuple(argument for argument in arguments if argument not in options) or ("horde_sdk",)
    chosen = [symbol for symbol in reference_symbols() if symbol.module.startswith(prefixes)]
    required = [symbol for symbol in required_symbols() if symbol.module.startswith(prefixes)]
    findings, needed = examine(chosen), examine(required)
    print(table(findings))
    for finding in [*findings, *needed]:
        if f"--{finding.state}" in options or (
            "--different" in options and finding.state == "present" and finding.note
        ):
            mark = "" if finding.is_meant or finding.state == "missing" else " UNEXPLAINED"
            print(f"{finding.state}{mark}: {finding.symbol.path} [{finding.symbol.kind}] {finding.note}")
    lacking = [finding for finding in needed if finding.state == "missing"]
    print(f"required: {len(needed)}, missing {len(lacking)}")
    for finding in lacking:
        print(f"  {finding.symbol.path} ({finding.symbol.kind})")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
