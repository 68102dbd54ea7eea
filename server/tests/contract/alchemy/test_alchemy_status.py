"""How far an interrogation is: GET and DELETE /interrogate/status/{id} (alchemy.md §4, §5)."""

from __future__ import annotations

from hordes import Horde, StartHorde


async def test_an_interrogation_from_waiting_to_done(horde: Horde) -> None:
    """§2–7: two forms of one picture by two alchemists, and what everybody is told."""
    owner = await horde.account("owner", trusted=True)
    interrogation = await horde.alchemy.request("caption", {"name": "RealESRGAN_x4plus", "payload": {"scale": 4}})
    assert await horde.alchemy.status(interrogation) == {
        "state": "waiting",
        "forms": [{"form": "caption", "state": "waiting"}, {"form": "RealESRGAN_x4plus", "state": "waiting"}],
    }

    caption = await horde.alchemy.form(owner.api_key, "caption")
    assert set(caption) == {"id", "form", "source_image"}
    source = await horde.client.get(caption["source_image"])
    assert (source.status_code, source.headers["content-type"]) == (200, "image/webp")
    assert await horde.alchemy.states(interrogation) == ("processing", ["processing", "waiting"])
    assert await horde.alchemy.submit(owner.api_key, caption["id"]) == {"reward": 1.0}

    enlarged = await horde.alchemy.form(owner.api_key, "RealESRGAN_x4plus", name="another")
    assert set(enlarged) == {"id", "form", "source_image", "payload", "r2_upload"}
    assert enlarged["payload"] == {"scale": 4}
    assert (await horde.client.put(enlarged["r2_upload"], content=horde.picture("red"))).status_code == 200
    assert await horde.alchemy.submit(owner.api_key, enlarged["id"], {"RealESRGAN_x4plus": "R2"}) == {"reward": 3.0}

    status = await horde.alchemy.status(interrogation)
    assert status["state"] == "done"
    told, made = status["forms"]
    assert told == {"form": "caption", "state": "done", "result": {"caption": "a teal square"}}
    assert (await horde.client.get(made["result"]["RealESRGAN_x4plus"])).content == horde.picture("red")


async def test_what_is_no_interrogation(horde: Horde) -> None:
    """§5.1: unknown or malformed → 404 `RequestNotFound`, also an image's id, and a form's or job's."""
    owner = await horde.account("owner")
    image = await horde.request()
    await horde.alchemy.request("caption")
    job = (await horde.alchemy.form(owner.api_key, "caption"))["id"]
    ((form,),) = await horde.sql("SELECT id::text FROM request WHERE kind = 'interrogation'")
    for wrong in (image, job, form, "x", "%00", "00000000-0000-0000-0000-000000000000"):
        for method in ("GET", "DELETE"):
            answer = await horde.client.request(method, f"/api/v2/interrogate/status/{wrong}")
            assert horde.outcome(answer) == (404, "RequestNotFound"), wrong
    for route in ("check", "status", "text/status"):
        answer = await horde.client.get(f"/api/v2/generate/{route}/{form}")
        assert horde.outcome(answer) == (404, "RequestNotFound")


async def test_the_states_of_the_whole(horde: Horde) -> None:
    """§4.2, in its order: processing before waiting; done only when all are; else partial."""
    owner = await horde.account("owner", trusted=True)
    interrogation = await horde.alchemy.request("caption", "nsfw")
    caption = await horde.alchemy.form(owner.api_key, "caption")
    assert await horde.alchemy.states(interrogation) == ("processing", ["processing", "waiting"])
    await horde.alchemy.submit(owner.api_key, caption["id"])
    assert await horde.alchemy.states(interrogation) == ("waiting", ["done", "waiting"])
    await horde.alchemy.cancel(interrogation)
    assert await horde.alchemy.states(interrogation) == ("partial", ["done", "cancelled"])


async def test_forms_come_as_they_were_asked_for(horde: Horde) -> None:
    """§5, and §6.3: earlier ones are handed out first; those of one interrogation in their order."""
    names = ["vectorize", "caption", "describe", "aesthetic", "palette"]
    first, second = [await horde.alchemy.request(*names) for _ in range(2)]
    for interrogation in (first, second):
        assert [form["form"] for form in (await horde.alchemy.status(interrogation))["forms"]] == names
    owner = await horde.account("owner")
    popped = (await horde.alchemy.pop(owner.api_key, *sorted(names), amount=10))["forms"]
    assert [form["form"] for form in popped] == names * 2


async def test_a_mask(horde: Horde) -> None:
    """basics.md §6.1: `X-Fields` trims the answer."""
    interrogation = await horde.alchemy.request("caption")
    answer = await horde.client.get(f"/api/v2/interrogate/status/{interrogation}", headers={"X-Fields": "state"})
    assert answer.json() == {"state": "waiting"}


async def test_cancelling_settles_what_is_processed(horde: Horde) -> None:
    """§5.2: waiting forms become cancelled free of charge, processing ones are paid in full, done ones keep theirs."""
    ada, owner = await horde.account("ada", kudos=1000), await horde.account("owner", trusted=True, kudos=100)
    interrogation = await horde.alchemy.request("caption", "interrogation", "nsfw", key=ada.api_key)
    done, held = (await horde.alchemy.pop(owner.api_key, "caption", "interrogation", amount=2))["forms"]
    await horde.alchemy.submit(owner.api_key, done["id"])
    assert await horde.alchemy.cancel(interrogation) == {
        "state": "partial",
        "forms": [
            {"form": "caption", "state": "done", "result": {"caption": "a teal square"}},
            {"form": "interrogation", "state": "cancelled"},
            {"form": "nsfw", "state": "cancelled"},
        ],
    }
    await horde.folded()
    assert (await horde.user(ada))["kudos"] == 1000 - (1 + 1) - (3 + 1)
    assert (await horde.user(owner))["kudos"] == 100 + 1 + 3
    answer = await horde.alchemy.try_submit(owner.api_key, held["id"], {"interrogation": {}})
    assert horde.outcome(answer) == (400, "DuplicateGen")
    again = await horde.alchemy.cancel(interrogation)
    assert again == await horde.alchemy.status(interrogation)
    await horde.folded()
    assert (await horde.user(owner))["kudos"] == 100 + 1 + 3
    assert (await horde.alchemy.pop(owner.api_key, "nsfw"))["forms"] is None


async def test_cancelling_at_one_node_reaches_what_another_handed_out(horde: Horde, start_horde: StartHorde) -> None:
    """Promise 2: paid once, by whichever node; the alchemist is told at either."""
    other, owner = await start_horde(), await horde.account("owner", trusted=True)
    interrogation = await horde.alchemy.request("caption")
    held = await horde.alchemy.form(owner.api_key, "caption")
    assert (await other.alchemy.cancel(interrogation))["state"] == "partial"
    for node in (horde, other):
        answer = await node.alchemy.try_submit(owner.api_key, held["id"])
        assert node.outcome(answer) == (400, "DuplicateGen")
    assert await horde.sql("SELECT count(*) FROM ledger WHERE kind = 'job_tax'") == [(1,)]


async def test_a_faulted_form_is_relabelled_by_cancelling(horde: Horde) -> None:
    """§5.2: whoever cancelled sees it cancelled."""
    interrogation = await horde.alchemy.request("caption")
    await horde.sql("UPDATE request SET state = 'faulted', waiting = 0, version = version + 1")
    assert await horde.alchemy.states(interrogation) == ("faulted", ["faulted"])
    assert (await horde.alchemy.cancel(interrogation))["forms"] == [{"form": "caption", "state": "cancelled"}]


# ---------------------------------------------------------------- the end


async def expire(horde: Horde, interrogation: str, seconds: int) -> None:
    """Let an interrogation have expired so many seconds ago."""
    await horde.sql(
        "UPDATE interrogation SET expires_at = now() - make_interval(secs => %s) WHERE id = %s", seconds, interrogation
    )


async def test_an_expired_interrogation_is_gone_with_its_picture(horde: Horde) -> None:
    """§8.3: with its forms, whatever their state."""
    owner = await horde.account("owner")
    gone, stays = [await horde.alchemy.request("GFPGAN", "nsfw") for _ in range(2)]
    made = await horde.alchemy.form(owner.api_key, "GFPGAN")
    await horde.client.put(made["r2_upload"], content=horde.picture())
    await horde.alchemy.submit(owner.api_key, made["id"], {"GFPGAN": "R2"})
    held = await horde.alchemy.form(owner.api_key, "nsfw")
    paths = {one: horde.settings.data / "blobs" / one[:2] / f"{one}_src.webp" for one in (gone, stays)}
    assert all(path.exists() for path in paths.values())
    await expire(horde, gone, 60)

    async def is_gone() -> bool:
        answer = await horde.client.get(f"/api/v2/interrogate/status/{gone}")
        return answer.status_code == 404 and not paths[gone].exists()

    await horde.until(is_gone, "the sweep")
    assert horde.outcome(await horde.alchemy.try_submit(owner.api_key, held["id"])) == (404, "InvalidJobID")
    assert paths[stays].exists()
    assert (await horde.alchemy.states(stays))[0] == "waiting"
    await horde.alchemy.form(owner.api_key, "GFPGAN", name="another")
    assert await horde.sql("SELECT count(*) FROM request") == [(2,)]


async def test_nothing_is_handed_out_of_an_expired_interrogation(horde: Horde) -> None:
    """§8.3: also before the sweep has removed it; other forms are."""
    owner = await horde.account("owner")
    expired = await horde.alchemy.request("caption")
    lives = await horde.alchemy.request("caption")
    await expire(horde, expired, 1)
    await horde.alchemy.form(owner.api_key, "caption")
    assert await horde.alchemy.states(lives) == ("processing", ["processing"])
    assert (await horde.alchemy.pop(owner.api_key, "caption"))["forms"] is None


async def test_every_hand_out_and_every_result_prolong_the_life_of_all_forms(horde: Horde) -> None:
    """§8.3: to 20 minutes from then, give or take half a minute."""
    owner = await horde.account("owner")
    interrogation = await horde.alchemy.request("caption", "nsfw")

    async def remaining_s() -> float:
        ((left,),) = await horde.sql("SELECT extract(epoch FROM expires_at - now())::float8 FROM interrogation")
        return left

    await expire(horde, interrogation, -60)
    form = await horde.alchemy.form(owner.api_key, "caption")
    assert 1190 < await remaining_s() <= 1200
    await expire(horde, interrogation, -60)
    await horde.alchemy.submit(owner.api_key, form["id"])
    assert 1190 < await remaining_s() <= 1200
    await expire(horde, interrogation, -1180)
    await horde.alchemy.form(owner.api_key, "nsfw")
    assert 1170 < await remaining_s() <= 1180


async def test_an_interrogation_survives_a_restart(horde: Horde, start_horde: StartHorde) -> None:
    """Promise 2."""
    owner = await horde.account("owner", trusted=True)
    interrogation = await horde.alchemy.request("caption", "nsfw", "palette")
    held = await horde.alchemy.form(owner.api_key, "caption")
    other = await start_horde()
    assert await other.alchemy.submit(owner.api_key, held["id"]) == {"reward": 1.0}
    popped = (await other.alchemy.pop(owner.api_key, "nsfw", "palette", amount=5))["forms"]
    assert [form["form"] for form in popped] == ["nsfw", "palette"]
    assert await other.alchemy.states(interrogation) == ("processing", ["done", "processing", "processing"])
