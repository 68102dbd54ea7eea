"""A horde as tools: the published MCP client in both eras of the protocol, over HTTP and over standard input."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from horde_processes import PROGRAM, RunningHorde, call, clean_environment, wait_until
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from PIL import Image

pytestmark = pytest.mark.acceptance

HOSTILE: list[Any] = [
    {}, [], "x", None, {"jsonrpc": "2.0"}, {"jsonrpc": "2.0", "id": 1, "method": "tools/call"},
    {"jsonrpc": "2.0", "id": 1, "method": "nothing/here", "params": {}}, {"jsonrpc": "1.0", "id": {}, "method": 5},
]  # fmt: skip


@asynccontextmanager
async def connected(horde: RunningHorde, mode: str = "auto", **headers: str) -> AsyncIterator[Client]:
    async with (
        httpx2.AsyncClient(headers=headers, timeout=90) as http,
        Client(streamable_http_client(f"{horde.url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


@asynccontextmanager
async def over_stdio(horde: RunningHorde) -> AsyncIterator[Client]:
    program = StdioServerParameters(
        command=str(PROGRAM),
        args=["mcp", "--horde", horde.url],
        env=clean_environment(),
    )
    async with Client(program) as client:
        yield client


def text_of(result: Any) -> str:
    return "\n".join(part.text for part in result.content if part.type == "text")


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_picture_is_made_told_of_and_described(household: RunningHorde, mode: str) -> None:
    news: list[float] = []

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        news.append(progress)

    async with connected(household, mode) as client:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == [
            "describe_image", "generate_image", "generate_text", "get_result", "list_models",
        ]  # fmt: skip
        assert all(tool.output_schema and tool.title and tool.annotations for tool in tools)
        models = (await client.call_tool("list_models", {"type": "image"})).structured_content["models"]
        assert {model["type"] for model in models} == {"image"}
        made = await client.call_tool(
            "generate_image",
            {"prompt": "a red circle on a blue background", "width": 256, "height": 256, "seed": "7"},
            progress_callback=heard,
        )
        assert not made.is_error, text_of(made)
        (picture,) = [part for part in made.content if part.type == "image"]
        data = base64.b64decode(picture.data)
        with Image.open(io.BytesIO(data)) as image:
            assert (image.format, image.size) == ("PNG", (256, 256))
        assert made.structured_content["images"][0]["seed"] == "7"
        told = await client.call_tool("describe_image", {"image": picture.data})
        assert not told.is_error, text_of(told)
        assert "blue background" in text_of(told)
    assert news == sorted(news)
    assert news


async def test_a_text_goes_on_or_answers(household: RunningHorde) -> None:
    async with connected(household) as client:
        made = await client.call_tool("generate_text", {"prompt": "The little boat", "max_length": 24})
        assert not made.is_error, text_of(made)
        assert made.structured_content["text"].strip()
        said = {"role": "user", "content": "Tell me of the sea."}
        answered = await client.call_tool("generate_text", {"messages": [said], "max_length": 24})
        assert answered.structured_content["finish_reason"] in ("stop", "length")


async def test_the_same_tools_over_standard_input_and_output(household: RunningHorde) -> None:
    async with over_stdio(household) as client:
        models = await client.call_tool("list_models", {})
        assert {each["type"] for each in models.structured_content["models"]} == {"image", "text"}
        made = await client.call_tool("generate_image", {"prompt": "a green tree", "width": 192, "height": 192})
        assert not made.is_error, text_of(made)
        assert any(part.type == "image" for part in made.content)
        text = await client.call_tool("generate_text", {"prompt": "Once", "max_length": 16})
        assert not text.is_error, text_of(text)


async def test_wrong_arguments_are_the_protocols_and_refusals_the_hordes(household: RunningHorde) -> None:
    async with connected(household) as client:
        for name, arguments in (
            ("nothing", {}), ("generate_image", {}), ("generate_image", {"prompt": "x", "n": 9}),
            ("generate_text", {"prompt": "x", "messages": [{"role": "user", "content": "x"}]}),
            ("get_result", {"id": 5}), ("list_models", {"type": "all", "more": 1}),
        ):  # fmt: skip
            with pytest.raises(MCPError) as refused:
                await client.call_tool(name, arguments)
            assert refused.value.error.code == -32602
        unknown = await client.call_tool("generate_text", {"prompt": "x", "model": "nobody's"})
        assert unknown.is_error
        assert "nobody's" in text_of(unknown)
        gone = await client.call_tool("get_result", {"id": "00000000-0000-0000-0000-000000000000"})
        assert gone.is_error


async def test_a_call_that_is_given_up_is_cancelled(household: RunningHorde) -> None:
    async with connected(household) as client:
        with pytest.raises((TimeoutError, MCPError)):
            await client.call_tool(
                "generate_image", {"prompt": "x", "n": 4, "width": 1024, "height": 1024}, read_timeout_seconds=0.5
            )

    def nothing_waits() -> bool:
        status, told = household.api("status/performance")
        return status == 200 and told["queued_requests"] == 0

    wait_until(nothing_waits, 30, "it was cancelled")


def test_strangers_are_told_in_the_protocols_words(household: RunningHorde) -> None:
    accept = "application/json, text/event-stream"
    for body in HOSTILE:
        answer = httpx2.post(f"{household.url}/mcp", json=body, headers={"Accept": accept}, timeout=30)
        assert 400 <= answer.status_code < 500 or "error" in answer.text, (body, answer.status_code, answer.text)
    wrong = httpx2.post(
        f"{household.url}/mcp", json={}, headers={"Authorization": "Bearer " + "n" * 22, "Accept": accept}, timeout=30
    )
    assert (wrong.status_code, wrong.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert wrong.json()["error"]["data"]["rc"] == "InvalidAPIKey"
    page = httpx2.post(f"{household.url}/mcp", json={}, headers={"Origin": "https://elsewhere", "Accept": accept})
    assert page.status_code == 403
    assert call(f"{household.url}/mcp")[0] == 405
    named = httpx2.post(
        f"{household.url}/mcp",
        json={"jsonrpc": "2.0", "id": 1, "method": "ping"},
        headers={"Host": "horde.lan", "Accept": accept},
    )
    assert named.status_code != 421
