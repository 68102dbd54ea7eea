"""Write the documents that follow from code and data: settings, command line, the SDK's compatibility, the floors.

`--check` only compares.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from floors_plot import floors_picture
from pydantic.fields import FieldInfo

from horde_sdk.command_line.main import build_app
from horde_server.settings import Settings
from horde_worker.backends.mapping import (
    CONVERSATION_PARAMETERS,
    IMAGE_PARAMETERS,
    TEXT_PARAMETERS,
    ByWorker,
    Mapped,
    Neutral,
    Sent,
    Unsupported,
    conversation_mappings,
    image_mappings,
    text_mappings,
)
from horde_worker.configuration.keys import section_of
from horde_worker.configuration.schema import BackendEntry, Configuration

FOLDER = Path(__file__).parent
FACTS = FOLDER.parent / "sdk" / "tests" / "compatibility"
WORKER_DIFFERENCES = "../worker/published_0_27_0/differences.csv"
MADE = "<!-- Made by `make docs`; do not edit. -->"


def main() -> int:
    """Write or check; the exit code."""
    documents = {
        "settings.md": settings_document(),
        "command-line.md": command_line_document(),
        "worker/parameters.md": parameters_document(),
        "worker/settings.md": worker_settings_document(),
        "sdk/compatibility.md": compatibility_document(),
        "images/floors.svg": floors_picture(FOLDER.parent),
    }
    stale = [name for name, text in documents.items() if _read(FOLDER / name) != text]
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"docs/{name} does not say what the code does: run `make docs`", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (FOLDER / name).write_text(documents[name], encoding="utf-8")
    return 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def settings_document() -> str:
    """Every setting with its default, bounds and meaning."""
    lines = [
        MADE,
        "",
        "# Settings of the server",
        "",
        "Environment variables, also read from a file `.env` in the working folder; the command line wins over them.",
        "Lists are written as JSON. Client commands and the worker: [command-line.md](command-line.md).",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        meaning = _cell(field.description or "")
        if bounds := _bounds(field):
            meaning += f" ({bounds})"
        lines.append(f"| `HORDE_{name.upper()}` | {_default(field)} | {meaning} |")
    return "\n".join(lines) + "\n"


def parameters_document() -> str:
    """What becomes of every parameter of a job in each of the worker's backends."""
    lines = [
        MADE,
        "",
        "# What becomes of each parameter",
        "",
        "The parameters of a job, by their names in the API, and where each backend gets them. *worker*: the worker",
        "does it itself, for any backend. *dropped*: the backend has nothing like it; the job is done without, and the",
        "log says so once. *not offered*: jobs that need it go to other workers.",
    ]
    for title, mappings, parameters in (
        ("Images", image_mappings(), IMAGE_PARAMETERS),
        ("Texts", text_mappings(), TEXT_PARAMETERS),
        ("Conversations", conversation_mappings(), CONVERSATION_PARAMETERS),
    ):
        for backend, mapping in sorted(mappings.items()):
            lines += ["", f"## {title}: `{backend}`", "", "| parameter | what becomes of it |", "|---|---|"]
            lines += [f"| `{name}` | {_cell(_told(mapping[name]))} |" for name in parameters]
    return "\n".join(lines) + "\n"


def _told(mapped: Mapped) -> str:
    match mapped:
        case Sent(where, note):
            return f"`{where}`" + (f": {note}" if note else "")
        case ByWorker(how):
            return f"*worker*: {how}"
        case Neutral(loss):
            return f"*dropped*: {loss}"
        case Unsupported(why):
            return f"*not offered*: {why}"


WORKER_SETTINGS = """
# Settings of a worker

One file, `~/.config/openhorde/worker.yaml`, or another by `--config` or `HORDE_WORKER_CONFIG` (`none`: no file). The
first [`horde work`](first-run.md) writes it, readable for your account alone. The command line wins over variables,
variables win over the file. A key that is not known is named with its line and the nearest one that there is.

A secret may stand elsewhere: `api_key: env:NAME` takes it from that variable. Of a variable, several values are parted
by commas. `HORDE_URL`, `AI_HORDE_URL`, `HORDE_API_KEY` and `AI_HORDE_API_KEY` are read too, and the
[variables of older workers](first-run.md#coming-from-an-older-worker).

The file is looked at every three seconds while the worker runs. What is marked *live* takes effect with the next pop;
of the rest the log says that it needs a restart (`worker.settings_need_restart`).
""".strip()


def worker_settings_document() -> str:
    """Every key of a worker's settings file, with its variable."""
    lines = [MADE, "", WORKER_SETTINGS, "", *_worker_rows(Configuration, ())]
    lines += ["", "## Of a backend", "", BackendEntry.__doc__ or "", ""]
    lines += ["```yaml", "backends:", "  - type: comfyui", "    url: http://127.0.0.1:8188", "  - demo-text", "```", ""]
    lines += ["| key | meaning |", "|---|---|"]
    for name, field in BackendEntry.model_fields.items():
        lines.append(f"| `{name}` | {_cell(field.description or '')}{_secret(field)} |")
    return "\n".join(lines) + "\n"


def _worker_rows(model: Any, path: tuple[str, ...]) -> list[str]:
    rows = [] if path else ["| key | variable | default | meaning |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        section = section_of(field.annotation)
        if section is not None and section is not BackendEntry:
            rows += _worker_rows(section, (*path, name))
            continue
        meaning = _cell(field.description or "")
        if bounds := _bounds(field):
            meaning += f" ({bounds})"
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        meaning += " *Live.*" if extra.get("live") else ""
        is_table = "dict[" in str(field.annotation)
        variable = "–" if is_table else f"`HORDE_WORKER_{'_'.join((*path, name)).upper()}`"
        rows.append(f"| `{'.'.join((*path, name))}` | {variable} | {_worker_default(field)} | {meaning} |")
    return rows


def _worker_default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    return "–" if value in (None, "", [], {}) else f"`{value}`"


def _secret(field: FieldInfo) -> str:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    return " `env:NAME`: the value of that variable." if extra.get("secret") else ""


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value in (None, ""):
        return "–"
    if isinstance(value, bool):
        return f"`{int(value)}`"
    if isinstance(value, list):
        return f"`{json.dumps([str(item) for item in value])}`"
    return f"`{value}`"


def _bounds(field: FieldInfo) -> str:
    names = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    found = [
        f"{words} {getattr(limit, name):g}"
        for limit in field.metadata
        for name, words in names.items()
        if getattr(limit, name, None) is not None
    ]
    return ", ".join(found)


def compatibility_document() -> str:
    """What the SDK leaves out of the reference release, and what it does differently, with the reasons."""
    lines = [
        MADE,
        "",
        "# Compatibility of the SDK",
        "",
        "`horde_sdk` has every module and name of release 0.27.0 that programs use, and the older paths of 0.17 and",
        "0.18. `make sdk-symbols` compares each public symbol of that release; the tests hold the result.",
        "",
        "## Left out",
        "",
        *_reasons("absent.csv"),
        "",
        "## Different on purpose",
        "",
        *_reasons("different.csv"),
        "",
        "## Works better",
        "",
        "Each is proven by a test (`sdk/tests/compatibility/behaviour.csv` names it).",
        "",
        "| in the published library | here |",
        "|---|---|",
        *(f"| {_cell(row['original'])} | {_cell(row['here'])} |" for row in _facts("behaviour.csv")),
        "",
        "## In the worker layer",
        "",
        "Jobs, generations, templates, safety checks and source images behave as release 0.27.0 answered in some 590",
        "scenarios (`sdk/tests/worker/published_scenarios/`), except:",
        "",
        "| scenario | here |",
        "|---|---|",
        *(f"| `{_cell(row['scenario'])}` | {_cell(row['here'])} |" for row in _facts(WORKER_DIFFERENCES)),
    ]
    return "\n".join(lines) + "\n"


def _reasons(file_name: str) -> list[str]:
    return [
        "| module | name | why |",
        "|---|---|---|",
        *(f"| `{_cell(row['module'])}` | {_names(row)} | {_cell(row['reason'])} |" for row in _facts(file_name)),
    ]


def _facts(file_name: str) -> list[dict[str, str]]:
    with (FACTS / file_name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _names(row: dict[str, str]) -> str:
    if row["symbol"] != "*":
        return f"`{_cell(row['symbol'])}`"
    return "all" if row["kind"] == "*" else f"each {row['kind']}"


def command_line_document() -> str:
    """Every command with its arguments and options."""
    lines = [MADE, "", "# The command line", "", "`horde --help` and `horde COMMAND --help` say the same.", ""]
    for path, command in _commands(typer.main.get_command(build_app()), ("horde",)):
        lines += [f"## {' '.join(path)}", "", _text(command.help), ""]
        rows = list(filter(None, map(_row, command.params)))
        if rows:
            lines += ["| | default | meaning |", "|---|---|---|", *rows, ""]
    return "\n".join(lines).rstrip() + "\n"


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield path, command
        return
    for name, child in below.items():
        yield from _commands(child, (*path, name))


def _row(parameter: Any) -> str | None:
    if parameter.name == "help" or getattr(parameter, "hidden", False):
        return None
    is_option = parameter.param_type_name == "option"
    names = [*parameter.opts, *parameter.secondary_opts] if is_option else [parameter.name.upper()]
    title = ", ".join(f"`{name}`" for name in names)
    if is_option and parameter.metavar:
        title += f" `{_cell(parameter.metavar)}`"
    meaning = _cell(_text(getattr(parameter, "help", None)))
    if variables := parameter.envvar:
        listed = [variables] if isinstance(variables, str) else variables
        meaning += f" Environment: {', '.join(f'`{name}`' for name in listed)}."
    default = parameter.default
    if callable(default) or default in (None, False, [], ()):
        shown = "required" if parameter.required else "–"
    else:
        shown = f"`{int(default) if isinstance(default, bool) else default}`"
    return f"| {title} | {shown} | {meaning} |"


def _text(text: str | None) -> str:
    """Plain Markdown: without the terminal's markup and line ends."""
    return re.sub(r"\s*\n\s*", " ", re.sub(r"\s*\n\s*\n\s*", "\n\n", (text or "").strip()).replace("\n\n", " "))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
