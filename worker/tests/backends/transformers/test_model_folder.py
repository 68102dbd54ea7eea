"""What a folder says of its model before it is loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.transformers.model_folder import MAX_CONFIG_BYTES, ModelFolder
from horde_worker.backends.transformers_backend import DEFAULT_CONTEXT, TransformersBackend


def a_folder(folder: Path, config: Any = None, *, tokenizer: bool = True) -> Path:
    """A model's files, with an empty tensor for weights."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}).encode()
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"max_position_embeddings": 4096} if config is None else config))
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    if tokenizer:
        (folder / "tokenizer.json").write_text("{}")
    return folder


@pytest.mark.parametrize(
    ("config", "context"),
    [
        ({"max_position_embeddings": 4096}, 4096),
        ({"n_positions": 1024}, 1024),
        ({"text_config": {"max_position_embeddings": 32768}}, 32768),
        ({}, None),
        ({"max_position_embeddings": True, "n_ctx": -1, "text_config": []}, None),
    ],
)
def test_the_true_context_is_read(tmp_path: Path, config: dict[str, Any], context: int | None) -> None:
    """By the names that model families have for it."""
    assert ModelFolder.read(a_folder(tmp_path, config)).context_length == context


@pytest.mark.parametrize(
    ("config", "tokenizer", "reason"),
    [
        ({"auto_map": {"AutoModel": "code.Model"}}, True, "brings program code of its own"),
        ({}, False, "has no tokenizer"),
        ([], True, "is no object"),
        ({"padding": "x" * MAX_CONFIG_BYTES}, True, "is larger than"),
    ],
)
def test_what_cannot_be_loaded_is_refused(tmp_path: Path, config: Any, tokenizer: bool, reason: str) -> None:
    """Before the first pop, in words."""
    with pytest.raises(BackendFailure, match=reason):
        ModelFolder.read(a_folder(tmp_path, config, tokenizer=tokenizer))


def test_no_config_is_no_model(tmp_path: Path) -> None:
    """Nor is an empty folder."""
    with pytest.raises(BackendFailure, match=r"config.json cannot be read: FileNotFoundError"):
        ModelFolder.read(tmp_path)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "'models' of the backend transformers names at least one"),
        ({"model": "x"}, "has no option 'model'"),
        ({"models": {"m": "FOLDER"}, "dtype": "int8"}, "'dtype' of the backend transformers is one of auto, float16"),
        ({"models": {"m": "FOLDER"}, "max_length": 1}, "'max_length' .* whole number from 16 to 4096"),
    ],
)
async def test_options_are_checked_before_anything_is_loaded(
    tmp_path: Path, options: dict[str, Any], reason: str
) -> None:
    """Without torch, too."""
    if "models" in options:
        options = {**options, "models": {"m": str(a_folder(tmp_path))}}
    with pytest.raises(BackendFailure, match=reason):
        await TransformersBackend.open(BackendSettings("transformers", options))


def test_models_without_a_limit_have_one_all_the_same() -> None:
    """The horde wants a number."""
    assert DEFAULT_CONTEXT >= 2048
