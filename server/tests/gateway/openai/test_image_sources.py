"""Pictures in bodies of edits (gateway.md §2.4)."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from typing import Any

import pytest
from pictures import picture

from horde_server.blobs.decoding import Decoders
from horde_server.gateway.common.body import Body
from horde_server.gateway.openai.image_sources import read_sources

DATA = picture()
TEXT = base64.b64encode(DATA).decode()


@pytest.mark.parametrize(
    "body",
    [
        Body({}, files={"image": [DATA, DATA], "mask": [DATA]}),
        Body({"image": [TEXT, f"data:image/webp;base64,{TEXT}"], "mask": TEXT}),
    ],
    ids=["files", "texts"],
)
async def test_megabytes_are_not_written_anew_in_the_event_loop(body: Body, monkeypatch: pytest.MonkeyPatch) -> None:
    here = threading.get_ident()

    def aside(work: Callable[..., Any]) -> Callable[..., Any]:
        def working(*args: Any) -> Any:
            assert threading.get_ident() != here
            return work(*args)

        return working

    monkeypatch.setattr(base64, "b64encode", aside(base64.b64encode))
    monkeypatch.setattr(base64, "b64decode", aside(base64.b64decode))
    found = await read_sources(body, Decoders(), "somebody")
    assert found.paints
    assert (found.pictures.image, [text for text, _ in found.pictures.extra]) == (TEXT, [TEXT])
