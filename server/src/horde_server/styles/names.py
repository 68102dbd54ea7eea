"""How styles and collections are named by who uses them (styles.md §3).

`name`, `style::name`, `alias::name`, `alias::style::name`, `style::alias::name`; `collection` in the same places.
"""

from __future__ import annotations

import html
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from horde_server.kudos.aliases import account_number

SEPARATOR: Final = "::"


class Sort(StrEnum):
    """What a name may be of."""

    STYLE = "style"
    COLLECTION = "collection"


class Reference(NamedTuple):
    """A name as somebody wrote it: of what, where that was said, and whose, where that was said."""

    name: str
    sort: Sort | None = None
    owner_id: int | None = None


def cleaned(text: str) -> str:
    """A name or an info as it is stored: without markup and blanks around it."""
    return html.escape(text, quote=False).strip()


def parse_id(text: str) -> UUID | None:
    """The id of a style, a collection or an example; None for what cannot be one."""
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


def parse_reference(text: str) -> Reference | None:
    """What a name refers to; None when it can be nobody's, as its owner is none."""
    if "\0" in text:
        return None
    parts = text.split(SEPARATOR)
    name = cleaned(parts[-1])
    match parts[:-1]:
        case []:
            return Reference(name)
        case ["style" | "collection" as sort]:
            return Reference(name, Sort(sort))
        case [alias]:
            return _owned(name, None, alias)
        case ["style" | "collection" as sort, alias] | [alias, "style" | "collection" as sort]:
            return _owned(name, Sort(sort), alias)
        case _:
            return None


def unique_name(alias: str, sort: Sort, name: str) -> str:
    """The name that only one has."""
    return SEPARATOR.join((alias, sort, name))


def _owned(name: str, sort: Sort | None, alias: str) -> Reference | None:
    owner_id = account_number(alias)
    return Reference(name, sort, owner_id) if owner_id is not None else None
