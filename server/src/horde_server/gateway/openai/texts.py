"""`/v1/chat/completions` and `/v1/completions`, from a body to its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import Request, Response

from horde_server.gateway.chats.orders import Chats
from horde_server.gateway.common.body import Body
from horde_server.gateway.common.life import Running, leave_all
from horde_server.gateway.common.once import Once
from horde_server.gateway.common.patience import patient
from horde_server.gateway.common.services import Services
from horde_server.gateway.common.streaming import StreamAnswer
from horde_server.gateway.common.told import answer_headers
from horde_server.gateway.openai.shapes import CHAT, COMPLETION, Shape
from horde_server.gateway.openai.text_answer import TextStream, stream_failed, whole_answer
from horde_server.gateway.openai.text_wish import TextWish, TextWishes
from horde_server.http.body import json_response
from horde_server.identity.caller import Caller
from horde_server.requests.text.order import TextOrder


class OpenAITexts:
    """Answers both."""

    def __init__(self, services: Services, chats: Chats) -> None:
        self._services = services
        self._wishes = TextWishes(services, chats)

    async def chat(self, request: Request, caller: Caller, body: Body) -> Response:
        """A chat."""
        return await self._answer(CHAT, request, caller, body, await self._wishes.chat(body, caller))

    async def completion(self, request: Request, caller: Caller, body: Body) -> Response:
        """A completion."""
        return await self._answer(COMPLETION, request, caller, body, self._wishes.completion(body, caller))

    async def _answer(self, shape: Shape, request: Request, caller: Caller, body: Body, wish: TextWish) -> Response:
        running = await self._asked(request, caller, body, wish)
        headers = answer_headers(running[0], body, wish.resolved, wish.template)
        if wish.streams:
            stream = TextStream(shape, wish, running, self._services.settings)
            return StreamAnswer(stream.events(), running=running, failed=stream_failed, headers=headers)
        whole = self._whole(shape, wish, running, headers)
        return await patient(whole, request, self._services.settings, headers)

    @staticmethod
    async def _whole(
        shape: Shape, wish: TextWish, running: Sequence[Running[TextOrder]], headers: Mapping[str, str]
    ) -> Response:
        try:
            served = [await each.results() for each in running]  # all of them are in the queue already
        finally:
            await leave_all(running)  # one of them may have failed
        answer = json_response(whole_answer(shape, wish, list(zip(running, wish.texts, served, strict=True))))
        answer.headers["openai-processing-ms"] = str(round(running[0].waited_s * 1000))
        answer.headers.update(headers)
        return answer

    async def _asked(self, request: Request, caller: Caller, body: Body, wish: TextWish) -> list[Running[TextOrder]]:
        """One request for each prompt, or none at all."""
        running: list[Running[TextOrder]] = []
        try:
            for part, text in enumerate(wish.texts):  # each is left if the next is refused
                once = Once.of(request, caller, body, part)
                running.append(await self._services.life.ask_text(caller, text.asked, request.receive, once))
        except BaseException:
            await leave_all(running)
            raise
        return running
