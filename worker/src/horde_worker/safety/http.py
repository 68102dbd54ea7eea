"""Judges by another program, over HTTP: a picture is sent, and what is thought of it comes back."""

from __future__ import annotations

import asyncio
import base64
import io
from typing import Final, Self

from PIL import Image

from horde_worker.backends.events import BackendFailure
from horde_worker.backends.over_http.options import ServerOptions
from horde_worker.backends.over_http.server import BackendServer
from horde_worker.safety.judgement import Judgement, Wanted
from horde_worker.safety.options import SafetyOptions

ANSWER_LIMIT_BYTES: Final = 64 * 1024
ANSWER_LIMIT_S: Final = 20.0


class HttpChecker:
    """Sends `{"picture": <WebP in base64>}` by POST, with `prompt` where the owner says so, and wants back
    `{"nsfw": true}`, with `csam` if there is anything to say about it."""

    name = "http"
    can_judge = True

    def __init__(self, options: ServerOptions, *, sends_prompt: bool = False) -> None:
        self._options = options
        self._sends_prompt = sends_prompt

    @classmethod
    def open(cls, options: SafetyOptions) -> Self:
        """Options: `url`; `api_key`, or `user` and `password`; `sends_prompt`. Raises `BackendFailure`."""
        sends_prompt = options.sent.get("sends_prompt", False)
        if not isinstance(sends_prompt, bool):
            raise BackendFailure("the option sends_prompt of safety is true or false")
        if not options.text("url"):
            raise BackendFailure("safety by http needs the option url")
        settings = options.as_settings()
        return cls(ServerOptions.read(settings, default_url="", also=("sends_prompt",)), sends_prompt=sends_prompt)

    async def judge(self, picture: Image.Image, wanted: Wanted) -> Judgement:
        """What the other program says. Raises `BackendFailure` for anything else than an answer."""
        body = {"picture": base64.b64encode(await asyncio.to_thread(_webp, picture)).decode()}
        if self._sends_prompt:
            body["prompt"] = wanted.prompt
        server = BackendServer("the judge of safety", self._options)
        try:
            said = await server.post_json("", body, limit_bytes=ANSWER_LIMIT_BYTES, limit_s=ANSWER_LIMIT_S)
        finally:
            await server.aclose()
        is_nsfw = said.get("nsfw") if isinstance(said, dict) else None
        is_csam = said.get("csam", False) if isinstance(said, dict) else None
        if not isinstance(is_nsfw, bool) or not isinstance(is_csam, bool):
            raise BackendFailure("the judge of safety does not say whether the picture is nsfw")
        return Judgement(is_nsfw=is_nsfw, is_csam=is_csam)


def _webp(picture: Image.Image) -> bytes:
    raw = io.BytesIO()
    picture.convert("RGB").save(raw, "WEBP", quality=90, method=2)
    return raw.getvalue()
