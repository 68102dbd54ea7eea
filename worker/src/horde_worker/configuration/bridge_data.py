"""bridgeData.yaml, the settings of the older workers: each key is used, or named with why it is not.

It names no backends: those workers had an engine of their own, except for the address of a text program (`kai_url`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from horde_worker.configuration.keys import Notice, nearest
from horde_worker.configuration.yaml_text import Path, Plain, Tree, parse

TEMPLATE_NAMES: Final = frozenset(
    ["An Awesome AI Horde Worker", "An Awesome Dreamer", "An Awesome Scribe", "An Awesome Alchemist"]
)
"""Names that everybody's file has until they are changed: somebody else has them already."""
_NO_POST_PROCESSORS: Final = frozenset(
    ["caption", "interrogation", "nsfw", "vectorize", "palette", "describe", "aesthetic", "annotation"]
)
_MAX_POWER_PIXELS: Final = 8 * 64 * 64
_SIGNS: Final = frozenset(
    ["dreamer_name", "scribe_name", "alchemist_name", "horde_url", "max_power", "models_to_load", "kai_url"]
)
"""Keys by which such a file is known."""

_TIMES: Final = "a job's time comes from the horde, and the worker keeps it by itself"
_ENGINE: Final = "the memory is the backend's own matter now"
_KEPT_BY_BACKEND: Final = "models lie in the backend, which has its own folders"


@dataclass(slots=True)
class Import:
    """What a bridgeData comes to."""

    values: dict[str, Any] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    origins: dict[Path, int] = field(default_factory=dict)
    """The line that each of our keys comes from."""

    def put(self, line: int, value: Any, *path: str) -> None:
        """Set one of our keys."""
        section = self.values
        for key in path[:-1]:
            section = section.setdefault(key, {})
        section[path[-1]] = value
        self.origins[path] = line


_Rule: TypeAlias = Callable[[Import, Any, int, Mapping[str, Any]], None]


def is_bridge_data(values: Mapping[str, Any]) -> bool:
    """Whether a file is one of the older workers'."""
    return "backends" not in values and "horde" not in values and not _SIGNS.isdisjoint(values)


def bridge_data_tree(text: str) -> tuple[Tree, list[Notice]]:
    """Read such a file; backslashes of Windows paths, which YAML takes for escapes, become slashes."""
    lines = text.split("\n")
    notices = [
        Notice(number, "backslashes are read as slashes")
        for number, line in enumerate(lines, 1)
        if "\\" in line.split("#", 1)[0]
    ]
    return parse("\n".join(line.replace("\\", "/") for line in lines)), notices


def imported(tree: Tree) -> Import:
    """Our settings from an older worker's."""
    result = Import()
    for key, value in tree.values.items():
        line = tree.line((key,))
        rule = _RULES.get(key)
        if rule is None:
            result.notices.append(Notice(line, f"nobody knows a key {key[:100]!r}{nearest(key, _RULES)}"))
        elif value is not None:
            rule(result, value, line, tree.values)
    if _yes(tree.values.get("load_large_models")) is not True and "offer" in result.values:
        result.values["offer"].setdefault("large", False)  # as it was there when nothing was said
    return result


def _same(*path: str) -> _Rule:
    def rule(result: Import, value: Any, line: int, _all: Mapping[str, Any]) -> None:
        result.put(line, value, *path)

    return rule


def _unused(why: str) -> _Rule:
    def rule(result: Import, _value: Any, line: int, _all: Mapping[str, Any]) -> None:
        result.notices.append(Notice(line, f"not used: {why}"))

    return rule


def _unless(default: bool, why: str) -> _Rule:
    """Not used, and worth a word only where it is not as it is here anyway."""

    def rule(result: Import, value: Any, line: int, _all: Mapping[str, Any]) -> None:
        if _yes(value) is not default:
            result.notices.append(Notice(line, f"not used: {why}"))

    return rule


def _name(*path: str) -> _Rule:
    def rule(result: Import, value: Any, line: int, _all: Mapping[str, Any]) -> None:
        if value in TEMPLATE_NAMES:
            result.notices.append(Notice(line, f"{value!r} is everybody's name until it is changed: left out"))
        else:
            result.put(line, value, *path)

    return rule


def _horde(result: Import, value: Any, line: int, _all: Mapping[str, Any]) -> None:
    result.put(line, re.sub(r"/api(/v2)?/*$", "", str(value).rstrip("/")), "horde")


def _power(result: Import, value: Any, line: int, _all: Mapping[str, Any]) -> None:
    number = _whole(value)
    if number is None or not 1 <= number <= 512:
        result.notices.append(Notice(line, "max_power is a number from 1 to 512: left out"))
    else:
        result.put(line, number * _MAX_POWER_PIXELS, "max_pixels")


def _queue(result: Import, value: Any, line: int, _all: Mapping[str, Any]) -> None:
    number = _whole(value)
    if number is None:
        result.notices.append(Notice(line, "queue_size is a number: left out"))
    else:
        result.put(line, min(max(number, 1), 20), "queue")


def _kai_url(result: Import, value: Any, line: int, all_: Mapping[str, Any]) -> None:
    engine = str(all_.get("backend_engine") or "").lower()
    is_openai = _yes(all_.get("openai_api")) is True or engine in {"aphrodite", "vllm", "tabbyapi", "oobabooga"}
    entry: dict[str, Any] = {"type": "openai" if is_openai else "koboldcpp", "url": value}
    if (slots := _whole(all_.get("max_threads"))) and slots > 1:
        entry["slots"] = slots
    result.put(line, [entry], "backends")


def _threads(result: Import, value: Any, line: int, all_: Mapping[str, Any]) -> None:
    if _whole(value) != 1 and "kai_url" not in all_:
        result.notices.append(Notice(line, "not used: how much a backend does at once is its own `slots`"))


def _lora(result: Import, value: Any, line: int, _all: Mapping[str, Any]) -> None:
    result.put(line, value, "allow_lora")
    if _yes(value):
        result.put(line, True, "loras", "fetch")  # the older workers fetched what jobs name


def _forms(result: Import, value: Any, line: int, _all: Mapping[str, Any]) -> None:
    from horde_sdk.generation_parameters.alchemy.consts import KNOWN_ALCHEMY_TYPES

    forms: list[str] = []
    for one in value if isinstance(value, list) else [value]:
        names = [str(form.value) for form in KNOWN_ALCHEMY_TYPES if form.value]
        every = sorted(name for name in names if name not in _NO_POST_PROCESSORS)
        forms += every if one == "post-process" else [str(one)]
    result.put(line, list(dict.fromkeys(forms)), "forms")


def _plain_view(result: Import, value: Any, line: int, _all: Mapping[str, Any]) -> None:
    if _yes(value):
        result.put(line, "plain", "view")


def _yes(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    text = str(value).lower()
    return True if text in {"true", "yes", "on", "1"} else False if text in {"false", "no", "off", "0"} else None


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, str | int) and re.fullmatch(r"\d{1,9}", str(value)) else None


_RULES: Final[Mapping[str, _Rule]] = {
    "horde_url": _horde,
    "api_key": _same("api_key"),
    "worker_name": _name("name"),
    "dreamer_name": _name("names", "image"),
    "scribe_name": _name("names", "text"),
    "alchemist_name": _name("names", "alchemy"),
    "priority_usernames": _same("priority_usernames"),
    "max_threads": _threads,
    "queue_size": _queue,
    "max_batch": _same("batch"),
    "safety_on_gpu": _unless(False, "the safety check runs on the processor"),
    "require_upfront_kudos": _same("require_upfront_kudos"),
    "remove_maintenance_on_init": _same("remove_maintenance_on_start"),
    "limited_console_messages": _unless(False, "the log has one line for each result anyway"),
    "max_power": _power,
    "high_memory_mode": _unless(False, _ENGINE),
    "very_high_memory_mode": _unless(False, _ENGINE),
    "high_performance_mode": _unless(False, "how far to fetch ahead is measured"),
    "moderate_performance_mode": _unless(False, "how far to fetch ahead is measured"),
    "post_process_job_overlap": _unless(False, _ENGINE),
    "unload_models_from_vram_often": _unless(True, _ENGINE),
    "very_fast_disk_mode": _unless(False, _ENGINE),
    "cycle_process_on_model_change": _unless(False, _ENGINE),
    "blacklist": _same("blacklist"),
    "censorlist": _same("censorlist"),
    "nsfw": _same("nsfw"),
    "censor_nsfw": _same("censor_nsfw"),
    "allow_img2img": _same("allow_img2img"),
    "allow_painting": _same("allow_painting"),
    "allow_unsafe_ip": _same("allow_unsafe_ip"),
    "allow_post_processing": _same("allow_post_processing"),
    "allow_controlnet": _same("allow_controlnet"),
    "allow_sdxl_controlnet": _same("allow_sdxl_controlnet"),
    "allow_lora": _lora,
    "civitai_api_token": _same("loras", "civitai_token"),
    "purge_loras_on_download": _unless(False, "LoRAs that are not used are removed by themselves"),
    "max_lora_cache_size": _same("loras", "max_gb"),
    "extra_slow_worker": _same("extra_slow_worker"),
    "limit_max_steps": _same("limit_max_steps"),
    "model_stickiness": _unused("the backend changes models when a job needs another"),
    "dynamic_models": _unless(False, "every model that the backend has is offered at once"),
    "number_of_dynamic_models": _unused("every model that the backend has is offered at once"),
    "max_models_to_download": _unused("the worker downloads no models"),
    "stats_output_frequency": _unused("the view shows them all the time"),
    "cache_home": _unused(_KEPT_BY_BACKEND),
    "nataili_cache_home": _unused(_KEPT_BY_BACKEND),
    "temp_dir": _unused(_KEPT_BY_BACKEND),
    "ray_temp_dir": _unused(_KEPT_BY_BACKEND),
    "always_download": _unused("the worker downloads no models"),
    "disable_terminal_ui": _plain_view,
    "disable_disk_cache": _unused(_ENGINE),
    "vram_to_leave_free": _unused(_ENGINE),
    "ram_to_leave_free": _unused(_ENGINE),
    "models_to_load": _same("offer", "models"),
    "models_to_skip": _same("offer", "skip"),
    "load_large_models": _same("offer", "large"),
    "custom_models": _unused("give such a model its name in the horde by `models` of its backend"),
    "extra_stable_diffusion_models_folders": _unused(_KEPT_BY_BACKEND),
    "suppress_speed_warnings": _unless(False, "there are none"),
    "exit_on_unhandled_faults": _unless(False, "after three failures in a row the worker pauses"),
    "process_timeout": _unused(_TIMES),
    "post_process_timeout": _unused(_TIMES),
    "download_timeout": _unused(_TIMES),
    "preload_timeout": _unused(_TIMES),
    "inference_step_timeout": _unused(_TIMES),
    "minutes_allowed_without_jobs": _unused("a worker without jobs stays, and says why there are none"),
    "capture_kudos_training_data": _unless(False, "there is nothing to train"),
    "kudos_training_data_file": _unused("there is nothing to train"),
    "kai_url": _kai_url,
    "max_length": _same("max_length"),
    "max_context_length": _same("max_context_length"),
    "branded_model": _unless(False, "give the model its branded name (`name::you#1`) by `models` of its backend"),
    "openai_api": lambda *_: None,  # with kai_url
    "backend_engine": lambda *_: None,
    "forms": _forms,
}
"""Every key of both reference workers (spec/worker.md, appendix A)."""

KNOWN_KEYS: Final = frozenset(_RULES)


def old_environment_tree(values: Mapping[str, Any]) -> Tree:
    """The older workers' variables as a file of theirs."""
    return Tree({key: Plain(value) if isinstance(value, str) else value for key, value in values.items()})
