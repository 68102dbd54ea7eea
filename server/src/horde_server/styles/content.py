"""What a style may say (styles.md §1.3): the rules that both kinds share."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from horde_server.errors import BadRequest
from horde_server.moderation.profanity import ProfanityFilter
from horde_server.styles.names import SEPARATOR
from horde_server.styles.refusals import StylePromptMissingVars
from horde_server.styles.style import StyleContent

MOST_MODELS = 5
MOST_TAGS = 10


def check_name(name: str) -> None:
    """It must be something, and one of its own in a reference."""
    if not name:
        raise BadRequest("The name is empty: give it one.")
    if SEPARATOR in name:
        raise BadRequest(f"A name has no {SEPARATOR}, which stands between it and its owner's: remove that.")


def check_decency(profanity: ProfanityFilter, texts: Iterable[str | None]) -> None:
    """What others read must be fit to read."""
    if any(text and profanity.is_profane(text) for text in texts):
        raise BadRequest("This holds inappropriate language: choose other words for name, info, tags and models.")


def check_content(content: StyleContent, holes: Collection[str], profanity: ProfanityFilter) -> None:
    """Refuse a style that is none; what its kind says of parameters comes after."""
    check_name(content.name)
    if not content.models:
        raise BadRequest("A style names at least one model.")
    if len(set(content.models)) > MOST_MODELS:
        raise BadRequest(f"A style names at most {MOST_MODELS} models.")
    if len(set(content.tags)) > MOST_TAGS:
        raise BadRequest(f"A style has at most {MOST_TAGS} tags.")
    check_decency(profanity, (content.name, content.info, *content.tags, *content.models))
    missing = [hole for hole in holes if hole not in content.prompt]
    if missing:
        raise StylePromptMissingVars(f"The prompt of the style must have {' and '.join(missing)} in it.")
