"""How far an interrogation is: GET and DELETE /interrogate/status/{id} (alchemy-and-operations.md §1.4, §1.5)."""

from __future__ import annotations


async def test_an_interrogation_from_waiting_to_done(horde):
    """§1.2–1.7: two forms of one picture by two alchemists, and what everybody is told."""
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
