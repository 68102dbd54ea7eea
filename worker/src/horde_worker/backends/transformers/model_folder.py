"""What a saved language model says of itself, read without loading it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.in_process.config_files import config_in
from horde_worker.backends.in_process.weight_files import weight_bytes

MAX_CONFIG_BYTES: Final = 10_000_000
_CONTEXT_KEYS: Final = (
    "max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length", "max_sequence_length",
)  # fmt: skip
_TOKENIZERS: Final = ("tokenizer.json", "tokenizer.model", "vocab.json", "tokenizer_config.json")


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder with config, tokenizer and weights. `context_length` is None where the model knows no limit."""

    path: Path
    size_bytes: int
    context_length: int | None
    chat_template: str = ""
    """How its maker wants conversations written; empty where that is not said."""

    @classmethod
    def read(cls, path: Path) -> ModelFolder:
        """Look at the files. Raises `BackendFailure` where it is no model that can be loaded."""
        config = config_in(path / "config.json", MAX_CONFIG_BYTES)
        if config.get("auto_map"):
            raise BackendFailure(f"{path} brings program code of its own (`auto_map`), which is not run")
        if not any((path / name).exists() for name in _TOKENIZERS):
            raise BackendFailure(f"{path} has no tokenizer")
        return cls(path, weight_bytes(path), _context_length(config), _chat_template(path))


def _context_length(config: Mapping[str, Any]) -> int | None:
    """Of the text part, where the model also reads something else."""
    inner = config.get("text_config")
    for level in (config, inner if isinstance(inner, Mapping) else {}):
        for key in _CONTEXT_KEYS:
            value = level.get(key)
            if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                return value
    return None


def _chat_template(path: Path) -> str:
    """From a file of its own, or from the tokenizer's settings; of several templates, the first."""
    with suppress(OSError, ValueError):
        file = path / "chat_template.jinja"
        if file.exists() and file.stat().st_size <= MAX_CONFIG_BYTES:
            return file.read_text(encoding="utf-8")
    with suppress(BackendFailure):
        found = config_in(path / "tokenizer_config.json", MAX_CONFIG_BYTES).get("chat_template")
        if isinstance(found, list) and found and isinstance(found[0], Mapping):
            found = found[0].get("template")
        return found if isinstance(found, str) else ""
    return ""
