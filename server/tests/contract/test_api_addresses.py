"""Addresses as people paste them, names of any characters in paths, and what is said where nothing is."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hordes import Horde

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAMES = [
    "koboldcpp/mistral-7b-instruct", "a/b/c", "with blank", "100% + more", "what?#&=;", "😀", "東京",
    "..", "../..", "./x",
    "a//b", "/x", "x/", "%2F", "a\\b", "name", "\"<>'",
]  # fmt: skip


class TestNames:
    @pytest.mark.parametrize("name", NAMES)
    async def test_a_model_of_any_name_is_found_by_it(self, module_horde: Horde, name: str) -> None:
        horde = module_horde
        owner = await horde.account("owner", columns={"worker_invited": 50})
        await horde.texts.pop(owner.api_key, f"scribe of {NAMES.index(name)}", models=[f"model {name}"])
        answer = await horde.client.get(f"/api/v2/status/models/model%20{quote(name, safe='')}")
        assert [model["name"] for model in answer.json()] == [f"model {name}"]

    @pytest.mark.parametrize("name", NAMES)
    async def test_a_worker_of_any_name_is_found_by_it(self, module_horde: Horde, name: str) -> None:
        horde = module_horde
        owner = await horde.account("owner", columns={"worker_invited": 50})
        await horde.pop(owner.api_key, f"w{name}")
        answer = await horde.client.get(f"/api/v2/workers/name/{quote(_cleaned(f'w{name}'), safe='')}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["name"] == _cleaned(f"w{name}")

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize(
        "path",
        ["users/{}", "workers/{}", "filters/{}", "operations/ipaddr/{}", "generate/check/{}", "generate/status/{}",
         "generate/text/status/{}", "generate/embedding/status/{}", "interrogate/status/{}"],
    )  # fmt: skip
    async def test_no_id_breaks_anything(self, module_horde: Horde, path: str, name: str) -> None:
        answer = await module_horde.client.get(f"/api/v2/{path.format('i' + quote(name, safe=''))}")
        assert answer.status_code in {400, 401, 403, 404}
        assert answer.json()["message"]


def _cleaned(name: str) -> str:
    """As names are kept: workers.md §4.4."""
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class TestNothingThere:
    async def message(self, horde: Horde, method: str, path: str) -> tuple[int, str]:
        answer = await horde.client.request(method, path)
        return answer.status_code, answer.json()["message"]

    @pytest.mark.parametrize(
        ("method", "pasted", "meant"),
        [
            ("GET", "/api/v2/status/heartbeat/", "/api/v2/status/heartbeat"),
            ("GET", "/api//v2/status/heartbeat", "/api/v2/status/heartbeat"),
            ("GET", "/v2/status/heartbeat", "/api/v2/status/heartbeat"),
            ("GET", "/api/status/heartbeat", "/api/v2/status/heartbeat"),
            ("GET", "/api/api/v2/status/heartbeat", "/api/v2/status/heartbeat"),
            ("GET", "/api/v2/api/v2/status/heartbeat", "/api/v2/status/heartbeat"),
            ("POST", "/generate/async", "/api/v2/generate/async"),
            ("POST", "/api/v2/generate/async/", "/api/v2/generate/async"),
            ("POST", "/api/v2/v2/generate/text/async", "/api/v2/generate/text/async"),
            ("GET", "/api/swagger.json/", "/api/swagger.json"),
            ("GET", "/api/v2/openapi.json", "/openapi.json"),
        ],
    )
    async def test_the_address_that_was_meant_is_named(
        self, module_horde: Horde, method: str, pasted: str, meant: str
    ) -> None:
        status, message = await self.message(module_horde, method, pasted)
        assert status == 404
        assert message == f"There is nothing at this address: you may mean {meant}, else see /api/."

    @pytest.mark.parametrize(
        "path", ["/nothing", "/api/v3/generate/async", "/api/v2/stylesheets", "/a" * 3000, "/\x1b[31m"]
    )
    async def test_other_addresses_are_sent_to_the_page(self, module_horde: Horde, path: str) -> None:
        status, message = await self.message(module_horde, "GET", quote(path))
        assert (status, message) == (404, "There is nothing at this address: see /api/.")

    async def test_a_wrong_method_is_told_which_are_right(self, module_horde: Horde) -> None:
        answer = await module_horde.client.post("/api/v2/generate/status/00000000-0000-0000-0000-000000000000")
        assert answer.status_code == 405
        assert answer.json() == {"message": "This address takes GET and DELETE, not POST."}
        assert answer.headers["allow"] == "GET, DELETE"


class TestKeys:
    """A key that was sent where nobody looks for it."""

    @pytest.mark.parametrize(
        ("headers", "advice"),
        [
            ({"Authorization": "Bearer secret"}, "send it as the header `apikey`, alone and not in `Authorization`"),
            ({"X-Api-Key": "secret"}, "send it as the header `apikey`, alone and not in `X-Api-Key`"),
            ({}, "send it as the header `apikey`"),
        ],
    )
    async def test_the_right_header_is_named(self, module_horde: Horde, headers: dict[str, str], advice: str) -> None:
        for path, body in (("generate/async", {"prompt": "x"}), ("kudos/transfer", {"username": "x#1"})):
            answer = await module_horde.client.post(f"/api/v2/{path}", json=body, headers=headers)
            assert answer.status_code == 400
            assert answer.json()["errors"]["apikey"] == f"Missing required parameter in the HTTP headers: {advice}"
        answer = await module_horde.client.get("/api/v2/find_user", headers=headers)
        assert answer.status_code == 401
        assert answer.json() == {"message": f"No API key was sent: {advice}.", "rc": "InvalidAPIKey"}
        assert "secret" not in answer.text

    @pytest.mark.parametrize("path", ["generate/pop", "generate/text/pop", "interrogate/pop"])
    async def test_a_workers_unknown_key_is_not_told_to_be_anonymous(self, module_horde: Horde, path: str) -> None:
        body = {"name": "worker", "models": ["stable_diffusion"]}
        answer = await module_horde.client.post(f"/api/v2/{path}", json=body, headers={"apikey": "nobody's"})
        assert (answer.status_code, answer.json()["rc"]) == (401, "InvalidAPIKey")
        assert "0000000000" not in answer.json()["message"]
        assert "worker's owner" in answer.json()["message"]
