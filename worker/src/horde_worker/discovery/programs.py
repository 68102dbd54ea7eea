"""Who is there: each program is known by an answer that no other gives.

They stand in the order in which they are asked. KoboldCpp also speaks parts of the APIs of AUTOMATIC1111, Ollama and
OpenAI, and most text programs speak OpenAI's, so the most particular come first.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from horde_sdk.harmless_text import one_line
from horde_worker.discovery.asking import WANTS_KEY, Asker
from horde_worker.discovery.found import Found

MAX_MODELS: Final = 500
MAX_NAME_CHARACTERS: Final = 200

_OPENAI_OWNERS: Final = {
    "vllm": "vLLM",
    "tabbyapi": "TabbyAPI",
    "organization_owner": "LM Studio",
    "aphrodite": "Aphrodite",
}
_Recogniser: TypeAlias = Callable[[Asker], Awaitable[Found | None]]


async def comfyui(ask: Asker) -> Found | None:
    """Its statistics name devices and, since 0.2, its version."""
    stats = await ask.json("/system_stats")
    if not isinstance(stats, dict) or not isinstance(stats.get("devices"), list):
        return None
    system = stats.get("system")
    version = _text(system.get("comfyui_version")) if isinstance(system, dict) else ""
    models = _names(await ask.json("/models/checkpoints"))
    if not models:
        models = _names(_deep(await ask.json("/object_info/CheckpointLoaderSimple"),
                              "CheckpointLoaderSimple", "input", "required", "ckpt_name", 0))  # fmt: skip
    return Found("comfyui", f"ComfyUI {version}".strip(), ask.url, "image", models)


async def koboldcpp(ask: Asker) -> Found | None:
    """It says its name."""
    said = await ask.json("/api/extra/version")
    if not isinstance(said, dict) or _text(said.get("result")).lower() != "koboldcpp":
        return None
    model = _text(_deep(await ask.json("/api/v1/model"), "result"))
    has_model = bool(model) and model.lower() not in {"inactive", "koboldcpp/inactive", "read only"}
    context = _count(_deep(await ask.json("/api/extra/true_max_context_length"), "value"))
    program = f"KoboldCpp {_text(said.get('version'))}".strip()
    return Found("koboldcpp", program, ask.url, "text", (model,) if has_model else (), context)


async def ollama(ask: Asker) -> Found | None:
    """Its list of models has a form of its own."""
    tags = await ask.json("/api/tags")
    listed = tags.get("models") if isinstance(tags, dict) else None
    if not isinstance(listed, list):
        return None
    version = _text(_deep(await ask.json("/api/version"), "version"))
    models = _names([one.get("name") for one in listed if isinstance(one, dict)])
    return Found("ollama", f"Ollama {version}".strip(), ask.url, "text", models)


async def llamacpp(ask: Asker) -> Found | None:
    """Its properties hold its default settings."""
    props = await ask.json("/props")
    if not isinstance(props, dict) or not isinstance(props.get("default_generation_settings"), dict):
        return None
    context = _count(props["default_generation_settings"].get("n_ctx"))
    models = _names([_file_name(_deep(one, "id")) for one in _listed(await ask.json("/v1/models"))])
    return Found("llamacpp", "llama.cpp", ask.url, "text", models, context)


async def a1111(ask: Asker) -> Found | None:
    """Checkpoints with titles and hashes: AUTOMATIC1111, Forge, SD.Next."""
    listed = await ask.json("/sdapi/v1/sd-models")
    if listed is WANTS_KEY:
        return Found("a1111", "AUTOMATIC1111 or one of its kind", ask.url, "image", wants_key=True)
    if not isinstance(listed, list) or not all(isinstance(one, dict) and "title" in one for one in listed):
        return None
    models = _names([one.get("model_name") or one["title"] for one in listed])
    return Found("a1111", "AUTOMATIC1111 or one of its kind", ask.url, "image", models)


async def openai(ask: Asker) -> Found | None:
    """The list of models that all of them have."""
    answer = await ask.json("/v1/models")
    if answer is WANTS_KEY:
        return Found("openai", "a program with OpenAI's API", ask.url, "text", wants_key=True)
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        return None
    rows = _listed(answer)
    owner = _text(_deep(rows[0], "owned_by")).lower() if rows else ""
    program = _OPENAI_OWNERS.get(owner, "a program with OpenAI's API")
    context = _count(_deep(rows[0], "max_model_len")) if rows else None
    return Found("openai", program, ask.url, "text", _names([_deep(one, "id") for one in rows]), context)


RECOGNISERS: Final[tuple[_Recogniser, ...]] = (comfyui, koboldcpp, ollama, llamacpp, a1111, openai)


async def recognised(ask: Asker) -> Found | None:
    """Which program it is; None where it is none of these."""
    for recogniser in RECOGNISERS:
        if (found := await recogniser(ask)) is not None:
            return found
    return None


def _deep(answer: Any, *path: str | int) -> Any:
    """A value inside an answer, however it is made; None where it is not there."""
    for step in path:
        if isinstance(step, str) and isinstance(answer, dict):
            answer = answer.get(step)
        elif isinstance(step, int) and isinstance(answer, list) and len(answer) > step:
            answer = answer[step]
        else:
            return None
    return answer


def _listed(answer: Any) -> list[Any]:
    data = _deep(answer, "data")
    return data[:MAX_MODELS] if isinstance(data, list) else []


def _file_name(model: Any) -> Any:
    """A model without the folders it lies in, where it is called by its file."""
    return re.split(r"[/\\]", model)[-1] if isinstance(model, str) and model.lower().endswith(".gguf") else model


def _names(answer: Any) -> tuple[str, ...]:
    if not isinstance(answer, list):
        return ()
    return tuple(dict.fromkeys(filter(None, map(_text, answer[:MAX_MODELS]))))


def _text(value: Any) -> str:
    """A word as it can be shown: a program on this machine may be anybody's."""
    return one_line(value)[:MAX_NAME_CHARACTERS].strip() if isinstance(value, str) else ""


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31 else None
