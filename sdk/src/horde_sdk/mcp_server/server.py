"""The MCP server: it checks arguments, asks the horde, waits and tells how far it is, and shows what came."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import time
from collections.abc import Callable
from contextlib import aclosing, suppress
from typing import Any, Final

import jsonschema
from mcp import types
from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from PIL import Image

from horde_sdk.mcp_server.horde import (
    HordeForTools,
    HordeSays,
    ImageWish,
    Look,
    MadeImage,
    Model,
    Results,
    Said,
    TextWish,
)
from horde_sdk.mcp_server.tools import TOOLS, USUAL_TOKENS

WAIT_S: Final = 50.0
"""Programs give up on a tool after a minute."""
LEAST_BETWEEN_NEWS_S: Final = 0.5
MOST_SHOWN_PIXELS: Final = 1024
"""A side: what is longer is shown as WebP."""
LISTS_LAST_MS: Final = 300_000
_INVALID_PARAMS: Final = -32602
_BY_NAME: Final = {str(tool["name"]): tool for tool in TOOLS}

HordeOf = Callable[[ServerRequestContext[Any, Any]], HordeForTools]
"""The horde as whoever calls sees it."""


def build_server(horde_of: HordeOf, *, name: str, version: str, wait_s: float = WAIT_S) -> Server[Any]:
    """Make an MCP server with the tools of a horde. A call waits `wait_s` at most; then its request runs on."""
    tools = _Tools(horde_of, wait_s)
    return Server(
        name,
        version=version,
        title="AI Horde",
        instructions=(
            "Pictures, texts and descriptions of pictures by volunteers' machines, in a fair queue. What is not "
            "finished in time is fetched with get_result."
        ),
        cache_hints={"tools/list": CacheHint(ttl_ms=LISTS_LAST_MS, scope="public")},
        on_list_tools=tools.listed,
        on_call_tool=tools.call,
    )


class _Tools:
    def __init__(self, horde_of: HordeOf, wait_s: float) -> None:
        self._horde_of = horde_of
        self._wait_s = wait_s

    async def listed(
        self, context: ServerRequestContext[Any, Any], params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        """All of them."""
        return types.ListToolsResult.model_validate({"tools": list(TOOLS)})

    async def call(
        self, context: ServerRequestContext[Any, Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        """Do what a tool does. Arguments that are wrong raise `MCPError`; what the horde says is a result."""
        arguments = _checked(params.name, params.arguments or {})
        horde = self._horde_of(context)
        try:
            if params.name == "list_models":
                return _models(await horde.models(), arguments.get("type", "all"))
            if params.name == "get_result":
                return await self._waited(context, horde, str(arguments["id"]), is_ours=False)
            request_id = await _asked(horde, params.name, arguments)
            return await self._waited(context, horde, request_id, is_ours=True)
        except HordeSays as said:
            return _failed(said)

    async def _waited(
        self, context: ServerRequestContext[Any, Any], horde: HordeForTools, request_id: str, *, is_ours: bool
    ) -> types.CallToolResult:
        """Return the results, or how far it is when the time is over. Who gives up cancels what he has asked for."""
        news = _News(context)
        try:
            async with asyncio.timeout(self._wait_s):
                async with aclosing(horde.follow(request_id)) as looks:
                    async for look in looks:
                        await news.tell(look)
        except TimeoutError:
            return _unfinished(request_id, news.last)
        except asyncio.CancelledError:
            if is_ours:
                with suppress(HordeSays):
                    await asyncio.shield(horde.cancel(request_id))
            raise
        return await asyncio.to_thread(_shown, await horde.results(request_id))


class _News:
    """Tells how far a call is, at most twice a second, in numbers that only rise."""

    def __init__(self, context: ServerRequestContext[Any, Any]) -> None:
        self._session = context.session
        self._told_s = -LEAST_BETWEEN_NEWS_S
        self._share = 0.0
        self.last: Look | None = None

    async def tell(self, look: Look) -> None:
        self.last = look
        now = time.monotonic()
        if now - self._told_s < LEAST_BETWEEN_NEWS_S:
            return
        self._told_s = now
        self._share = max(look.share, self._share + 0.001)
        await self._session.report_progress(min(self._share, 1.0), 1.0, look.sentence)


def _checked(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    tool = _BY_NAME.get(name)
    if tool is None:
        raise MCPError(code=_INVALID_PARAMS, message=f"Unknown tool: {name[:100]}")
    fault = jsonschema.Draft202012Validator(tool["inputSchema"]).iter_errors(arguments)
    first = next(iter(fault), None)
    if first is not None:
        where = ".".join(str(part) for part in first.absolute_path)
        raise MCPError(code=_INVALID_PARAMS, message=f"{where or 'arguments'}: {first.message[:300]}")
    return arguments


async def _asked(horde: HordeForTools, name: str, given: dict[str, Any]) -> str:
    if name == "generate_image":
        return await horde.ask_image(ImageWish(**given))
    if name == "describe_image":
        return await horde.ask_form(given["image"], given.get("kind", "caption"))
    messages = [Said(each["role"], each["content"]) for each in given.get("messages", ())]
    return await horde.ask_text(
        TextWish(
            prompt=given.get("prompt", ""),
            messages=messages,
            model=given.get("model", ""),
            max_length=given.get("max_length", USUAL_TOKENS),
            temperature=given.get("temperature"),
            stop=given.get("stop", ()),
        )
    )


def _text(text: str) -> types.TextContent:
    return types.TextContent(type="text", text=text)


def _failed(said: HordeSays) -> types.CallToolResult:
    code = f" ({said.rc})" if said.rc else ""
    return types.CallToolResult(content=[_text(f"{said.message}{code}")], is_error=True)


def _unfinished(request_id: str, look: Look | None) -> types.CallToolResult:
    how_far = look.sentence if look is not None else "in the queue"
    return types.CallToolResult(
        content=[_text(f"Not finished: {how_far}. Call get_result with id {request_id}.")],
        structured_content={"id": request_id, "done": False},
    )


def _models(models: Any, kind: str) -> types.CallToolResult:
    found: list[Model] = [model for model in models if kind in ("all", model.kind)]
    lines = [
        f"{model.name} | {model.kind} | {model.workers} workers | {model.queued} queued | about {model.eta_s} s"
        for model in found
    ]
    told = [
        {"name": each.name, "type": each.kind, "workers": each.workers, "queued": each.queued, "eta": each.eta_s}
        for each in found
    ]
    return types.CallToolResult(
        content=[_text("\n".join(lines) or "Nobody serves a model now.")], structured_content={"models": told}
    )


def _shown(results: Results) -> types.CallToolResult:
    """Blocks: pictures are encoded anew."""
    if results.what == "image":
        return _images(results)
    if results.what == "form":
        told = {"done": True, **results.told}
        words = results.told.get("caption")
        text = words if isinstance(words, str) else json.dumps(results.told, ensure_ascii=False)
        return types.CallToolResult(content=[_text(text)], structured_content=told)
    made = results.text
    if made is None:
        raise HordeSays("There is no text.")
    return types.CallToolResult(
        content=[_text(made.text)],
        structured_content={
            "text": made.text,
            "model": made.model,
            "finish_reason": made.finish_reason,
            "kudos": results.kudos,
            "done": True,
        },
    )


def _images(results: Results) -> types.CallToolResult:
    lines = [
        f"{image.url} (seed {image.seed}, {image.model}{', censored' if image.censored else ''})"
        for image in results.images
    ]
    told = [
        {"url": image.url, "seed": image.seed, "model": image.model, "censored": image.censored}
        for image in results.images
    ]
    return types.CallToolResult(
        content=[*(_picture(image) for image in results.images), _text("\n".join(lines))],
        structured_content={"images": told, "kudos": results.kudos, "done": True},
    )


def _picture(image: MadeImage) -> types.ImageContent:
    data, kind = image.webp, "image/webp"
    with Image.open(io.BytesIO(image.webp), formats=("WEBP",)) as picture:
        if max(picture.size) <= MOST_SHOWN_PIXELS:
            target = io.BytesIO()
            picture.save(target, "PNG", compress_level=3)
            data, kind = target.getvalue(), "image/png"
    return types.ImageContent(type="image", data=base64.b64encode(data).decode(), mime_type=kind)
