"""`horde admin set-user`, `delete-user`, `undelete-user`, `anonymous`: changing accounts from the machine itself.

What is changed is recorded in the audit trail as done by the command line, and running servers hear of it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from horde_sdk.harmless_text import one_line
from horde_server.command_line.admin_users import JsonOption, UserArgument
from horde_server.command_line.on_database import account_number, on_database, print_json
from horde_server.command_line.options import Data, DatabaseUrl, fail, settings_from

if TYPE_CHECKING:
    from horde_server.accounts.schemas import UserChange
    from horde_server.database.pool import Connection

WhyOption = Annotated[str | None, typer.Option(help="The reason, for the audit trail.")]


class Switch(StrEnum):
    """How a switch is turned."""

    ON = "on"
    OFF = "off"


def register(app: typer.Typer) -> None:
    """Add the commands to `horde admin`."""
    app.command("set-user")(set_user)
    app.command("delete-user")(delete_user)
    app.command("undelete-user")(undelete_user)
    app.command("anonymous")(anonymous)


def set_user(
    user: UserArgument,
    moderator: Annotated[bool | None, typer.Option(help="May moderate; is trusted too from then on.")] = None,
    trusted: Annotated[bool | None, typer.Option(help="Beyond suspicion; earns without escrow.")] = None,
    flagged: Annotated[bool | None, typer.Option(help="Its workers get nothing, it gives and gets no kudos.")] = None,
    customizer: Annotated[bool | None, typer.Option(help="Its workers may offer any model name.")] = None,
    vpn: Annotated[bool | None, typer.Option(help="Its workers may come from addresses that hide them.")] = None,
    service: Annotated[bool | None, typer.Option(help="Asks for others, and may have a passkey.")] = None,
    education: Annotated[bool | None, typer.Option(help="Of a school: safe requests only, no workers.")] = None,
    special: Annotated[bool | None, typer.Option(help="May serve and ask for special models of its name.")] = None,
    public_workers: Annotated[bool | None, typer.Option(help="Everybody sees whose its workers are.")] = None,
    kudos: Annotated[int | None, typer.Option(help="Kudos to give, or to take where negative.")] = None,
    monthly_kudos: Annotated[int | None, typer.Option(help="So many more, or fewer, each month.")] = None,
    usage_multiplier: Annotated[float | None, typer.Option(help="Weight of its usage in records, 0.1 to 10.")] = None,
    concurrency: Annotated[int | None, typer.Option(help="Jobs that may wait, 0 to 500.")] = None,
    worker_invited: Annotated[int | None, typer.Option(help="Workers it may have by invitation.")] = None,
    name: Annotated[str | None, typer.Option(help="Another user name; the number stays.")] = None,
    contact: Annotated[str | None, typer.Option(help="How to reach the user.")] = None,
    comment: Annotated[str | None, typer.Option(help="What moderators are told of the user.")] = None,
    reset_suspicion: Annotated[bool, typer.Option("--reset-suspicion", help="Forget all suspicions.")] = False,
    why: WhyOption = None,
    as_json: JsonOption = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Change an account: roles, kudos, limits, names. What is not named stays as it is.

    All is done together or nothing, under the rules that administrators have in the API.
    """
    given = {
        "moderator": moderator,
        "trusted": trusted,
        "flagged": flagged,
        "customizer": customizer,
        "vpn": vpn,
        "service": service,
        "education": education,
        "special": special,
        "public_workers": public_workers,
        "kudos": kudos,
        "monthly_kudos": monthly_kudos,
        "usage_multiplier": usage_multiplier,
        "concurrency": concurrency,
        "worker_invited": worker_invited,
        "username": name,
        "contact": contact,
        "admin_comment": comment,
        "reset_suspicion": True if reset_suspicion else None,
    }
    _change(
        account_number(user),
        {field: value for field, value in given.items() if value is not None},
        why,
        as_json=as_json,
        data=data,
        database_url=database_url,
    )


def undelete_user(
    user: UserArgument, why: WhyOption = None, as_json: JsonOption = False, data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:  # fmt: skip
    """Take back the deletion of an account that was not wiped yet."""
    _change(account_number(user), {"undelete": True}, why, as_json=as_json, data=data, database_url=database_url)


def delete_user(
    user: UserArgument, why: WhyOption = None, as_json: JsonOption = False, data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:  # fmt: skip
    """Mark an account for deletion: its keys do nothing any more, and after the days of grace it is wiped.

    Until then `undelete-user` makes it as it was. HORDE_DELETED_ACCOUNT_RETENTION_DAYS says how many days.
    """
    from horde_server.accounts.deletion import mark_from_outside
    from horde_server.audit.trail import COMMAND_LINE
    from horde_server.database.notices import tell

    account_id = account_number(user)
    settings = settings_from(data=data, database_url=database_url)

    async def work(conn: Connection) -> bool:
        is_new = await mark_from_outside(conn, account_id, COMMAND_LINE, settings.admin_ids, why=why)
        await tell(conn, "account", [str(account_id)])
        return is_new

    is_new = on_database(work, data=data, database_url=database_url)
    if as_json:
        print_json({"id": account_id, "deleted": True, "is_new": is_new})
    elif is_new:
        days = settings.deleted_account_retention_days
        typer.echo(f"Account {account_id} is marked for deletion. After {days} days without activity it is wiped.")
    else:
        typer.echo(f"Account {account_id} was marked for deletion before.")


def anonymous(
    state: Annotated[Switch, typer.Argument(help="Whether the anonymous key is served.")],
    why: WhyOption = None,
    as_json: JsonOption = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Turn anonymous use of the horde on or off; running servers hear of it at once."""
    from horde_server.audit.trail import COMMAND_LINE, record, subject
    from horde_server.database.notices import tell
    from horde_server.identity import switch_store
    from horde_server.identity.anonymous import SWITCH

    is_on = state is Switch.ON

    async def work(conn: Connection) -> None:
        async with conn.transaction():
            was_on = await switch_store.is_on(conn, SWITCH, unless_set=True)
            await switch_store.turn(conn, SWITCH, on=is_on)
            if was_on is not is_on:
                await record(
                    conn, COMMAND_LINE, "switch.turn", subject("switch", SWITCH), old={"on": was_on},
                    new={"on": is_on}, why=why,
                )  # fmt: skip
        await tell(conn, "switch", [SWITCH])

    on_database(work, data=data, database_url=database_url)
    if as_json:
        print_json({"anonymous": is_on})
    else:
        typer.echo("The anonymous key is served." if is_on else "Calls with the anonymous key are refused.")


def _change(
    account_id: int, given: dict[str, Any], why: str | None, *, as_json: bool, data: Data, database_url: DatabaseUrl
) -> None:
    from horde_server.accounts.changes import apply_change
    from horde_server.audit.trail import COMMAND_LINE
    from horde_server.database.notices import tell
    from horde_server.moderation.profanity import load_profanity_filter

    if not given:
        fail("Name at least one thing to change: see --help.", code=2)
    change = _checked(given)
    settings = settings_from(data=data, database_url=database_url)
    profanity = load_profanity_filter(settings.profane_words)

    async def work(conn: Connection) -> dict[str, Any]:
        changed = await apply_change(conn, account_id, change, COMMAND_LINE, profanity, why=why)
        await tell(conn, "account", [str(account_id)])
        return changed

    changed = on_database(work, data=data, database_url=database_url)
    if as_json:
        print_json({"id": account_id, **changed})
        return
    told = ", ".join(f"{name} {one_line(str(value))}" for name, value in changed.items())
    typer.echo(f"Account {account_id}: {told}.")


def _checked(given: dict[str, Any]) -> UserChange:
    """The change, within the limits that the API has too; ends the command where it is not."""
    from pydantic import ValidationError

    from horde_server.accounts.changes import MOST_NAME_CHARACTERS, TooLongUserName
    from horde_server.accounts.schemas import UserChange

    if len(given.get("username", "")) > MOST_NAME_CHARACTERS:
        fail(TooLongUserName().message, code=2)
    try:
        return UserChange.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        fail(f"{first['loc'][0]}: {first['msg']}", code=2)
