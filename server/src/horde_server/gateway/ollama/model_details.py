"""What is told of a text model by its name: family, size, quantisation. Clients show these, none computes with them."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from horde_server.models.catalogue import text_parameters_b

_FAMILIES: Final = (
    (r"gpt-?oss", "gptoss"),
    (r"deepseek", "deepseek2"),
    (r"gemma-?(\d)", r"gemma\1"),
    (r"gemma", "gemma"),
    (r"qwen-?(\d)", r"qwen\1"),
    (r"qwen|qwq", "qwen2"),
    (r"phi-?(\d)", r"phi\1"),
    (r"command-?[ra]|aya-|c4ai", "command-r"),
    (r"glm", "glm4"),
    (r"granite", "granite"),
    (r"mi[sx]tral|nemo|ministral|magistral|codestral", "mistral"),
    (r"llama|(?:^|[-/])l[23][-._]|stheno|lunaris|euryale|vicuna|alpaca|tiefighter|psyfighter", "llama"),
)
"""Families as Ollama names them, by what stands in a model's name; the first that is found."""
UNKNOWN_FAMILY: Final = "horde"
_QUANTISATION: Final = re.compile(
    r"(?:^|[-._/])(i?q\d(?:_[a-z0-9]+)*|(?:b?f|fp)(?:16|32)|fp8|int[48])(?=$|[-._])", re.IGNORECASE
)
_BILLIONS: Final = re.compile(r"(?:^|[-_x/.])(\d{1,4}(?:\.\d{1,2})?)b(?=$|[-_.])", re.IGNORECASE)


def family(name: str) -> str:
    """The family of a model, or a word that says nothing."""
    for pattern, told in _FAMILIES:
        if found := re.search(pattern, name, re.IGNORECASE):
            return found.expand(told)
    return UNKNOWN_FAMILY


def quantisation(name: str) -> str:
    """How its weights are kept, where the name says so; else Ollama's word for that."""
    found = _QUANTISATION.search(name)
    return found[1].upper() if found else "unknown"


def billions(name: str) -> float | None:
    """Its parameters: as the catalogue has them, else as the name says."""
    if (known := text_parameters_b(name)) is not None:
        return known
    found = _BILLIONS.search(name)
    return float(found[1]) if found else None


def digest(name: str) -> str:
    """What stands for a model's weights, which nobody here has: made from its name, so that it stays the same."""
    return hashlib.sha256(name.encode()).hexdigest()


def details(name: str) -> dict[str, Any]:
    """The object `details` of lists and of `show`."""
    size = billions(name)
    return {
        "parent_model": "",
        "format": "horde",
        "family": family(name),
        "families": [family(name)],
        "parameter_size": f"{size:g}B" if size else "unknown",
        "quantization_level": quantisation(name),
    }
