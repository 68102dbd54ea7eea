"""`horde admin`: invitations, approvals, and many accounts at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from horde_sdk.harmless_text import one_line, printable
from horde_server.command_line.on_database import account_number, on_database, print_json
from horde_server.command_line.options import Data, DatabaseUrl, fail

if TYPE_CHECKING:
    from horde_server.database.pool import Connection
    from horde_server.registration.invitations.store import Invitation

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
_DAY_S = 86_400


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("invite")(invite)
    app.command("list-invitations")(list_invitations)
    app.command("revoke-invitation")(revoke_invitation)
    app.command("approvals")(approvals)
    app.command("create-users")(create_users)


def invite(
    uses: Annotated[int, typer.Option(min=1, max=1000, help="How many may register by it.")] = 1,
    days: Annotated[float, typer.Option(min=0.001, max=365, help="For how many days it is good.")] = 7,
    note: Annotated[str, typer.Option(help="What it is for.")] = "",
    role: Annotated[
        list[str] | None,
        typer.Option(
            help="A role of who comes by it: moderator, trusted, customizer, vpn, service, education or special. "
            "Repeatable."
        ),
    ] = None,
    kudos: Annotated[int, typer.Option(min=0, max=10**12, help="Kudos of who comes by it.")] = 0,
    concurrency: Annotated[int | None, typer.Option(min=0, max=500, help="What they may ask for at a time.")] = None,
    as_json: AsJson = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Make an invitation and print its code, once: who has it may register."""
    from horde_server.audit.trail import COMMAND_LINE
    from horde_server.identity.secret_store import load_secret
    from horde_server.registration.grants import ROLES, Grants
    from horde_server.registration.invitations.making import Terms, make_invitation
    from horde_server.visible_text import invisible_character

    roles = frozenset(role or ())
    if not roles <= set(ROLES):
        fail(f"Roles are some of: {', '.join(ROLES)}.", code=2)
    if len(note) > 200 or invisible_character(note) is not None:
        fail("A note has at most 200 visible characters, in one line.", code=2)
    terms = Terms(Grants(roles, kudos, concurrency), uses, max(int(days * _DAY_S), 60), note or None)

    async def work(conn: Connection) -> tuple[Invitation, str]:
        return await make_invitation(conn, COMMAND_LINE, await load_secret(conn, "api_key_salt"), terms)

    made, code = on_database(work, data=data, database_url=database_url)
    if as_json:
        print_json({**_told(made), "code": code})
    else:
        typer.echo(f"The invitation, good for {uses} until {made.expires_at:%Y-%m-%d %H:%M} UTC: {code}")


def list_invitations(
    page: Annotated[int, typer.Option(min=1, max=200, help="Which fifty.")] = 1,
    as_json: AsJson = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """List the invitations, the newest first. Their codes are kept nowhere."""
    from horde_server.registration.invitations import store

    async def work(conn: Connection) -> list[Invitation]:
        return await store.listed(conn, page)

    found = on_database(work, data=data, database_url=database_url)
    if as_json:
        print_json([_told(each) for each in found])
        return
    for each in found:
        state = "good" if each.is_good else "revoked" if each.revoked_at else "over"
        line = f"{each.id}  {state}  {each.used} of {each.uses}, until {each.expires_at:%Y-%m-%d %H:%M}"
        typer.echo(f"{line}  {one_line(each.note or '')}".rstrip())
    if not found:
        typer.echo("There are none.")


def revoke_invitation(
    invitation: Annotated[str, typer.Argument(help="Its id, as list-invitations tells it.")],
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """End an invitation: nobody registers by it any more. Who did stays."""
    from horde_server.audit.trail import COMMAND_LINE
    from horde_server.registration.invitations import making

    try:
        invitation_id = UUID(invitation)
    except ValueError:
        fail("Name the invitation by its id, as list-invitations tells it.", code=2)

    async def work(conn: Connection) -> None:
        await making.revoke_invitation(conn, COMMAND_LINE, invitation_id)

    on_database(work, data=data, database_url=database_url)
    typer.echo("The invitation has ended.")


def approvals(
    approve: Annotated[str | None, typer.Option(metavar="USER", help="Let this one ask and serve.")] = None,
    refuse: Annotated[str | None, typer.Option(metavar="USER", help="End the keys of this one.")] = None,
    reason: Annotated[str, typer.Option(help="Why; the user may read it.")] = "",
    page: Annotated[int, typer.Option(min=1, max=200, help="Which fifty of the list.")] = 1,
    as_json: AsJson = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """List who waits to be approved, the oldest first; or approve or refuse somebody.

    A running horde knows it at once.
    """
    from horde_server.audit.trail import COMMAND_LINE
    from horde_server.database.notices import tell
    from horde_server.registration.approvals import store
    from horde_server.registration.approvals.deciding import decide
    from horde_server.registration.approvals.store import Waiting

    named = approve if approve is not None else refuse
    if approve is not None and refuse is not None:
        fail("Approve or refuse one at a time.", code=2)
    if named is not None:
        number = account_number(named)

        async def work(conn: Connection) -> str:
            name = await decide(conn, COMMAND_LINE, number, approve=approve is not None, why=reason or None)
            await tell(conn, "account", [str(number)])
            return name

        name = on_database(work, data=data, database_url=database_url)
        typer.echo(f"{one_line(name)}#{number} is {'approved' if approve is not None else 'refused'}.")
        return

    async def look(conn: Connection) -> list[Waiting]:
        return await store.waiting(conn, page)

    waiting = on_database(look, data=data, database_url=database_url)
    if as_json:
        print_json([{**each._asdict(), "alias": each.alias} for each in waiting])
        return
    for each in waiting:
        typer.echo(f"{one_line(each.alias)}  since {each.created_at:%Y-%m-%d %H:%M}  {one_line(each.way)}")
    if not waiting:
        typer.echo("Nobody waits.")


def create_users(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.csv",
            help="Columns: name, and perhaps kudos, roles (with blanks between), concurrency, worker_invited.",
        ),
    ],
    output: Annotated[
        Path | None, typer.Option(help="Where names and keys go; default: FILE-keys.csv. Nothing is overwritten.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file.")] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Make all accounts of a file, or none, and write their keys into a file that only you can read."""
    from horde_server.registration.many import MOST_BYTES, Made, UnusableList, as_csv, make_all, read_list

    try:
        with file.open("rb") as opened:
            wanted = read_list(opened.read(MOST_BYTES + 1))
    except (OSError, UnusableList) as error:
        fail(f"{file}: {error}" if isinstance(error, OSError) else str(error), code=2)
    if dry_run:
        typer.echo(f"{len(wanted)} accounts could be made.")
        return
    target = output or file.with_name(f"{file.stem}-keys.csv")
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        fail(f"{target}: {error.strerror}. Say by --output where the keys may go.", code=2)

    async def work(conn: Connection) -> list[Made]:
        async with conn.transaction():
            made = await make_all(conn, wanted)
            # before the commit: accounts whose keys nobody has are of no use
            with os.fdopen(os.dup(descriptor), "w", encoding="utf-8", newline="") as keys:
                keys.write(as_csv(made))
                keys.flush()
                os.fsync(keys.fileno())
        return made

    is_done = False
    try:
        made = on_database(work, data=data, database_url=database_url)
        is_done = True
    finally:
        os.close(descriptor)
        if not is_done:
            target.unlink(missing_ok=True)
    typer.echo(f"{len(made)} accounts were made; their keys are in {printable(str(target))}")


def _told(invitation: Invitation) -> dict[str, Any]:
    told = invitation._asdict()
    grants = told.pop("grants")
    return {**told, "id": str(invitation.id), **grants.told()}
