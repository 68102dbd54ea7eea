"""The operator's own templates: `HORDE_TEXT_TEMPLATES` names a YAML file with a list of them.

```yaml
- match: my-merge            # a regular expression, searched in the model's name without regard to case
  template: chatml           # a built-in one, or ...
- match: ^acme/
  name: acme                 # ... one of its own, with {content} where a text goes
  system: "<sys>{content}</sys>"
  user: "<u>{content}</u>"
  assistant: "<a>{content}</a>"
  generation: "<a>"
  stops: ["</a>"]
- match: zeta-9b
  chat_template: "{% for m in messages %}..."   # Jinja, as the model's maker publishes it
  stops: ["<|eot|>"]
```
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from horde_server.gateway.templates.names import by_word, plain_name
from horde_server.gateway.templates.sandbox import JinjaChat, TemplateUnusable
from horde_server.gateway.templates.template import PLACE, Template, built_in

__all__ = ["NO_OWN_TEMPLATES", "Own", "OwnTemplates", "TemplateUnusable", "read_own_templates"]

MAX_FILE_BYTES = 1024 * 1024
MAX_TEMPLATES = 500
MAX_PART_CHARACTERS = 4000
MAX_STOPS = 16
MAX_MATCH_CHARACTERS = 200
MAX_NAME_CHARACTERS = 300
"""Of a model's name that is searched: an operator's expression may be slow."""


@dataclass(frozen=True, slots=True)
class Own:
    """One entry: what models whose name has `match` are rendered by."""

    match: re.Pattern[str]
    name: str
    template: Template
    jinja: JinjaChat | None = None
    lock: threading.Lock | None = None


@dataclass(frozen=True, slots=True)
class OwnTemplates:
    """All of them, in the file's order."""

    entries: tuple[Own, ...] = ()

    def for_model(self, model: str) -> Own | None:
        """The first whose expression is found in the model's name."""
        names = {model[:MAX_NAME_CHARACTERS], plain_name(model)[:MAX_NAME_CHARACTERS]}
        return next((own for own in self.entries if any(own.match.search(name) for name in names)), None)

    def named(self, name: str) -> Own | None:
        """The one that a request asks for by name."""
        return next((own for own in self.entries if own.name == name), None)


NO_OWN_TEMPLATES = OwnTemplates()


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    match: str
    template: str | None = None
    name: str | None = None
    system: str | None = None
    user: str | None = None
    assistant: str | None = None
    generation: str | None = None
    stops: list[str] = []
    specials: list[str] = []
    head: str = ""
    chat_template: str | None = None


def read_own_templates(path: Path) -> OwnTemplates:
    """The operator's file.

    Raises:
        TemplateUnusable: with the entry and what is wrong with it, so that a start says it in one sentence.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise TemplateUnusable(f"{path} has more than {MAX_FILE_BYTES} bytes")
        listed: Any = yaml.safe_load(data)
    except OSError as error:
        raise TemplateUnusable(f"{path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise TemplateUnusable(f"{path} is no YAML: {str(error)[:200]}") from error
    if not isinstance(listed, list) or len(listed) > MAX_TEMPLATES:
        raise TemplateUnusable(f"{path} must be a list of at most {MAX_TEMPLATES} templates")
    return OwnTemplates(tuple(_read(entry, number) for number, entry in enumerate(listed, 1)))


def _read(given: Any, number: int) -> Own:
    try:
        entry = msgspec.convert(given, _Entry)
        match = re.compile(entry.match[: MAX_MATCH_CHARACTERS + 1], re.IGNORECASE)
    except (msgspec.ValidationError, re.error) as error:
        raise TemplateUnusable(f"template {number}: {error}") from error
    if not 0 < len(entry.match) <= MAX_MATCH_CHARACTERS:
        raise TemplateUnusable(f"template {number}: match has 1 to {MAX_MATCH_CHARACTERS} characters")
    name = entry.name or f"own-{number}"
    if name in built_in():
        raise TemplateUnusable(f"template {number}: '{name}' is the name of a built-in template")
    _check_sizes(entry, number)
    if entry.chat_template is not None:
        if entry.template or entry.user or entry.assistant or entry.system:
            raise TemplateUnusable(f"template {number}: chat_template stands alone, with stops and specials")
        try:
            jinja = JinjaChat(entry.chat_template)
        except TemplateUnusable as error:
            raise TemplateUnusable(f"template {number}: {error}") from error
        template = Template(PLACE, PLACE, PLACE, stops=tuple(entry.stops), specials=tuple(entry.specials))
        return Own(match, name, template, jinja, threading.Lock())
    if entry.template is not None:
        built = by_word(entry.template, "", built_in())
        if built is None:
            raise TemplateUnusable(f"template {number}: there is no built-in template '{entry.template[:60]}'")
        return Own(match, built, built_in()[built])
    if entry.user is None or entry.assistant is None:
        raise TemplateUnusable(f"template {number}: give template, or chat_template, or at least user and assistant")
    return Own(match, name, _own_template(entry))


def _own_template(entry: _Entry) -> Template:
    user, assistant = entry.user or "", entry.assistant or ""
    generation = assistant.partition(PLACE)[0] if entry.generation is None else entry.generation
    own_system = entry.system is not None and entry.system != f"{PLACE}\n\n"
    return Template(
        user,
        assistant,
        entry.system or f"{PLACE}\n\n",
        generation,
        stops=tuple(entry.stops),
        specials=tuple(entry.specials),
        head=entry.head,
        system_role=own_system,
    )


def _check_sizes(entry: _Entry, number: int) -> None:
    for part in ("system", "user", "assistant"):
        text: str | None = getattr(entry, part)
        if text is not None and text.count(PLACE) != 1:
            raise TemplateUnusable(f"template {number}: {part} has {PLACE} once, where the text goes")
    parts = [entry.system, entry.user, entry.assistant, entry.generation, entry.head, *entry.stops, *entry.specials]
    if any(len(part or "") > MAX_PART_CHARACTERS for part in parts):
        raise TemplateUnusable(f"template {number}: no part has more than {MAX_PART_CHARACTERS} characters")
    if len(entry.stops) > MAX_STOPS or len(entry.specials) > 10 * MAX_STOPS or "" in entry.stops:
        raise TemplateUnusable(f"template {number}: {MAX_STOPS} stops at most, none of them empty")
