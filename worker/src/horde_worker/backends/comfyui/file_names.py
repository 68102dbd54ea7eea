"""Names of files compared by what counts in them: no folders, no endings, no punctuation, any case."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_ENDINGS: Final = (".safetensors", ".sft", ".ckpt", ".pth", ".pt", ".bin", ".gguf", ".onnx")
_NOT_COUNTED: Final = re.compile(r"[^a-z0-9]+")


def stem(file: str) -> str:
    """The file's name without folder and ending; either slash counts, as the server may be a Windows machine."""
    name = re.split(r"[/\\]", file)[-1]
    for ending in _ENDINGS:
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return name


def squashed(name: str) -> str:
    """Its letters and digits, in lower case."""
    return _NOT_COUNTED.sub("", name.lower())


def same_stem(files: Iterable[str], name: str) -> str:
    """The file of this name, exact but for folder, ending and case; empty where there is none."""
    wanted = name.lower()
    return next((file for file in files if stem(file).lower() == wanted or file.lower() == wanted), "")


def with_clue(files: Iterable[str], clues: Iterable[str], *, but_not: Iterable[str] = ()) -> str:
    """The first file with one of these words in its squashed name; empty where there is none."""
    kept = [(file, squashed(stem(file))) for file in files]
    for clue in clues:
        for file, name in kept:
            if clue in name and not any(word in name for word in but_not):
                return file
    return ""
