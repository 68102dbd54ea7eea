"""What every answer has in common: CORS, node name, JSON errors, X-Fields, HEAD, OPTIONS, limits (basics.md §1–8)."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hordes import Horde, StartHorde

from horde_server.http.body import MOST_COMMAS
from horde_server.requests.alchemy.worker_schemas import MOST_COMMAS_OF_DRAWINGS

CHECKED = "/api/v2/status/performance"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v2/status/heartbeat", 200),
        ("GET", "/api/v2/generate/check/00000000-0000-0000-0000-000000000000", 404),
        ("POST", "/api/v2/generate/async", 400),
        ("GET", "/api/v2/nothing/here", 404),
        ("PATCH", "/api/v2/generate/async", 405),
        ("OPTIONS", "/api/v2/generate/async", 200),
        ("GET", "/api/swagger.json", 200),
    ],
)
async def test_every_answer_has_cors_headers_and_the_nodes_name(
    horde: Horde, method: str, path: str, status: int
) -> None:
    """§8.1: CORS headers, Horde-Node and a JSON content type, errors included."""
    answer = await horde.client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "X-Fields" in answer.headers["access-control-allow-headers"]
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert len(answer.headers["horde-node"].split(":")) == 3
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    if status >= 400:
        assert answer.json()["message"]


async def test_head_is_get_without_the_body(horde: Horde) -> None:
    """§1.2: HEAD answers as GET does, with no body."""
    answer = await horde.client.head(CHECKED)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/v2/generate/async", "POST, OPTIONS"),
        ("/api/v2/generate/check/00000000-0000-0000-0000-000000000000", "GET, HEAD, OPTIONS"),
        ("/api/v2/generate/status/00000000-0000-0000-0000-000000000000", "GET, HEAD, DELETE, OPTIONS"),
        ("/api/v2/filters", "GET, HEAD, POST, PUT, OPTIONS"),
        ("/api/v2/filters/7", "GET, HEAD, PATCH, DELETE, OPTIONS"),
        ("/api/v2/workers/name/a/b", "GET, HEAD, OPTIONS"),
        ("/openapi.json", "GET, HEAD, OPTIONS"),
        ("/api/v2/nothing/here", "OPTIONS"),
    ],
)
async def test_options_lists_what_the_address_takes(horde: Horde, path: str, allowed: str) -> None:
    """§1.2: its own methods in `Allow`; the CORS headers are the same everywhere."""
    answer = await horde.client.options(path)
    assert (answer.status_code, answer.content, answer.headers["allow"]) == (200, b"", allowed)
    assert answer.headers["access-control-allow-methods"] == "POST, GET, OPTIONS, PUT, DELETE, PATCH"


async def test_pages_may_read_every_header(horde: Horde) -> None:
    """§8.1: limits, tags and what was waited for, of good answers and of refusals."""
    for path in ("/api/v2/status/modes", "/api/v2/generate/check/x", "/api/v2/nothing"):
        assert (await horde.client.get(path)).headers["access-control-expose-headers"] == "*"


STAINLESS = "x-stainless-os, X-Stainless-Retry-Count"


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        ("", {"apikey", "prefer", "if-none-match", "last-event-id", "authorization", "x-api-key", "mcp-session-id"}),
        (f"apikey, {STAINLESS}", {"apikey", "x-stainless-os", "x-stainless-retry-count"}),
    ],
)
async def test_a_browser_may_send_what_it_asks_for(horde: Horde, asked: str, allowed: set[str]) -> None:
    """§8.1: the dialects' headers, and those that an SDK names."""
    headers = {"Origin": "https://example.org", "Access-Control-Request-Headers": asked} if asked else {}
    answer = await horde.client.options("/api/v2/generate/async", headers=headers)
    told = [name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")]
    assert allowed <= set(told)
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("asked", ["a b", "<script>", "x" * 3000, "a\tb", ",,,"])
async def test_what_is_no_name_of_a_header_is_not_repeated(horde: Horde, asked: str) -> None:
    usual = (await horde.client.options("/api/v2/generate/async")).headers["access-control-allow-headers"]
    answer = await horde.client.options("/api/v2/generate/async", headers={"Access-Control-Request-Headers": asked})
    assert answer.headers["access-control-allow-headers"] == usual


async def test_options_lists_what_the_document_has(horde: Horde) -> None:
    """§1.2: for every path of the document, its methods."""
    for path, operations in (await horde.client.get("/openapi.json")).json()["paths"].items():
        answer = await horde.client.options(re.sub(r"\{\w+\}", "x", path))
        told = set(answer.headers["allow"].lower().split(", "))
        assert set(operations) <= told, path


class TestMasks:
    """§6.1: X-Fields."""

    async def masked(self, horde: Horde, mask: str, path: str = CHECKED) -> tuple[int, object]:
        answer = await horde.client.get(path, headers={"X-Fields": mask})
        assert int(answer.headers["content-length"]) == len(answer.content)
        return answer.status_code, answer.json()

    @pytest.mark.parametrize(
        "mask", ["worker_count,queued_forms", "{worker_count,queued_forms}", " worker_count , queued_forms "]
    )
    async def test_only_listed_keys_are_sent(self, horde: Horde, mask: str) -> None:
        assert await self.masked(horde, mask) == (200, {"worker_count": 0, "queued_forms": 0})

    @pytest.mark.parametrize("mask", ["", "*", "worker_count,*"])
    async def test_everything_is_sent_for_a_star_or_nothing(self, horde: Horde, mask: str) -> None:
        status, body = await self.masked(horde, mask)
        assert status == 200
        assert isinstance(body, dict)
        assert len(body) == 13

    async def test_unknown_names_are_ignored(self, horde: Horde) -> None:
        assert await self.masked(horde, "nothing_like_that") == (200, {})

    async def test_nested_masks_narrow_objects_in_lists(self, horde: Horde) -> None:
        owner = await horde.account("owner")
        await horde.pop(owner.api_key)
        status, body = await self.masked(horde, "name,kudos_details{uptime}", "/api/v2/workers")
        assert (status, body) == (200, [{"name": "worker", "kudos_details": {"uptime": 0.0}}])

    async def test_checks_answered_from_memory_are_masked_too(self, horde: Horde) -> None:
        request_id = await horde.request()
        assert await self.masked(horde, "done", f"/api/v2/generate/check/{request_id}") == (200, {"done": False})

    @pytest.mark.parametrize(
        "mask", ["{", "a{", "a}", "a,", ",a", "a{b", "{a}}", "worker_count{x}", "a" * 5000, "{" * 50]
    )
    async def test_a_broken_mask_is_refused_without_rc(self, horde: Horde, mask: str) -> None:
        status, body = await self.masked(horde, mask)
        assert status == 400
        assert isinstance(body, dict)
        assert "rc" not in body
        assert body["message"]

    async def test_errors_and_the_heartbeat_ignore_it(self, horde: Horde) -> None:
        answer = await horde.client.get("/api/v2/users/999", headers={"X-Fields": "nothing"})
        assert answer.json()["rc"] == "UserNotFound"
        assert (await self.masked(horde, "nothing", "/api/v2/status/heartbeat"))[0] == 200


class TestBodies:
    """§3.2: what is no JSON object of the right kind."""

    async def post(
        self, horde: Horde, content: bytes, media_type: str | None = "application/json"
    ) -> tuple[int, dict[str, Any]]:
        headers = {"apikey": "0000000000", **({"content-type": media_type} if media_type else {})}
        answer = await horde.client.post("/api/v2/generate/async", content=content, headers=headers)
        return answer.status_code, answer.json()

    @pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[1", b'{"a":}'])
    async def test_what_is_no_json_is_400_with_a_message_only(self, horde: Horde, content: bytes) -> None:
        status, body = await self.post(horde, content)
        assert (status, list(body)) == (400, ["message"])

    @pytest.mark.parametrize("media_type", [None, "text/plain", "application/x-www-form-urlencoded"])
    async def test_a_wrong_content_type_is_400(self, horde: Horde, media_type: str | None) -> None:
        assert (await self.post(horde, b'{"prompt": "x"}', media_type))[0] == 400

    @pytest.mark.parametrize(
        "media_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/problem+json"]
    )
    async def test_json_by_any_of_its_names_is_taken(self, horde: Horde, media_type: str) -> None:
        assert (await self.post(horde, b'{"prompt": "x"}', media_type))[0] == 202

    @pytest.mark.parametrize(
        ("path", "most"), [("generate/async", MOST_COMMAS), ("interrogate/submit", MOST_COMMAS_OF_DRAWINGS)]
    )
    async def test_a_body_of_more_values_than_anybody_means_is_refused_unread(
        self, horde: Horde, path: str, most: int
    ) -> None:
        """To read ten million held everybody up for seconds. As many as are allowed are read, and found wanting."""
        for commas, is_read in ((most, True), (most + 1, False)):
            content = b'{"x": [0' + b",0" * commas + b"]}"
            answer = await horde.client.post(
                f"/api/v2/{path}", content=content, headers={"apikey": "0000000000", "content-type": "application/json"}
            )
            assert answer.status_code == 400
            assert ("errors" in answer.json()) is is_read
            assert answer.json().get("rc") == (None if is_read else "BadRequest")

    async def test_every_fault_is_named_at_once(self, horde: Horde) -> None:
        status, body = await self.post(horde, b'{"prompt": 5, "nsfw": "no", "params": {"steps": "many", "width": 7}}')
        assert status == 400
        assert set(body["errors"]) == {"prompt", "nsfw", "params.steps", "params.width"}
        assert body["message"] == "Input payload validation failed"

    async def test_a_declared_length_over_the_limit_is_refused_unread(self, start_horde: StartHorde) -> None:
        horde = await start_horde(max_body_bytes=1024)
        status, body = await self.post(horde, json.dumps({"prompt": "x" * 2000}).encode())
        assert status == 413
        assert "1024" in body["message"]

    async def test_a_body_that_grows_over_the_limit_is_refused(self, start_horde: StartHorde) -> None:
        horde = await start_horde(max_body_bytes=1024)

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(20):
                yield b"x" * 100

        answer = await horde.client.post(
            "/api/v2/generate/async", content=pieces(), headers={"apikey": "0", "content-type": "application/json"}
        )
        assert answer.status_code == 413
        assert answer.headers["access-control-allow-origin"] == "*"


class TestDocuments:
    """The API describes itself."""

    async def test_the_page_and_its_files_come_from_here(self, horde: Horde) -> None:
        page = await horde.client.get("/api/")
        assert page.headers["content-type"].startswith("text/html")
        assert "//cdn" not in page.text
        assert "https://" not in page.text
        for name in ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"):
            assert f"/api/static/{name}" in page.text
            assert (await horde.client.get(f"/api/static/{name}")).status_code == 200

    @pytest.mark.parametrize("name", ["../documentation.py", "nothing.js", "..%2Fdocumentation.py", "LICENSE"])
    async def test_no_other_file_is_given(self, horde: Horde, name: str) -> None:
        assert (await horde.client.get(f"/api/static/{name}")).status_code == 404

    async def test_swagger_has_the_originals_form(self, horde: Horde) -> None:
        """§8.3: Swagger 2.0, basePath /api, version 2.5; references resolve; the operation ids."""
        document = (await horde.client.get("/api/swagger.json")).json()
        assert (document["swagger"], document["basePath"], document["info"]["version"]) == ("2.0", "/api", "2.5")
        assert document["paths"]["/v2/generate/async"]["post"]["operationId"] == "post_image_async_generate"
        text = json.dumps(document)
        for reference in {piece.split('"')[0] for piece in text.split("#/definitions/")[1:]}:
            assert reference in document["definitions"]
        assert "#/components" not in text
        assert '"type": "null"' not in text

    async def test_openapi_references_resolve(self, horde: Horde) -> None:
        document = (await horde.client.get("/openapi.json")).json()
        text = json.dumps(document)
        for reference in {piece.split('"')[0] for piece in text.split("#/components/schemas/")[1:]}:
            assert reference in document["components"]["schemas"]
        assert "422" not in {
            code for path in document["paths"].values() for one in path.values() for code in one["responses"]
        }
