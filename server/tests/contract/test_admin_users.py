"""`horde admin` on the accounts of a running horde, as real processes beside it."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from horde_processes import clean_environment
from hordes import Horde

PROGRAM = str(Path(sys.executable).with_name("horde"))


class Admin:
    """`horde admin …` on the database of a running horde."""

    def __init__(self, horde: Horde, folder: Path) -> None:
        self._dsn = horde.dsn
        self._folder = folder

    async def __call__(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """Exit code, standard output and error of a command."""
        process = await asyncio.create_subprocess_exec(
            PROGRAM, "admin", *arguments, "--database-url", self._dsn,
            cwd=self._folder, env=clean_environment(**environment),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), 90)
        assert "Traceback" not in err.decode(), err.decode()
        return process.returncode or 0, out.decode(), err.decode()

    async def json(self, *arguments: str) -> Any:
        """What a command prints for programs."""
        code, out, err = await self(*arguments, "--json")
        assert code == 0, err
        return json.loads(out)

    async def refused(self, *arguments: str) -> str:
        """The sentence with which a command ends."""
        code, _, err = await self(*arguments)
        assert code != 0, arguments
        assert err.strip()
        return err


@pytest.fixture
def admin(horde: Horde, tmp_path: Path) -> Admin:
    """The commands, beside the running server."""
    return Admin(horde, tmp_path)


async def actions(horde: Horde, account_id: int) -> list[tuple[Any, ...]]:
    """What the trail says of an account: how, what, old, new, why."""
    return await horde.sql(
        "SELECT via, action, old_value, new_value, reason FROM audit_entry WHERE concerns = %s ORDER BY id", account_id
    )


async def test_users_are_listed_by_what_they_have_in_common(horde: Horde, admin: Admin) -> None:
    for name, kudos in (("ada", 50), ("bob", 500), ("Adam", 5)):
        await horde.account(name, kudos=kudos, trusted=name == "bob")
    everybody = await admin.json("list-users")
    assert [user["alias"] for user in everybody] == ["bob#2", "ada#1", "Adam#3", "Anonymous#0"]
    assert everybody[0]["kudos"] == 500
    assert [user["id"] for user in await admin.json("list-users", "--name", "AD", "--sort", "age")] == [1, 3]
    assert [user["id"] for user in await admin.json("list-users", "--with", "trusted")] == [2]
    assert [user["id"] for user in await admin.json("list-users", "--per-page", "1", "--page", "2")] == [1]
    code, out, _ = await admin("list-users", "--with", "trusted")
    assert code == 0
    assert "bob#2" in out
    assert await admin.refused("list-users", "--per-page", "1001")


async def test_a_user_is_shown_whole_but_for_keys(horde: Horde, admin: Admin) -> None:
    ada = await horde.account("ada", kudos=50, columns={"contact": "ada@example.org", "admin_comment": "kind\x1b[2J"})
    shown = await admin.json("show-user", "ada#1")
    assert (shown["username"], shown["kudos"], shown["contact"]) == ("ada#1", 50, "ada@example.org")
    assert (shown["keys"], shown["deleted_at"], shown["suspicious"]) == (1, None, 0)
    code, out, _ = await admin("show-user", "1")
    assert code == 0
    assert "contact: ada@example.org" in out
    assert "\x1b" not in out
    assert ada.api_key not in out
    assert "no such user" in await admin.refused("show-user", "ghost#99")
    assert await admin.refused("show-user", "ada")


async def test_roles_and_numbers_are_set_and_heard_of_at_once(horde: Horde, admin: Admin) -> None:
    """A running server knows of it, and the trail says that the command line did it, and why."""
    ada = await horde.account("ada")
    assert horde.outcome(await horde.client.get("/api/v2/filters", headers={"apikey": ada.api_key}))[0] == 403
    changed = await admin.json(
        "set-user", "ada#1", "--moderator", "--kudos", "70", "--concurrency", "9", "--no-trusted", "--why", "she helps"
    )
    assert changed == {"id": 1, "moderator": True, "trusted": True, "concurrency": 9, "new_kudos": 70.0}

    async def moderates() -> bool:
        answer = await horde.client.get("/api/v2/filters", headers={"apikey": ada.api_key})
        return answer.status_code == 200

    await horde.until(moderates, "the running server knows the new moderator")
    assert await actions(horde, 1) == [
        ("command_line", "account.change", {"moderator": False, "trusted": False, "concurrency": 30},
         {"moderator": True, "trusted": True, "concurrency": 9, "kudos_added": 70}, "she helps")
    ]  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        ("ada#1",),
        ("ada#99", "--trusted"),
        ("ada#1", "--concurrency", "501"),
        ("ada#1", "--usage-multiplier", "0"),
        ("ada#1", "--name", "x" * 31),
        ("ada#1", "--name", "shithead"),
        ("ada#1", "--comment", "x" * 501),
        ("ada#1", "--kudos", str(10**30)),
    ],
    ids=str,
)
async def test_what_the_api_would_refuse_is_refused_in_words(
    horde: Horde, admin: Admin, arguments: tuple[str, ...]
) -> None:
    await horde.account("ada")
    await admin.refused("set-user", *arguments)
    assert await actions(horde, 1) == []


async def test_an_account_is_marked_and_comes_back(horde: Horde, admin: Admin) -> None:
    ada, _ = await horde.account("ada", kudos=100), await horde.account("mod", moderator=True)
    assert await admin.json("delete-user", "ada#1", "--why", "asked by mail") == {
        "id": 1, "deleted": True, "is_new": True,
    }  # fmt: skip

    async def is_refused() -> bool:
        return Horde.outcome(await horde.ask(ada.api_key)) == (403, "DeletedUser")

    await horde.until(is_refused, "the running server knows of the mark")
    assert (await admin.json("delete-user", "1"))["is_new"] is False
    assert await admin.json("undelete-user", "ada#1") == {"id": 1, "undeleted": True}

    async def is_back() -> bool:
        return (await horde.ask(ada.api_key)).status_code == 202

    await horde.until(is_back, "the running server knows of the return")
    assert [(via, action, why) for via, action, _, _, why in await actions(horde, 1)] == [
        ("command_line", "account.delete", "asked by mail"),
        ("command_line", "account.undelete", None),
    ]
    assert "Moderators" in await admin.refused("delete-user", "mod#2")
    assert await admin.refused("delete-user", "0")
    assert await admin.refused("undelete-user", "ada#1")


async def test_anonymous_use_is_turned_off_and_on(horde: Horde, admin: Admin) -> None:
    """accounts.md §1.8: heard of by the running server, and recorded."""
    for state, status in (("off", 403), ("on", 202)):
        assert await admin.json("anonymous", state, "--why", "a raid") == {"anonymous": state == "on"}

        async def has_heard(expected: int = status) -> bool:
            return (await horde.ask()).status_code == expected

        await horde.until(has_heard, f"anonymous use is {state}")
    assert await horde.sql("SELECT action, old_value, new_value, reason FROM audit_entry ORDER BY id") == [
        ("switch.turn", {"on": True}, {"on": False}, "a raid"),
        ("switch.turn", {"on": False}, {"on": True}, "a raid"),
    ]
    assert await admin.refused("anonymous", "perhaps")
