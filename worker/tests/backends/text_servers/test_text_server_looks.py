"""What servers say of themselves: models, lengths, slots, whether somebody uses them, which program they are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs
from text_contracts.koboldcpp import KoboldCppContract
from text_contracts.llamacpp import LlamaCppContract
from text_contracts.ollama import OllamaContract
from text_contracts.openai import (
    AphroditeContract,
    LlamaCppPythonContract,
    LlamaCppV1Contract,
    LmStudioContract,
    OpenAiContract,
    TabbyContract,
    TransformersServeContract,
    VllmContract,
)
from text_contracts.served import LIMIT_S, ContractServer
from text_jobs import a_job, events_of, texts_of

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.over_http.server import BackendRefused
from horde_worker.backends.registry import open_backend
from horde_worker.backends.text_servers.maker import TextServerMaker

Open = Callable[..., Awaitable[TextServerMaker]]


@pytest.mark.parametrize(
    ("server", "backend", "options", "model", "context", "slots"),
    [
        (KoboldCppContract(), "koboldcpp", {}, "koboldcpp/tiny-llama.Q4_K_M", 4096, 1),
        (LlamaCppContract(), "llamacpp", {}, "tiny-llama.Q4_K_M", 1024, 2),
        (OllamaContract(), "ollama", {}, "mistral", 4096, 1),
        (OpenAiContract(), "openai", {}, "author/Tiny-3B", 2048, 1),
        (VllmContract(), "openai", {}, "author/Tiny-3B", 8192, 4),
        (AphroditeContract(), "openai", {}, "aphrodite/author/Tiny-3B", 8192, 4),
        (TabbyContract(), "openai", {}, "tabbyAPI/Tiny-3B-exl2", 8192, 3),
        (LmStudioContract(), "openai", {}, "tiny-3b", 4096, 1),
        (LlamaCppV1Contract(), "openai", {}, "tiny", 2048, 1),
        (LlamaCppPythonContract(), "openai", {}, "tiny", 2048, 1),
        (TransformersServeContract(), "openai", {"models": {"author/Tiny": "/m/t"}}, "author/Tiny", 2048, 1),
        (VllmContract(), "openai", {"context_length": 3000, "slots": 9}, "author/Tiny-3B", 3000, 9),
        (VllmContract(), "openai", {"context_length": 9000}, "author/Tiny-3B", 8192, 4),
        (OpenAiContract(), "openai", {"context_length": 32768}, "author/Tiny-3B", 32768, 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ContractServer) else None,
)
async def test_what_is_offered_is_what_the_server_says(
    opened: Open, server: ContractServer, backend: str, options: dict[str, Any], model: str, context: int, slots: int
) -> None:
    """The true context, not what a model could have; its owner may ask for less."""
    able = (await opened(server, backend, **options)).abilities
    assert (able.models, able.max_context_length, able.max_batch) == ((model,), context, slots)
    assert able.max_length == min(context // 2, 4096)


@pytest.mark.parametrize(
    ("server", "program"),
    [
        (VllmContract(), "vLLM"),
        (AphroditeContract(), "Aphrodite"),
        (TabbyContract(), "TabbyAPI"),
        (LmStudioContract(), "LM Studio"),
        (LlamaCppV1Contract(), "llama.cpp"),
        (LlamaCppPythonContract(), "llama-cpp-python"),
        (OpenAiContract(), "an OpenAI-compatible server"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ContractServer) else None,
)
async def test_programs_are_told_apart(opened: Open, server: ContractServer, program: str) -> None:
    """By what they answer."""
    with capture_logs() as log:
        await opened(server, "openai")
    assert [entry["program"] for entry in log if entry["event"] == "worker.backend_recognised"] == [program]


@pytest.mark.parametrize(
    ("server", "backend", "local"),
    [
        (LlamaCppContract(), "llamacpp", "/models/tiny-llama.Q4_K_M.gguf"),
        (KoboldCppContract(), "koboldcpp", "koboldcpp/tiny-llama.Q4_K_M"),
        (OllamaContract(), "ollama", "llama3.2:3b"),
        (VllmContract(), "openai", "author/Tiny-3B"),
    ],
    ids=["llamacpp", "koboldcpp", "ollama", "vllm"],
)
async def test_the_owner_names_models(opened: Open, server: ContractServer, backend: str, local: str) -> None:
    """By the name in the horde; the server hears its own."""
    maker = await opened(server, backend, models={"author/Model-3B": local})
    assert maker.abilities.models == ("author/Model-3B",)
    await texts_of(maker, a_job(model="author/Model-3B"))
    assert server.texts()[0]["model"] == local


@pytest.mark.parametrize(
    ("server", "backend"),
    [(LlamaCppContract(), "llamacpp"), (KoboldCppContract(), "koboldcpp"), (OllamaContract(), "ollama")],
    ids=["llamacpp", "koboldcpp", "ollama"],
)
async def test_a_model_that_the_server_has_not_is_told(opened: Open, server: ContractServer, backend: str) -> None:
    """With those it has."""
    with pytest.raises(BackendFailure, match="has no model 'gone'; it has "):
        await opened(server, backend, models={"author/Model": "gone"})


async def test_koboldcpp_without_a_model_is_told(opened: Open) -> None:
    """It may be started so, to draw pictures."""
    server = KoboldCppContract()
    server.model = "inactive"
    with pytest.raises(BackendFailure, match="KoboldCpp has no model to offer"):
        await opened(server, "koboldcpp")


async def test_ollama_offers_the_model_in_memory(opened: Open) -> None:
    """Another one would have to be loaded first; it goes on with it when it is unloaded."""
    server = OllamaContract()
    server.loaded = ["nomic-embed-text:latest", "llama3.2:3b"]
    maker = await opened(server, "ollama")
    assert maker.abilities.models == ("llama3.2:3b",)
    server.loaded = []
    await maker.attendance._look_once()
    assert maker.abilities.models == ("llama3.2:3b",)


async def test_a_model_that_is_lost_is_no_longer_offered(opened: Open) -> None:
    """The job that shows it is a failure; the server is looked at, and tried out with what it has left."""
    server = OllamaContract()
    maker = await opened(server, "ollama")
    del server.installed["mistral:latest"]
    server.refusals = [(404, {"error": "model 'mistral:latest' not found"})]
    with pytest.raises(BackendRefused, match="not found"):
        await events_of(maker, a_job())
    assert "not found" in maker.unready
    async with asyncio.timeout(LIMIT_S):
        while maker.unready:
            await asyncio.sleep(0.02)
    assert maker.abilities.models == ("llama3.2:3b",)
    assert server.texts()[-1]["model"] == "llama3.2:3b"


async def test_a_model_of_ollama_that_writes_nothing_is_told(opened: Open) -> None:
    """Some only make vectors."""
    server = OllamaContract()
    server.able = ["embedding"]
    with pytest.raises(BackendFailure, match="mistral:latest of Ollama writes no texts"):
        await opened(server, "ollama")


async def test_ollama_is_not_made_to_load_a_model_of_the_greatest_length(opened: Open) -> None:
    """Which may need more memory than there is; its length is the same for all jobs, as it loads anew for another."""

    class Long(OllamaContract):
        def told(self, path: str, body: dict[str, Any]) -> Any:
            return super().told(path, body) | {"model_info": {"llama.context_length": 131072}}

    server = Long()
    maker = await opened(server, "ollama")
    assert maker.abilities.max_context_length == 8192
    for length in (512, 2048):
        await texts_of(maker, a_job(max_context_length=length))
    assert [body["options"]["num_ctx"] for body in server.texts()] == [8192, 8192]
    assert (await opened(Long(), "ollama", context_length=32768)).abilities.max_context_length == 32768


async def test_a_server_that_its_owner_uses_says_so(opened: Open) -> None:
    """KoboldCpp by being busy, llama.cpp by its slots; our own texts do not count."""
    kobold = KoboldCppContract()
    maker = await opened(kobold, "koboldcpp")
    assert not maker.used_by_others
    kobold.is_idle = False
    await maker.attendance._look_once()
    assert maker.used_by_others
    maker._room.inside = 1
    await maker.attendance._look_once()
    assert not maker.used_by_others
    llama = LlamaCppContract()
    maker = await opened(llama, "llamacpp")
    llama.busy_slots = 1
    await maker.attendance._look_once()
    assert maker.used_by_others
    llama.shows_slots = False
    await maker.attendance._look_once()
    assert not maker.used_by_others


@pytest.mark.parametrize(
    ("server", "backend", "path"),
    [
        (KoboldCppContract(), "koboldcpp", "/api"),
        (OllamaContract(), "ollama", "/api/"),
        (LlamaCppContract(), "llamacpp", "/v1"),
        (VllmContract(), "openai", "/v1/"),
        (VllmContract(), "openai", "/"),
    ],
    ids=["koboldcpp", "ollama", "llamacpp", "openai", "slash"],
)
async def test_an_address_may_end_with_the_path_of_the_api(
    opened: Open, server: ContractServer, backend: str, path: str
) -> None:
    """As other programs want it."""
    await server.open()
    maker = await opened(server, backend, url=server.url + path)
    assert len(await texts_of(maker, a_job())) == 1


@pytest.mark.parametrize(("owner", "backend"), [("koboldcpp", "koboldcpp"), ("library", "ollama"), ("x", "")])
async def test_a_better_backend_is_recommended(opened: Open, owner: str, backend: str) -> None:
    """For programs that have more than OpenAI's API."""
    server = OpenAiContract()
    server.owner = owner
    with capture_logs() as log:
        await opened(server, "openai")
    [told] = [entry for entry in log if entry["event"] == "worker.backend_recognised"]
    assert told.get("advice", "") == (f"the backend {backend} knows this program better" if backend else "")


async def test_an_lm_studio_without_its_own_list_offers_what_it_lists(opened: Open) -> None:
    """Another version, perhaps."""

    class Other(LmStudioContract):
        def got(self, path: str, query: Any) -> Any:
            return None if path == "/api/v0/models" else super().got(path, query)

    assert (await opened(Other(), "openai")).abilities.models == ("author/Tiny-3B",)


async def test_the_key_goes_along_and_is_never_told(opened: Open) -> None:
    """As a bearer; a wrong one is a failure without it."""
    server = VllmContract()
    server.key = "a secret"
    maker = await opened(server, "openai", api_key="a secret")
    await texts_of(maker, a_job())
    with pytest.raises(BackendFailure, match="answered 401") as failure:
        await open_backend(BackendSettings("openai", {"url": server.url, "api_key": "another secret"}))
    assert "another secret" not in str(failure.value)


async def test_a_program_that_refuses_its_keys_gets_the_standard_ones(opened: Open) -> None:
    """From then on, and its owner reads once what is lost."""

    class Old(VllmContract):
        def problem_in(self, path: str, body: object) -> str:
            return ""

    server = Old()
    maker = await opened(server, "openai")
    server.refusals = [(400, {"error": {"message": "extra fields not permitted"}})]
    with capture_logs() as log:
        for _ in range(2):
            assert len(await texts_of(maker, a_job(sampling={"min_p": 0.1}, stop_sequences=(" cat",)))) == 1
    first, *others = server.texts()
    assert "min_p" in first
    assert len(others) == 2
    standard = {"model", "prompt", "max_tokens", "temperature", "top_p", "seed", "stream"}
    assert all(set(body) == standard for body in others)
    told = [entry for entry in log if entry["event"] == "worker.keys_refused"]
    assert [(one["reason"], "min_p" in one["lost"]) for one in told] == [("extra fields not permitted", True)]


async def test_what_is_refused_for_another_reason_stays_a_failure(opened: Open) -> None:
    """And its own keys are tried again with the next job."""
    server = VllmContract()
    maker = await opened(server, "openai")
    server.refusals = [(400, {"error": {"message": "no"}}), (400, {"error": {"message": "no again"}})]
    with pytest.raises(BackendRefused, match="no again"):
        await events_of(maker, a_job())
    await texts_of(maker, a_job(sampling={"min_p": 0.1}))
    assert "min_p" in server.texts()[-1]


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 512 tokens, however you requested 600 tokens",
        "Requested tokens (600) exceed context window of 512",
        "request (600 tokens) exceeds the available context size (512 tokens), try increasing it",
    ],
)
async def test_the_true_length_is_learnt_from_a_refusal(opened: Open, message: str) -> None:
    """Where the server could not be asked: one job fails, the next ones fit."""
    server = OpenAiContract()
    with capture_logs() as log:
        maker = await opened(server, "openai")
    assert [entry["event"] for entry in log if entry["event"] == "worker.context_unknown"]
    server.refusals = [(400, {"error": {"message": message}})]
    with pytest.raises(BackendRefused):
        await events_of(maker, a_job())
    await maker.attendance._look_once()
    assert maker.abilities.max_context_length == 512


@pytest.mark.parametrize("wrong", [7, 2**21, "many", True, 100.5])
async def test_a_context_length_that_makes_no_sense_is_told(wrong: object) -> None:
    """Before anything is connected to."""
    with pytest.raises(BackendFailure, match="the option context_length of ollama is a number of tokens from 80 to"):
        await open_backend(BackendSettings("ollama", {"url": "http://127.0.0.1:9", "context_length": wrong}))


async def test_a_server_with_very_many_models_offers_some(opened: Open) -> None:
    """A pop takes no more than two hundred, of a hundred characters."""

    class Many(VllmContract):
        def got(self, path: str, query: Any) -> Any:
            if path == "/v1/models":
                names = [f"author/Model-{place:04}" for place in range(900)] + ["x" * 101, "ab"]
                return {"data": [{"id": name, "owned_by": "vllm", "max_model_len": 4096} for name in names]}
            return super().got(path, query)

    models = (await opened(Many(), "openai")).abilities.models
    assert len(models) == 200
    assert all(name.startswith("author/") for name in models)


@pytest.mark.parametrize(
    "answer", [[], {"data": 7}, {"data": [7, None, {"id": 9}]}, {"data": None}, "models", {"data": [{"id": ""}]}]
)
async def test_strange_lists_of_models_are_none(opened: Open, answer: object) -> None:
    """The owner reads that there is none to offer."""

    class Strange(OpenAiContract):
        def got(self, path: str, query: Any) -> Any:
            return answer if path == "/v1/models" else super().got(path, query)

    with pytest.raises(BackendFailure, match="has no model to offer"):
        await opened(Strange(), "openai")
