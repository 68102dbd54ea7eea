"""`/v1/images/…`, from a body to its answer."""

from __future__ import annotations

from fastapi import Request, Response

from horde_server.blobs.decoding import Decoders
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.services import Services
from horde_server.gateway.common.streaming import StreamAnswer
from horde_server.gateway.common.told import answer_headers
from horde_server.gateway.openai.image_answer import ImageAnswers, stream_failed
from horde_server.gateway.openai.image_sources import read_sources
from horde_server.gateway.openai.image_wish import ImageWish, Purpose, read_image_wish
from horde_server.http.body import json_response
from horde_server.identity.caller import Caller

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
        return await self._answer(request, caller, body, wish, purpose)

    async def _answer(
        self, request: Request, caller: Caller, body: Body, wish: ImageWish, purpose: Purpose
    ) -> Response:
        running = await self._services.life.ask_image(caller, wish.asked, request.receive)
        headers = answer_headers(running, body, wish.resolved)
        if wish.streams:
            events = self._answers.events(wish, running, _EVENTS[purpose], self._services.settings.sse_keepalive)
            return StreamAnswer(events, running=running, failed=stream_failed, headers=headers)
        served = await running.results()
        answer = json_response(await self._answers.whole(wish, running, served, self._services.public_address(request)))
        answer.headers["openai-processing-ms"] = str(round(running.waited_s * 1000))
        answer.headers.update(headers)
        return answer
