"""The numbered rules of docs/api, and where they are cited.

A document has sections (`## 3. …`) and rules (`**3.12**` in front of a rule, or a row of a table that begins with its
number). `requests.md §3.12` cites a rule and `requests.md §3` a section. A bare `§3.12` belongs to the document named
last in the same line; where none is, in docs/api to the document itself, elsewhere to the one its file names first.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
API = ROOT / "docs/api"
_NUMBER = r"\d+(?:\.\d+)*"
_DEFINED = re.compile(rf"^(?:## ({_NUMBER})\. |(?:- )?\*\*({_NUMBER})\*\* |\| (\d+\.[\d.]*\d) \|)", re.MULTILINE)
_DOCUMENT = re.compile(r"([\w-]+\.md)\)?$")
_CITED = re.compile(rf"(RFC \d+ )?(?:([\w-]+\.md)\)? )?§({_NUMBER})(?:–({_NUMBER}))?")
_TEXT = (".py", ".md", ".sql", ".toml", ".yml", ".sh")


class Citation(NamedTuple):
    """A rule named in a file. `document` is None where no line of the file says which is meant."""

    place: str
    document: str | None
    number: str


@cache
def rules_of(document: str) -> tuple[str, ...]:
    """The numbers of a document's sections and rules, in their order."""
    return tuple(next(filter(None, found)) for found in _DEFINED.findall((API / document).read_text("utf-8")))


@cache
def documents() -> dict[str, frozenset[str]]:
    """The numbers that each document of docs/api defines."""
    return {path.name: frozenset(rules_of(path.name)) for path in sorted(API.glob("*.md")) if path.name != "README.md"}


@cache
def tracked_files() -> tuple[Path, ...]:
    """Text files of the repository that git knows or would take; none that is made or fetched."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return tuple(path for name in listed if name.endswith(_TEXT) and (path := ROOT / name).is_file())


def citations_in(path: Path) -> Iterator[Citation]:
    """Every rule that a file names."""
    lines = path.read_text("utf-8").splitlines()
    first = path.name if path.parent == API else None
    for number, line in enumerate(lines, 1):
        named = None
        for rfc, document, begin, end in _CITED.findall(line):
            if rfc:
                continue
            named = document or named
            first = first or named
            for cited in filter(None, (begin, end)):
                yield Citation(f"{path.relative_to(ROOT)}:{number}", named or first, cited)
