"""Prompts of AUTOMATIC1111: LoRAs that stand in them, and the negative one beside (gateway-sdapi.md §1.1)."""

from __future__ import annotations

import re
from typing import Final

from horde_server.requests.image.order import Lora

_LORA: Final = re.compile(r"<lora:([^:<>]{1,255}):(-?[0-9.]{1,12})(?::(-?[0-9.]{1,12}))?>")
_LEAST_VERSION_DIGITS: Final = 4
MOST_LORAS: Final = 5
_MOST_STRENGTH: Final = 5.0


class BadLora(ValueError):
    """A LoRA in a prompt that cannot be read."""


def without_loras(prompt: str) -> tuple[str, tuple[Lora, ...]]:
    """The prompt without its LoRAs, and these. A name of digits is the id of a version at CivitAI. Raises `BadLora`."""
    loras = tuple(_lora(*found.groups()) for found in _LORA.finditer(prompt))
    if len(loras) > MOST_LORAS:
        raise BadLora(f"The prompt has {len(loras)} LoRAs; at most {MOST_LORAS} are taken.")
    return re.sub(r"[ \t]{2,}", " ", _LORA.sub("", prompt)).strip() if loras else prompt, loras


def _lora(name: str, strength: str, clip: str | None) -> Lora:
    model = _number(strength)
    is_version = name.isascii() and name.isdigit() and len(name) >= _LEAST_VERSION_DIGITS
    return Lora(name=name, model=model, clip=model if clip is None else _number(clip), is_version=is_version)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise BadLora(f"{text!r} is no strength of a LoRA.") from None
    if not -_MOST_STRENGTH <= number <= _MOST_STRENGTH:
        raise BadLora(f"Strengths of LoRAs lie between -{_MOST_STRENGTH:g} and {_MOST_STRENGTH:g}, not at {text}.")
    return number


def joined(prompt: str, negative: str) -> str:
    """As the horde has it: the negative prompt after three hashes."""
    return f"{prompt}###{negative}" if negative.strip() else prompt
