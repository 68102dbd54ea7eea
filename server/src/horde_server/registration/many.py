"""Many accounts at once, from a CSV file: read and checked whole, made in one transaction."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from horde_server.audit.trail import COMMAND_LINE, record, subject
from horde_server.database.pool import Connection
from horde_server.identity.keys import key_hash, new_api_key
from horde_server.identity.secret_store import load_secret
from horde_server.kudos.ledger import ADMIN, EntryKind, Movement, spendable
from horde_server.kudos.ledger_store import post
from horde_server.kudos.schemas import MOST_KUDOS
from horde_server.registration import store
from horde_server.registration.grants import ROLES, Grants
from horde_server.registration.usernames import what_is_wrong

MOST_ROWS: Final = 10_000
MOST_BYTES: Final = 4 * 1024 * 1024
MOST_FAULTS: Final = 20
"""That are told; how many more there are is said."""
_COLUMNS: Final = ("name", "kudos", "roles", "concurrency", "worker_invited")
_MOST: Final = {"kudos": MOST_KUDOS, "concurrency": 500, "worker_invited": 2**31 - 1}


class UnusableList(Exception):
    """The file cannot be taken; the message says why, by line."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One account to make."""

    name: str
    grants: Grants


@dataclass(frozen=True, slots=True)
class Made:
    """One account made."""

    id: int
    name: str
    api_key: str

    @property
    def alias(self) -> str:
        """The unique name: `username#id`."""
        return f"{self.name}#{self.id}"


def read_list(data: bytes) -> list[Wanted]:
    """The accounts that a file asks for. Raises `UnusableList`."""
    if len(data) > MOST_BYTES:
        raise UnusableList(f"The file has more than {MOST_BYTES} bytes.")
    try:
        lines = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        columns = lines.fieldnames or ()
        if "name" not in columns or not set(columns) <= set(_COLUMNS) or len(set(columns)) < len(columns):
            raise UnusableList(f"The first line names the columns: name, and perhaps {', '.join(_COLUMNS[1:])}.")
        wanted, faults = _rows(lines)
    except UnicodeDecodeError:
        raise UnusableList("The file is not in UTF-8.") from None
    except csv.Error as error:
        raise UnusableList(f"The file is no CSV: {error}.") from None
    if faults:
        untold = len(faults) - MOST_FAULTS
        more = f"\n… and {untold} more." if untold > 0 else ""
        raise UnusableList("\n".join(faults[:MOST_FAULTS]) + more)
    if not wanted:
        raise UnusableList("The file names nobody.")
    return wanted


def _rows(lines: csv.DictReader[str]) -> tuple[list[Wanted], list[str]]:
    wanted: list[Wanted] = []
    faults: list[str] = []
    for row in lines:
        if len(wanted) + len(faults) >= MOST_ROWS:
            raise UnusableList(f"The file has more than {MOST_ROWS} accounts.")
        try:
            wanted.append(_wanted(row))
        except ValueError as error:
            faults.append(f"Line {lines.line_num}: {error}.")
    return wanted, faults


def _wanted(row: Mapping[str | None, str | list[str] | None]) -> Wanted:
    """One line. Raises `ValueError` with what is wrong."""
    if None in row:
        raise ValueError("has more values than there are columns")
    cells = {str(column): value.strip() for column, value in row.items() if isinstance(value, str)}
    name = cells.get("name", "")
    if (fault := what_is_wrong(name)) is not None:
        raise ValueError(f"the name {fault}")
    roles = frozenset(cells.get("roles", "").split())
    if not roles <= set(ROLES):
        raise ValueError(f"roles are some of: {', '.join(ROLES)}")
    concurrency = _number("concurrency", cells)
    return Wanted(name, Grants(roles, _number("kudos", cells) or 0, concurrency, _number("worker_invited", cells) or 0))


def _number(column: str, cells: Mapping[str, str]) -> int | None:
    text = cells.get(column, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 15 and int(text) <= _MOST[column]):
        raise ValueError(f"{column} must be a whole number from 0 to {_MOST[column]}")
    return int(text)


async def make_all(conn: Connection, wanted: Iterable[Wanted]) -> list[Made]:
    """Make the accounts, in the caller's transaction; each is recorded as the command line's."""
    salt = await load_secret(conn, "api_key_salt")
    made: list[Made] = []
    movements: list[Movement] = []
    for each in wanted:
        key = new_api_key()
        account_id = await store.add_account(
            conn,
            each.name,
            kind="registered",
            external_id=None,
            key_hash=key_hash(salt, key),
            is_approved=True,
            grants=each.grants,
        )
        assert account_id is not None  # without an `external_id` it is nobody else's
        if each.grants.kudos:
            payee, hundredths = spendable(account_id), each.grants.kudos * 100
            movements.append(Movement(uuid4(), EntryKind.ADMIN_ADJUSTMENT, ADMIN, payee, hundredths))
        await record(
            conn,
            COMMAND_LINE,
            "account.create",
            subject("account", account_id),
            new=each.grants.told(),
            concerns=account_id,
        )
        made.append(Made(account_id, each.name, key))
    if movements:
        await post(conn, movements)
    return made


def as_csv(made: Iterable[Made]) -> str:
    """The accounts with their keys, in the order of the file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", "name", "alias", "api_key"))
    writer.writerows((each.id, each.name, each.alias, each.api_key) for each in made)
    return text.getvalue()
