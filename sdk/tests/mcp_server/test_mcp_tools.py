"""The tools over a horde in memory: what is not finished in time is fetched later, and who gives up cancels."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from mcp import Client, MCPError
from mcp.types import CallToolResult, ImageContent, TextContent
from PIL import Image

from horde_sdk.mcp_server.horde import (
    FormName,
    HordeSays,
    ImageWish,
    Look,
    MadeImage,
    MadeText,
    Model,
    Results,
    TextWish,
)
from horde_sdk.mcp_server.server import build_server


def webp(side: int) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(target, "WEBP")
    return target.getvalue()


@dataclass
class Memory:
    """A `HordeForTools` whose requests are done when the test says so."""

    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: list[str] = field(default_factory=list)
    wishes: list[object] = field(default_factory=list)
    refusal: HordeSays | None = None
    side: int = 64

    async def models(self) -> Sequence[Model]:
        return [Model("tiny", "text", 2, 1, 3), Model("dream", "image", 1, 0, 9)]

    async def ask_image(self, wish: ImageWish) -> str:
        return self._asked(wish)

    async def ask_text(self, wish: TextWish) -> str:
        return self._asked(wish)

    async def ask_form(self, image: str, form: FormName) -> str:
        return self._asked((image, form))

    async def follow(self, request_id: str) -> AsyncGenerator[Look, None]:
        yield Look(done=False, position=3, wait_s=12)
        await self.may_end.wait()
        yield Look(done=True)

    async def results(self, request_id: str) -> Results:
        if isinstance(self.wishes[-1], TextWish):
            return Results("text", 1.5, text=MadeText("the sea", "tiny", "stop"))
        image = MadeImage(webp(self.side), "http://horde/x.webp", "7", "dream", censored=False)
        return Results("image", 12.3, images=[image])

    async def cancel(self, request_id: str) -> None:
        self.cancelled.append(request_id)

    def _asked(self, wish: object) -> str:
        if self.refusal is not None:
            raise self.refusal
        self.wishes.append(wish)
        return str(uuid4())


def connected(horde: Memory, wait_s: float = 30) -> Client:
    return Client(build_server(lambda _: horde, name="horde", version="1", wait_s=wait_s))


def text_of(answer: CallToolResult) -> str:
    """The only content, or the last."""
    content = answer.content[-1]
    assert isinstance(content, TextContent)
    return content.text


async def test_what_is_not_finished_is_fetched_later() -> None:
    horde = Memory()
    async with connected(horde, wait_s=0.2) as client:
        waiting = await client.call_tool("generate_text", {"prompt": "Once"})
        told = waiting.structured_content
        assert not waiting.is_error
        assert told["done"] is False
        assert "position 3, about 12 s" in text_of(waiting)
        assert horde.cancelled == []
        horde.may_end.set()
        made = await client.call_tool("get_result", {"id": told["id"]})
        assert made.structured_content == {
            "text": "the sea", "model": "tiny", "finish_reason": "stop", "kudos": 1.5, "done": True,
        }  # fmt: skip


async def test_who_gives_up_cancels() -> None:
    horde = Memory()
    async with connected(horde) as client:
        with pytest.raises((TimeoutError, MCPError)):
            await client.call_tool("generate_image", {"prompt": "x"}, read_timeout_seconds=0.3)
        for _ in range(100):
            if horde.cancelled:
                break
            await asyncio.sleep(0.05)
    assert len(horde.cancelled) == 1


@pytest.mark.parametrize(("side", "kind"), [(64, "image/png"), (1100, "image/webp")])
async def test_pictures_are_shown_as_png_unless_they_are_large(side: int, kind: str) -> None:
    horde = Memory(side=side)
    horde.may_end.set()
    async with connected(horde) as client:
        made = await client.call_tool("generate_image", {"prompt": "x", "n": 1})
    picture, _ = made.content
    assert isinstance(picture, ImageContent)
    assert picture.mime_type == kind
    assert "seed 7, dream" in text_of(made)
    assert made.structured_content["kudos"] == 12.3


async def test_what_the_horde_says_is_a_result() -> None:
    async with connected(Memory(refusal=HordeSays("Too many.", "TooManyPrompts"))) as client:
        refused = await client.call_tool("generate_text", {"prompt": "x"})
    assert refused.is_error
    assert text_of(refused) == "Too many. (TooManyPrompts)"


async def test_every_bound_is_held() -> None:
    horde = Memory()
    async with connected(horde) as client:
        for name, arguments in (
            ("generate_image", {"prompt": "x" * 8001}), ("generate_image", {"prompt": "x", "width": 63}),
            ("generate_text", {"messages": [{"role": "user", "content": "x"}] * 257}),
            ("generate_text", {"prompt": "x", "stop": ["x"] * 17}),
            ("generate_text", {"prompt": "x", "max_length": 15}),
            ("describe_image", {"image": "x", "kind": "song"}), ("generate_text", {}),
        ):  # fmt: skip
            with pytest.raises(MCPError):
                await client.call_tool(name, arguments)
    assert horde.wishes == []


async def test_the_list_of_models_is_a_table() -> None:
    async with connected(Memory()) as client:
        told = await client.call_tool("list_models", {"type": "text"})
    assert told.structured_content == {
        "models": [{"name": "tiny", "type": "text", "workers": 2, "queued": 1, "eta": 3}]
    }
    assert text_of(told) == "tiny | text | 2 workers | 1 queued | about 3 s"
