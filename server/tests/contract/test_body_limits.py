"""How long a body may be, over all routes; who sends a long one is looked at first (basics.md §3)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hordes import Horde, StartHorde

from horde_server.http.body_limits import BLOBS, KEYLESS, SMALL_BYTES, WITH_PICTURES, WITH_TEXTS, most_body_bytes
from horde_server.requests.text.checks import MAX_PROMPT_CHARACTERS

MIB = 1024 * 1024


def writing(horde: Horde) -> list[tuple[str, str]]:
    """Method and path of every route that may have a body."""
    found = []
    for path, methods in horde.app._app.openapi()["paths"].items():
        found += [(method.upper(), path) for method in methods if method in ("post", "put", "patch", "delete")]
    return [(method, re.sub(r"\{.*?\}", "1", path)) for method, path in found]


async def refusal_of(horde: Horde, method: str, path: str, size: int, **headers: str) -> tuple[int, dict[str, Any]]:
    """What is answered to a body that is announced and must not be read."""

    async def body() -> AsyncIterator[bytes]:
        raise AssertionError(f"{method} {path} read the body")
        yield b""

    answer = await horde.client.request(
        method,
        path,
        content=body(),
        headers={"content-length": str(size), "content-type": "application/json", **headers},
    )
    assert answer.headers["connection"] == "close"
    return answer.status_code, answer.json()


@pytest.fixture(scope="module")
def module_settings() -> dict[str, Any]:
    return {"test_apikeys": True}


@pytest.mark.asyncio(loop_scope="module")
class TestEveryRoute:
    async def test_takes_no_more_than_its_fields_hold(self, module_horde: Horde) -> None:
        """30 MiB where pictures come inline, a few MiB for texts, one or less elsewhere."""
        routes = writing(module_horde)
        assert len(routes) > 20
        for method, path in routes:
            most = most_body_bytes(path, 30 * MIB)
            assert most == 30 * MIB if path in WITH_PICTURES else most <= (7 if path in WITH_TEXTS else 1) * MIB
            status, body = await refusal_of(module_horde, method, path, most + 1, apikey="0000000000")
            assert (status, str(most) in body["message"]) == (413, True), path
        assert {path for _, path in routes} >= WITH_PICTURES | WITH_TEXTS
        assert most_body_bytes(f"{BLOBS}x.webp", 30 * MIB) == 30 * MIB

    async def test_asks_for_the_key_before_it_reads_a_large_body(self, module_horde: Horde) -> None:
        """§2.1: a missing key is 400 and told as a field, one that nobody has 401."""
        for method, path in writing(module_horde):
            if path.startswith(KEYLESS):
                assert most_body_bytes(path, 30 * MIB) <= SMALL_BYTES
                continue
            status, body = await refusal_of(module_horde, method, path, SMALL_BYTES + 1)
            assert (status, list(body["errors"])) == (400, ["apikey"]), path
            status, body = await refusal_of(module_horde, method, path, SMALL_BYTES + 1, apikey="nobody's")
            assert (status, body["rc"]) == (401, "InvalidAPIKey"), path

    async def test_signed_addresses_need_no_key(self, module_horde: Horde) -> None:
        """The signature is the key, and is looked at before anything is read."""
        status, body = await refusal_of(module_horde, "PUT", f"{BLOBS}{'0' * 8}.webp", SMALL_BYTES + 1)
        assert (status, body["rc"]) == (403, "BlobAddressInvalid")


async def test_a_text_of_the_most_characters_fits_however_it_is_written(horde: Horde) -> None:
    """Also when every character is escaped."""
    for character in ("é", "\\u00e9"):
        content = '{"prompt": "' + character * MAX_PROMPT_CHARACTERS + '"}'
        answer = await horde.client.post(
            "/api/v2/generate/text/async",
            content=content.encode(),
            headers={"apikey": "0000000000", "content-type": "application/json"},
        )
        assert answer.status_code != 413


async def test_rate_limits_come_before_the_body(start_horde: StartHorde) -> None:
    """§3, §7: the third large body within a second is refused unread."""
    horde = await start_horde(rate_limits=True)
    key = (await horde.account()).api_key
    answers = [await refusal_of(horde, "POST", "/api/v2/generate/async", 40 * MIB, apikey=key) for _ in range(3)]
    assert [status for status, _ in answers] == [413, 413, 429]
