"""What a body may hold, and what is said of one that cannot be taken (basics.md §3, §4)."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hordes import Horde

from horde_server.http.body import MOST_COMMAS
from horde_server.http.wire_types import MOST_MAP_BYTES, MOST_MAP_KEYS

pytestmark = pytest.mark.asyncio(loop_scope="module")

MOST_REFUSAL_BYTES = 16 * 1024
ASYNC = "generate/async"
JSON_ROUTES = (
    ("POST", ASYNC),
    ("POST", "generate/text/async"),
    ("POST", "interrogate/async"),
    ("POST", "generate/pop"),
    ("POST", "generate/text/pop"),
    ("POST", "interrogate/pop"),
    ("POST", "generate/submit"),
    ("POST", "generate/text/submit"),
    ("POST", "generate/embedding/async"),
    ("POST", "generate/embedding/pop"),
    ("POST", "generate/embedding/submit"),
    ("POST", "generate/rate/00000000-0000-0000-0000-000000000000"),
    ("PUT", "users/1"),
    ("PUT", "workers/00000000-0000-0000-0000-000000000000"),
    ("POST", "kudos/transfer"),
    ("PUT", "status/modes"),
    ("PUT", "filters"),
    ("POST", "operations/ipaddr"),
)


async def send(
    horde: Horde, content: bytes, path: str = ASYNC, method: str = "POST", media_type: str = "application/json"
) -> tuple[int, dict[str, Any]]:
    headers = {"apikey": "0000000000", "content-type": media_type}
    answer = await horde.client.request(method, f"/api/v2/{path}", content=content, headers=headers)
    assert len(answer.content) <= MOST_REFUSAL_BYTES
    return answer.status_code, answer.json()


class TestHalfCharacters:
    """JavaScript cuts texts in the middle of emoji, and its JSON then has half a surrogate pair."""

    async def test_a_cut_prompt_is_served_with_the_replacement_character(self, module_horde: Horde) -> None:
        horde = module_horde
        owner = await horde.account("owner")
        status, body = await send(horde, rb'{"prompt": "a cat \ud83d", "nobody \udc00 knows": "\ud83d\ud83d"}')
        assert status == 202
        job = await horde.job(owner.api_key)
        assert job["payload"]["prompt"] == "a cat \ufffd"
        await horde.cancel(body["id"])

    @pytest.mark.parametrize(("method", "path"), JSON_ROUTES)
    async def test_no_body_is_refused_for_one_in_a_field_that_nobody_knows(
        self, module_horde: Horde, method: str, path: str
    ) -> None:
        status, body = await send(module_horde, rb'{"\ud83d": "\ud83d"}', path, method)
        assert "not JSON" not in body["message"]
        assert status < 500

    async def test_a_worker_delivers_a_cut_text(self, module_horde: Horde) -> None:
        horde = module_horde
        owner = await horde.account("scribe")
        asked = await horde.texts.request()
        job = await horde.texts.job(owner.api_key, "cutter")
        content = json.dumps({"id": job["id"], "generation": "cut \ud83d"}).encode()
        headers = {"apikey": owner.api_key, "content-type": "application/json"}
        answer = await horde.client.post("/api/v2/generate/text/submit", content=content, headers=headers)
        assert answer.status_code == 200
        assert (await horde.texts.status(asked))["generations"][0]["text"] == "cut \ufffd"

    async def test_an_alchemist_delivers_a_cut_caption(self, module_horde: Horde) -> None:
        horde = module_horde
        owner = await horde.account("alchemist")
        asked = await horde.alchemy.request("caption")
        form = await horde.alchemy.form(owner.api_key, "caption", name="cutting alchemist")
        content = json.dumps({"id": form["id"], "result": {"caption": "cut \ud83d"}}).encode()
        answer = await horde.client.post(
            "/api/v2/interrogate/submit", content=content, headers={"apikey": owner.api_key}
        )
        assert answer.status_code == 200
        assert (await horde.alchemy.status(asked))["forms"][0]["result"] == {"caption": "cut \ufffd"}


class TestUnread:
    """A body that is not read says why, beside what the contract says of all of them."""

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "It is empty."),
            (b'{"prompt": }', "It is not JSON: expected value (line 1, column 12)."),
            (b'{"prompt": "x",}', "trailing comma (line 1, column 16)"),
            (b'{"prompt": "two\nlines"}', "control character"),
            (b"{'prompt': 'x'}", "double quotes"),
            (b'{"prompt": "caf\xe9"}', "It is not UTF-8: see byte 16."),
            ('{"prompt": "x"}'.encode("utf-16"), "UTF-16"),
            (gzip.compress(b'{"prompt": "x"}', mtime=0), "compressed"),
            (b"prompt=x&n=1", "a form"),
            (b'{"prompt": "x", "a": ' + b"[" * 300 + b"]" * 300 + b"}", "nested deeper than 200 levels"),
            (b'["prompt"]', "It is a list."),
            (b'"prompt"', "It is text."),
            (b"5", "It is a number."),
            (b"null", "It is null."),
            (b"true", "It is true or false."),
        ],
    )
    async def test_the_reason_is_told(self, module_horde: Horde, content: bytes, words: str) -> None:
        status, body = await send(module_horde, content)
        assert (status, list(body)) == (400, ["message"])
        assert body["message"].startswith("The body must be a JSON object sent with a JSON content type. ")
        assert words in body["message"]

    async def test_a_byte_order_mark_is_no_fault(self, module_horde: Horde) -> None:
        assert (await send(module_horde, b'\xef\xbb\xbf{"prompt": "x"}'))[0] == 202

    async def test_not_a_number_is_told_by_its_field(self, module_horde: Horde) -> None:
        status, body = await send(module_horde, b'{"prompt": "x", "params": {"cfg_scale": NaN}}')
        assert status == 400
        assert body["errors"] == {"params.cfg_scale": "must be a finite number, not nan"}

    async def test_an_alchemists_body_has_no_fields_and_says_why(self, module_horde: Horde) -> None:
        """alchemy.md §7.1: malformed JSON reads as all fields absent."""
        for content, words in ((b"{", "could not be read"), (b"[]", "the body is a list")):
            status, body = await send(module_horde, content, "interrogate/submit")
            assert status == 400
            assert words in body["errors"]["id"]


class TestFloods:
    """A refusal costs about the same, however much is wrong."""

    @pytest.mark.parametrize(
        ("path", "start", "item", "end"),
        [
            (ASYNC, '{"prompt":"x","models":[', "1", "]}"),
            (ASYNC, '{"prompt":"x","workers":[', "1", "]}"),
            (ASYNC, '{"prompt":"x","params":{"loras":[', "{}", "]}}"),
            (ASYNC, '{"prompt":"x","params":{"tis":[', "{}", "]}}"),
            (ASYNC, '{"prompt":"x","params":{"extra_texts":[', "{}", "]}}"),
            (ASYNC, '{"prompt":"x","params":{"post_processing":[', "1", "]}}"),
            (ASYNC, '{"prompt":"x","extra_source_images":[', "{}", "]}"),
            (ASYNC, '{"prompt":"x","params":[', "1", "]}"),
            ("generate/text/async", '{"prompt":"x","params":{"stop_sequence":[', "1", "]}}"),
            ("generate/submit", '{"gen_metadata":[', "{}", "]}"),
            ("generate/text/submit", '{"gen_metadata":[', "{}", "]}"),
            ("generate/pop", '{"models":[', "1", "]}"),
            ("interrogate/async", '{"forms":[', "{}", "]}"),
        ],
    )
    async def test_many_wrong_items_get_a_short_answer(
        self, module_horde: Horde, path: str, start: str, item: str, end: str
    ) -> None:
        items = MOST_COMMAS - 5
        status, body = await send(module_horde, f"{start}{','.join([item] * items)}{end}".encode(), path)
        assert status == 400
        assert len(body["errors"]) <= 20

    async def test_where_little_is_sent_many_items_are_too_many_bytes(self, module_horde: Horde) -> None:
        body = f'{{"ratings":[{",".join(["{}"] * (MOST_COMMAS - 5))}]}}'.encode()
        status, answer = await send(module_horde, body, "generate/rate/x")
        assert status == 413
        assert "at most 65536 bytes" in answer["message"]

    async def test_many_right_items_are_too_many(self, module_horde: Horde) -> None:
        models = [f"m{number}" for number in range(MOST_COMMAS - 10)]
        status, body = await send(module_horde, json.dumps({"prompt": "x", "models": models}).encode())
        assert status == 400
        assert body["errors"] == {"models": "must have at most 200 items, not 39990"}

    async def test_many_wrong_fields_are_named_up_to_twenty(self, module_horde: Horde) -> None:
        status, body = await send(
            module_horde, json.dumps(dict.fromkeys(("prompt", *_TEXT_FIELDS), 5) | {"params": _wrong_params()}).encode()
        )
        assert status == 400
        assert len(body["errors"]) == 20
        assert "more faults are not named" in body["message"]

    async def test_commas_of_a_prompt_are_no_values(self, module_horde: Horde) -> None:
        prompt = "one, two, " * MOST_COMMAS
        status, body = await send(module_horde, json.dumps({"prompt": prompt}).encode(), "generate/text/async")
        assert status == 202, body

    async def test_many_texts_are_refused_without_taking_them_apart(self, module_horde: Horde) -> None:
        content = b'{"a":[' + b",".join([b'""'] * (4 * MOST_COMMAS)) + b"]}"
        status, body = await send(module_horde, content)
        assert (status, body["rc"]) == (400, "BadRequest")

    @pytest.mark.parametrize(
        ("payload", "words"),
        [
            ({f"k{number}": 1 for number in range(MOST_MAP_KEYS + 1)}, f"at most {MOST_MAP_KEYS} items"),
            ({"k": "x" * MOST_MAP_BYTES}, f"at most {MOST_MAP_BYTES} bytes"),
        ],
    )
    async def test_free_maps_are_bounded(self, module_horde: Horde, payload: dict[str, Any], words: str) -> None:
        special = await send(module_horde, json.dumps({"prompt": "x", "params": {"special": payload}}).encode())
        form = {"source_image": "x", "forms": [{"name": "caption", "payload": payload}]}
        alchemy = await send(module_horde, json.dumps(form).encode(), "interrogate/async")
        for status, body in (special, alchemy):
            assert status == 400
            assert words in next(iter(body["errors"].values()))

    async def test_results_and_ids_of_alchemists_are_bounded(self, module_horde: Horde) -> None:
        for body in ({"id": "x" * 256, "result": {}}, {"id": "x", "result": {str(key): 1 for key in range(1001)}}):
            status, answer = await send(module_horde, json.dumps(body).encode(), "interrogate/submit")
            assert status == 400
            assert "must have at most" in next(iter(answer["errors"].values()))


_TEXT_FIELDS = (
    "nsfw", "censor_nsfw", "trusted_workers", "validated_backends", "slow_workers", "workers", "models", "source_image",
    "source_mask", "r2", "shared", "dry_run", "webhook", "style",
)  # fmt: skip


def _wrong_params() -> dict[str, Any]:
    return dict.fromkeys(
        ("steps", "width", "height", "cfg_scale", "karras", "seed", "n", "loras", "tis", "sampler_name"), None
    )
