"""`horde admin news …` and `horde admin document …`: what a horde tells about itself (docs/content.md)."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from horde_sdk.harmless_text import one_line, printable
from horde_server.command_line.on_database import on_database, print_json
from horde_server.command_line.options import Data, DatabaseUrl, fail, settings_from

if TYPE_CHECKING:
    from horde_server.content.news import Newspiece
    from horde_server.database.pool import Connection


class Kind(StrEnum):
    """What a piece of news is about: `content.news.Importance`, without what that imports."""

    INFORMATION = "Information"
    WORKERS = "Workers"
    INTEGRATION = "Integration"
    UPCOMING = "Upcoming"
    CRISIS = "Crisis"


class Document(StrEnum):
    """The documents of a horde: `content.documents.DocumentName`, without what that imports."""

    TERMS = "terms"
    PRIVACY = "privacy"
    SPONSORS = "sponsors"


news = typer.Typer(help="News of the horde.", no_args_is_help=True)
document = typer.Typer(help="Terms, privacy and sponsors of the horde.", no_args_is_help=True)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="File with Markdown; - for standard input.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@news.command("add")
def add(
    title: Annotated[str, typer.Argument(help="What it is called.")],
    file: FileArgument,
    importance: Annotated[Kind, typer.Option(help="What it is about.")] = Kind.INFORMATION,
    tag: Annotated[list[str] | None, typer.Option(help="A word that it is found by. Repeatable.")] = None,
    url: Annotated[list[str] | None, typer.Option(help="Where there is more. Repeatable.")] = None,
    date: Annotated[str, typer.Option(help="When it is published, such as 2026-12-01. Default: today.")] = "",
    as_json: JsonOption = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Publish a piece of news. A running horde shows it at once."""
    from datetime import UTC, datetime

    import pydantic

    from horde_server.audit.trail import COMMAND_LINE
    from horde_server.content.changes import TOPIC, add_news
    from horde_server.content.schemas import NewNewspiece
    from horde_server.content.service import kept
    from horde_server.database.notices import tell

    given = {
        "title": title,
        "newspiece": _text_of(file),
        "importance": str(importance),
        "tags": tag or [],
        "more_info_urls": url or [],
        "date_published": date,
    }
    try:
        piece = NewNewspiece.model_validate(given).to_piece(datetime.now(UTC).date())
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        fail(f"{first['loc'][0]}: {first['msg']}", code=2)

    async def work(conn: Connection) -> Newspiece:
        added = await add_news(conn, COMMAND_LINE, piece)
        await tell(conn, TOPIC, ["news"])
        return added

    added = on_database(work, data=data, database_url=database_url)
    if as_json:
        print_json(kept(added))
    else:
        typer.echo(f"Published as number {added.id}.")


@news.command("list")
def list_news(as_json: JsonOption = False, data: Data = None, database_url: DatabaseUrl = None) -> None:
    """List the news that is kept in the database, with the numbers to remove it by. News in files is not listed."""
    from horde_server.content.changes import MOST_NEWS
    from horde_server.content.service import kept
    from horde_server.content.store import latest_news

    async def work(conn: Connection) -> list[Newspiece]:
        return await latest_news(conn, most=MOST_NEWS)

    found = on_database(work, data=data, database_url=database_url)
    if as_json:
        print_json(list(map(kept, found)))
        return
    for piece in found:
        typer.echo(f"{piece.id}  {piece.published_on}  {piece.importance}  {one_line(piece.title)}")
    if not found:
        typer.echo("There is no news.")


@news.command("remove")
def remove(
    number: Annotated[int, typer.Argument(min=1, max=2**31 - 1, help="Its number, as listed.")],
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Take a piece of news back."""
    from horde_server.audit.trail import COMMAND_LINE
    from horde_server.content.changes import TOPIC, remove_news
    from horde_server.database.notices import tell

    async def work(conn: Connection) -> Newspiece:
        gone = await remove_news(conn, COMMAND_LINE, number)
        await tell(conn, TOPIC, ["news"])
        return gone

    gone = on_database(work, data=data, database_url=database_url)
    typer.echo(f"Removed: {one_line(gone.title)}")


@document.command("set")
def set_document(
    name: Annotated[Document, typer.Argument(help="Which one.")],
    file: FileArgument,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Write a document. A running horde shows it at once; it goes before a file in the content folder."""
    from horde_server.audit.trail import COMMAND_LINE
    from horde_server.content import changes
    from horde_server.content.documents import MOST_DOCUMENT, DocumentName
    from horde_server.database.notices import tell

    text = _text_of(file)
    if not 1 <= len(text) <= MOST_DOCUMENT:
        fail(f"A document has 1 to {MOST_DOCUMENT} characters.", code=2)

    async def work(conn: Connection) -> None:
        await changes.set_document(conn, COMMAND_LINE, DocumentName(name), text)
        await tell(conn, changes.TOPIC, [name])

    on_database(work, data=data, database_url=database_url)
    typer.echo(f"The document {name} is written.")


@document.command("reset")
def reset(
    name: Annotated[Document, typer.Argument(help="Which one.")],
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Forget what was written: the file in the content folder counts again, or what was shipped."""
    from horde_server.audit.trail import COMMAND_LINE
    from horde_server.content import changes
    from horde_server.content.documents import DocumentName
    from horde_server.database.notices import tell

    async def work(conn: Connection) -> None:
        await changes.reset_document(conn, COMMAND_LINE, DocumentName(name))
        await tell(conn, changes.TOPIC, [name])

    on_database(work, data=data, database_url=database_url)
    typer.echo(f"The document {name} is as it was before anybody wrote it here.")


@document.command("show")
def show(
    name: Annotated[Document, typer.Argument(help="Which one.")],
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Print a document that is in force, as Markdown: a start for one of your own."""
    from horde_server.content.documents import DocumentName, built_in
    from horde_server.content.folder import NO_FILES, read_folder
    from horde_server.content.store import documents

    settings = settings_from(data=data, database_url=database_url)

    async def work(conn: Connection) -> str:
        written = (await documents(conn)).get(name)
        known = DocumentName(name)
        if written is None:
            written = read_folder(settings.content_folder or settings.data / "content", NO_FILES).documents.get(known)
        return written or built_in(known, settings)

    typer.echo(printable(on_database(work, data=data, database_url=database_url)), nl=False)


def _text_of(file: Path) -> str:
    """The text of a file or of standard input. Ends the command where there is none to read."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file} cannot be read: {error}", code=2)
    return text.strip().replace("\0", "")
