"""Instructions that stand in a list of models instead of a name, such as `top 2` or `all sdxl`."""

from __future__ import annotations

import re

from horde_sdk._text_enum import TextEnum


class MetaInstruction(TextEnum):
    """The forms of instructions, as patterns for the beginning of a text, whatever its capitals."""

    ALL_REGEX = r"all$|all models?$"
    ALL_SDXL_REGEX = r"all sdxl$|all sdxl models?$"
    ALL_SD15_REGEX = r"all sd15$|all sd15 models?$"
    ALL_SD21_REGEX = r"all sd21$|all sd21 models?$"
    ALL_SFW_REGEX = r"all sfw$|all sfw models?$"
    ALL_NSFW_REGEX = r"all nsfw$|all nsfw models?$"
    ALL_INPAINTING_REGEX = r"all inpainting$|all inpainting models?$"
    TOP_N_REGEX = r"TOP (\d+)"
    BOTTOM_N_REGEX = r"BOTTOM (\d+)"


def is_meta_instruction(entry: str) -> bool:
    """Tell whether an entry of a list of models is an instruction."""
    return any(re.match(pattern, entry, re.IGNORECASE) for pattern in MetaInstruction)


def part_meta_instructions(entries: list[str]) -> tuple[list[str], list[str]]:
    """Return the names of models among the entries, and the instructions."""
    names = [entry for entry in entries if not is_meta_instruction(entry)]
    return names, [entry for entry in entries if is_meta_instruction(entry)]
