"""Programs on this machine are known by what they answer, and strangers by what they do not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from horde_worker.discovery.asking import ANSWER_LIMIT_BYTES
from horde_worker.discovery.found import Found
from horde_worker.discovery.local_servers import local_servers

Serve = Callable[[dict[str, Any]], Awaitable[int]]

COMFYUI = {
    "/system_stats": {"system": {"comfyui_version": "0.3.64"}, "devices": [{"name": "cpu"}]},
    "/models/checkpoints": ["a.safetensors", "b.safetensors"],
}
OLD_COMFYUI = {
    "/system_stats": {"devices": []},
    "/object_info/CheckpointLoaderSimple": {
        "CheckpointLoaderSimple": {"input": {"required": {"ckpt_name": [["old.ckpt"], {}]}}}
    },
}
KOBOLDCPP = {
    "/api/extra/version": {"result": "KoboldCpp", "version": "1.76"},
    "/api/v1/model": {"result": "koboldcpp/tiny"},
    "/api/extra/true_max_context_length": {"value": 8192},
    "/sdapi/v1/sd-models": [{"title": "inactive", "model_name": "inactive"}],
    "/api/tags": {"models": [{"name": "tiny"}]},
    "/v1/models": {"data": [{"id": "koboldcpp/tiny", "owned_by": "koboldcpp"}]},
}
OLLAMA = {
    "/api/tags": {"models": [{"name": "qwen3:8b"}]},
    "/api/version": {"version": "0.9.0"},
    "/v1/models": {"data": [{"id": "qwen3:8b", "owned_by": "library"}]},
}
LLAMACPP = {
    "/props": {"default_generation_settings": {"n_ctx": 4096}},
    "/v1/models": {"data": [{"id": "/home/me/models/tiny.gguf", "owned_by": "llamacpp"}]},
}
A1111 = {"/sdapi/v1/sd-models": [{"title": "x.safetensors [abc]", "model_name": "x"}]}
VLLM = {"/v1/models": {"data": [{"id": "org/model", "owned_by": "vllm", "max_model_len": 32768}]}}
LLAMA_CPP_PYTHON = {"/v1/models": {"object": "list", "data": [{"id": "tiny", "owned_by": "me"}]}}


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts a server with answers by path: JSON, bytes, a status, or a coroutine; gives its port."""
    runners: list[web.AppRunner] = []

    async def start(answers: dict[str, Any]) -> int:
        async def answer(request: web.Request) -> web.StreamResponse:
            found = answers.get(request.path, 404)
            if callable(found):
                found = await found()
            if isinstance(found, int):
                return web.Response(status=found, headers={"Location": "http://127.0.0.1:1/"})
            return web.Response(body=found) if isinstance(found, bytes) else web.json_response(found)

        app = web.Application()
        app.router.add_get("/{path:.*}", answer)
        runners.append(web.AppRunner(app, access_log=None, shutdown_timeout=0.1))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], "127.0.0.1", 0).start()
        return int(runners[-1].addresses[0][1])

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("answers", "backend", "program", "models", "context"),
    [
        (COMFYUI, "comfyui", "ComfyUI 0.3.64", ("a.safetensors", "b.safetensors"), None),
        (OLD_COMFYUI, "comfyui", "ComfyUI", ("old.ckpt",), None),
        (KOBOLDCPP, "koboldcpp", "KoboldCpp 1.76", ("koboldcpp/tiny",), 8192),
        (OLLAMA, "ollama", "Ollama 0.9.0", ("qwen3:8b",), None),
        (LLAMACPP, "llamacpp", "llama.cpp", ("tiny.gguf",), 4096),
        (A1111, "a1111", "AUTOMATIC1111 or one of its kind", ("x",), None),
        (VLLM, "openai", "vLLM", ("org/model",), 32768),
        (LLAMA_CPP_PYTHON, "openai", "a program with OpenAI's API", ("tiny",), None),
    ],
    ids=["comfyui", "old comfyui", "koboldcpp", "ollama", "llamacpp", "a1111", "vllm", "llama-cpp-python"],
)
async def test_each_program_is_known(
    serve: Serve, answers: dict[str, Any], backend: str, program: str, models: tuple[str, ...], context: int | None
) -> None:
    """Also those that speak several APIs."""
    port = await serve(answers)
    [found] = await local_servers([port])
    assert (found.backend, found.program, found.models, found.context_length) == (backend, program, models, context)
    assert found.url == f"http://127.0.0.1:{port}"


async def test_all_are_asked_at_once_and_pictures_come_first(serve: Serve) -> None:
    """A port where nobody listens costs nothing."""
    ports = [await serve(VLLM), await serve(COMFYUI), 1]
    assert [one.backend for one in await local_servers(ports)] == ["comfyui", "openai"]


async def test_one_that_wants_a_key_is_told_so(serve: Serve) -> None:
    """It is found, but cannot be used without more."""
    [found] = await local_servers([await serve({"/v1/models": 401})])
    assert found == Found("openai", "a program with OpenAI's API", found.url, "text", wants_key=True)
    assert "it wants a key" in found.in_words()


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"/": b"<html>some web page</html>"},
        {"/v1/models": b"<html>"},
        {"/v1/models": [1, 2], "/api/tags": {"models": {"a": 1}}, "/props": [], "/system_stats": "devices"},
        {"/v1/models": 302, "/api/tags": 302},
        {"/v1/models": b"[" * 100_000},
        {"/v1/models": b'{"data": "' + b"x" * ANSWER_LIMIT_BYTES + b'"}'},
    ],
    ids=["nothing", "a page", "no json", "other shapes", "elsewhere", "deep", "endless"],
)
async def test_strangers_are_nobody(serve: Serve, answers: dict[str, Any]) -> None:
    """Whatever they answer; nobody is followed elsewhere."""
    assert await local_servers([await serve(answers)]) == []


async def test_one_that_never_answers_is_left_alone(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the limit; the others are told all the same."""
    monkeypatch.setattr("horde_worker.discovery.local_servers.PORT_LIMIT_S", 0.2)
    silence = asyncio.Event()

    async def never() -> int:
        await silence.wait()
        return 404

    found = await local_servers([await serve({"/system_stats": never}), await serve(OLLAMA)])
    silence.set()
    assert [one.backend for one in found] == ["ollama"]


async def test_names_steer_no_terminal_and_have_an_end(serve: Serve) -> None:
    """A program on this machine may be anybody's."""
    evil = {"/v1/models": {"data": [{"id": "\x1b[2J" + "x" * 5000, "owned_by": "me"}, {"id": 7}, {}]}}
    [found] = await local_servers([await serve(evil)])
    assert "\x1b" not in found.in_words()
    assert len(found.models) == 1 and len(found.models[0]) <= 200
