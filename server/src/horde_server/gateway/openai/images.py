"""`/v1/images/…`, from a body to its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import msgspec
from fastapi import Request, Response

from horde_server.blobs.decoding import Decoders
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import Faulted, NoWorker, TimedOut
from horde_server.gateway.common.life import Running
from horde_server.gateway.common.once import Once
from horde_server.gateway.common.patience import patient
from horde_server.gateway.common.services import Services
from horde_server.gateway.common.streaming import StreamAnswer
from horde_server.gateway.common.told import answer_headers
from horde_server.gateway.openai.image_answer import ImageAnswers, stream_failed
from horde_server.gateway.openai.image_sources import Sources, read_sources
from horde_server.gateway.openai.image_wish import MOST_PROMPT_CHARACTERS, ImageWish, Purpose, read_image_wish
from horde_server.http.body import json_response
from horde_server.identity.caller import Caller
from horde_server.requests.image.order import ImageOrder

_EVENTS: dict[Purpose, str] = {
    "generation": "image_generation",
    "edit": "image_edit",
    "variation": "image_generation",
}


class OpenAIImages:
    """Answers all three."""

    def __init__(self, services: Services, decoders: Decoders) -> None:
        self._services = services
        self._decoders = decoders
        self._answers = ImageAnswers(services.pictures)

    async def generation(self, request: Request, caller: Caller, body: Body) -> Response:
        """Pictures of a prompt."""
        wish = read_image_wish(body, self._services, "generation", caller)
        return await self._answer(request, caller, body, wish, "generation")

    async def edit(self, request: Request, caller: Caller, body: Body, purpose: Purpose = "edit") -> Response:
        """Pictures made of others."""
        sources = await read_sources(body, self._decoders, caller.requester)
        wish = read_image_wish(body, self._services, purpose, caller, sources)
        is_wordless = purpose == "variation" and not body.text("prompt", most=MOST_PROMPT_CHARACTERS)
        if is_wordless and self._services.models.find("interrogation", "caption") is not None:
            wish = await self._captioned(request, caller, wish, sources)
        return await self._answer(request, caller, body, wish, purpose)

    async def _captioned(self, request: Request, caller: Caller, wish: ImageWish, sources: Sources) -> ImageWish:
        """With what an alchemist says that the picture shows as its prompt, where it says something."""
        try:
            told = await self._services.alchemists.told(caller, sources.pictures.image, "caption", request.receive)
        except (NoWorker, TimedOut, Faulted):
            return wish
        caption = told.get("caption")
        if not isinstance(caption, str) or not caption.strip():
            return wish
        order = msgspec.structs.replace(wish.asked.order, prompt=caption.strip()[:MOST_PROMPT_CHARACTERS])
        return replace(wish, asked=replace(wish.asked, order=order))

    async def _answer(
        self, request: Request, caller: Caller, body: Body, wish: ImageWish, purpose: Purpose
    ) -> Response:
        once = Once.of(request, caller, body)
        running = await self._services.life.ask_image(caller, wish.asked, request.receive, once)
        headers = answer_headers(running, body, wish.resolved)
        if wish.streams:
            events = self._answers.events(wish, running, _EVENTS[purpose], self._services.settings.sse_keepalive)
            return StreamAnswer(events, running=running, failed=stream_failed, headers=headers)
        whole = self._whole(wish, running, headers, self._services.public_address(request))
        return await patient(whole, request, self._services.settings, headers)

    async def _whole(
        self, wish: ImageWish, running: Running[ImageOrder], headers: Mapping[str, str], base_url: str
    ) -> Response:
        served = await running.results()
        answer = json_response(await self._answers.whole(wish, running, served, base_url))
        answer.headers["openai-processing-ms"] = str(round(running.waited_s * 1000))
        answer.headers.update(headers)
        return answer
