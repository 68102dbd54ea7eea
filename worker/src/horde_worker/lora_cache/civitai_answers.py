"""CivitAI's answers as descriptions of files: total, whatever they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from horde_worker.lora_cache.additions import CIVITAI_TYPES, Described, LoraFailure

MAX_ID: Final = (1 << 32) - 1
"""CivitAI answers 500 for larger ones."""
MAX_WORDS: Final = 100
MAX_WORD_CHARACTERS: Final = 1000
MAX_NAME_CHARACTERS: Final = 200
MAX_LISTED: Final = 1000
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def of_model(answer: Any, kind: str) -> Described:
    """The newest version of a model. Raises `LoraFailure`."""
    model = _object(answer, "the model")
    _check_type(model.get("type"), kind)
    versions = _listed(model.get("modelVersions"))
    if not versions:
        raise LoraFailure("the model has no version", is_final=True)
    newest = max(versions, key=lambda one: _id(one.get("id")) or 0)
    return _described(newest, model, _id(model.get("id")) or 0, kind)


def of_version(answer: Any, kind: str) -> Described:
    """One version of a model. Raises `LoraFailure`."""
    version = _object(answer, "the version")
    model = version.get("model")
    model = model if isinstance(model, Mapping) else {}
    _check_type(model.get("type"), kind)
    return _described(version, model, _id(version.get("modelId")) or 0, kind)


def of_search(answer: Any, name: str, kind: str) -> Described:
    """The model of exactly this name among what a search found, or else the first of them. Raises `LoraFailure`."""
    items = _listed(_object(answer, "the search").get("items"))
    if not items:
        raise LoraFailure("there is none of this name", is_final=True)
    exact = [one for one in items if _text(one.get("name"), MAX_NAME_CHARACTERS).lower() == name.lower()]
    return of_model((exact or items)[0], kind)


def _described(version: Mapping[str, Any], model: Mapping[str, Any], model_id: int, kind: str) -> Described:
    version_id = _id(version.get("id"))
    if version_id is None:
        raise LoraFailure("the version has no id", is_final=True)
    file = _file(version)
    hashes = file.get("hashes")
    sha256 = _text(hashes.get("SHA256") if isinstance(hashes, Mapping) else None, 64).lower()
    if not _SHA256.fullmatch(sha256):
        raise LoraFailure("nothing says which file is the right one: it has no SHA256", is_final=True)
    size_kb = file.get("sizeKB")
    words = version.get("trainedWords")
    return Described(
        kind=kind,
        model_id=model_id,
        version_id=version_id,
        name=_text(model.get("name"), MAX_NAME_CHARACTERS),
        base_model=_text(version.get("baseModel"), MAX_NAME_CHARACTERS),
        trigger_words=tuple(
            word[:MAX_WORD_CHARACTERS]
            for word in (words[:MAX_WORDS] if isinstance(words, list) else [])
            if isinstance(word, str)
        ),
        is_nsfw=model.get("nsfw") is True,
        sha256=sha256,
        size_bytes=int(size_kb * 1024) if isinstance(size_kb, int | float) and 0 <= size_kb < 1e9 else 0,
        url=_text(file.get("downloadUrl") or version.get("downloadUrl"), 2000),
    )


def _file(version: Mapping[str, Any]) -> Mapping[str, Any]:
    """The primary file, or the first, that is no pickle: those could run anything."""
    files = [one for one in _listed(version.get("files")) if _is_safetensors(one)]
    if not files:
        raise LoraFailure("it has no .safetensors file", is_final=True)
    return next((one for one in files if one.get("primary") is True), files[0])


def _is_safetensors(file: Mapping[str, Any]) -> bool:
    return _text(file.get("name"), 1000).lower().endswith(".safetensors")


def _check_type(found: object, kind: str) -> None:
    if found not in CIVITAI_TYPES[kind]:
        raise LoraFailure(f"it is no {kind} but {_text(found, 50) or 'unknown'}", is_final=True)


def _object(value: Any, called: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise LoraFailure(f"{called} is described by what is no object")
    return value


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value[:MAX_LISTED] if isinstance(one, Mapping)] if isinstance(value, list) else []


def _id(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_ID else None


def _text(value: object, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""
