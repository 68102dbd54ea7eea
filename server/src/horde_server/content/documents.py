"""Terms, privacy and sponsors: which documents there are, and what they say where the operator wrote none.

The built-in privacy document (`built_in/privacy.md`) says what this server keeps, by its settings. Whoever changes what
is kept changes it too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files
from string import Template
from typing import Final

from horde_server.settings import Settings

MOST_DOCUMENT: Final = 150_000
"""Characters of one."""
_CONDITIONAL: Final = re.compile(r"^- \[if (\w+)\] (.*(?:\n  .*)*)\n", re.MULTILINE)


class DocumentName(StrEnum):
    """The documents of a horde."""

    TERMS = "terms"
    PRIVACY = "privacy"
    SPONSORS = "sponsors"


def built_in(name: DocumentName, settings: Settings) -> str:
    """What a document says where neither database nor folder have it, as Markdown."""
    text = (files("horde_server.content") / "built_in" / f"{name}.md").read_text("utf-8")
    holds: Mapping[str, bool] = {
        "email": bool(settings.email),
        "shared_blobs": bool(settings.shared_blobs),
        "prompt_evidence": bool(settings.prompt_evidence) and not settings.disable_filters,
        "filters_alone": not settings.prompt_evidence and not settings.disable_filters,
        "ip_checker": bool(settings.ip_checker),
        "sign_in": bool(settings.sign_in_providers),
    }
    chosen = _CONDITIONAL.sub(lambda found: f"- {found[2]}\n" if holds[found[1]] else "", text)
    return Template(chosen).substitute(
        title=_plain(settings.title),
        email=_plain(settings.email),
        request_minutes=round(settings.request_lifetime_s / 60),
        upload_minutes=round(settings.blob_lifetime_s / 60),
        deletion_days=settings.deleted_account_retention_days,
    )


def _plain(text: str) -> str:
    """A setting as text in Markdown."""
    return "".join(f"\\{each}" if each in "\\`*_{}[]<>#|" else each for each in text)
