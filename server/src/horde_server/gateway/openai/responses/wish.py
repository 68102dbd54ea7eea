"""From the body of `/v1/responses` to what a chat asks for (gateway-responses.md §1)."""

from __future__ import annotations

from typing import Any, Final

from horde_server.gateway.chats.orders import sampling
from horde_server.gateway.chats.wish import ChatWish, Terms, Tools
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField, UnsupportedField
from horde_server.gateway.common.model_names import MOST_NAME_CHARACTERS, read_model
from horde_server.gateway.openai.responses.items import read_input
from horde_server.requests.text.chat_checks import MOST_TOOLS

_MOST_TOKENS: Final = 10_000_000
_MOST_WORD_CHARACTERS: Final = 256
_KEPT_ELSEWHERE: Final = ("previous_response_id", "conversation", "prompt", "background")
_CHOICES: Final = ("auto", "required", "none")


def read_wish(body: Body) -> ChatWish:
    """Raises `BadField` and its like."""
    for name in _KEPT_ELSEWHERE:
        if body.get(name):
            raise UnsupportedField(name, "This server keeps no conversation; send the whole input.")
    if body.integer("top_logprobs", least=0, most=20, default=0):
        raise UnsupportedField("top_logprobs", "Log probabilities are told by /v1/chat/completions only.")
    is_json, schema = _format(body)
    return ChatWish(
        messages=read_input(body),
        model=read_model(body),
        max_length=body.integer("max_output_tokens", least=1, most=_MOST_TOKENS),
        length_field="max_output_tokens",
        sampling=sampling(body),
        seed=body.seed(),
        tools=_tools(body),
        json_object=is_json,
        json_schema=schema,
        schema_field="text.format",
        terms=Terms.read(body),
    )


def _format(body: Body) -> tuple[bool, dict[str, Any] | None]:
    """Whether the answer is to be JSON, and of which schema."""
    wished = body.object("text").object("format")
    match wished.text("type", most=_MOST_WORD_CHARACTERS, default="text"):
        case "text":
            return False, None
        case "json_object":
            return True, None
        case "json_schema":
            schema = wished.get("schema")
            if not isinstance(schema, dict):
                raise BadField(wished.named("schema"), f"{wished.named('schema')} is no JSON schema.")
            return False, schema
    raise BadField(wished.named("type"), f"{wished.named('type')} is none of text, json_object, json_schema.")


def _tools(body: Body) -> Tools:
    sent = [body.as_object(f"tools.{number}", each) for number, each in enumerate(body.items("tools", most=MOST_TOOLS))]
    choice = body.get("tool_choice")
    if not sent or choice == "none":
        return Tools()
    functions = tuple(_function(each) for each in sent)
    parallel = body.flag("parallel_tool_calls") if "parallel_tool_calls" in body else None
    if choice is None or choice in _CHOICES:
        return Tools(functions=functions, choice=choice, parallel=parallel)
    named = body.object("tool_choice")
    if named.text("type", most=_MOST_WORD_CHARACTERS) != "function":
        raise UnsupportedField("tool_choice", "tool_choice is none of auto, required, none, or a function.")
    name = named.needed_text("name", most=MOST_NAME_CHARACTERS)
    return Tools(functions=functions, choice={"type": "function", "function": {"name": name}}, parallel=parallel)


def _function(tool: Body) -> dict[str, Any]:
    kind = tool.text("type", most=_MOST_WORD_CHARACTERS)
    if kind != "function":
        raise UnsupportedField("tools", f"This horde does not support tools of type '{kind[:60]}' itself.")
    function: dict[str, Any] = {"name": tool.needed_text("name", most=MOST_NAME_CHARACTERS)}
    if description := tool.text("description"):
        function["description"] = description
    parameters = tool.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        raise BadField(tool.named("parameters"), f"{tool.named('parameters')} is no JSON schema.")
    if parameters is not None:
        function["parameters"] = parameters
    if "strict" in tool:
        function["strict"] = tool.flag("strict")
    return {"type": "function", "function": function}
