"""The prompt of a style, filled with the user's: literally, other braces stay as they are (styles.md §4.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

PROMPT: Final = "{p}"
NEGATIVE: Final = "{np}"
_NEGATIVE_MARK: Final = "###"


def image_parts(template: str, prompt: str) -> dict[str, str]:
    """What goes into the holes of a style of images: what is wanted, and after the first `###` what is not.

    A style that has no `###` itself gets one before what is not wanted.
    """
    wanted, _, unwanted = prompt.partition(_NEGATIVE_MARK)
    if unwanted and _NEGATIVE_MARK not in template:
        unwanted = _NEGATIVE_MARK + unwanted
    return {PROMPT: wanted, NEGATIVE: unwanted}


def filled(template: str, parts: Mapping[str, str], *, most: int) -> str | None:
    """The template with its holes filled, in one pass: what looks like a hole in the user's text is none.

    None when it would be longer than `most`; that is found out before it is made.
    """
    if len(template) + sum(template.count(hole) * len(part) for hole, part in parts.items()) > most:
        return None
    holes = re.compile("|".join(map(re.escape, parts)))
    return holes.sub(lambda found: parts[found[0]], template)
