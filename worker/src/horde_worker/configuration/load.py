"""The settings that hold: command line before environment before file, and where each comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from horde_worker.configuration.bridge_data import bridge_data_tree, imported, is_bridge_data, old_environment_tree
from horde_worker.configuration.environment import from_environment, from_old_environment
from horde_worker.configuration.file import is_readable_by_others, read_text
from horde_worker.configuration.keys import Notice, without_unknown
from horde_worker.configuration.schema import Configuration
from horde_worker.configuration.secrets import PREFIX
from horde_worker.configuration.yaml_text import Path as KeyPath
from horde_worker.configuration.yaml_text import UnreadableFile, parse


class WrongSettings(ValueError):
    """The settings cannot hold; the text says which and where they stand, and no secret."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and what their owner should know of them."""

    configuration: Configuration
    path: Path | None = None  # of the file, where there is one
    notices: tuple[str, ...] = ()
    given: frozenset[str] = field(default_factory=frozenset)  # keys that anybody set
    is_bridge_data: bool = False


@dataclass(slots=True)
class _File:
    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[KeyPath, int] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    is_bridge_data: bool = False


def load(
    path: Path | None, environ: Mapping[str, str], typed: Mapping[str, Any], *, must_exist: bool = False
) -> Loaded:
    """Put settings together.

    Args:
        path: The file; None: none. One that is not there says nothing.
        typed: What the command line says, by key.
        must_exist: Whether the owner named the file.

    Raises:
        WrongSettings: Something is wrong in one of them.
    """
    file = _File()
    if path is not None:
        try:
            file = _read(path)
        except FileNotFoundError:
            if must_exist:
                raise WrongSettings(f"there is no file {path}") from None
            path = None
        except UnreadableFile as error:
            raise WrongSettings(f"{path}: {error}") from None
        except OSError as error:
            raise WrongSettings(f"{path} cannot be read: {error.strerror}") from None
    ours, old = from_environment(environ), imported(old_environment_tree(from_old_environment(environ)))
    merged: dict[str, Any] = {}
    for layer in (file.values, old.values, ours.values, typed):
        merged = _over(merged, layer)
    try:
        configuration = Configuration.model_validate(merged)
    except ValidationError as error:
        faults = [
            f"{_where(tuple(one['loc']), typed, ours.variables, file.lines, path)}: {_said(one['msg'])}"
            for one in error.errors(include_url=False, include_input=False)[:5]
        ]
        raise WrongSettings("; ".join(faults)) from None
    notices = [f"{path}, {one}" for one in sorted(file.notices, key=lambda one: one.line)]
    notices += [*ours.unknown, *(one.text for one in old.notices)]
    holds_key = "api_key" in file.values and not str(file.values["api_key"]).startswith(PREFIX)
    if path is not None and holds_key and is_readable_by_others(path):
        notices.append(f"{path} holds your key, and others on this machine can read it: chmod 600 {path}")
    return Loaded(configuration, path, tuple(notices), frozenset(merged), file.is_bridge_data)


def read_bridge_data(path: Path) -> tuple[dict[str, Any], list[Notice]]:
    """Our settings from an older worker's file. Raises `WrongSettings`."""
    try:
        file = _read(path)
    except UnreadableFile as error:
        raise WrongSettings(f"{path}: {error}") from None
    except OSError as error:
        raise WrongSettings(f"{path} cannot be read: {error.strerror}") from None
    if not file.is_bridge_data:
        raise WrongSettings(f"{path} is no bridgeData.yaml.")
    try:
        Configuration.model_validate(file.values)
    except ValidationError as error:
        one = error.errors(include_url=False, include_input=False)[0]
        raise WrongSettings(f"{_where(tuple(one['loc']), {}, {}, file.lines, path)}: {_said(one['msg'])}") from None
    return file.values, sorted(file.notices, key=lambda one: one.line)


def _read(path: Path) -> _File:
    text = read_text(path)
    try:
        tree = parse(text)
    except UnreadableFile:
        if "\\" not in text:
            raise
        tree = bridge_data_tree(text)[0]  # a path of Windows in quotes
        if not is_bridge_data(tree.values):
            raise
    if is_bridge_data(tree.values):
        tree, notices = bridge_data_tree(text)
        result = imported(tree)
        return _File(result.values, result.origins, [*notices, *result.notices], is_bridge_data=True)
    values, notices = without_unknown(tree)
    return _File(values, tree.lines, notices)


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two layers in one: sections are put together, everything else is as above."""
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        merged[key] = _over(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


def _where(
    path: KeyPath, typed: Mapping[str, Any], variables: Mapping[KeyPath, str], lines: Mapping[KeyPath, int], file: Any
) -> str:
    """Where a value that is wrong was given, in words."""
    name = ".".join(map(str, path)) or "the settings"
    if path and path[0] in typed:
        return f"--{str(path[0]).replace('_', '-')}"
    for length in range(len(path), 0, -1):
        if (variable := variables.get(path[:length])) is not None:
            return variable
    for length in range(len(path), 0, -1):
        if (line := lines.get(path[:length])) is not None:
            return f"{file}, line {line}: {name}"
    return name


def _said(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be", "should be")
