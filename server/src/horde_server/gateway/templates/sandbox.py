"""A model maker's own `chat_template`, in Jinja, rendered where it can do nothing but that, and not for long."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

from jinja2 import Template as JinjaTemplate
from jinja2 import TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

MAX_SOURCE_CHARACTERS = 64 * 1024
MAX_OUTPUT_CHARACTERS = 4 * 1024 * 1024
MAX_ITERATIONS = 200_000
"""Turns of all loops of one rendering: a template goes through the messages a few times."""
MAX_NUMBER = 2**53
TIME_LIMIT_S = 1.0
_FILTERS = (
    "abs", "capitalize", "count", "d", "default", "dictsort", "first", "float", "int", "items", "last", "length",
    "list", "lower", "map", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "sort",
    "string", "sum", "title", "trim", "unique", "upper",
)  # fmt: skip
"""What templates of model makers use; nothing in it makes a text longer."""


class TemplateUnusable(ValueError):
    """The text is no template, or too long to be one."""


class RenderingFailed(Exception):
    """The template said no (`raise_exception`), made a mistake, or reached a limit; the words say which."""


class _Budget:
    """What one rendering may use; it stops whoever wants more."""

    def __init__(self, clock: Callable[[], float], time_limit_s: float) -> None:
        self._clock = clock
        self._until = clock() + time_limit_s
        self._left = MAX_ITERATIONS

    def one_more(self) -> None:
        """A turn of a loop, or a call."""
        self._left -= 1
        if self._left < 0:
            raise RenderingFailed(f"it goes through its loops more than {MAX_ITERATIONS} times")
        self.check_time()

    def check_time(self) -> None:
        """At each piece of output too."""
        if self._clock() > self._until:
            raise RenderingFailed("it takes too long")


class _Metered(NodeTransformer):
    """Has every loop count its turns, and everything that makes texts longer measure them."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802 - jinja's name
        self.generic_visit(node)
        node.iter = _filtered("metered_turns", node.iter, [])
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802 - jinja's name
        self.generic_visit(node)
        return _filtered("metered_join", node.nodes[0], list(node.nodes[1:]), lineno=node.lineno)


def _filtered(name: str, value: Any, arguments: list[nodes.Expr], lineno: int | None = None) -> nodes.Filter:
    return nodes.Filter(value, name, arguments, [], None, None, lineno=value.lineno if lineno is None else lineno)


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja's own sandbox (no private attributes, nothing that changes values) with limits of time and size."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])
        self.budget: _Budget | None = None
        self.filters = {name: self.filters[name] for name in _FILTERS} | {
            "metered_turns": self._metered_turns,
            "metered_join": self._metered_join,
            "join": lambda values, between="": _joined(str(between), [str(value) for value in values]),
            "tojson": lambda value, indent=None: json.dumps(value, ensure_ascii=False, indent=2 if indent else None),
        }

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _Metered().visit(super()._parse(source, name, filename))
        return tree

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or (operator == "%" and isinstance(left, str)):
            raise RenderingFailed(f"'{operator}' is not for templates")
        if operator == "*":
            _check_product(left, right)
        made = super().call_binop(context, operator, left, right)
        return _checked(made)

    def call(self, context: Any, function: Any, *args: Any, **kwargs: Any) -> Any:
        if self.budget is not None:
            self.budget.one_more()
        _check_method(function, args)
        return _checked(super().call(context, function, *args, **kwargs))

    def _metered_turns(self, values: Any) -> Iterator[Any]:
        for value in values:
            if self.budget is not None:
                self.budget.one_more()
            yield value

    @staticmethod
    def _metered_join(*values: Any) -> str:
        return _joined("", [str(value) for value in values])


def _check_product(left: Any, right: Any) -> None:
    for many, times in ((left, right), (right, left)):
        if isinstance(many, str | list | tuple) and isinstance(times, int) and len(many) * times > MAX_ITERATIONS:
            raise RenderingFailed("it repeats a text too often")


def _joined(between: str, texts: list[str]) -> str:
    _check_length(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


def _check_method(function: Any, arguments: tuple[Any, ...]) -> None:
    """Methods of texts that make long ones are measured before they do, or are not there."""
    text = getattr(function, "__self__", None)
    if not isinstance(text, str):
        return
    match function.__name__:
        case "replace" if len(arguments) >= 2 and all(isinstance(given, str) for given in arguments[:2]):
            _check_length(len(text) + text.count(arguments[0]) * len(arguments[1]))
        case "join" if len(arguments) == 1:
            values = list(arguments[0])
            _check_length(sum(len(value) for value in values if isinstance(value, str)) + len(text) * len(values))
        case "format" | "format_map" | "center" | "ljust" | "rjust" | "zfill" | "expandtabs" | "translate":
            raise RenderingFailed(f"'{function.__name__}' is not for templates")


def _check_length(characters: int) -> None:
    if characters > MAX_OUTPUT_CHARACTERS:
        raise RenderingFailed(f"it writes more than {MAX_OUTPUT_CHARACTERS} characters")


def _checked(made: Any) -> Any:
    if isinstance(made, str | list | tuple):
        _check_length(len(made))
    if isinstance(made, int) and abs(made) > MAX_NUMBER:
        raise RenderingFailed("it counts too high")
    return made


class JinjaChat:
    """One template. Not for two threads at once: a lock stands around `render` where it is used."""

    def __init__(
        self, source: str, *, clock: Callable[[], float] = time.monotonic, time_limit_s: float = TIME_LIMIT_S
    ) -> None:
        """Raises: TemplateUnusable."""
        if len(source) > MAX_SOURCE_CHARACTERS:
            raise TemplateUnusable(f"a chat_template has {MAX_SOURCE_CHARACTERS} characters at most")
        self._clock, self._time_limit_s = clock, time_limit_s
        self._environment = _Environment()
        try:
            self._template: JinjaTemplate = self._environment.from_string(source)
        except (TemplateError, RecursionError, ValueError) as error:
            raise TemplateUnusable(f"chat_template is no Jinja template: {type(error).__name__}: {error}") from error

    def render(self, messages: Sequence[Mapping[str, Any]], *, answers_next: bool, thinking: bool) -> str:
        """The prompt. No beginning-of-text token is written, as backends add it.

        Raises:
            RenderingFailed: the template refused, failed, or reached a limit.
        """
        budget = self._environment.budget = _Budget(self._clock, self._time_limit_s)
        pieces: list[str] = []
        characters = 0
        try:
            for piece in self._template.generate(
                messages=[dict(message) for message in messages], add_generation_prompt=answers_next, bos_token="",
                eos_token="", unk_token="", tools=None, documents=None, enable_thinking=thinking,
                raise_exception=_refused, strftime_now=_strftime_now,
            ):  # fmt: skip
                characters += len(piece)
                _check_length(characters)
                budget.check_time()
                pieces.append(piece)
        except RenderingFailed:
            raise
        except Exception as error:  # whatever goes wrong is the template's fault; the words may hold a message's text
            raise RenderingFailed(f"it fails with {type(error).__name__}") from error
        return "".join(pieces)


def _refused(message: object = "") -> NoReturn:
    raise RenderingFailed(str(message)[:200] or "it refuses")


def _strftime_now(pattern: str) -> str:
    return datetime.now(UTC).strftime(str(pattern)[:50])
