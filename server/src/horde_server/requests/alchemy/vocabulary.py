"""The names of forms: what may be done with a picture (alchemy.md §1.1)."""

from __future__ import annotations

from typing import Literal, get_args

from horde_server.requests.image.vocabulary import PostProcessor

AnalysisForm = Literal["caption", "interrogation", "nsfw", "vectorize", "palette", "describe", "aesthetic"]
FormName = Literal[AnalysisForm, PostProcessor]

FORMS: tuple[str, ...] = get_args(FormName)
IMAGE_FORMS = frozenset(get_args(PostProcessor))


def is_image_form(form: str) -> bool:
    """Whether the form makes a picture; the others tell something."""
    return form in IMAGE_FORMS
