"""The settings file: where it lies, how it is read and written. Only its owner may read it: a key is in it."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from horde_worker.configuration.schema import Configuration
from horde_worker.configuration.variables import CONFIG_VARIABLE, NO_FILE
from horde_worker.configuration.yaml_text import MAX_FILE_BYTES, UnreadableFile


def default_path(environ: Mapping[str, str]) -> Path:
    """`worker.yaml` in the folder for settings of this account."""
    if os.name == "nt" and environ.get("APPDATA"):
        return Path(environ["APPDATA"]) / "openhorde" / "worker.yaml"
    home = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME") or Path.home()) / ".config")
    return Path(home) / "openhorde" / "worker.yaml"


def chosen_path(typed: str | None, environ: Mapping[str, str]) -> Path | None:
    """The file to read: as typed, by the environment, else the usual one; None where none is wanted."""
    named = typed or environ.get(CONFIG_VARIABLE)
    if named == NO_FILE:
        return None
    return Path(named).expanduser() if named else default_path(environ)


def read_text(path: Path) -> str:
    """What stands in a file. Raises `UnreadableFile` and `OSError`."""
    with path.open("rb") as file:
        raw = file.read(MAX_FILE_BYTES + 1)
    if len(raw) > MAX_FILE_BYTES:
        raise UnreadableFile(f"it has more than {MAX_FILE_BYTES} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableFile("it is no text in UTF-8") from None


def is_readable_by_others(path: Path) -> bool:
    """Whether another account of this machine may read the file; on Windows its folder decides, and this is no."""
    return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def rendered(values: Mapping[str, Any]) -> str:
    """A settings file with what each key means above it."""
    lines = ["# Settings of an OpenHorde worker. Every key: docs/worker/settings.md", ""]
    for key, value in values.items():
        lines += [f"# {Configuration.model_fields[key].description}", _one(key, value), ""]
    return "\n".join(lines)


def written(path: Path, text: str) -> None:
    """Put text into a file that only its owner can read, at once: who is interrupted leaves the old one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600 from the first moment
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def with_keys(text: str, values: Mapping[str, Any]) -> str:
    """The text of a file with some keys set anew, and all else, comments too, as it was."""
    for key, value in values.items():
        own = re.compile(rf"^{re.escape(key)}[ \t]*:.*(?:\n(?:[ \t]+|- |#[^\n]*\n[ \t]+).*)*", re.MULTILINE)
        line = _one(key, value)
        if own.search(text):
            text = own.sub(lambda _, line=line: line, text, count=1)  # type: ignore[misc]
        else:
            text = f"{text.rstrip()}\n\n# {Configuration.model_fields[key].description}\n{line}\n"
    return text


def _one(key: str, value: Any) -> str:
    import yaml

    return yaml.safe_dump({key: value}, allow_unicode=True, sort_keys=False, width=120).rstrip()
