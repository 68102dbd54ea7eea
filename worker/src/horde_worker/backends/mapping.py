"""What becomes of every parameter of a job in each backend: the table that docs/worker/parameters.md shows.

A backend's module has a `MAPPING` from each name on the wire to what becomes of it. A test holds that none is
unaccounted for, and the backend's own tests that what is said to be sent is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Final, TypeAlias

IMAGE_PARAMETERS: Final = (
    *("prompt", "negative_prompt", "seed", "width", "height", "ddim_steps", "cfg_scale", "n_iter"),
    *("sampler_name", "karras", "clip_skip", "tiling", "hires_fix", "hires_fix_denoising_strength"),
    *("source_image", "source_mask", "source_processing", "denoising_strength", "extra_source_images"),
    *("loras", "tis", "control_type", "image_is_control", "return_control_map"),
    *("post_processing", "facefixer_strength", "transparent", "workflow", "extra_texts", "use_nsfw_censor", "model"),
)
"""Every parameter of an image job by its name in the API (workers.md §7.2); `negative_prompt` follows `###`."""

TEXT_PARAMETERS: Final = (
    *("prompt", "max_length", "max_context_length", "n", "seed", "temperature", "top_k", "top_a", "top_p", "min_p"),
    *("tfs", "typical", "rep_pen", "rep_pen_range", "rep_pen_slope", "sampler_order", "smoothing_factor"),
    *("dynatemp_range", "dynatemp_exponent", "stop_sequence", "use_default_badwordsids", "singleline"),
    *("frmtadsnsp", "frmtrmblln", "frmtrmspch", "frmttriminc", "softprompt", "model"),
)
"""Every parameter of a text job by its name in the API (requests.md §8.3)."""

CONVERSATION_PARAMETERS: Final = (
    *("messages", "continue", "images", "tools", "tool_choice", "parallel_tool_calls"),
    *("json_schema", "response_format", "logprobs"),
)
"""What a text job has besides, for workers that take conversations (docs/api/capabilities.md)."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Told to the backend: where in what is sent, or by which of its settings."""

    where: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class ByWorker:
    """Done by the worker itself, before or after."""

    how: str


@dataclass(frozen=True, slots=True)
class Neutral:
    """Dropped, as the backend has nothing like it: the result is somewhat other than asked for, and it is logged."""

    loss: str


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Not offered at pop. A job that has it all the same is given back with this reason."""

    why: str


Mapped: TypeAlias = Sent | ByWorker | Neutral | Unsupported

_IMAGE_BACKENDS: Final[dict[str, str]] = {
    "a1111": "horde_worker.backends.a1111.mapping",
    "comfyui": "horde_worker.backends.comfyui.mapping",
    "demo": "horde_worker.backends.demo_backend",
    "diffusers": "horde_worker.backends.diffusers.mapping",
}
_TEXT_BACKENDS: Final[dict[str, str]] = {
    "demo-text": "horde_worker.backends.demo_text_backend",
    "koboldcpp": "horde_worker.backends.koboldcpp_backend",
    "llamacpp": "horde_worker.backends.llamacpp_backend",
    "ollama": "horde_worker.backends.ollama_backend",
    "openai (vLLM)": "horde_worker.backends.openai_servers.vllm",
    "openai (Aphrodite)": "horde_worker.backends.openai_servers.aphrodite",
    "openai (TabbyAPI)": "horde_worker.backends.openai_servers.tabbyapi",
    "openai (LM Studio)": "horde_worker.backends.openai_servers.lm_studio",
    "openai (transformers serve)": "horde_worker.backends.openai_servers.transformers_serve",
    "openai (llama.cpp)": "horde_worker.backends.openai_servers.llama_cpp",
    "openai (llama-cpp-python)": "horde_worker.backends.openai_servers.llama_cpp_python",
    "openai (another)": "horde_worker.backends.openai_servers.standard",
    "openai (only chats)": "horde_worker.backends.openai_servers.chat",
    "transformers": "horde_worker.backends.transformers.mapping",
}
"""The module of each backend's `MAPPING`, by the backend's name. One line a backend; none needs what it talks to."""
_CONVERSATIONS: Final[dict[str, str]] = {
    "llamacpp": "horde_worker.backends.llamacpp_backend",
    "ollama": "horde_worker.backends.ollama_chat",
    "openai": "horde_worker.backends.text_servers.openai_chat",
    "transformers": "horde_worker.backends.transformers.mapping",
}
"""The module of each `CONVERSATION`, of the backends that take any."""


def image_mappings() -> dict[str, Mapping[str, Mapped]]:
    """What becomes of an image job's parameters, by backend."""
    return {name: import_module(module).MAPPING for name, module in _IMAGE_BACKENDS.items()}


def text_mappings() -> dict[str, Mapping[str, Mapped]]:
    """What becomes of a text job's parameters, by backend."""
    return {name: import_module(module).MAPPING for name, module in _TEXT_BACKENDS.items()}


def conversation_mappings() -> dict[str, Mapping[str, Mapped]]:
    """What becomes of a conversation, by backend; the others have the prompt, which says the same."""
    return {name: import_module(module).CONVERSATION for name, module in _CONVERSATIONS.items()}
