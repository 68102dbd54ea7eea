"""What holds for every call of a foreign dialect: addresses, keys, refusals, headers (gateway.md §1)."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest
from hordes import Horde, StartHorde
from text_routes import TEXT_MODEL


async def models(horde: Horde, **headers: str) -> httpx.Response:
    """The list that most programs ask for first."""
    return await horde.client.get("/v1/models", headers=headers)


@pytest.mark.parametrize("path", ["/v1/models", "/v1//models", "/v1/models/", "//v1///models//"])
async def test_slashes_too_many_are_folded(horde: Horde, path: str) -> None:
    answer = await horde.client.get(f"http://horde.test{path}")
    assert (answer.status_code, answer.json()["object"]) == (200, "list")


async def test_the_hordes_own_addresses_stay_as_they_are(horde: Horde) -> None:
    """A slash too many is a 404 there, as on the original."""
    assert (await horde.client.get("/api/v2/status/heartbeat/")).status_code == 404
    assert (await horde.client.get("/api/v2//status/heartbeat")).status_code == 404


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


async def test_a_key_is_taken_wherever_programs_put_it(horde: Horde) -> None:
    key = (await horde.account("ada")).api_key
    for headers in (
        {"Authorization": f"Bearer {key}"},
        {"Authorization": f"bearer   {key} "},
        {"x-api-key": key},
        {"api-key": key},
        {"apikey": key},
        {"Authorization": basic("anybody", key)},
        {"Authorization": basic(key, "")},
        {"Authorization": f"Bearer {key}", "x-api-key": "nobody's"},
    ):
        assert (await models(horde, **headers)).status_code == 200, headers


async def test_a_wrong_key_is_401_in_the_dialects_shape(horde: Horde) -> None:
    for headers in (
        {"Authorization": "Bearer nobody-has-this-key-00"},
        {"x-api-key": "nobody-has-this-key-00"},
        {"Authorization": "Basic no-base64!"},
    ):
        answer = await models(horde, **headers)
        assert answer.status_code == 401, headers
        error = answer.json()["error"]
        assert (error["type"], error["code"], error["param"]) == ("authentication_error", "invalid_api_key", None)


@pytest.mark.parametrize("key", ["", "none", "DUMMY_KEY", "sk-no-key-required", "x", "Ollama"])
async def test_no_key_and_placeholders_are_anonymous(horde: Horde, key: str) -> None:
    assert (await models(horde, Authorization=f"Bearer {key}")).status_code == 200


async def test_the_operator_says_what_a_placeholder_is(start_horde: StartHorde) -> None:
    horde = await start_horde(placeholder_keys=["Guest"])
    assert (await models(horde, Authorization="Bearer guest")).status_code == 200
    assert (await models(horde, Authorization="Bearer dummy")).status_code == 401


async def test_a_key_may_stand_in_the_path_where_the_operator_allows_it(start_horde: StartHorde) -> None:
    horde = await start_horde(key_in_path=True)
    key = (await horde.account("ada")).api_key
    assert (await horde.client.get(f"/k/{key}/v1/models")).status_code == 200
    assert (await horde.client.get("/k/nobody-has-this/v1/models")).status_code == 401
    assert (await horde.client.get(f"/k/{key}/api/v2/status/heartbeat")).status_code == 404


async def test_a_key_in_the_path_is_otherwise_no_address(horde: Horde) -> None:
    assert (await horde.client.get("/k/0000000000/v1/models")).status_code == 404


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("/models", "http://horde.test/v1."),
        ("/chat/completions", "http://horde.test/v1."),
        ("/v1/v1/models", "without the second /v1"),
    ],
)
async def test_a_base_address_put_together_wrongly_is_told_how_to_mend_it(horde: Horde, path: str, advice: str) -> None:
    answer = await horde.client.get(path)
    assert answer.status_code == 404
    assert advice in answer.json()["error"]["message"]


async def test_unknown_addresses_and_methods_are_refused_in_the_dialects_shape(horde: Horde) -> None:
    answer = await horde.client.get("/v1/nothing/here")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    answer = await horde.client.delete("/v1/models")
    assert (answer.status_code, answer.json()["error"]["type"]) == (405, "invalid_request_error")
    assert answer.headers["allow"] == "GET"


async def test_a_dialect_that_is_off_is_404(start_horde: StartHorde) -> None:
    horde = await start_horde(dialects=[])
    answer = await models(horde)
    assert answer.status_code == 404
    assert "turned it off" in answer.json()["error"]["message"]


async def test_every_answer_has_an_id_of_its_own_and_opens_its_headers_to_browsers(horde: Horde) -> None:
    first, second = await models(horde), await horde.client.get("/v1/nothing")
    assert first.headers["x-request-id"].startswith("req_")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    for answer in (first, second):
        assert "Horde-Request" in answer.headers["access-control-expose-headers"]
        assert answer.headers["access-control-allow-origin"] == "*"
        assert len(answer.headers["horde-node"].split(":")) == 3


async def test_a_browser_may_send_what_the_programs_send(horde: Horde) -> None:
    asked = {"Access-Control-Request-Headers": "authorization,x-stainless-os,x-own-thing, not a name"}
    answer = await horde.client.options("/v1/models", headers=asked)
    assert answer.status_code == 200
    allowed = answer.headers["access-control-allow-headers"]
    assert "Authorization" in allowed and "x-stainless-os" in allowed and "x-own-thing" in allowed
    assert "not a name" not in allowed
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


async def test_limits_are_told_in_both_spellings_and_refused_in_the_dialects_shape(start_horde: StartHorde) -> None:
    horde = await start_horde(rate_limits=True)
    answer = await models(horde)
    assert answer.headers["x-ratelimit-limit"] == answer.headers["x-ratelimit-limit-requests"] == "90"
    assert answer.headers["x-ratelimit-reset-requests"].endswith("s")
    assert "retry-after" not in answer.headers
    for _ in range(89):
        answer = await models(horde)
    assert answer.status_code == 200
    answer = await models(horde)
    assert (answer.status_code, answer.json()["error"]["type"]) == (429, "rate_limit_error")
    assert answer.json()["error"]["code"] == "rate_limit_exceeded"
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(("accept", "text"), [("*/*", "OpenHorde is running"), ("", "OpenHorde is running")])
async def test_the_front_door_says_who_is_at_home(horde: Horde, accept: str, text: str) -> None:
    answer = await horde.client.get("/", headers={"accept": accept})
    assert (answer.status_code, answer.text) == (200, text)
    assert (await horde.client.head("/", headers={"accept": accept})).status_code == 200


async def test_browsers_are_led_to_the_pages(horde: Horde) -> None:
    answer = await horde.client.get("/", headers={"accept": "text/html,*/*"})
    assert (answer.status_code, answer.headers["location"]) == (302, "/api/")


async def test_the_list_tells_what_is_served_and_when_it_has_not_changed(horde: Horde) -> None:
    key = (await horde.account("ada", trusted=True)).api_key
    await horde.texts.pop(key)
    await horde.pop(key, models=["Deliberate"])
    answer = await models(horde)
    rows: list[dict[str, Any]] = answer.json()["data"]
    assert [row["id"] for row in rows] == [TEXT_MODEL, "horde/any-text", "Deliberate", "horde/any-image"]
    assert rows[0]["horde"]["workers"] == 1
    assert rows[0]["context_length"] == rows[0]["max_model_len"] == 4096
    assert all(isinstance(row["created"], int) and row["owned_by"] == "openhorde" for row in rows)
    tag = answer.headers["etag"]
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = await models(horde, **{"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    images = await horde.client.get("/v1/models?type=image")
    assert [row["id"] for row in images.json()["data"]] == ["Deliberate", "horde/any-image"]


async def test_one_model_is_found_by_its_whole_name(horde: Horde) -> None:
    key = (await horde.account("ada", trusted=True)).api_key
    await horde.texts.pop(key)
    for name in (TEXT_MODEL, TEXT_MODEL.replace("/", "%2F")):
        answer = await horde.client.get(f"/v1/models/{name}")
        assert (answer.status_code, answer.json()["id"]) == (200, TEXT_MODEL)
    answer = await horde.client.get("/v1/models/nobody/has-this")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
    assert (await horde.client.delete(f"/v1/models/{TEXT_MODEL}")).status_code == 405
