"""Names pass for nobody else's: what nobody sees is refused, and so is another account's name in another dress."""

from __future__ import annotations

from typing import Any

import pytest
from hordes import Horde

pytestmark = pytest.mark.asyncio(loop_scope="module")

HIDDEN = ["\n", "\x1b[31m", "\u200b", "\u202e", "\u2066", "\ufeff", "\u00ad"]


class TestWorkers:
    @pytest.mark.parametrize("hidden", HIDDEN)
    async def test_a_new_worker_with_a_hidden_character_is_refused_in_words(
        self, module_horde: Horde, hidden: str
    ) -> None:
        owner = await module_horde.account("owner")
        answer = await module_horde.try_pop(owner.api_key, f"log{hidden}worker")
        assert (answer.status_code, answer.json()["rc"]) == (400, "BadRequest")
        assert f"U+{ord(hidden[0]):04X}" in answer.json()["message"]

    @pytest.mark.parametrize("name", ["👩‍🚀 worker", "❤️ of gold", "می‌خواهم", "Bücher–Würmer"])
    async def test_names_as_people_write_them_are_taken(self, module_horde: Horde, name: str) -> None:
        owner = await module_horde.account("owner")
        answer = await module_horde.try_pop(owner.api_key, name)
        assert answer.status_code == 200, answer.text

    async def test_another_accounts_name_in_another_dress_is_refused(self, module_horde: Horde) -> None:
        horde = module_horde
        owner, stranger = await horde.account("owner"), await horde.account("stranger")
        await horde.pop(owner.api_key, "aworker")
        for name in ("AWORKER", "aWorker", "ａｗｏｒｋｅｒ"):
            answer = await horde.try_pop(stranger.api_key, name)
            assert (answer.status_code, answer.json()["rc"]) == (403, "WrongCredentials")
            assert answer.json()["message"].startswith("Wrong credentials: ")
            assert "Choose another name" in answer.json()["message"]

    async def test_its_owner_may_dress_it_as_he_likes(self, module_horde: Horde) -> None:
        owner = await module_horde.account("owner")
        await module_horde.pop(owner.api_key, "twins")
        assert (await module_horde.try_pop(owner.api_key, "TWINS")).status_code == 200

    async def test_a_taken_name_is_told_to_be_changed(self, module_horde: Horde) -> None:
        horde = module_horde
        owner, stranger = await horde.account("owner"), await horde.account("stranger")
        await horde.pop(owner.api_key, "taken")
        answer = await horde.try_pop(stranger.api_key, "taken")
        assert answer.json() == {
            "message": "Wrong credentials: this worker name belongs to another account. "
            "Choose another name for your worker.",
            "rc": "WrongCredentials",
        }

    async def test_a_rename_is_held_to_the_same(self, module_horde: Horde) -> None:
        horde = module_horde
        owner, stranger = await horde.account("owner"), await horde.account("stranger")
        await horde.pop(owner.api_key, "original")
        await horde.pop(stranger.api_key, "harmless")
        worker_id = (await horde.client.get("/api/v2/workers/name/harmless")).json()["id"]

        async def rename(name: str) -> dict[str, Any]:
            answer = await horde.client.put(
                f"/api/v2/workers/{worker_id}", json={"name": name}, headers={"apikey": stranger.api_key}
            )
            assert answer.status_code == 400
            return dict(answer.json())

        assert (await rename("ORIGINAL"))["rc"] == "WorkerNameAlreadyExists"
        assert "U+200B" in str((await rename("origi\u200bnal"))["errors"])

    async def test_a_bridge_agent_is_shown_without_what_moves_the_text(self, module_horde: Horde) -> None:
        horde = module_horde
        owner = await horde.account("owner")
        await horde.texts.pop(owner.api_key, "agent's", bridge_agent="good\u202e\n:1\x1b[2J:x")
        shown = (await horde.client.get("/api/v2/workers/name/agent's")).json()
        assert shown["bridge_agent"] == "good:1[2J:x"


class TestOtherNames:
    @pytest.mark.parametrize("hidden", HIDDEN)
    async def test_models_are_named_visibly(self, module_horde: Horde, hidden: str) -> None:
        horde = module_horde
        owner = await horde.account("owner")
        names = [f"model{hidden}x"]
        for answer in (
            await horde.ask(models=names),
            await horde.texts.ask(models=names),
            await horde.try_pop(owner.api_key, models=names),
            await horde.texts.try_pop(owner.api_key, models=names),
        ):
            assert answer.status_code == 400
            assert f"remove U+{ord(hidden[0]):04X}" in answer.json()["errors"]["models.0"]

    @pytest.mark.parametrize("field", ["username", "contact", "admin_comment"])
    async def test_users_and_remarks_are_of_visible_characters(self, module_horde: Horde, field: str) -> None:
        moderator = await module_horde.account("mod", moderator=True)
        for hidden in HIDDEN:
            answer = await module_horde.client.put(
                f"/api/v2/users/{moderator.id}",
                json={field: f"plain{hidden}text"},
                headers={"apikey": moderator.api_key},
            )
            assert answer.status_code == 400
            assert "remove U+" in answer.json()["errors"][field]

    @pytest.mark.parametrize("field", ["info", "maintenance_msg"])
    async def test_remarks_about_workers_are_of_visible_characters(self, module_horde: Horde, field: str) -> None:
        answer = await module_horde.client.put(
            "/api/v2/workers/00000000-0000-0000-0000-000000000000",
            json={field: "plain\u202etext"},
            headers={"apikey": "0000000000"},
        )
        assert answer.status_code == 400
        assert "remove U+202E" in answer.json()["errors"][field]
