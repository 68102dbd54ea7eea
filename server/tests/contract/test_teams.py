"""Teams: looked up, made, changed, removed, joined, and what is counted for them (teams.md §1–4)."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from hordes import Horde, StartHorde

from horde_server.accounts.creation import NewAccount
from horde_server.teams.answers import DeletedTeam, ModifyTeam, TeamDetails
from horde_server.teams.service import MOST_TEAMS
from horde_server.teams.store import MOST_MODELS_SHOWN, MOST_WORKERS_SHOWN

UNKNOWN = "00000000-0000-0000-0000-000000000000"


async def call(horde: Horde, method: str, path: str = "", key: str | None = None, body: Any = None) -> httpx.Response:
    """A call below /teams."""
    headers = {"apikey": key} if key is not None else {}
    return await horde.client.request(method, f"/api/v2/teams{path}", headers=headers, json=body)


async def a_team(horde: Horde, key: str, name: str = "Keepers", **body: Any) -> str:
    """The id of a new team."""
    answer = await call(horde, "POST", "", key, {"name": name, **body})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


async def shown(horde: Horde, team_id: str) -> dict[str, Any]:
    """A team as anybody sees it."""
    answer = await call(horde, "GET", f"/{team_id}")
    assert answer.status_code == 200, answer.text
    TeamDetails.model_validate(answer.json(), strict=True)
    return dict(answer.json())


async def put_worker(horde: Horde, name: str, key: str, **change: Any) -> httpx.Response:
    """PUT of the worker of that name."""
    [(worker_id,)] = await horde.sql("SELECT id FROM worker WHERE name = %s", name)
    return await horde.client.put(f"/api/v2/workers/{worker_id}", json=change, headers={"apikey": key})


async def join(horde: Horde, name: str, key: str, team: str) -> None:
    """The worker of that name joins a team; with an empty id it leaves its own."""
    answer = await put_worker(horde, name, key, team=team)
    assert answer.status_code == 200, answer.text


@pytest.fixture
async def maker(horde: Horde) -> NewAccount:
    """A trusted account."""
    return await horde.account("maker", trusted=True)


class TestMaking:
    """POST /teams."""

    async def test_trusted_users_make_teams(self, horde: Horde, maker: NewAccount) -> None:
        """§2.1: 200 with id, name and info, as plain text; it is there at once, and nobody is in it."""
        answer = await call(horde, "POST", "", maker.api_key, {"name": " <b>Keepers ", "info": "Of the & light\nhouse"})
        assert answer.status_code == 200
        ModifyTeam.model_validate(answer.json(), strict=True)
        made = answer.json()
        assert (made["name"], made["info"]) == ("&lt;b&gt;Keepers", "Of the &amp; light\nhouse")
        assert await shown(horde, made["id"]) == {
            **made, "creator": f"maker#{maker.id}", "requests_fulfilled": 0, "kudos": 0.0, "contributions": 0.0,
            "uptime": 0, "performance": 0.0, "speed": 0.0, "worker_count": 0, "workers": [], "models": [],
        }  # fmt: skip

    async def test_others_make_none(self, horde: Horde) -> None:
        """§2.1: 403 `AnonForbidden`, `UntrustedTeamCreation`; a moderator is let in."""
        plain = await horde.account("plain")
        mod = await horde.account("mod", moderator=True, columns={"trusted": False})
        for key, expected in (
            ("0000000000", (403, "AnonForbidden")),
            (plain.api_key, (403, "UntrustedTeamCreation")),
            ("wrong", (401, "InvalidAPIKey")),
        ):
            assert horde.outcome(await call(horde, "POST", "", key, {"name": "Keepers"})) == expected
        await a_team(horde, mod.api_key)

    @pytest.mark.parametrize(
        ("body", "rc"),
        [
            ({"name": "a shitty team"}, "ProfaneTeamName"),
            ({"name": "Keepers", "info": "what a shitty team"}, "ProfaneTeamInfo"),
            ({"name": "taken NAME"}, "TeamNameAlreadyExists"),
            ({"name": "ｔaken name"}, "TeamNameAlreadyExists"),
            ({"name": "  a  "}, "BadRequest"),
            ({"name": "<" * 26}, "BadRequest"),
            ({"name": "Keepers", "info": "<" * 251}, "BadRequest"),
            ({"name": "nul\0byte"}, "NulByteInPayload"),
        ],
        ids=lambda value: str(value)[:40],
    )
    async def test_names_and_infos_that_are_refused(
        self, horde: Horde, maker: NewAccount, body: dict[str, Any], rc: str
    ) -> None:
        """§2.2: each by its code."""
        await a_team(horde, maker.api_key, "Taken name")
        assert horde.outcome(await call(horde, "POST", "", maker.api_key, body)) == (400, rc)

    @pytest.mark.parametrize(
        "body",
        [{"name": "ab"}, {"name": "x" * 101}, {"name": None}, {"name": "two\nlines"}, {}, {"name": 123}]
        + [{"name": "Keepers", "info": info} for info in ("ab", "x" * 1001, None)],
        ids=lambda value: str(value)[:40],
    )
    async def test_values_beyond_the_schema_are_named(
        self, horde: Horde, maker: NewAccount, body: dict[str, Any]
    ) -> None:
        """basics.md §3.3: 400 with `errors`, no rc."""
        answer = await call(horde, "POST", "", maker.api_key, body)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["info" if "info" in body else "name"])

    async def test_an_account_has_twenty_teams_at_most(self, horde: Horde, maker: NewAccount) -> None:
        """§2.3: also when they are made at the same moment; one that is deleted makes room."""
        wanted = [call(horde, "POST", "", maker.api_key, {"name": f"Team {n}"}) for n in range(MOST_TEAMS + 3)]
        answers = await asyncio.gather(*wanted)
        refused = [answer for answer in answers if answer.status_code != 200]
        assert [horde.outcome(answer) for answer in refused] == [(403, "Forbidden")] * 3
        made = next(answer.json()["id"] for answer in answers if answer.status_code == 200)
        assert (await call(horde, "DELETE", f"/{made}", maker.api_key)).status_code == 200
        await a_team(horde, maker.api_key)


class TestChanging:
    """PATCH and DELETE /teams/{id}."""

    async def test_makers_and_moderators_change_a_team(self, horde: Horde, maker: NewAccount) -> None:
        """§3.1: what is left out stays; what a moderator did is in the audit trail, what the maker did is not."""
        mod = await horde.account("mod", moderator=True)
        team_id = await a_team(horde, maker.api_key, info="Old info")
        answer = await call(horde, "PATCH", f"/{team_id}", maker.api_key, {"info": "New info"})
        assert (answer.status_code, answer.json()) == (200, {"id": team_id, "name": "Keepers", "info": "New info"})
        ModifyTeam.model_validate(answer.json(), strict=True)
        assert (await shown(horde, team_id))["info"] == "New info"
        answer = await call(horde, "PATCH", f"/{team_id}", mod.api_key, {"name": "KEEPERS"})
        assert answer.json()["name"] == "KEEPERS"
        trail = await horde.sql("SELECT actor_id, action, subject_id, concerns, old_value, new_value FROM audit_entry")
        assert trail == [(mod.id, "team.change", team_id, maker.id, {"name": "Keepers"}, {"name": "KEEPERS"})]

    async def test_who_may_not(self, horde: Horde, maker: NewAccount) -> None:
        """§3.2: 404 before 401 before what is changed before who may."""
        stranger = await horde.account("stranger", trusted=True)
        team_id = await a_team(horde, maker.api_key)
        for key in (stranger.api_key, "0000000000"):
            for body, rc in (({"info": "mine"}, "NotOwner"), ({"name": "mine"}, "NotModerator"), ({}, None)):
                expected = (403, rc) if rc else (400, "NoTeamModSelected")
                assert horde.outcome(await call(horde, "PATCH", f"/{team_id}", key, body)) == expected
            assert horde.outcome(await call(horde, "DELETE", f"/{team_id}", key)) == (403, "NotModerator")
        calls: tuple[tuple[str, Any], ...] = (("PATCH", {"info": "mine"}), ("DELETE", None))
        for method, body in calls:
            assert horde.outcome(await call(horde, method, f"/{team_id}", "wrong", body)) == (401, "InvalidAPIKey")
            assert horde.outcome(await call(horde, method, f"/{team_id}", None, body)) == (401, "InvalidAPIKey")
            for unknown in (UNKNOWN, "x", "1" * 300):
                answer = await call(horde, method, f"/{unknown}", "wrong", body)
                assert horde.outcome(answer) == (404, "TeamNotFound")
        assert (await shown(horde, team_id))["name"] == "Keepers"

    async def test_a_refused_change_changes_nothing(self, horde: Horde, maker: NewAccount) -> None:
        """§3.1: the codes of §2.2, and the name of another team."""
        await a_team(horde, maker.api_key, "Taken name")
        team_id = await a_team(horde, maker.api_key, info="Old info")
        for body, rc in (
            ({"info": "New info", "name": "TAKEN name"}, "TeamNameAlreadyExists"),
            ({"info": "New info", "name": "a shitty team"}, "ProfaneTeamName"),
            ({"info": "a shitty team"}, "ProfaneTeamInfo"),
        ):
            assert horde.outcome(await call(horde, "PATCH", f"/{team_id}", maker.api_key, body)) == (400, rc)
        assert (await shown(horde, team_id))["info"] == "Old info"

    async def test_workers_of_a_deleted_team_go_on_without_one(self, horde: Horde, maker: NewAccount) -> None:
        """§3.3: gone for all at once; a moderator's deletion is recorded."""
        mod = await horde.account("mod", moderator=True)
        team_id = await a_team(horde, maker.api_key)
        await horde.pop(maker.api_key, "bee")
        await join(horde, "bee", maker.api_key, team_id)
        answer = await call(horde, "DELETE", f"/{team_id}", mod.api_key)
        assert (answer.status_code, answer.json()) == (200, {"deleted_id": team_id, "deleted_name": "Keepers"})
        DeletedTeam.model_validate(answer.json(), strict=True)
        assert horde.outcome(await call(horde, "GET", f"/{team_id}")) == (404, "TeamNotFound")
        worker = (await horde.client.get("/api/v2/workers/name/bee")).json()
        assert worker["team"] == {"name": None, "id": None}
        assert await horde.sql("SELECT action, old_value FROM audit_entry WHERE subject_kind = 'team'") == [
            ("team.delete", {"name": "Keepers", "workers": 1})
        ]
        assert horde.outcome(await call(horde, "DELETE", f"/{team_id}", maker.api_key)) == (404, "TeamNotFound")


class TestJoining:
    """PUT /workers/{id} with `team`."""

    async def test_owners_let_their_workers_join_and_leave(self, horde: Horde, maker: NewAccount) -> None:
        """workers.md §11.4: by the team's id, without its maker's leave; the answer names the team."""
        owner = await horde.account("owner")
        first, second = await a_team(horde, maker.api_key), await a_team(horde, maker.api_key, "Others")
        await horde.pop(owner.api_key, "bee")
        for team, name in ((first, "Keepers"), (second.upper(), "Others")):
            assert (await put_worker(horde, "bee", owner.api_key, team=team)).json() == {"team": name}
            worker = (await horde.client.get("/api/v2/workers/name/bee")).json()
            assert worker["team"] == {"name": name, "id": team.lower()}
        assert ((await shown(horde, first))["worker_count"], (await shown(horde, second))["worker_count"]) == (0, 1)
        assert (await put_worker(horde, "bee", owner.api_key, team="")).json() == {"team": "None"}
        assert (await shown(horde, second))["workers"] == []

    async def test_a_team_shows_its_workers_of_every_kind(self, horde: Horde, maker: NewAccount) -> None:
        """§1.2: online or not, alchemists too; models of images and texts, the most served first."""
        team_id = await a_team(horde, maker.api_key)
        await horde.pop(maker.api_key, "a bee", models=["stable_diffusion", "Deliberate"])
        await horde.pop(maker.api_key, "b bee", models=["Deliberate"])
        await horde.texts.pop(maker.api_key, name="c scribe")
        await horde.alchemy.pop(maker.api_key, "caption", name="d alchemist")
        await horde.sql("UPDATE worker SET last_check_in_at = now() - interval '1 hour' WHERE name = 'b bee'")
        names = ("a bee", "b bee", "c scribe", "d alchemist")
        for name in names:
            await join(horde, name, maker.api_key, team_id)
        team = await shown(horde, team_id)
        ids = {name: str(worker_id) for worker_id, name in await horde.sql("SELECT id, name FROM worker")}
        kinds = ("image", "image", "text", "interrogation")
        assert team["workers"] == [
            {"type": kind, "name": name, "id": ids[name], "online": name != "b bee"}
            for kind, name in zip(kinds, names, strict=True)
        ]
        assert team["worker_count"] == 4
        assert team["models"][:2] == [{"name": "Deliberate", "count": 2}, *team["models"][1:2]]
        assert {"name": "stable_diffusion", "count": 1} in team["models"]
        assert "caption" not in {model["name"] for model in team["models"]}
        assert (await call(horde, "GET")).json() == [team]

    async def test_speeds_are_those_of_image_workers_online(self, horde: Horde, maker: NewAccount) -> None:
        """§1.3: the mean and the sum, in megapixelsteps per second; before its first job a worker counts as 1."""
        team_id = await a_team(horde, maker.api_key)
        for name, speeds in (("one", "{4e6,2e6}"), ("two", "{}"), ("three", "{9e6}")):
            await horde.pop(maker.api_key, name)
            await join(horde, name, maker.api_key, team_id)
            await horde.sql("UPDATE worker SET speeds = %s WHERE name = %s", speeds, name)
        await horde.texts.pop(maker.api_key, name="scribe")
        await join(horde, "scribe", maker.api_key, team_id)
        await horde.sql("UPDATE worker SET last_check_in_at = now() - interval '1 hour' WHERE name = 'three'")
        team = await shown(horde, team_id)
        assert (team["performance"], team["speed"]) == (2.0, 4.0)

    async def test_of_many_workers_and_models_some_are_shown(self, horde: Horde, maker: NewAccount) -> None:
        """§1.2: those seen last, and all are counted."""
        team_id = await a_team(horde, maker.api_key)
        await horde.sql(
            "INSERT INTO worker (id, name, kind, account_id, abilities, team_id, models)"
            " SELECT gen_random_uuid(), 'bee ' || n, 'image', %s, '{}', %s, ARRAY['all', 'model ' || n]"
            " FROM generate_series(1, %s) AS n",
            maker.id, team_id, MOST_WORKERS_SHOWN + 5,
        )  # fmt: skip
        team = await shown(horde, team_id)
        assert (team["worker_count"], len(team["workers"])) == (MOST_WORKERS_SHOWN + 5, MOST_WORKERS_SHOWN)
        assert len(team["models"]) == MOST_MODELS_SHOWN
        assert team["models"][0] == {"name": "all", "count": MOST_WORKERS_SHOWN}


class TestCounting:
    """What the fold adds to a team's totals (teams.md §4)."""

    async def test_what_is_earned_counts_for_the_team_of_that_moment(self, horde: Horde, maker: NewAccount) -> None:
        """§4.1: of every kind; a worker that changes teams takes nothing along."""
        asker = await horde.account("asker", kudos=10_000)
        first, second = await a_team(horde, maker.api_key), await a_team(horde, maker.api_key, "Others")
        await horde.pop(maker.api_key, "bee")
        await join(horde, "bee", maker.api_key, first)
        params = {"width": 512, "height": 512, "steps": 10}
        await horde.request(asker.api_key, params=params)
        job = await horde.job(maker.api_key, "bee")
        await join(horde, "bee", maker.api_key, second)  # while it works: the moment of the submit counts
        await join(horde, "bee", maker.api_key, first)
        reward = (await horde.submit(maker.api_key, job["id"]))["reward"]
        await join(horde, "bee", maker.api_key, second)
        await horde.request(asker.api_key, params=params)
        await horde.submit(maker.api_key, (await horde.job(maker.api_key, "bee"))["id"])
        await horde.folded()
        for team_id in (first, second):
            team = await shown(horde, team_id)
            assert (team["requests_fulfilled"], team["kudos"], team["contributions"]) == (1, reward, 2.62)

    async def test_texts_and_forms_count_too_but_are_no_megapixelsteps(self, horde: Horde, maker: NewAccount) -> None:
        """§4.1: kudos and requests of all kinds, contributions of images."""
        asker = await horde.account("asker", kudos=10_000)
        team_id = await a_team(horde, maker.api_key)
        await horde.texts.pop(maker.api_key, name="scribe")
        await horde.alchemy.pop(maker.api_key, "caption", name="alchemist")
        for name in ("scribe", "alchemist"):
            await join(horde, name, maker.api_key, team_id)
        await horde.texts.request(asker.api_key)
        text_job = (await horde.texts.job(maker.api_key, name="scribe"))["id"]
        rewards = (await horde.texts.submit(maker.api_key, text_job))["reward"]
        await horde.alchemy.request("caption", key=asker.api_key)
        form = await horde.alchemy.form(maker.api_key, "caption", name="alchemist")
        rewards += (await horde.alchemy.submit(maker.api_key, form["id"], {"caption": "a lighthouse"}))["reward"]
        await horde.folded()
        team = await shown(horde, team_id)
        assert (team["requests_fulfilled"], team["contributions"]) == (2, 0.0)
        assert team["kudos"] == pytest.approx(rewards)

    async def test_each_reward_of_uptime_is_ten_minutes_of_the_team(
        self, start_horde: StartHorde, horde: Horde, maker: NewAccount
    ) -> None:
        """§4.2: seconds, not kudos: those are for jobs."""
        team_id = await a_team(horde, maker.api_key)
        await horde.pop(maker.api_key, "bee")
        await join(horde, "bee", maker.api_key, team_id)
        await horde.sql("UPDATE worker SET uptime_s = 601")
        await horde.pop(maker.api_key, "bee", threads=2)  # something new is written at once
        await horde.folded()
        team = await shown(horde, team_id)
        assert (team["uptime"], team["kudos"], team["requests_fulfilled"]) == (600, 0.0, 0)

    async def test_the_history_knows_the_team(self, horde: Horde, maker: NewAccount) -> None:
        """§4.3: of every movement that a worker's job makes; totals survive their workers."""
        team_id = await a_team(horde, maker.api_key)
        await horde.pop(maker.api_key, "bee")
        await join(horde, "bee", maker.api_key, team_id)
        await horde.request()
        await horde.submit(maker.api_key, (await horde.job(maker.api_key, "bee"))["id"])
        await horde.folded()
        of_job = "SELECT DISTINCT team_id::text FROM ledger WHERE worker_id IS NOT NULL"
        assert await horde.sql(of_job) == [(team_id,)]
        assert await horde.sql("SELECT count(*) FROM ledger WHERE worker_id IS NULL AND team_id IS NOT NULL") == [(0,)]
        [(worker_id,)] = await horde.sql("SELECT id FROM worker")
        gone = await horde.client.delete(f"/api/v2/workers/{worker_id}", headers={"apikey": maker.api_key})
        assert gone.status_code == 200
        team = await shown(horde, team_id)
        assert (team["requests_fulfilled"], team["worker_count"]) == (1, 0)

    async def test_a_team_can_be_deleted_while_its_kudos_are_folded(self, horde: Horde, maker: NewAccount) -> None:
        """§3.3: nothing is lost but the totals, and nothing deadlocks."""
        for turn in range(5):
            team_id = await a_team(horde, maker.api_key, f"Team {turn}")
            await horde.pop(maker.api_key, "bee")
            await join(horde, "bee", maker.api_key, team_id)
            await horde.request()
            await horde.submit(maker.api_key, (await horde.job(maker.api_key, "bee"))["id"])
            assert (await call(horde, "DELETE", f"/{team_id}", maker.api_key)).status_code == 200
        await horde.folded()
        assert await horde.sql("SELECT fulfilments FROM worker") == [(5,)]


class TestLookingUp:
    """GET /teams and /teams/{id}."""

    async def test_the_list_is_by_kudos_in_pages_of_fifty(self, horde: Horde, maker: NewAccount) -> None:
        """§1.1: the richest first; beyond the last page, and beyond the hundredth, nothing."""
        await horde.sql(
            "INSERT INTO team (id, name, account_id, kudos_hundredths)"
            " SELECT gen_random_uuid(), 'Team ' || n, %s, n * 100 FROM generate_series(1, 60) AS n",
            maker.id,
        )
        pages = [(await call(horde, "GET", f"?page={number}")).json() for number in (1, 2, 3, 101, 2**31 - 1)]
        assert [len(page) for page in pages] == [50, 10, 0, 0, 0]
        assert [team["kudos"] for page in pages for team in page] == [float(n) for n in range(60, 0, -1)]
        assert (await call(horde, "GET")).json() == pages[0]
        for wrong in ("0", "-1", "x", str(2**31)):
            assert list((await call(horde, "GET", f"?page={wrong}")).json()["errors"]) == ["page"]

    async def test_a_name_finds_its_team_in_any_case(self, horde: Horde, maker: NewAccount) -> None:
        """§1.1: exact but for case."""
        team_id = await a_team(horde, maker.api_key, "The <Keepers>")
        found = (await call(horde, "GET", "?name=the%20%3Ckeepers%3E")).json()
        assert [team["id"] for team in found] == [team_id]
        for name in ("keepers", "%00", "x" * 200):
            assert (await call(horde, "GET", f"?name={name}")).json() == []
        assert list((await call(horde, "GET", f"?name={'x' * 201}")).json()["errors"]) == ["name"]

    async def test_any_key_may_look_but_an_unknown_one(self, horde: Horde, maker: NewAccount) -> None:
        """§1.4: nobody is shown more than others."""
        mod = await horde.account("mod", moderator=True)
        team_id = await a_team(horde, maker.api_key)
        plain = await shown(horde, team_id)
        for key in (mod.api_key, maker.api_key, "0000000000"):
            assert (await call(horde, "GET", f"/{team_id}", key)).json() == plain
        assert horde.outcome(await call(horde, "GET", f"/{team_id}", "wrong")) == (401, "InvalidAPIKey")
        for unknown in (UNKNOWN, "x", "1" * 300):
            assert horde.outcome(await call(horde, "GET", f"/{unknown}")) == (404, "TeamNotFound")
