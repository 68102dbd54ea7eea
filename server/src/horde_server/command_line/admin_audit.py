"""`horde admin audit …`: who changed what that needs a right, and undoing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from horde_sdk.harmless_text import one_line
from horde_server.command_line.on_database import account_number, on_database, print_json
from horde_server.command_line.options import Data, DatabaseUrl, fail

if TYPE_CHECKING:
    from horde_server.database.pool import Connection

app = typer.Typer(help="The audit trail: list it, undo what it tells of.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@app.command("list")
def list_entries(
    action: Annotated[str | None, typer.Option(help="Only this action, such as filter.delete.", metavar="NAME")] = None,
    subject: Annotated[str | None, typer.Option(help="Only about this, such as worker:ID.", metavar="KIND:ID")] = None,
    by: Annotated[str | None, typer.Option(help="Only what this account did.", metavar="USER")] = None,
    about: Annotated[str | None, typer.Option(help="Only what concerns this account.", metavar="USER")] = None,
    before: Annotated[int | None, typer.Option(min=1, help="Only entries older than this one.", metavar="ID")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="So many at most.")] = 50,
    as_json: AsJson = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """List what was changed that needs a right, the newest first."""
    from horde_server.audit.service import body_for_moderators
    from horde_server.audit.store import Sought, page
    from horde_server.undoing import UNDOERS

    kind, _, subject_id = (subject or "").partition(":")
    if subject is not None and not (kind and subject_id):
        fail("Name the subject by its kind and its id, such as worker:ID or filter:3.", code=2)
    sought = Sought(
        action=action,
        subject_kind=kind or None,
        subject_id=subject_id or None,
        actor_id=account_number(by) if by else None,
        concerns=account_number(about) if about else None,
        before=before,
    )

    async def work(conn: Connection) -> list[dict[str, Any]]:
        return [body_for_moderators(entry, UNDOERS) for entry in await page(conn, sought, limit)]

    found = on_database(work, data=data, database_url=database_url)
    if as_json:
        print_json(found)
        return
    for entry in found:
        typer.echo(one_line(_told(entry)))
    if not found:
        typer.echo("Nothing was changed that this asks for.")


@app.command("undo")
def undo_entry(
    entry: Annotated[int, typer.Argument(min=1, help="The number of the entry.")],
    why: Annotated[str | None, typer.Option(help="Why; it is recorded.")] = None,
    as_json: AsJson = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Put back what was there before an entry; refused where it was changed again since."""
    import msgspec

    from horde_server.audit.trail import COMMAND_LINE
    from horde_server.audit.undo import undo
    from horde_server.database.notices import tell
    from horde_server.undoing import UNDOERS

    async def work(conn: Connection) -> int:
        async with conn.transaction():
            actor = msgspec.structs.replace(COMMAND_LINE, reason=why)
            number, undone = await undo(conn, UNDOERS, entry, actor, lambda _: None)
        for topic, ids in undone.rows.items():
            await tell(conn, topic, ids)
        return number

    number = on_database(work, data=data, database_url=database_url)
    if as_json:
        print_json({"id": number, "undid": entry})
    else:
        typer.echo(f"Entry {entry} is undone, by entry {number}.")


def _told(entry: dict[str, Any]) -> str:
    """An entry in one line."""
    who = entry.get("actor", "the operator" if entry["via"] == "command_line" else "the horde")
    changes = ", ".join(
        f"{name}: {entry['old'].get(name)} → {entry['new'].get(name)}" for name in {**entry["old"], **entry["new"]}
    )
    of = f"{entry['subject']['kind']}:{entry['subject']['id']}"
    reason = f" ({entry['reason']})" if "reason" in entry else ""
    undone = f" [undone by {entry['undone_by']}]" if "undone_by" in entry else ""
    return f"{entry['id']}  {entry['created'][:19]}  {who}  {entry['action']}  {of}  {changes}{reason}{undone}"
