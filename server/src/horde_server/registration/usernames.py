"""The names that new users may take (registration.md §1.3)."""

from __future__ import annotations

import unicodedata
from typing import Final

from horde_server.accounts.changes import ProfaneUserName
from horde_server.errors import InvalidPayload, NulByteInPayload
from horde_server.moderation.profanity import ProfanityFilter
from horde_server.visible_text import invisible_character, named, without_invisible

LEAST: Final = 3
MOST: Final = 30
MOST_SENT: Final = 200
"""Characters of a name that is looked at at all."""
SOMEBODY: Final = "somebody"
"""Who signs in without a name that could be taken."""


def what_is_wrong(name: str) -> str | None:
    """Why nobody can be called so, in the words of a field's fault; None: somebody can."""
    hidden = invisible_character(name)
    if hidden is not None:
        return f"must be of visible characters, in one line: remove {named(hidden)}"
    if "#" in name:
        return "must not contain #: it stands between a name and its number"
    if not LEAST <= len(name) <= MOST:
        return f"must have {LEAST} to {MOST} characters, not {len(name)}"
    return None


def accepted(name: str, profanity: ProfanityFilter) -> str:
    """The name as it is kept: composed, without blanks around it. Raises `InvalidPayload` or `ProfaneUserName`."""
    if "\0" in name:
        raise NulByteInPayload
    plain = unicodedata.normalize("NFC", name).strip()
    if (fault := what_is_wrong(plain)) is not None:
        raise InvalidPayload({"username": fault})
    if profanity.is_profane(plain):
        raise ProfaneUserName
    return plain


def suggested(names: list[str], profanity: ProfanityFilter) -> str:
    """The first of a provider's names that can be one here, cut where it is long; else `SOMEBODY`."""
    for name in names:
        visible = without_invisible(unicodedata.normalize("NFC", name[:MOST_SENT])).replace("#", "")
        plain = visible.strip()[:MOST].strip()
        if what_is_wrong(plain) is None and not profanity.is_profane(plain):
            return plain
    return SOMEBODY
