"""A worker brings jobs back: POST /generate/submit (workers.md §8; kudos.md §9)."""

from __future__ import annotations

import asyncio
import base64
import io
from typing import Any
from uuid import uuid4

import pytest
from hordes import Horde, StartHorde
from PIL import Image

from horde_server.accounts.creation import NewAccount

REFERENCE: dict[str, Any] = {"params": {"steps": 50, "sampler_name": "k_euler"}}
"""The job of 11.00 kudos."""


async def started(horde: Horde, **body: Any) -> tuple[NewAccount, str, str]:
    """An anonymous request whose job a new worker holds: (owner, request id, job id)."""
    owner = await horde.account("owner")
    request_id = await horde.request(**body)
    return owner, request_id, (await horde.job(owner.api_key))["id"]


# ---------------------------------------------------------------- refusals


async def test_a_submit_needs_a_key(horde: Horde) -> None:
    """basics.md §2.1: a missing `apikey` → 400 with `errors.apikey`."""
    answer = await horde.try_submit(None, str(uuid4()))
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"apikey"})


async def test_a_submit_has_an_id_a_generation_and_a_seed(horde: Horde) -> None:
    """§8.1: `id`, `generation` and `seed` are required."""
    answer = await horde.client.post("/api/v2/generate/submit", json={}, headers={"apikey": "0000000000"})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"id", "generation", "seed"})


async def test_a_result_is_checked_against_the_schema(horde: Horde) -> None:
    """§8.1, requests.md §2.7: types are strict: the seed is an integer here, `null` is refused."""
    wrong = [
        ("seed", "7"), ("seed", 2**63), ("seed", 10**300), ("seed", True), ("state", "done"), ("state", None),
        ("gen_metadata", None), ("gen_metadata", {}), ("generation", None), ("id", 5), ("censored", 1),
    ]  # fmt: skip
    for field, value in wrong:
        answer = await horde.try_submit("0000000000", str(uuid4()), **{field: value})
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {field}), value


async def test_metadata_uses_known_words(horde: Horde) -> None:
    """§8.1: type and value of `gen_metadata` are enumerations, reported by path."""
    for remark in ({"type": "weather", "value": "see_ref"}, {"type": "lora", "value": "rain"}, {"type": "lora"}):
        answer = await horde.try_submit("0000000000", str(uuid4()), gen_metadata=[remark])
        assert answer.status_code == 400
        assert all(path.startswith("gen_metadata.0.") for path in answer.json()["errors"])


async def test_an_unknown_job(horde: Horde) -> None:
    """§8.3, basics.md §5.2: → 404 `InvalidJobID`, saying "Processing Job with ID … does not exist"."""
    owner = await horde.account()
    for job_id in ("not-a-uuid", "", "00000000-0000-0000-0000-000000000000", "\N{SNOWMAN}" * 50):
        answer = await horde.try_submit(owner.api_key, job_id)
        assert horde.outcome(answer) == (404, "InvalidJobID"), job_id
        assert "Processing Job with ID" in answer.json()["message"]
        assert "does not exist" in answer.json()["message"]


async def test_the_job_is_looked_up_before_the_key(horde: Horde) -> None:
    """§8.3, §8.4: the job is looked up before the key."""
    assert horde.outcome(await horde.try_submit("not a key", str(uuid4()))) == (404, "InvalidJobID")


async def test_a_wrong_key(horde: Horde) -> None:
    """§8.4: a key that nobody has → 401 `InvalidAPIKey` (500 upstream); the job goes on."""
    owner, _, job_id = await started(horde)
    assert horde.outcome(await horde.try_submit("not a key", job_id)) == (401, "InvalidAPIKey")
    await horde.submit(owner.api_key, job_id)


@pytest.mark.parametrize("state", ["ok", "faulted"])
async def test_a_job_belongs_to_its_workers_owner(horde: Horde, state: str) -> None:
    """§8.5: another user's submit → 403 `WrongCredentials`; neither delivers nor faults the job."""
    owner, request_id, job_id = await started(horde)
    eve = await horde.account("eve")
    assert horde.outcome(await horde.try_submit(eve.api_key, job_id, state=state)) == (403, "WrongCredentials")
    assert horde.outcome(await horde.try_submit("0000000000", job_id, state=state)) == (403, "WrongCredentials")
    assert (await horde.check(request_id))["processing"] == 1
    await horde.submit(owner.api_key, job_id)


@pytest.mark.parametrize("state", ["ok", "faulted"])
async def test_a_job_is_delivered_once(horde: Horde, state: str) -> None:
    """§8.6, basics.md §5.2: a second submit → 400 `DuplicateGen`, saying "already submitted"; nothing moves twice."""
    owner, request_id, job_id = await started(horde)
    await horde.submit(owner.api_key, job_id)
    before = await horde.check(request_id)
    answer = await horde.try_submit(owner.api_key, job_id, state=state)
    assert horde.outcome(answer) == (400, "DuplicateGen")
    assert "already submitted" in answer.json()["message"]
    assert await horde.check(request_id) == before


async def test_of_concurrent_submits_one_wins(horde: Horde) -> None:
    """§8.10: of concurrent submits exactly one is taken and paid."""
    owner, request_id, job_id = await started(horde)
    answers = await asyncio.gather(*(horde.try_submit(owner.api_key, job_id) for _ in range(6)))
    assert sorted(map(horde.outcome, answers), key=str) == [(200, None)] + [(400, "DuplicateGen")] * 5
    assert (await horde.check(request_id))["finished"] == 1
    assert await horde.sql("SELECT count(*) FROM ledger WHERE kind = 'job_tax'") == [(1,)]


async def test_a_result_and_a_fault_at_once(horde: Horde) -> None:
    """§8.8, §8.10: a concurrent delivery and fault: either wins, never both."""
    owner, request_id, job_id = await started(horde)
    await asyncio.gather(
        horde.try_submit(owner.api_key, job_id), horde.try_submit(owner.api_key, job_id, state="faulted")
    )
    check = await horde.check(request_id)
    assert (check["finished"], check["restarted"], check["waiting"]) in ((1, 0, 0), (0, 1, 1))
    assert check["processing"] == 0


async def test_at_most_fifty_remarks(horde: Horde) -> None:
    """§8.2: more than 50 metadata entries → 400 `BadRequest`, before the job is taken."""
    owner, request_id, job_id = await started(horde)
    remark = {"type": "information", "value": "see_ref", "ref": "x"}
    answer = await horde.try_submit(owner.api_key, job_id, gen_metadata=[remark] * 51)
    assert horde.outcome(answer) == (400, "BadRequest")
    assert (await horde.check(request_id))["processing"] == 1
    await horde.submit(owner.api_key, job_id, gen_metadata=[remark] * 50)


# ---------------------------------------------------------------- results


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "JPEG"])
@pytest.mark.parametrize("r2", [True, False])
async def test_an_inline_picture_is_delivered_as_webp(horde: Horde, kind: str, r2: bool) -> None:
    """§8.9: what is not `R2` is base64, kept as WebP; requests.md §9.7: a link, or base64 where r2 is false."""
    owner, request_id, job_id = await started(horde, r2=r2)
    await horde.submit(owner.api_key, job_id, generation=base64.b64encode(horde.picture(kind=kind)).decode())
    img = (await horde.status(request_id))["generations"][0]["img"]
    data = (await horde.client.get(img)).content if r2 else base64.b64decode(img)
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == ("WEBP", (64, 64))


async def test_an_uploaded_picture_is_delivered_byte_for_byte(horde: Horde) -> None:
    """§8, §7.5: PUT to `r2_upload`, then `R2` as the generation."""
    owner = await horde.account()
    request_id = await horde.request()
    job = await horde.job(owner.api_key)
    data = horde.picture("red")
    assert (await horde.client.put(job["r2_upload"], content=data)).status_code == 200
    await horde.submit(owner.api_key, job["id"], generation="R2")
    img = (await horde.status(request_id))["generations"][0]["img"]
    assert (await horde.client.get(img)).content == data


@pytest.mark.parametrize("generation", ["R2", "N/A", "", "bm8gcGljdHVyZQ==", "\0", "r2", "\N{SNOWMAN}"])
async def test_a_missing_or_unreadable_picture_is_a_fault(horde: Horde, generation: str) -> None:
    """§8.9: verified before it is taken: 400, the slot returns, nobody pays."""
    owner, request_id, job_id = await started(horde)
    answer = await horde.try_submit(owner.api_key, job_id, generation=generation)
    assert horde.outcome(answer) == (400, "BadRequest")
    check = await horde.check(request_id)
    assert (check["waiting"], check["restarted"], check["finished"], check["kudos"]) == (1, 1, 0, 3)


@pytest.mark.parametrize("side", [8_000, 14_000])
async def test_a_decompression_bomb_is_a_fault(horde: Horde, side: int) -> None:
    """storage.md §4.1: pixel limits hold before a picture is decoded."""
    owner, request_id, job_id = await started(horde)
    target = io.BytesIO()
    Image.new("1", (side, side)).save(target, "PNG")
    answer = await horde.try_submit(owner.api_key, job_id, generation=base64.b64encode(target.getvalue()).decode())
    assert answer.status_code == 400
    assert (await horde.check(request_id))["finished"] == 0


@pytest.mark.parametrize("seed", [0, 7, 2**32, 2**63 - 1, -5])
async def test_the_seed_comes_back_as_text(horde: Horde, seed: int) -> None:
    """§8.1: submit takes an integer, status returns it as a decimal string."""
    owner, request_id, job_id = await started(horde)
    await horde.submit(owner.api_key, job_id, seed=seed)
    assert (await horde.status(request_id))["generations"][0]["seed"] == str(seed)


async def test_remarks_come_back(horde: Horde) -> None:
    """requests.md §9.7: gen_metadata is a list of {type, value, ref?}, `ref` omitted when absent."""
    owner, request_id, job_id = await started(horde)
    remarks = [
        {"type": "lora", "value": "download_failed", "ref": "12345"},
        {"type": "batch_index", "value": "see_ref"},
    ]
    await horde.submit(owner.api_key, job_id, gen_metadata=[remarks[0], {**remarks[1], "ref": ""}])
    assert (await horde.status(request_id))["generations"][0]["gen_metadata"] == remarks


@pytest.mark.parametrize(
    ("submitted", "censored", "state"),
    [
        ({}, False, "ok"),
        ({"state": "censored"}, False, "ok"),
        ({"state": "csam"}, False, "ok"),
        ({"censored": True}, False, "ok"),
        ({"gen_metadata": [{"type": "information", "value": "nsfw"}]}, False, "ok"),
        ({"gen_metadata": [{"type": "censorship", "value": "nsfw"}]}, True, "censored"),
        ({"gen_metadata": [{"type": "censorship", "value": "csam"}]}, True, "csam"),
        ({"gen_metadata": [{"type": "censorship", "value": "csam"}], "state": "faulted"}, True, "csam"),
    ],
    ids=str,
)
async def test_censorship_is_told_by_metadata(
    horde: Horde, submitted: dict[str, Any], censored: bool, state: str
) -> None:
    """§8.7: only a censorship entry censors, before any `state`; `state` then says so."""
    owner, request_id, job_id = await started(horde)
    await horde.submit(owner.api_key, job_id, **submitted)
    (generation,) = (await horde.status(request_id))["generations"]
    assert (generation["censored"], generation["state"]) == (censored, state)


# ---------------------------------------------------------------- kudos


@pytest.mark.parametrize(
    ("body", "reward", "charged"),
    [
        (REFERENCE, 11, 15),
        ({**REFERENCE, "models": ["SDXL 1.0"]}, 22, 26),
        ({**REFERENCE, "slow_workers": False}, 11, 17.4),
        ({**REFERENCE, "worker_blacklist": True}, 11, 16.2),
    ],
    ids=str,
)
async def test_a_delivered_job_is_paid_and_charged(
    horde: Horde, body: dict[str, Any], reward: int, charged: float
) -> None:
    """kudos.md §9: reward, and what the requester pays with taxes and factors, for the 11.00-kudos job."""
    asker, owner = await horde.account(kudos=1000), await horde.account("owner", kudos=100, trusted=True)
    await horde.request(asker.api_key, **body)
    job = await horde.job(owner.api_key, models=["stable_diffusion", "SDXL 1.0"])
    assert await horde.submit(owner.api_key, job["id"]) == {"reward": reward}
    await horde.folded()
    assert (await horde.user(asker))["kudos"] == pytest.approx(1000 - charged)
    assert (await horde.user(owner))["kudos"] == pytest.approx(100 + reward)


async def test_half_of_an_untrusted_owners_reward_waits(horde: Horde) -> None:
    """kudos.md §5.2: untrusted owners: half goes to escrow; the answer says so beside the reward."""
    asker, owner = await horde.account(kudos=1000), await horde.account("owner", kudos=100)
    await horde.request(asker.api_key, **REFERENCE)
    job = await horde.job(owner.api_key)
    assert await horde.submit(owner.api_key, job["id"]) == {"reward": 11, "escrowed": 5.5}
    await horde.folded()
    assert (await horde.user(owner))["kudos"] == pytest.approx(105.5)


@pytest.mark.parametrize(
    ("agent", "reward"),
    [
        ("AI Horde Worker reGen:13.0.0:x", 11),
        ("AI Horde Worker reGen:14:x", 11),
        ("AI Horde Worker reGen:13.0.0-rc1:x", 9.9),
        ("AI Horde Worker reGen:9.0.1-citests:x", 9.9),
        ("AI Horde Worker:24:x", 11),
        ("AI Horde Worker:23:x", 9.9),
        ("somebody:99:x", 8.25),
    ],
)
async def test_old_software_earns_less(horde: Horde, agent: str, reward: float) -> None:
    """kudos.md §5.1: 1 for an official bridge at its latest version, 0.9 for an older one, 0.75 for any other."""
    asker, owner = await horde.account(kudos=1000), await horde.account("owner", trusted=True)
    request_id = await horde.request(asker.api_key, **REFERENCE, r2=False)
    job = await horde.job(owner.api_key, bridge_agent=agent)
    assert (await horde.submit(owner.api_key, job["id"]))["reward"] == reward
    assert (await horde.check(request_id))["kudos"] == 15, "the requester pays the same"


async def test_a_censored_picture_costs_one(horde: Horde) -> None:
    """kudos.md §1.3, §9: a censored job charges 1 to the requester and pays its worker in full."""
    asker, owner = await horde.account(kudos=1000), await horde.account("owner", trusted=True)
    request_id = await horde.request(asker.api_key, params={**REFERENCE["params"], "n": 2})
    first, second = (await horde.job(owner.api_key, amount=2))["ids"]
    assert (await horde.submit(owner.api_key, first))["reward"] == 11
    censored = [{"type": "censorship", "value": "nsfw"}]
    assert (await horde.submit(owner.api_key, second, gen_metadata=censored))["reward"] == 11
    assert (await horde.check(request_id))["kudos"] == 16
    await horde.folded()
    assert (await horde.user(asker))["kudos"] == 984


# ---------------------------------------------------------------- faults


async def test_a_fault_returns_the_slot_once(horde: Horde) -> None:
    """§8.6, §8.8: faulted → 200 reward 0 and the slot waits again; faulted twice → 200 reward 0, no more."""
    owner, request_id, job_id = await started(horde, params={"n": 3})
    for _ in range(2):
        assert await horde.submit(owner.api_key, job_id, state="faulted") == {"reward": 0}
        check = await horde.check(request_id)
        assert (check["waiting"], check["processing"], check["restarted"], check["kudos"]) == (3, 0, 1, 3)


async def test_a_fault_needs_no_picture(horde: Horde) -> None:
    """§8.1: the generation of a faulted job may be anything."""
    owner, _, job_id = await started(horde)
    assert await horde.submit(owner.api_key, job_id, state="faulted", generation="") == {"reward": 0}


async def test_a_result_after_a_fault_is_refused(horde: Horde) -> None:
    """§8.6, basics.md §5.2: submit after abort → 400 `AbortedGen`, saying "Please check your worker speed"."""
    owner, request_id, job_id = await started(horde)
    await horde.submit(owner.api_key, job_id, state="faulted")
    answer = await horde.try_submit(owner.api_key, job_id)
    assert horde.outcome(answer) == (400, "AbortedGen")
    assert "Please check your worker speed" in answer.json()["message"]
    assert (await horde.check(request_id))["finished"] == 0


async def test_an_overdue_job_goes_back_to_the_queue(horde: Horde) -> None:
    """§9.1: a job older than its ttl is aborted: the slot returns; its late result → 400 `AbortedGen`."""
    owner, request_id, job_id = await started(horde)
    await horde.sql("UPDATE job SET deadline = now() - interval '1 second'")

    async def restarted() -> Any:
        return (await horde.check(request_id))["restarted"] == 1

    await horde.until(restarted, "the sweep has aborted the job")
    assert (await horde.check(request_id))["waiting"] == 1
    assert horde.outcome(await horde.try_submit(owner.api_key, job_id)) == (400, "AbortedGen")
    assert await horde.submit(owner.api_key, job_id, state="faulted") == {"reward": 0}


async def test_a_late_result_before_the_sweep_is_taken(start_horde: StartHorde) -> None:
    """§9.1: a submit after ttl but before the sweep noticed is accepted."""
    horde = await start_horde(sweep_interval_s=3600)
    owner, request_id, job_id = await started(horde)
    await horde.sql("UPDATE job SET deadline = now() - interval '1 second'")
    await horde.submit(owner.api_key, job_id)
    assert (await horde.check(request_id))["finished"] == 1


async def test_three_faults_end_a_request(horde: Horde) -> None:
    """§9.2: 3 faulted jobs → faulted true, done true, waiting 0, impossible, not handed out again."""
    request_id = await horde.request()
    key = (await horde.account()).api_key
    for number in range(3):
        job = await horde.job(key, f"bee {number}")
        await horde.submit(key, job["id"], state="faulted")
    check = await horde.check(request_id)
    assert check["faulted"]
    assert check["done"]
    assert not check["is_possible"]
    assert (check["waiting"], check["restarted"], check["queue_position"]) == (0, 3, 0)
    assert (await horde.pop(key, "bee 3"))["id"] is None


async def test_two_faults_and_a_result_make_a_finished_request(horde: Horde) -> None:
    """Faulted jobs never count as finished: not done while the third worker is at it, done with its result."""
    request_id = await horde.request()
    key = (await horde.account()).api_key
    for number in range(2):
        job = await horde.job(key, f"bee {number}")
        await horde.submit(key, job["id"], state="faulted")
    job = await horde.job(key, "bee 2")
    check = await horde.check(request_id)
    assert (check["done"], check["processing"]) == (False, 1)
    await horde.submit(key, job["id"])
    check = await horde.check(request_id)
    assert (check["done"], check["faulted"], check["finished"], check["restarted"]) == (True, False, 1, 2)


async def test_three_unlucky_workers_do_not_end_a_large_request(horde: Horde) -> None:
    """§9.2: it ends when one of its slots must have failed three times."""
    request_id = await horde.request(params={"n": 4})
    key = (await horde.account(trusted=True)).api_key
    await horde.submit(key, (await horde.job(key, "good bee"))["id"])
    for number in range(3):
        job = await horde.job(key, f"bee {number}")
        await horde.submit(key, job["id"], state="faulted")
    check = await horde.check(request_id)
    assert (check["faulted"], check["waiting"], check["finished"]) == (False, 3, 1)


async def test_a_worker_that_loses_a_whole_batch_ends_no_request(horde: Horde) -> None:
    """§9.2: three jobs lost at once, as when a worker or a server is killed, are one failure a slot."""
    request_id = await horde.request(params={"n": 3, "width": 64, "height": 64})
    key = (await horde.account()).api_key
    for job_id in (await horde.job(key, amount=3))["ids"]:
        await horde.submit(key, job_id, state="faulted")
    check = await horde.check(request_id)
    assert (check["faulted"], check["waiting"], check["restarted"]) == (False, 3, 3)


async def test_jobs_in_flight_of_a_faulted_request_may_complete(horde: Horde) -> None:
    """§9.2: no more hand-outs, but in-flight jobs still complete and results remain readable."""
    request_id = await horde.request(params={"n": 2})
    key = (await horde.account(trusted=True)).api_key
    in_flight = (await horde.job(key, "good bee"))["id"]
    for number in range(5):
        assert not (await horde.check(request_id))["faulted"]
        await horde.submit(key, (await horde.job(key, f"bee {number}"))["id"], state="faulted")
    assert (await horde.check(request_id))["faulted"]
    await horde.submit(key, in_flight)
    status = await horde.status(request_id)
    assert (status["finished"], len(status["generations"])) == (1, 1)


async def test_the_worker_that_failed_is_not_handed_the_slot_again(horde: Horde) -> None:
    """The slot goes to another worker that is online; the one that just failed gets nothing of this request."""
    owner, _, job_id = await started(horde)
    await horde.pop(owner.api_key, "another")
    await horde.submit(owner.api_key, job_id, state="faulted")
    assert (await horde.pop(owner.api_key))["id"] is None
    await horde.job(owner.api_key, "another")


async def test_a_worker_that_drops_many_jobs_goes_into_maintenance(horde: Horde) -> None:
    """§9.3: more than 20 dropped jobs within an hour → maintenance with a text that says so."""
    owner, _, job_id = await started(horde)
    await horde.sql("UPDATE worker SET dropped_jobs = 20")
    await horde.submit(owner.api_key, job_id, state="faulted")
    answer = await horde.try_pop(owner.api_key)
    assert horde.outcome(answer) == (403, "WorkerMaintenance")
    assert "maintenance mode" in answer.json()["message"].lower()


async def test_drops_of_an_earlier_hour_are_forgotten(horde: Horde) -> None:
    """§9.3: the counter starts anew after an hour."""
    owner, _, job_id = await started(horde)
    await horde.sql("UPDATE worker SET dropped_jobs = 20, dropped_since = now() - interval '61 minutes'")
    await horde.submit(owner.api_key, job_id, state="faulted")
    assert (await horde.try_pop(owner.api_key)).status_code == 200


async def test_a_worker_in_maintenance_may_submit(horde: Horde) -> None:
    """§8.5: paused and maintenance workers may submit."""
    owner, request_id, job_id = await started(horde)
    await horde.sql("UPDATE worker SET maintenance = true, paused = true")
    await horde.submit(owner.api_key, job_id)
    assert (await horde.check(request_id))["done"]


# ---------------------------------------------------------------- cancelled and expired requests


async def test_a_job_of_a_cancelled_request_is_taken_and_paid(horde: Horde) -> None:
    """requests.md §10.2: jobs already with workers keep running, are accepted, rewarded and charged."""
    asker, owner = await horde.account(kudos=1000), await horde.account("owner", trusted=True)
    request_id = await horde.request(asker.api_key, params={**REFERENCE["params"], "n": 3})
    job = await horde.job(owner.api_key)
    await horde.cancel(request_id)
    assert not (await horde.check(request_id))["done"]
    assert (await horde.submit(owner.api_key, job["id"]))["reward"] == 11
    status = await horde.status(request_id)
    assert (status["done"], status["finished"], len(status["generations"]), status["kudos"]) == (True, 1, 1, 15)


@pytest.mark.parametrize("how", ["reported", "overdue"])
async def test_a_cancelled_request_does_not_come_back(horde: Horde, how: str) -> None:
    """A fault after DELETE returns no slot, however it happens: done, nothing waits."""
    owner, request_id, job_id = await started(horde, params={"n": 2})
    await horde.cancel(request_id)
    if how == "reported":
        await horde.submit(owner.api_key, job_id, state="faulted")
    else:
        await horde.sql("UPDATE job SET deadline = now() - interval '1 second'")

    async def restarted() -> Any:
        check = await horde.check(request_id)
        return check if check["restarted"] else None

    check = await horde.until(restarted, "the job is faulted")
    assert (check["waiting"], check["processing"], check["done"]) == (0, 0, True)
    assert (await horde.pop(owner.api_key, "another"))["id"] is None


async def test_a_job_of_an_expired_request_is_unknown(horde: Horde) -> None:
    """requests.md §11.2: once an expired request is removed, a late submit → 404 `InvalidJobID`."""
    owner, request_id, job_id = await started(horde)
    await horde.sql("UPDATE request SET expires_at = now() - interval '1 second'")

    async def gone() -> bool:
        return (await horde.client.get(f"/api/v2/generate/check/{request_id}")).status_code == 404

    await horde.until(gone, "the expired request is removed")
    assert horde.outcome(await horde.try_submit(owner.api_key, job_id)) == (404, "InvalidJobID")
