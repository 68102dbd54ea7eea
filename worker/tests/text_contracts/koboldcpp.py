"""KoboldCpp as its API documentation describes it (`/api`, the pages under `/api/v1` and `/api/extra`)."""

# ruff: noqa: RUF012 - defaults of pydantic models, which copies them

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field
from text_contracts.served import Body, ContractServer, events

Share = Annotated[float, Field(ge=0, le=1)]


class Generation(Body):
    """`GenerationInput`."""

    prompt: str
    max_context_length: Annotated[int, Field(ge=1)] = 2048
    max_length: Annotated[int, Field(ge=1)] = 100
    rep_pen: Annotated[float, Field(ge=1)] = 1.1
    rep_pen_range: Annotated[int, Field(ge=0)] = 256
    rep_pen_slope: Annotated[float, Field(ge=0)] = 1
    sampler_order: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(min_length=6)] = [6, 0, 1, 3, 4, 2, 5]
    sampler_seed: Annotated[int, Field(ge=-1, lt=2**31)] = -1
    stop_sequence: list[str] = []
    temperature: Annotated[float, Field(ge=0)] = 0.7
    tfs: Share = 1
    top_a: Annotated[float, Field(ge=0)] = 0
    top_k: Annotated[int, Field(ge=0)] = 100
    top_p: Share = 0.92
    min_p: Share = 0
    typical: Share = 1
    dynatemp_range: Annotated[float, Field(ge=-5, le=5)] = 0
    dynatemp_exponent: Annotated[float, Field(ge=0)] = 1
    smoothing_factor: Annotated[float, Field(ge=0, le=10)] = 0
    smoothing_curve: Annotated[float, Field(ge=1)] = 1
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] = 0
    mirostat: Annotated[int, Field(ge=0, le=2)] = 0
    mirostat_tau: float = 5
    mirostat_eta: float = 0.1
    dry_multiplier: float = 0
    dry_base: float = 1.75
    dry_allowed_length: int = 2
    dry_penalty_last_n: int = 0
    dry_sequence_breakers: list[str] = []
    xtc_threshold: float = 0.2
    xtc_probability: float = 0
    nsigma: float = 0
    use_default_badwordsids: bool = False
    bypass_eos: bool = False
    banned_tokens: list[str] = []
    logit_bias: dict[str, float] = {}
    genkey: str = ""
    grammar: str = ""
    grammar_retain_state: bool = False
    memory: str = ""
    images: list[str] = []
    trim_stop: bool = True
    render_special: bool = False
    logprobs: bool = False
    replace_instruct_placeholders: bool = False
    quiet: bool = False
    n: int = 1
    model: str = ""


class TokenCount(Body):
    prompt: str
    special: bool = True


class Abort(Body):
    genkey: str = ""


class KoboldCppContract(ContractServer):
    """Writes one text at a time."""

    bodies: ClassVar = {
        "/api/extra/generate/stream": Generation,
        "/api/extra/tokencount": TokenCount,
        "/api/extra/abort": Abort,
    }
    generating: ClassVar = frozenset({"/api/extra/generate/stream"})
    model = "koboldcpp/tiny-llama.Q4_K_M"
    context_length = 4096
    is_idle = True

    def got(self, path: str, query: Mapping[str, str]) -> Any:
        return {
            "/api/v1/model": {"result": self.model},
            "/api/extra/true_max_context_length": {"value": self.context_length},
            "/api/v1/config/max_length": {"value": 512},
            "/api/extra/version": {"result": "KoboldCpp", "version": "1.102", "protected": False},
            "/api/extra/perf": {
                "last_process": 0.1, "last_eval": 0.2, "last_token_count": 10, "total_gens": 3, "stop_reason": 1,
                "queue": 0, "idle": 1 if self.is_idle and not self.at_once else 0, "uptime": 9, "quiet": False,
            },
        }.get(path)  # fmt: skip

    def told(self, path: str, body: dict[str, Any]) -> Any:
        if path == "/api/extra/abort":
            return {"success": "true"}
        words = body["prompt"].split()
        return {"value": len(words), "ids": list(range(len(words)))}

    def lines(self, path: str, body: dict[str, Any]) -> list[str]:
        """A stop sequence stays in the text unless `trim_stop` is set."""
        told, text = [], ""
        reason = "length"
        for token in self.story[: body["max_length"]]:
            text += token
            told.append({"token": token, "finish_reason": None})
            if any(stop in text for stop in body["stop_sequence"]):
                reason = "stop"
                break
        return events([*told, {"token": "", "finish_reason": reason}], name="message")
