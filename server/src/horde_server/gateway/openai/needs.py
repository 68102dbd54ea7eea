"""What only some backends can do: read here once for all text routes, and refused while nobody online can
(gateway.md §2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, UnsupportedField, UnsupportedValue
from horde_server.requests.text.chat_checks import MOST_TOOLS

MOST_TOP_LOGPROBS: Final = 20
_MOST_WORD_CHARACTERS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What is asked of a backend. Without any of it every worker will do."""

    tools: tuple[dict[str, Any], ...] = ()
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    json_object: bool = False
    json_schema: dict[str, Any] | None = None
    logprobs: int | None = None  # with so many that might have stood in a token's place; None: not asked for


def read_needs(body: Body) -> Needs:
    """Raises `BadField`, and `UnsupportedField` or `UnsupportedValue` for what no backend behind a horde does."""
    _refuse_sounds(body)
    tools, choice = _tools(body)
    kind, schema = _format(body)
    return Needs(
        tools=tools,
        tool_choice=choice,
        parallel_tool_calls=body.flag("parallel_tool_calls", default=True) if tools else None,
        json_object=kind == "json_object",
        json_schema=schema,
        logprobs=_logprobs(body),
    )


def _refuse_sounds(body: Body) -> None:
    if "audio" in body:
        raise UnsupportedField(body.named("audio"), "This horde makes no sounds.")
    if set(body.texts("modalities", most=8, most_characters=_MOST_WORD_CHARACTERS)) - {"text"}:
        raise UnsupportedValue(body.named("modalities"), "This horde answers chats with text alone.")


def _tools(body: Body) -> tuple[tuple[dict[str, Any], ...], str | dict[str, Any] | None]:
    choice = body.get("tool_choice") if "tool_choice" in body else body.get("function_call")
    name = "tools" if body.get("tools") else "functions"
    found = body.items(name, most=MOST_TOOLS)
    if not all(isinstance(each, dict) for each in found):
        raise BadField(body.named(name), f"{body.named(name)} is no list of functions.")
    if choice is not None and not isinstance(choice, (str, dict)):
        raise BadField(body.named("tool_choice"), "tool_choice is neither a word nor a function.")
    if not found or choice == "none":
        return (), None
    if name == "functions":
        found = [{"type": "function", "function": each} for each in found]
        choice = {"type": "function", "function": choice} if isinstance(choice, dict) else choice
    return tuple(found), choice


def _format(body: Body) -> tuple[str, dict[str, Any] | None]:
    sent = body.object("response_format")
    kind = sent.text("type", most=_MOST_WORD_CHARACTERS, default="text")
    if kind in ("text", "json_object"):
        return kind, None
    if kind != "json_schema":
        raise BadField(sent.named("type"), f"{sent.named('type')} is none of text, json_object, json_schema.")
    named = sent.object("json_schema")
    schema = named.get("schema")
    if not isinstance(schema, dict):
        raise BadField(named.named("schema"), f"{named.named('schema')} is no JSON schema.")
    return kind, schema


def wants_logprobs(body: Body) -> bool:
    """Whether a body asks for log probabilities."""
    return _logprobs(body) is not None


def _logprobs(body: Body) -> int | None:
    sent = body.get("logprobs")
    top = body.integer("top_logprobs", least=0, most=MOST_TOP_LOGPROBS, default=0) or 0
    if isinstance(sent, bool) or sent is None or isinstance(sent, str):
        return top if body.flag("logprobs") or top else None
    wished = body.integer("logprobs", least=0, most=MOST_TOP_LOGPROBS) or 0
    return wished or None
