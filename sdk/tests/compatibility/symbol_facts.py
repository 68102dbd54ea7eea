"""The facts that a drop-in replacement is held to, as committed beside this file.

- `symbols.csv`: every public symbol of the reference release 0.27.0 (`spec/sdk_symbols.csv`, made compact: an empty
  module is that of the row above).
- `required.csv`: the modules (empty name) and names that must be there, and what asks for each, or `seed`.
- `absent.csv`: what is left out on purpose, and `different.csv`: what is there and differs on purpose; patterns of
  module, symbol and kind, with the reason.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Symbol:
    """A module (no name), a name in it, or a member of a class in it (`Class.member`)."""

    module: str
    name: str
    kind: str
    value: str

    @property
    def path(self) -> str:
        return ".".join(filter(None, (self.module, self.name)))


@dataclass(frozen=True, slots=True)
class Rule:
    """Symbols that something holds for, and why."""

    module: str
    name: str
    kind: str
    reason: str

    def covers(self, symbol: Symbol) -> bool:
        return (
            fnmatchcase(symbol.module, self.module)
            and fnmatchcase(symbol.name, self.name)
            and fnmatchcase(symbol.kind, self.kind)
        )


def reference_symbols() -> list[Symbol]:
    """Every public symbol of the reference release."""
    symbols = []
    module = ""
    for row in _rows("symbols.csv"):
        module = row["module"] or module
        symbols.append(Symbol(module, row["symbol"], row["kind"], row["value"]))
    return symbols


def required_symbols() -> list[Symbol]:
    """What must be there; the kind is the section that says so."""
    return [Symbol(row["module"], row["name"], row["section"], "") for row in _rows("required.csv")]


def rules(file_name: str) -> list[Rule]:
    """Read `absent.csv` or `different.csv`."""
    return [Rule(row["module"], row["symbol"], row["kind"], row["reason"]) for row in _rows(file_name)]


def _rows(file_name: str) -> list[dict[str, str]]:
    with (FOLDER / file_name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
