"""Sharing images for good, on each kind of store (storage.md §1, §5)."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from hordes import Horde, StartHorde
from later import LaterBy
from places import Places

from horde_server.blobs.store import BlobStoreFailed
from horde_server.settings import Settings
from horde_server.tasks.kind import GiveUp, TryLater

ANONYMOUS = "0000000000"


async def delivered(horde: Horde, key: str = ANONYMOUS, **body: Any) -> tuple[str, str]:
    """A request with its one image delivered; their ids."""
    request_id = await horde.request(key, **{"shared": True, **body})
    worker = await horde.account(f"owner {uuid4().hex}"[:30])
    job = await horde.job(worker.api_key, f"worker of {worker.id}", models=["stable_diffusion"])
    await horde.submit(worker.api_key, job["id"])
    return request_id, job["id"]


async def shared(horde: Horde, places: Any, job_id: str) -> None:
    """Wait until the image has been copied."""

    async def has_arrived() -> bool:
        return bool(await horde.sql("SELECT 1 FROM shared_image WHERE id = %s AND state = 'shared'", job_id))

    await horde.until(has_arrived, "the image is shared")


async def nothing_is_left(horde: Horde, places: Any) -> None:
    """Wait until all that was kept anywhere is gone."""

    async def is_empty() -> bool:
        return places.everything() == set()

    await horde.until(is_empty, "nothing is left")


async def take_back(horde: Horde, job_id: str, key: str | None) -> tuple[int, str | None]:
    """DELETE /generate/shared/{id}; the outcome."""
    headers = {"apikey": key} if key is not None else {}
    return horde.outcome(await horde.client.delete(f"/api/v2/generate/shared/{job_id}", headers=headers))


async def test_a_shared_image_is_kept_beside_its_metadata(horde: Horde, places: Places) -> None:
    """§5.3: `<job id>.webp` and `<job id>.json`, copied when the image is delivered."""
    ada = await horde.account("ada", kudos=1000)
    request_id, job_id = await delivered(
        horde,
        ada.api_key,
        prompt="a lighthouse ### fog",
        params={"width": 512, "height": 576, "steps": 12, "sampler_name": "k_heun", "cfg_scale": 6.5, "karras": False,
                "post_processing": ["GFPGAN"]},
    )  # fmt: skip
    await shared(horde, places, job_id)
    assert places.kept("shared_blobs") == {f"{job_id}.webp", f"{job_id}.json"}
    assert places.content("shared_blobs", f"{job_id}.webp") == horde.picture()
    assert json.loads(places.content("shared_blobs", f"{job_id}.json")) == {
        "prompt": "a lighthouse ### fog", "width": 512, "height": 576, "steps": 12, "sampler": "k_heun", "cfg": 6.5,
        "karras": False, "post_processing": ["GFPGAN"], "set_id": request_id, "user_type": "oauth", "seed": 7,
        "model": "stable_diffusion", "censored": False,
    }  # fmt: skip
    assert (await horde.status(request_id))["shared"] is True


async def test_it_stays_when_its_request_has_gone(horde: Horde, places: Places) -> None:
    """§6.2: shared objects are never deleted by the passing of time."""
    request_id, job_id = await delivered(horde)
    await shared(horde, places, job_id)
    await horde.sql("UPDATE request SET expires_at = now() - interval '1 s' WHERE id = %s", request_id)

    async def result_is_gone() -> bool:
        await horde.sql("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE scheduled_at > now()")
        return places.kept("blobs") == set()

    await horde.until(result_is_gone, "the result is deleted")
    assert places.kept("shared_blobs") == {f"{job_id}.webp", f"{job_id}.json"}


async def test_anonymous_requesters_may_share_and_do_not_by_themselves(horde: Horde, places: Places) -> None:
    """§5.1: opt-in only, also for Anonymous."""
    request_id, job_id = await delivered(horde)
    await shared(horde, places, job_id)
    assert json.loads(places.content("shared_blobs", f"{job_id}.json"))["user_type"] == "anon"
    by_default, _ = await delivered(horde, shared=False)
    assert (await horde.status(request_id))["shared"] is True
    assert (await horde.status(by_default))["shared"] is False
    assert await horde.sql("SELECT count(*) FROM shared_image") == [(1,)]


async def test_sharing_is_no_cheaper(horde: Horde) -> None:
    """kudos.md §2.3: the discounts are overridden; everybody pays the least horde tax already."""
    ada = await horde.account("ada", kudos=1000)
    one, _ = await delivered(horde, ada.api_key)
    other, _ = await delivered(horde, ada.api_key, shared=False)
    assert (await horde.check(one))["kudos"] == (await horde.check(other))["kudos"]


async def test_what_starts_from_a_picture_is_never_shared(horde: Horde, places: Places) -> None:
    """§5.2: img2img never."""
    request_id, _ = await delivered(horde, source_image=base64.b64encode(horde.picture()).decode())
    assert (await horde.status(request_id))["shared"] is False
    assert await horde.sql("SELECT count(*) FROM shared_image") == [(0,)]


async def test_what_pupils_ask_for_is_never_shared(horde: Horde) -> None:
    school = await horde.account("school", kudos=1000, columns={"education": True})
    request_id = await horde.request(school.api_key, shared=True)
    assert (await horde.status(request_id))["shared"] is False


async def test_a_censored_image_is_never_shared_and_costs_the_requester_nothing_more(horde: Horde) -> None:
    """§4.4: the worker's replacement picture is delivered and marked, and charged as nothing but the tax."""
    request_id = await horde.request(shared=True)
    worker = await horde.account("owner", trusted=True)
    job = await horde.job(worker.api_key)
    remark = {"type": "censorship", "value": "csam"}
    credited = await horde.submit(worker.api_key, job["id"], gen_metadata=[remark])
    status = await horde.status(request_id)
    assert credited["reward"] > 0
    assert (status["kudos"], status["generations"][0]["censored"]) == (4, True)
    assert await horde.sql("SELECT count(*) FROM shared_image") == [(0,)]


async def test_each_image_of_a_request_is_shared(horde: Horde, places: Places) -> None:
    ada = await horde.account("ada", kudos=1000)
    await horde.request(ada.api_key, shared=True, params={"n": 2})
    worker = await horde.account("owner")
    jobs = [await horde.job(worker.api_key) for _ in range(2)]
    for job in jobs:
        await horde.submit(worker.api_key, job["id"])
        await shared(horde, places, job["id"])
    assert len(places.kept("shared_blobs")) == 4


async def test_moderators_and_who_asked_for_it_take_a_shared_image_back(horde: Horde, places: Places) -> None:
    """§5.5: also the metadata; what was taken back cannot be taken back again."""
    ada = await horde.account("ada", kudos=1000)
    moderator = await horde.account("mod", moderator=True)
    for key in (ada.api_key, moderator.api_key):
        _, job_id = await delivered(horde, ada.api_key)
        await shared(horde, places, job_id)
        assert (await take_back(horde, job_id, key))[0] == 200

        async def is_gone() -> bool:
            return places.kept("shared_blobs") == set()

        await horde.until(is_gone, "the shared image is deleted")
        assert await take_back(horde, job_id, key) == (404, "SharedImageNotFound")


async def test_nobody_else_takes_a_shared_image_back(horde: Horde, places: Places) -> None:
    """Anonymous requesters are all one account, so none of them may either."""
    bob = await horde.account("bob")
    ada = await horde.account("ada", kudos=1000)
    _, adas = await delivered(horde, ada.api_key)
    _, anonymous = await delivered(horde)
    for job_id in (adas, anonymous):
        await shared(horde, places, job_id)
    kept = places.kept("shared_blobs")
    assert await take_back(horde, adas, bob.api_key) == (403, "NotModerator")
    assert await take_back(horde, adas, ANONYMOUS) == (403, "NotModerator")
    assert await take_back(horde, anonymous, ANONYMOUS) == (403, "NotModerator")
    assert await take_back(horde, adas, "wrong") == (401, "InvalidAPIKey")
    assert (await take_back(horde, adas, None))[0] == 400
    assert await take_back(horde, str(uuid4()), bob.api_key) == (404, "SharedImageNotFound")
    assert await take_back(horde, "no id", bob.api_key) == (404, "SharedImageNotFound")
    assert places.kept("shared_blobs") == kept


@pytest_asyncio.fixture
async def on_its_way(horde: Horde, later: LaterBy, picture: bytes) -> UUID:
    """The job of an image that is to be shared and not copied yet; the server itself knows of no task for it."""
    job_id = uuid4()
    await later(0).stores.results.put(f"{job_id}.webp", picture)
    await horde.sql("INSERT INTO shared_image (id, account_id, metadata) VALUES (%s, 0, '{}')", job_id)
    return job_id


class TestCopying:
    """Done at least once, and interrupted anywhere; taken back meanwhile."""

    async def test_a_result_is_needed_until_it_is_copied(
        self, horde: Horde, later: LaterBy, places: Places, on_its_way: UUID
    ) -> None:
        """Whatever deletes results: the task of its request, or the sweep of what is old."""
        node, key = later(0), f"{on_its_way}.webp"
        await node.delete(key)
        await later(86400).retention.sweep()
        assert places.kept("blobs") == {key}
        await node.share(on_its_way)

        async def result_is_gone() -> bool:
            await horde.sql("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE scheduled_at > now()")
            return places.kept("blobs") == set()

        await horde.until(result_is_gone, "the result is deleted")
        assert places.kept("shared_blobs") == {key, f"{on_its_way}.json"}

    async def test_it_may_be_done_twice(self, later: LaterBy, places: Places, on_its_way: UUID) -> None:
        node = later(0)
        await node.share(on_its_way)
        await node.share(on_its_way)
        assert places.kept("shared_blobs") == {f"{on_its_way}.webp", f"{on_its_way}.json"}

    async def test_what_was_taken_back_after_half_a_copy_leaves_nothing(
        self, horde: Horde, later: LaterBy, places: Places, on_its_way: UUID
    ) -> None:
        node = later(0)
        await node.shared.put(f"{on_its_way}.webp", b"half done")
        await horde.sql("DELETE FROM shared_image")
        await node.share(on_its_way)
        assert places.kept("shared_blobs") == set()

    async def test_what_is_taken_back_while_it_is_copied_leaves_nothing(
        self, horde: Horde, later: LaterBy, places: Places, on_its_way: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        node = later(0)
        put = node.shared.put

        async def put_and_lose(key: str, data: bytes) -> None:
            await put(key, data)
            await horde.sql("DELETE FROM shared_image")

        monkeypatch.setattr(node.shared, "put", put_and_lose)
        await node.share(on_its_way)
        assert places.kept("shared_blobs") == set()

    async def test_a_store_that_is_away_is_asked_again_later(
        self, horde: Horde, later: LaterBy, on_its_way: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        node = later(0)

        async def away(*_: Any) -> None:
            raise BlobStoreFailed

        monkeypatch.setattr(node.shared, "put", away)
        with pytest.raises(TryLater):
            await node.share(on_its_way)
        assert await horde.sql("SELECT state FROM shared_image") == [("copying",)]

    async def test_an_image_that_is_gone_is_given_up(
        self, horde: Horde, later: LaterBy, places: Places, on_its_way: UUID
    ) -> None:
        places.remove("blobs", f"{on_its_way}.webp")
        node = later(0)
        await node.shared.put(f"{on_its_way}.webp", b"half done")
        with pytest.raises(GiveUp):
            await node.share(on_its_way)
        assert await horde.sql("SELECT count(*) FROM shared_image") == [(0,)]
        await nothing_is_left(horde, places)

    async def test_what_could_not_be_copied_for_days_is_kept_no_longer(
        self, horde: Horde, later: LaterBy, places: Places, on_its_way: UUID
    ) -> None:
        node = later(0)
        await node.shared.put(f"{on_its_way}.webp", b"half done")
        await node.shared_images._abandon()
        assert await horde.sql("SELECT count(*) FROM shared_image") == [(1,)]
        await horde.sql("UPDATE shared_image SET created_at = created_at - interval '4 d'")
        await node.shared_images._abandon()
        await later(4 * 86400).retention.sweep()
        await nothing_is_left(horde, places)


class TestWithoutAPlaceForSharedImages:
    """The default: this operator shares nothing."""

    async def test_the_wish_is_ignored(self, start_horde: StartHorde) -> None:
        """requests.md §5.6: the original ignores it too, and reports false."""
        horde = await start_horde()
        request_id, _ = await delivered(horde)
        assert (await horde.status(request_id))["shared"] is False
        assert await horde.sql("SELECT count(*) FROM shared_image") == [(0,)]

    @pytest.mark.parametrize("kept", ["shared_blobs", "prompt_evidence"])
    @pytest.mark.parametrize("swept", ["blobs", "source_blobs"])
    @pytest.mark.parametrize(
        ("one", "same"),
        [
            ("here", "./here"), ("s3://images", "s3://images/?region=auto"),
            ("s3://images/a?endpoint=http://127.0.0.1:1", "s3://images/a/?region=auto&endpoint=http://127.0.0.1:1"),
        ],
        ids=["folder", "bucket", "prefix"],
    )  # fmt: skip
    def test_it_may_not_be_where_old_images_are_swept_away(self, kept: str, swept: str, one: str, same: str) -> None:
        places: dict[str, Any] = {swept: one, kept: same}
        with pytest.raises(ValueError, match="a place of its own"):
            Settings(_env_file=None, **places)

    def test_it_may_be_beside_them(self) -> None:
        settings = Settings(_env_file=None, blobs="s3://images/results", shared_blobs="s3://images/shared")
        assert settings.shared_blobs == "s3://images/shared"
