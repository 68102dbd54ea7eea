"""What the table of parameters says of each program is what is sent to it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
from structlog.testing import capture_logs
from text_contracts.koboldcpp import KoboldCppContract
from text_contracts.llamacpp import LlamaCppContract
from text_contracts.ollama import OllamaContract
from text_contracts.openai import (
    AphroditeContract,
    ChatContract,
    LlamaCppPythonContract,
    LlamaCppV1Contract,
    LmStudioContract,
    OpenAiContract,
    TabbyContract,
    TransformersServeContract,
    VllmContract,
)
from text_contracts.served import ContractServer
from text_jobs import a_job, texts_of

from horde_worker.backends.mapping import ByWorker, Mapped, Neutral, Sent, Unsupported, text_mappings
from horde_worker.backends.text import TextJob
from horde_worker.backends.text_servers.maker import TextServerMaker

Open = Callable[..., Awaitable[TextServerMaker]]


@dataclass(frozen=True)
class Program:
    """A played program, the backend that speaks to it, and options that it needs."""

    server: type[ContractServer]
    backend: str
    options: Mapping[str, Any]


PROGRAMS: Final = {
    "koboldcpp": Program(KoboldCppContract, "koboldcpp", {}),
    "llamacpp": Program(LlamaCppContract, "llamacpp", {}),
    "ollama": Program(OllamaContract, "ollama", {}),
    "openai (vLLM)": Program(VllmContract, "openai", {}),
    "openai (Aphrodite)": Program(AphroditeContract, "openai", {}),
    "openai (TabbyAPI)": Program(TabbyContract, "openai", {}),
    "openai (LM Studio)": Program(LmStudioContract, "openai", {}),
    "openai (transformers serve)": Program(
        TransformersServeContract, "openai", {"models": {"author/Tiny": "/m/tiny"}, "context_length": 2048}
    ),
    "openai (llama.cpp)": Program(LlamaCppV1Contract, "openai", {}),
    "openai (llama-cpp-python)": Program(LlamaCppPythonContract, "openai", {"context_length": 2048}),
    "openai (another)": Program(OpenAiContract, "openai", {"context_length": 2048}),
    "openai (only chats)": Program(ChatContract, "openai", {"context_length": 2048}),
}
ELSEWHERE: Final = {"transformers", "demo-text"}
"""In this process, and no server: its own tests prove its table."""

BASE: Final[dict[str, Any]] = {"rep_pen": 1.1, "rep_pen_range": 64, "dynatemp_range": 0.2, "temperature": 0.9}
"""Samplers without which others change nothing."""
CHANGED: Final[dict[str, TextJob]] = {
    "prompt": a_job(prompt="Twice upon a time", sampling=BASE),
    "max_length": a_job(max_length=24, sampling=BASE),
    "max_context_length": a_job(max_context_length=900, sampling=BASE),
    "seed": a_job(seeds=(8,), sampling=BASE),
    "stop_sequence": a_job(stop_sequences=("###",), sampling=BASE),
    "use_default_badwordsids": a_job(may_end=False, sampling=BASE),
    "temperature": a_job(sampling=BASE | {"temperature": 0.5}),
    "top_k": a_job(sampling=BASE | {"top_k": 50}),
    "top_a": a_job(sampling=BASE | {"top_a": 0.2}),
    "top_p": a_job(sampling=BASE | {"top_p": 0.8}),
    "min_p": a_job(sampling=BASE | {"min_p": 0.1}),
    "tfs": a_job(sampling=BASE | {"tfs": 0.9}),
    "typical": a_job(sampling=BASE | {"typical": 0.7}),
    "rep_pen": a_job(sampling=BASE | {"rep_pen": 1.3}),
    "rep_pen_range": a_job(sampling=BASE | {"rep_pen_range": 100}),
    "rep_pen_slope": a_job(sampling=BASE | {"rep_pen_slope": 0.5}),
    "sampler_order": a_job(sampling=BASE | {"sampler_order": (5, 6, 0, 1, 2, 3, 4)}),
    "smoothing_factor": a_job(sampling=BASE | {"smoothing_factor": 0.3}),
    "dynatemp_range": a_job(sampling=BASE | {"dynatemp_range": 0.4}),
    "dynatemp_exponent": a_job(sampling=BASE | {"dynatemp_exponent": 1.5}),
}
"""Jobs that differ from the usual one in one parameter alone."""
NOT_CHANGED: Final = {"model", "n", "singleline", "frmtadsnsp", "frmtrmblln", "frmtrmspch", "frmttriminc", "softprompt"}
"""The model is one for all jobs; the others never get as far as a backend."""
SIDE_EFFECTS: Final = {
    # The lowest and highest temperature follow from both.
    "temperature": {"dynatemp_min", "dynatemp_max", "min_temp", "max_temp"},
    "max_length": {"truncate_prompt_tokens"},
}

CASES: Final = [
    pytest.param(name, parameter, mapped, id=f"{name}-{parameter}")
    for name, mapping in text_mappings().items()
    if name in PROGRAMS
    for parameter, mapped in mapping.items()
    if parameter in CHANGED
]


def flat(body: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A body by dotted paths; what differs from call to call is left out."""
    found: dict[str, Any] = {}
    for name, value in body.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{name}.")
        elif name != "genkey":
            found[prefix + name] = value
    return found


async def differences(opened: Open, program: Program, changed: TextJob) -> set[str]:
    """In which keys two bodies differ that were sent for the usual job and for a changed one."""
    server = program.server()
    maker = await opened(server, program.backend, **program.options)
    await texts_of(maker, a_job(sampling=BASE))
    await texts_of(maker, changed)
    usual, other = (flat(body) for body in server.texts())
    return {name for name in usual.keys() | other.keys() if usual.get(name) != other.get(name)}


@pytest.mark.parametrize(("name", "parameter", "mapped"), CASES)
async def test_what_is_said_to_be_sent_is_sent(opened: Open, name: str, parameter: str, mapped: Mapped) -> None:
    """There, and nothing else changes; what is said not to be sent changes nothing."""
    found = await differences(opened, PROGRAMS[name], CHANGED[parameter])
    if isinstance(mapped, Sent):
        where = set(mapped.where.split(", "))
        assert where <= found
        assert found - where <= SIDE_EFFECTS.get(parameter, set())
    else:
        assert found == set()


def test_every_program_and_every_parameter_is_tried() -> None:
    """A new one needs a server here, or a job."""
    assert set(text_mappings()) == set(PROGRAMS) | ELSEWHERE
    for mapping in text_mappings().values():
        assert set(mapping) == set(CHANGED) | NOT_CHANGED
        assert all(isinstance(mapping[name], ByWorker | Unsupported | Sent) for name in NOT_CHANGED)


@pytest.mark.parametrize("name", PROGRAMS)
async def test_what_a_program_has_not_is_told_once(opened: Open, name: str) -> None:
    """All samplers that are dropped, and only when a job wants them."""
    program = PROGRAMS[name]
    maker = await opened(program.server(), program.backend, **program.options)
    wants_all: dict[str, Any] = {}
    for parameter, job in CHANGED.items():
        if hasattr(job.sampling, parameter):
            wants_all[parameter] = getattr(job.sampling, parameter)
    with capture_logs() as log:
        await texts_of(maker, a_job())
        assert [entry for entry in log if entry["event"] == "worker.samplers_dropped"] == []
        for _ in range(2):
            await texts_of(maker, a_job(sampling=wants_all, may_end=False))
    told = [entry["parameters"] for entry in log if entry["event"] == "worker.samplers_dropped"]
    expected = sorted(parameter for parameter, mapped in text_mappings()[name].items() if isinstance(mapped, Neutral))
    assert told == ([expected] if expected else [])


async def test_neutral_values_are_translated(opened: Open) -> None:
    """Nothing means something else to each program."""
    bodies = {}
    for name, program in PROGRAMS.items():
        server = program.server()
        maker = await opened(server, program.backend, **program.options)
        await texts_of(maker, a_job())
        bodies[name] = flat(server.texts()[0])
    assert bodies["openai (vLLM)"]["top_k"] == bodies["openai (Aphrodite)"]["top_k"] == -1
    assert bodies["openai (TabbyAPI)"]["top_k"] == bodies["llamacpp"]["top_k"] == bodies["ollama"]["options.top_k"] == 0
    assert bodies["koboldcpp"]["rep_pen_range"] == 4096
    assert bodies["llamacpp"]["repeat_last_n"] == 1024
    assert bodies["ollama"]["options.repeat_last_n"] == bodies["openai (TabbyAPI)"]["penalty_range"] == -1
    assert "dynatemp_min" not in bodies["openai (Aphrodite)"]
    assert "min_temp" not in bodies["openai (TabbyAPI)"]
    configuration = json.loads(bodies["openai (transformers serve)"]["generation_config"])
    assert configuration == {"do_sample": True, "top_k": 0, "min_p": 0.0, "typical_p": 1.0, "repetition_penalty": 1.0}


async def test_a_penalty_of_no_range_is_none_in_tabbyapi(opened: Open) -> None:
    """Its zero would mean the whole context."""
    server = TabbyContract()
    await texts_of(await opened(server, "openai"), a_job(sampling={"rep_pen": 1.3, "rep_pen_range": 0}))
    assert server.texts()[0]["repetition_penalty"] == 1.0


@pytest.mark.parametrize(
    ("order", "steps"),
    [
        ((6, 0, 1, 3, 4, 2, 5), ["penalties", "top_k", "min_p", "typ_p", "top_p", "temperature"]),
        ((5, 2), ["temperature", "top_p", "penalties", "top_k", "min_p", "typ_p"]),
        ((3, 9, 0), ["top_k", "penalties", "min_p", "typ_p", "top_p", "temperature"]),
    ],
)
async def test_the_order_of_samplers_is_told_to_llamacpp_by_name(
    opened: Open, order: tuple[int, ...], steps: list[str]
) -> None:
    """What an order leaves out comes afterwards; what is no step, or not in llama.cpp, is left out."""
    server = LlamaCppContract()
    await texts_of(await opened(server, "llamacpp"), a_job(sampling={"sampler_order": order}))
    assert server.texts()[0]["samplers"] == steps


@pytest.mark.parametrize(
    ("order", "is_last"), [((6, 0, 1, 3, 4, 2, 5), True), ((6, 5, 0, 1, 3, 4, 2), False), ((0, 1, 2, 3, 4, 5, 6), True)]
)
async def test_whether_the_temperature_comes_last(opened: Open, order: tuple[int, ...], is_last: bool) -> None:
    """All of an order that these two can be told."""
    for server in (AphroditeContract(), TabbyContract()):
        await texts_of(await opened(server, "openai"), a_job(sampling={"sampler_order": order}))
        assert server.texts()[0]["temperature_last"] is is_last


@pytest.mark.parametrize("name", PROGRAMS)
async def test_every_sampler_is_taken_at_its_bounds(opened: Open, name: str) -> None:
    """What a horde may ask for (requests.md §8.3), no program refuses."""
    program = PROGRAMS[name]
    server = program.server()
    maker = await opened(server, program.backend, **program.options)
    lowest: dict[str, Any] = {
        "temperature": 0.0, "top_k": 0, "top_a": 0.0, "top_p": 0.001, "min_p": 0.0, "tfs": 0.0, "typical": 0.001,
        "rep_pen": 1.0, "rep_pen_range": 0, "rep_pen_slope": 0.0, "smoothing_factor": 0.0, "dynatemp_range": 0.1,
        "dynatemp_exponent": 0.0,
    }  # fmt: skip
    highest: dict[str, Any] = {
        "temperature": 5.0, "top_k": 200, "top_a": 1.0, "top_p": 1.0, "min_p": 1.0, "tfs": 1.0, "typical": 1.0,
        "rep_pen": 3.0, "rep_pen_range": 4096, "rep_pen_slope": 10.0, "smoothing_factor": 10.0, "dynatemp_range": 5.0,
        "dynatemp_exponent": 5.0,
    }  # fmt: skip
    for sampling in (lowest, highest):
        await texts_of(maker, a_job(sampling=sampling, seeds=(0, 2**32 - 1), stop_sequences=("a",) * 128))
    assert len(server.texts()) == 4
