"""Which template a model's name asks for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

import msgspec

from horde_server.models.text_names import base_names

BACKENDS = ("koboldcpp/", "aphrodite/", "tabbyapi/", "vllm/", "ollama/", "llamacpp/", "openai/")
_PACKED = re.compile(r"[-_.](gguf|awq|gptq|exl[23]|fp8|bf16|mlx)$", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s_.-]+")


class NamePattern(msgspec.Struct, frozen=True):
    """Models whose name has `match` want `template`; `example` is one of them."""

    match: str
    template: str
    example: str


class CatalogueWord(msgspec.Struct, frozen=True):
    """What a catalogue's word comes to: what the model's name says, if that is of the family."""

    family: str
    otherwise: str


class _Names(msgspec.Struct):
    catalogue: dict[str, CatalogueWord]
    names: tuple[NamePattern, ...]


def plain_name(model: str) -> str:
    """The name without the program that serves it, its quantisation and its packing."""
    shortest = list(base_names(model))[-1]
    for backend in BACKENDS:
        if shortest.lower().startswith(backend):
            shortest = shortest[len(backend) :]
            break
    return _PACKED.sub("", shortest)


@cache
def _data() -> _Names:
    data = tomllib.loads((files(__package__) / "names.toml").read_text("utf-8"))
    return msgspec.convert(data, _Names)


def patterns() -> tuple[NamePattern, ...]:
    """All that are known, in the order in which they are tried."""
    return _data().names


@cache
def _compiled() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(known.match, re.IGNORECASE), known.template) for known in patterns())


@lru_cache(maxsize=1000)
def by_name(model: str) -> str | None:
    """The template that the name asks for. O(patterns), once a name: 40 µs."""
    plain = plain_name(model)
    return next((template for pattern, template in _compiled() if pattern.search(plain)), None)


def by_word(word: str, model: str, known: Mapping[str, object]) -> str | None:
    """The template that a catalogue or a worker calls so; None: unknown. Case, spaces and dashes do not count."""
    wanted = _BETWEEN.sub("", word.casefold())
    family = _data().catalogue.get(wanted)
    if family is not None:
        closer = by_name(model)
        return closer if closer is not None and closer.startswith(family.family) else family.otherwise
    return next((name for name in known if _BETWEEN.sub("", name.casefold()) == wanted), None)
