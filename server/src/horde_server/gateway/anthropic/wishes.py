"""From the body of `/v1/messages` to what a chat asks for (gateway-anthropic.md §2)."""

from __future__ import annotations

from typing import Any, Final

from horde_server.gateway.anthropic.content import read_messages
from horde_server.gateway.chats.orders import sampling
from horde_server.gateway.chats.wish import ChatWish, Terms, Tools
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, UnsupportedValue
from horde_server.gateway.common.model_names import MOST_NAME_CHARACTERS, read_model
from horde_server.requests.text.chat_checks import MOST_TOOLS

MOST_STOPS: Final = 64
MOST_STOP_CHARACTERS: Final = 1000
_MOST_TOKENS: Final = 10_000_000
_CHOICES: Final = {"auto": "auto", "any": "required", "none": "none"}


class MaxTokensMissing(BadField):
    """Anthropic's API has no default for it."""

    rc = "missing_required_parameter"

    def __init__(self) -> None:
        super().__init__("max_tokens", "max_tokens: Field required")


def read_wish(body: Body, *, needs_length: bool = True) -> ChatWish:
    """Raises `BadField` and its like."""
    length = body.integer("max_tokens", least=1, most=_MOST_TOKENS)
    if length is None and needs_length:
        raise MaxTokensMissing
    return ChatWish(
        messages=read_messages(body),
        model=read_model(body),
        max_length=length,
        sampling=sampling(body),
        stops=tuple(body.texts("stop_sequences", most=MOST_STOPS, most_characters=MOST_STOP_CHARACTERS)),
        tools=_tools(body),
        json_schema=_schema(body),
        schema_field="output_config",
        terms=Terms.read(body),
    )


def _schema(body: Body) -> dict[str, Any] | None:
    """The JSON schema that the answer is to have; other formats there are none."""
    for where in (body.object("output_config").object("format"), body.object("output_format")):
        if where.text("type", most=60) == "json_schema":
            schema = where.get("schema")
            if not isinstance(schema, dict):
                raise BadField(where.named("schema"), f"{where.named('schema')} is no JSON schema.")
            return schema
    return None


def _tools(body: Body) -> Tools:
    sent = [body.as_object(f"tools.{number}", each) for number, each in enumerate(body.items("tools", most=MOST_TOOLS))]
    choice = body.object("tool_choice")
    kind = choice.text("type", most=60, default="auto")
    if not sent or kind == "none":
        return Tools()
    parallel = False if choice.flag("disable_parallel_tool_use") else None
    functions = tuple(_function(each) for each in sent)
    if kind == "tool":
        name = choice.needed_text("name", most=MOST_NAME_CHARACTERS)
        return Tools(functions=functions, choice={"type": "function", "function": {"name": name}}, parallel=parallel)
    if kind not in _CHOICES:
        raise BadField("tool_choice.type", "tool_choice.type is none of auto, any, tool, none.")
    return Tools(functions=functions, choice=_CHOICES[kind], parallel=parallel)


def _function(tool: Body) -> dict[str, Any]:
    kind = tool.text("type", most=100, default="custom")
    if kind != "custom":
        raise UnsupportedValue(tool.named("type"), f"This horde does not support tools of type '{kind}' itself.")
    schema = tool.get("input_schema")
    if not isinstance(schema, dict):
        raise BadField(tool.named("input_schema"), f"{tool.named('input_schema')} is no JSON schema.")
    function: dict[str, Any] = {"name": tool.needed_text("name", most=MOST_NAME_CHARACTERS), "parameters": schema}
    if description := tool.text("description"):
        function["description"] = description
    return {"type": "function", "function": function}
