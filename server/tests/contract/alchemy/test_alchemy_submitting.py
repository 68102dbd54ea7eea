"""An alchemist brings a form back: POST /interrogate/submit (alchemy.md §7, §8, kudos.md §4.1)."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest
from hordes import Horde

from horde_server.accounts.creation import NewAccount
from horde_server.requests.alchemy.results import MAX_RESULT_CHARACTERS
from horde_server.requests.answers import GenerationSubmitted

NOBODY = "00000000-0000-0000-0000-000000000000"


async def started(
    horde: Horde, form: str = "caption", key: str = "0000000000", *, trusted: bool = True, **body: Any
) -> tuple[NewAccount, str, dict[str, Any]]:
    """An owner, an interrogation with one form, and that form in the hands of the owner's alchemist."""
    owner = await horde.account("owner", trusted=trusted, kudos=100)
    interrogation = await horde.alchemy.request(form, key=key, **body)
    return owner, interrogation, await horde.alchemy.form(owner.api_key, form)


async def only_form(horde: Horde, interrogation: str) -> dict[str, Any]:
    """The one form of an interrogation, as its requester sees it."""
    (form,) = (await horde.alchemy.status(interrogation))["forms"]
    return form


async def post(
    horde: Horde, content: str, key: str | None = "0000000000", content_type: str | None = "application/json"
) -> httpx.Response:
    """POST submit, whatever the body is."""
    headers = {**({"apikey": key} if key else {}), **({"content-type": content_type} if content_type else {})}
    return await horde.client.post("/api/v2/interrogate/submit", content=content, headers=headers)


# ---------------------------------------------------------------- the body


@pytest.mark.parametrize(
    ("content", "content_type", "missing"),
    [
        ("{}", "application/json", {"id", "result"}),
        ("no json", "application/json", {"id", "result"}),
        ('["id"]', "application/json", {"id", "result"}),
        ("[" * 10_000, "application/json", {"id", "result"}),
        ('{"id": "x"}', "application/json", {"result"}),
        ('{"id": 5, "result": {}}', "application/json", {"id"}),
        ('{"id": "x", "result": "R2"}', "application/json", {"result"}),
        ('{"id": "x", "result": {}, "state": 5}', "application/json", {"state"}),
        ('{"id": "x", "result": {"x": NaN}}', "application/json", {"id", "result"}),
        ('{"id": "x", "result": {"x": [1e999]}}', "application/json", {"result"}),
        ("no json", None, {"id", "result"}),
    ],
)
async def test_what_a_submit_needs(horde: Horde, content: str, content_type: str | None, missing: set[str]) -> None:
    """§7.1: no schema; what cannot be read has no fields: → 400 with `errors.id`. The result is an object."""
    answer = await post(horde, content, content_type=content_type)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, missing)


async def test_a_key_is_needed_and_looked_at_after_the_form(horde: Horde) -> None:
    """§7.2: an unknown id with an unknown key is 404; an invalid key → 401, never 500."""
    owner, _, form = await started(horde)
    other = await horde.account("other")
    answer = await horde.alchemy.try_submit(None, form["id"])
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"apikey"})
    for form_id in (NOBODY, "x", ""):
        assert horde.outcome(await horde.alchemy.try_submit("no key", form_id)) == (404, "InvalidJobID")
    assert horde.outcome(await horde.alchemy.try_submit("no key", form["id"])) == (401, "InvalidAPIKey")
    assert horde.outcome(await horde.alchemy.try_submit(other.api_key, form["id"])) == (403, "WrongCredentials")
    GenerationSubmitted.model_validate(await horde.alchemy.submit(owner.api_key, form["id"]), strict=True)


async def test_what_was_never_handed_out_or_is_of_another_kind(horde: Horde) -> None:
    """§7: the original broke down on forms that nobody had popped."""
    owner = await horde.account("owner")
    await horde.alchemy.request("caption")
    await horde.request()
    image = (await horde.job(owner.api_key))["id"]
    ((form,),) = await horde.sql("SELECT id::text FROM request WHERE kind = 'interrogation'")
    for wrong in (form, image):
        assert horde.outcome(await horde.alchemy.try_submit(owner.api_key, wrong)) == (404, "InvalidJobID")
    taken = (await horde.alchemy.form(owner.api_key, "caption"))["id"]
    assert horde.outcome(await horde.try_submit(owner.api_key, taken)) == (404, "InvalidJobID")


# ---------------------------------------------------------------- results


@pytest.mark.parametrize(
    ("form", "result"),
    [
        ("caption", {"caption": "a \N{SNOWMAN} and a \0 and \\u0000"}),
        ("caption", {"caption": "R2"}),
        ("nsfw", {"nsfw": False}),
        ("interrogation", {"interrogation": {"tags": [{"text": "teal", "confidence": 0.9}], "artists": []}}),
        ("vectorize", {"vectorize": "<svg/>"}),
        ("palette", {"palette": [[1, 2, 3], {"big": 2**80}], "more": None}),
        ("aesthetic", {"another name": 7.25}),
    ],
)
async def test_results_are_told_as_they_came(horde: Horde, form: str, result: dict[str, Any]) -> None:
    """§7.4: by the form's name or not, of any shape."""
    owner, interrogation, held = await started(horde, form)
    await horde.alchemy.submit(owner.api_key, held["id"], result)
    assert await only_form(horde, interrogation) == {"form": form, "state": "done", "result": result}


async def test_an_empty_result_is_omitted(horde: Horde) -> None:
    """§5.1: a form that is done may have nothing to tell."""
    owner, interrogation, held = await started(horde)
    assert await horde.alchemy.submit(owner.api_key, held["id"], {}) == {"reward": 1.0}
    assert await only_form(horde, interrogation) == {"form": "caption", "state": "done"}


async def test_a_picture_is_linked_anew_at_each_look(horde: Horde) -> None:
    """§7.4: what is kept is a marker; the client sees an address, good for half an hour from now."""
    owner, interrogation, held = await started(horde, "strip_background")
    await horde.client.put(held["r2_upload"], content=horde.picture("red"))
    await horde.alchemy.submit(owner.api_key, held["id"], {"strip_background": "R2", "note": "done"})
    assert await horde.sql("SELECT result FROM job") == [('{"strip_background": "R2", "note": "done"}',)]
    result = (await only_form(horde, interrogation))["result"]
    assert result["note"] == "done"
    answer = await horde.client.get(result["strip_background"])
    assert (answer.content, answer.headers["content-type"]) == (horde.picture("red"), "image/webp")


@pytest.mark.parametrize("name", ["GFPGAN", "image"])
async def test_a_picture_may_come_with_the_result(horde: Horde, name: str) -> None:
    """§7.4: as base64; the client gets a link all the same."""
    owner, interrogation, held = await started(horde, "GFPGAN")
    result = {name: base64.b64encode(horde.picture("red", "PNG")).decode()}
    assert await horde.alchemy.submit(owner.api_key, held["id"], result) == {"reward": 3.0}
    link = (await only_form(horde, interrogation))["result"][name]
    assert (await horde.client.get(link)).status_code == 200


@pytest.mark.parametrize(
    "result", [{"GFPGAN": "R2"}, {"GFPGAN": "no picture"}, {}, {"GFPGAN": 5}, {"GFPGAN": ["R2"]}, {"GFPGAN": "\u2603"}]
)
async def test_a_missing_or_unreadable_picture_is_a_fault(horde: Horde, result: dict[str, Any]) -> None:
    """§7.4, storage.md §4.1: → 400, the form waits again, nobody is paid for nothing."""
    owner, interrogation, held = await started(horde, "GFPGAN")
    answer = await horde.alchemy.try_submit(owner.api_key, held["id"], result)
    assert horde.outcome(answer) == (400, "BadRequest")
    assert await horde.alchemy.states(interrogation) == ("waiting", ["waiting"])
    assert await horde.sql("SELECT count(*) FROM ledger WHERE job_id IS NOT NULL") == [(0,)]


async def test_a_result_has_a_limit(horde: Horde) -> None:
    """§7.4: 1 MiB of JSON without pictures; more → 400, and the form waits again."""
    owner, interrogation, held = await started(horde)
    frame = len('{"caption":""}')
    answer = await horde.alchemy.try_submit(
        owner.api_key, held["id"], {"caption": "x" * (MAX_RESULT_CHARACTERS - frame + 1)}
    )
    assert horde.outcome(answer) == (400, "BadRequest")
    assert await horde.alchemy.states(interrogation) == ("waiting", ["waiting"])
    other = await horde.account("other")
    held = await horde.alchemy.form(other.api_key, "caption", name="another")
    await horde.alchemy.submit(other.api_key, held["id"], {"caption": "x" * (MAX_RESULT_CHARACTERS - frame)})


@pytest.mark.parametrize("state", ["ok", "done", "csam", "censored", "", "anything"])
async def test_any_state_but_faulted_is_success(horde: Horde, state: str) -> None:
    """§7.3: alchemists have states of their own."""
    owner, interrogation, held = await started(horde)
    assert await horde.alchemy.submit(owner.api_key, held["id"], state=state) == {"reward": 1.0}
    assert await horde.alchemy.states(interrogation) == ("done", ["done"])


# ---------------------------------------------------------------- once and only once


async def test_a_form_is_delivered_once(horde: Horde) -> None:
    """§7.3: a second time → 400 `DuplicateGen`; a fault after that changes nothing."""
    owner, interrogation, held = await started(horde)
    await horde.alchemy.submit(owner.api_key, held["id"])
    answer = await horde.alchemy.try_submit(owner.api_key, held["id"], {"caption": "another"})
    assert horde.outcome(answer) == (400, "DuplicateGen")
    assert await horde.alchemy.submit(owner.api_key, held["id"], {}, state="faulted") == {"reward": 0.0}
    assert (await only_form(horde, interrogation))["result"] == {"caption": "a teal square"}
    assert await horde.sql("SELECT count(*) FROM ledger WHERE kind = 'job_tax'") == [(1,)]


async def test_a_worker_in_maintenance_is_told_nothing_of_it(horde: Horde) -> None:
    """§7.3: there it is 200 with no reward."""
    owner, _, held = await started(horde)
    await horde.alchemy.submit(owner.api_key, held["id"])
    ((worker_id,),) = await horde.sql("SELECT id::text FROM worker")
    await horde.client.put(
        f"/api/v2/workers/{worker_id}", json={"maintenance": True}, headers={"apikey": owner.api_key}
    )
    assert await horde.alchemy.submit(owner.api_key, held["id"]) == {"reward": 0.0}


async def test_a_form_that_took_too_long(horde: Horde) -> None:
    """§8.1: three minutes; then it waits again, and the late result → 400 `DuplicateGen`."""
    owner, interrogation, held = await started(horde)
    assert await horde.sql("SELECT extract(epoch FROM deadline - started_at)::int FROM job") == [(180,)]
    await horde.sql("UPDATE job SET deadline = now() - interval '1 second'")

    async def waits_again() -> bool:
        return (await horde.alchemy.states(interrogation))[0] == "waiting"

    await horde.until(waits_again, "the sweep")
    assert horde.outcome(await horde.alchemy.try_submit(owner.api_key, held["id"])) == (400, "DuplicateGen")
    assert await horde.alchemy.submit(owner.api_key, held["id"], {}, state="faulted") == {"reward": 0.0}
    assert await horde.alchemy.states(interrogation) == ("waiting", ["waiting"])


async def test_the_fourth_fault_ends_a_form(horde: Horde) -> None:
    """§8.1: three times it returns; the fourth makes it faulted for good. Its brothers go on."""
    interrogation = await horde.alchemy.request("caption", "nsfw")
    for number in range(4):
        assert (await horde.alchemy.states(interrogation))[1] == ["waiting", "waiting"]
        owner = await horde.account(f"owner {number}")
        held = await horde.alchemy.form(owner.api_key, "caption", name=f"alchemist {number}")
        assert await horde.alchemy.submit(owner.api_key, held["id"], {}, state="faulted") == {"reward": 0.0}
    assert await horde.alchemy.states(interrogation) == ("waiting", ["faulted", "waiting"])
    fifth = await horde.account("fifth")
    forms = (await horde.alchemy.pop(fifth.api_key, "caption", "nsfw", name="fifth", amount=2))["forms"]
    assert [form["form"] for form in forms] == ["nsfw"]
    await horde.alchemy.submit(fifth.api_key, forms[0]["id"])
    assert (await horde.alchemy.states(interrogation))[0] == "partial"


async def test_a_hundred_dropped_forms_in_an_hour_are_not_too_many(horde: Horde) -> None:
    """§8.2, moderation.md §3: one more puts the alchemist into maintenance and is suspected, in raid mode too."""
    owner, _, held = await started(horde, trusted=False)
    await horde.sql("UPDATE worker SET dropped_jobs = 99, dropped_since = now()")
    await horde.alchemy.submit(owner.api_key, held["id"], {}, state="faulted")
    look = "SELECT dropped_jobs, maintenance, suspicions FROM worker"
    assert await horde.sql(look) == [(100, False, [])]
    await horde.alchemy.request("nsfw")
    held = await horde.alchemy.form(owner.api_key, "nsfw")
    await horde.alchemy.submit(owner.api_key, held["id"], {}, state="faulted")
    assert await horde.sql(look) == [(0, True, [9])]


# ---------------------------------------------------------------- kudos


@pytest.mark.parametrize(
    ("form", "slow_workers", "reward", "debit"),
    [
        ("caption", True, 1, 2),
        ("caption", False, 1, 3),
        ("interrogation", True, 3, 4),
        ("NMKD_Siax", False, 3, 5),
    ],
)
async def test_what_a_form_earns_and_costs(
    horde: Horde, form: str, slow_workers: bool, reward: int, debit: int
) -> None:
    """kudos.md §4.1: burn 1, or 2 when slow workers are refused; no charge before, no tax."""
    ada = await horde.account("ada", kudos=1000)
    owner, _, held = await started(horde, form, ada.api_key, slow_workers=slow_workers)
    assert (await horde.user(ada))["kudos"] == 1000
    result = {form: base64.b64encode(horde.picture()).decode()}
    assert await horde.alchemy.submit(owner.api_key, held["id"], result) == {"reward": float(reward)}
    await horde.folded()
    assert (await horde.user(ada))["kudos"] == 1000 - debit
    assert (await horde.user(owner))["kudos"] == 100 + reward
    assert await horde.sql("SELECT sum(balance_hundredths) FROM ledger_balance") == [(0,)]


async def test_what_is_counted(horde: Horde) -> None:
    """§3.1: requester +1 request and no usage, owner +1 fulfilment and no contribution; the worker's seconds."""
    ada = await horde.account("ada", kudos=1000)
    owner, _, held = await started(horde, "caption", ada.api_key)
    await horde.sql("UPDATE job SET started_at = now() - interval '7 s'")
    await horde.alchemy.submit(owner.api_key, held["id"])
    await horde.folded()
    records = (await horde.user(ada))["records"]
    assert records["request"] == {"image": 0, "text": 0, "interrogation": 1}
    assert records["usage"] == {"megapixelsteps": 0, "tokens": 0}
    assert (await horde.user(owner))["records"]["fulfillment"] == {"image": 0, "text": 0, "interrogation": 1}
    ((fulfilments, contributions, samples),) = await horde.sql(
        "SELECT fulfilments, contributions, cardinality(speeds) FROM worker"
    )
    assert (fulfilments, contributions, samples) == (1, 0, 1)


async def test_untrusted_owners_get_half_later(horde: Horde) -> None:
    """kudos.md §5.2: split half to evaluation."""
    owner, _, held = await started(horde, "interrogation", trusted=False)
    assert await horde.alchemy.submit(owner.api_key, held["id"], {}) == {"reward": 3.0, "escrowed": 1.5}
    await horde.folded()
    assert (await horde.user(owner))["kudos"] == 101.5
    escrowed = "SELECT balance_hundredths FROM ledger_balance WHERE ledger_account = %s"
    assert await horde.sql(escrowed, 2 * owner.id + 1) == [(150,)]
