"""Names of text models: one model has many, by the program that serves it and by how its weights are quantised."""

from __future__ import annotations

import re
from collections.abc import Iterator

# `Q` and a digit directly after the separator, or after a word of few letters (IQ4_XS, GPTQ-Int4) or a mark of the
# quantising program (i1-Q4_K_S, UD-Q4_K_XL); then all that follows in groups. `-v2-Q4_K_M` keeps its `-v2`.
_QUANTISATION = re.compile(r"[.,-](?:(?:i\d|ud)-)?[a-z]{0,4}q(?:-int)?\d{1,2}(?:[_.-][a-z0-9]+)*", re.IGNORECASE)
_FILE = re.compile(r"\.gguf$", re.IGNORECASE)


def base_names(name: str) -> Iterator[str]:
    """The names under which a model may be listed, the closest first (basics.md §9.3). Case matters.

    Without `::alias` of a special account, then without the suffix of its file and of its quantisation.
    """
    plain = name.partition("::")[0]
    yield plain
    yield _FILE.sub("", plain)
    yield _QUANTISATION.sub("", plain)


def names_of(base: str) -> tuple[str, ...]:
    """The names under which workers offer the model `author/Model`: with and without author, and by program."""
    short = base.rpartition("/")[2]
    return tuple(f"{program}{name}" for program in ("", "koboldcpp/", "aphrodite/") for name in (base, short))
