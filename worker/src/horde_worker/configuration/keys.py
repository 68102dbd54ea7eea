"""Names of keys: those that nobody knows are named with their line and the nearest one that is known."""

from __future__ import annotations

import difflib
import types
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from horde_worker.configuration.schema import BackendEntry, Configuration
from horde_worker.configuration.yaml_text import Path, Tree


@dataclass(frozen=True, slots=True)
class Notice:
    """Something in a file that its owner should know of."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


def nearest(key: str, known: Collection[str]) -> str:
    """The known key that was perhaps meant, as a sentence; nothing where none is near."""
    by_lower = {one.lower(): one for one in sorted(known)}
    found = difflib.get_close_matches(key.lower().replace("-", "_"), list(by_lower), n=1, cutoff=0.6)
    return f"; did you mean {by_lower[found[0]]!r}?" if found else ""


def without_unknown(tree: Tree) -> tuple[dict[str, Any], list[Notice]]:
    """What a file says in keys that there are, and a notice for each that there is not."""
    notices: list[Notice] = []
    return _kept(tree.values, Configuration, (), tree, notices), notices


def _kept(values: dict[str, Any], model: type[BaseModel], path: Path, tree: Tree, notices: list[Notice]) -> Any:
    kept: dict[str, Any] = {}
    for key, value in values.items():
        if key not in model.model_fields:
            shown = ".".join(map(str, (*path, key)))[:100]
            notices.append(
                Notice(tree.line((*path, key)), f"there is no key {shown!r}{nearest(key, model.model_fields)}")
            )
            continue
        section = section_of(model.model_fields[key].annotation)
        if section is not None and section is not BackendEntry and isinstance(value, dict):
            value = _kept(value, section, (*path, key), tree, notices)  # noqa: PLW2901 - the same, without unknown keys
        kept[key] = value
    return kept


def section_of(annotation: Any) -> type[BaseModel] | None:
    """The section that a field is, if it is one."""
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next((one for one in get_args(annotation) if one is not type(None)), None)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
