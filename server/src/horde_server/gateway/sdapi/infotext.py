"""The text that AUTOMATIC1111 writes into pictures, and the `info` of its answers (gateway-sdapi.md §1.1)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

_NEGATIVE: Final = "Negative prompt: "
_SETTING: Final = re.compile(r'\s*([\w ]{1,60}):\s*("(?:\\.|[^\\"])*"|[^,]*)(?:,|$)')
_MOST_SETTINGS: Final = 100
MOST_CHARACTERS: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was asked for of one picture, in AUTOMATIC1111's words."""

    prompt: str
    negative_prompt: str
    steps: int
    sampler_name: str
    scheduler: str
    cfg_scale: float
    seed: int
    width: int
    height: int
    model: str
    denoising_strength: float | None = None
    clip_skip: int = 1


def infotext(made: Made) -> str:
    """The `parameters` of a picture, which `png-info` reads back."""
    settings: dict[str, Any] = {
        "Steps": made.steps,
        "Sampler": made.sampler_name,
        "Schedule type": made.scheduler,
        "CFG scale": f"{made.cfg_scale:g}",
        "Seed": made.seed,
        "Size": f"{made.width}x{made.height}",
        "Model": _quoted(made.model),
    }
    if made.denoising_strength is not None:
        settings["Denoising strength"] = f"{made.denoising_strength:g}"
    if made.clip_skip > 1:
        settings["Clip skip"] = made.clip_skip
    lines = [made.prompt]
    if made.negative_prompt:
        lines.append(_NEGATIVE + made.negative_prompt)
    lines.append(", ".join(f"{name}: {value}" for name, value in settings.items()))
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if any(mark in text for mark in ',:"\n') else text


def read_infotext(text: str) -> dict[str, Any]:
    """What stands in such a text: prompt, negative prompt, and the settings by their names."""
    *lines, last = text[:MOST_CHARACTERS].strip().split("\n")
    found = dict(_settings(last))
    if "Steps" not in found:
        lines, found = [*lines, last], {}
    prompt: list[str] = []
    negative: list[str] = []
    in_negative = False
    for line in lines:
        if line.startswith(_NEGATIVE):
            in_negative, line = True, line.removeprefix(_NEGATIVE)  # noqa: PLW2901
        (negative if in_negative else prompt).append(line)
    read: dict[str, Any] = {
        "Prompt": "\n".join(prompt).strip(),
        "Negative prompt": "\n".join(negative).strip(),
        **found,
    }
    if size := re.fullmatch(r"(\d{1,5})x(\d{1,5})", str(found.get("Size", ""))):
        read["Size-1"], read["Size-2"] = size.groups()
    return read


def _settings(line: str) -> list[tuple[str, str]]:
    found = []
    for name, value in _SETTING.findall(line)[:_MOST_SETTINGS]:
        if value.startswith('"'):
            with suppress(ValueError):
                value = json.loads(value)  # noqa: PLW2901
        found.append((name.strip(), value.strip()))
    return found


def info(made: Sequence[Made], batch_size: int) -> str:
    """The `info` of an answer: JSON in a string. Of no picture it tells nothing but that."""
    if not made:
        return "{}"
    first = made[0]
    told: dict[str, Any] = {
        "prompt": first.prompt,
        "all_prompts": [each.prompt for each in made],
        "negative_prompt": first.negative_prompt,
        "all_negative_prompts": [each.negative_prompt for each in made],
        "seed": first.seed,
        "all_seeds": [each.seed for each in made],
        "subseed": first.seed,
        "all_subseeds": [each.seed for each in made],
        "subseed_strength": 0,
        "width": first.width,
        "height": first.height,
        "sampler_name": first.sampler_name,
        "cfg_scale": first.cfg_scale,
        "steps": first.steps,
        "batch_size": batch_size,
        "restore_faces": False,
        "face_restoration_model": None,
        "sd_model_name": first.model,
        "sd_model_hash": "",
        "sd_vae_name": None,
        "sd_vae_hash": None,
        "denoising_strength": first.denoising_strength,
        "extra_generation_params": {},
        "index_of_first_image": 0,
        "infotexts": [infotext(each) for each in made],
        "styles": [],
        "job_timestamp": time.strftime("%Y%m%d%H%M%S", time.gmtime()),
        "clip_skip": first.clip_skip,
        "is_using_inpainting_conditioning": False,
    }
    return json.dumps(told, ensure_ascii=False)
