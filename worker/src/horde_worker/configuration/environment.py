"""Settings from the environment: `HORDE_WORKER_<KEY>`, and the names that older workers read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from horde_worker.configuration.keys import nearest, section_of
from horde_worker.configuration.schema import BackendEntry, Configuration
from horde_worker.configuration.variables import CONFIG_VARIABLE, PORTS_VARIABLE
from horde_worker.configuration.yaml_text import Path, Plain

PREFIX: Final = "HORDE_WORKER_"
REGEN_PREFIX: Final = "AIWORKER_REGEN_"
_SHARED: Final[Mapping[tuple[str, ...], tuple[str, ...]]] = {
    ("horde",): ("HORDE_URL", "AI_HORDE_URL"),
    ("api_key",): ("HORDE_API_KEY", "AI_HORDE_API_KEY"),
}
"""Variables that the other commands read too."""

OLD_NAMES: Final = {
    "HORDE_MAX_POWER": "max_power",
    "HORDE_MAX_THREADS": "max_threads",
    "HORDE_QUEUE_SIZE": "queue_size",
    "HORDE_NSFW": "nsfw",
    "HORDE_CENSOR": "censor_nsfw",
    "HORDE_BLACKLIST": "blacklist",
    "HORDE_CENSORLIST": "censorlist",
    "HORDE_IMG2IMG": "allow_img2img",
    "HORDE_PAINTING": "allow_painting",
    "HORDE_MODELNAMES": "models_to_load",
    "HORDE_MAX_LENGTH": "max_length",
    "HORDE_MAX_CONTEXT_LENGTH": "max_context_length",
    "HORDE_BRANDED_MODEL": "branded_model",
    "HORDE_BACKEND_OPENAI_API": "openai_api",
    "HORDE_BACKEND_ENGINE": "backend_engine",
    "HORDE_INTERROGATION_FORMS": "forms",
    "ALLOW_POST_PROCESSING": "allow_post_processing",
    "ALLOW_CONTROLNET": "allow_controlnet",
    "ALLOW_LORA": "allow_lora",
    "REQUIRE_UPFRONT_KUDOS": "require_upfront_kudos",
    "STATS_OUTPUT_FREQUENCY": "stats_output_frequency",
    "DISABLE_TERMINAL_UI": "disable_terminal_ui",
    "CIVIT_API_TOKEN": "civitai_api_token",
    "AIWORKER_DREAMER_WORKER_NAME": "dreamer_name",
    "AIWORKER_LIMITED_CONSOLE_MESSAGES": "limited_console_messages",
    "AIWORKER_CACHE_HOME": "cache_home",
}
"""Variables of the older workers, and the keys of bridgeData.yaml that they stand for."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the environment says: values as in a file, and the variable that each comes from."""

    values: dict[str, Any]
    variables: dict[Path, str]
    unknown: tuple[str, ...] = ()


def from_environment(environ: Mapping[str, str]) -> Given:
    """The keys of our own names."""
    values: dict[str, Any] = {}
    variables: dict[Path, str] = {}
    known = dict(_variables(Configuration, ()))
    for path, own in known.items():
        for name in (own, *_SHARED.get(path, ())):
            if environ.get(name, "").strip():
                _put(values, path, _read(environ[name], path))
                variables[path] = name
                break
    ours = {*known.values(), CONFIG_VARIABLE, PORTS_VARIABLE}
    unknown = tuple(
        f"{name} is no setting{nearest(name, ours)}"
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in ours
    )
    return Given(values, variables, unknown)


def from_old_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Keys of bridgeData.yaml that the older workers' variables stand for."""
    found = {
        name.removeprefix(REGEN_PREFIX).lower(): _old(value)
        for name, value in sorted(environ.items())
        if name.startswith(REGEN_PREFIX) and value.strip()
    }
    for name, key in OLD_NAMES.items():
        if environ.get(name, "").strip():
            found.setdefault(key, _old(environ[name]))
    return found


def _variables(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, field in model.model_fields.items():
        section = section_of(field.annotation)
        if section is not None and section is not BackendEntry:
            yield from _variables(section, (*path, key))
        elif "dict[" not in str(field.annotation):  # a table is more than a variable holds
            yield (*path, key), f"{PREFIX}{'_'.join((*path, key)).upper()}"


def _read(text: str, path: tuple[str, ...]) -> Any:
    """A value as a file would have it: several words where a key takes several."""
    field = Configuration.model_fields[path[0]]
    if len(path) > 1:
        section = section_of(field.annotation)
        assert section is not None
        field = section.model_fields[path[1]]
    return _words(text) if "list" in str(field.annotation) else Plain(text.strip())


def _words(text: str) -> list[str]:
    return [Plain(word.strip()) for word in re.split(r"[,;]", text.strip().strip("[]")) if word.strip()]


def _old(text: str) -> Any:
    """As the older workers read it: a list where there are brackets or commas."""
    text = text.strip()
    return _words(text) if text.startswith("[") or "," in text or ";" in text else Plain(text)


def _put(values: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        values = values.setdefault(key, {})
    values[path[-1]] = value
