"""Writing, looking up and removing messages to workers (workers.md §12)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final
from uuid import UUID, uuid4

import structlog

from horde_server.audit.trail import actor_of, record, subject
from horde_server.database.pool import Connection, Pool
from horde_server.errors import BadRequest, HordeError, WorkerNotFound
from horde_server.http.rights import Right
from horde_server.identity.caller import Caller
from horde_server.workers.check_in import cleaned_text, parse_worker_id
from horde_server.workers.messages import store
from horde_server.workers.messages.mirror import wire_date
from horde_server.workers.messages.schemas import MOST_CHARACTERS, NewMessage
from horde_server.workers.messages.store import Message, Wanted

log = structlog.get_logger(__name__)

PAGE: Final = 50
MOST_PAGES: Final = 200
VALIDITIES: Final = ("active", "expired", "all")
MOST_ACTIVE_OF_OWNER: Final = 10
MOST_ACTIVE_OF_MODERATOR: Final = 100
MOST_ACTIVE: Final = 5000
"""Of all together, before owners are refused; moderators are not. Every node keeps them in memory."""
_INT32_MAX: Final = 2**31 - 1


class AnonymousWritesNothing(HordeError):
    """Anonymous sends no messages: register an account and use its API key."""

    status, rc = 403, "AnonForbidden"


class MessagesOnlyOwnWorkers(HordeError):
    """You may send messages to your own workers only: name them by worker_id or worker_ids."""

    status, rc = 403, "MessagesOnlyOwnWorkers"


class NotYourMessage(HordeError):
    """This message is neither by you nor to a worker of yours."""

    status, rc = 403, "Forbidden"


class TooManyMessages(HordeError):
    """There are as many messages in force as there may be: delete one, or wait until one expires."""

    status, rc = 403, "Forbidden"


class WorkerMessageNotFound(HordeError):
    """There is no such message."""

    status, rc = 404, "WorkerMessageNotFound"


class MessageService:
    """All messages to workers."""

    def __init__(
        self, pool: Pool, announce: Callable[[str, Collection[str]], Awaitable[None]], *, horde_title: str
    ) -> None:
        self._pool = pool
        self._announce = announce
        self._moderators = f"{horde_title} Moderators"[:255]

    async def write(self, new: NewMessage, caller: Caller) -> dict[str, Any]:
        """Send a message. Without an addressee it is to all workers, which moderators alone may write to."""
        account = caller.user
        if account.id == 0:
            raise AnonymousWritesNothing
        is_moderator = caller.may(Right.MODERATE)
        text = cleaned_text(new.message)
        if not 1 <= len(text) <= MOST_CHARACTERS:  # trimmed, and with its markup escaped
            raise BadRequest(f"A message has 1 to {MOST_CHARACTERS} characters.")
        addressees = _addressees(new)
        if (new.worker_type or not addressees) and not is_moderator:
            raise MessagesOnlyOwnWorkers
        message_id = uuid4()
        async with self._pool.connection() as conn, conn.transaction():
            owners = await store.owners_of(conn, addressees)
            if len(owners) < len(addressees):
                raise WorkerNotFound
            if not is_moderator and set(owners.values()) - {account.id}:
                raise MessagesOnlyOwnWorkers
            await store.take_turns(conn, account.id)
            await _refuse_one_more(conn, account.id, is_moderator=is_moderator)
            await store.add(
                conn,
                message_id=message_id,
                account_id=account.id,
                audience="workers" if addressees else "kind" if new.worker_type else "all",
                kind=new.worker_type or None,
                origin=(cleaned_text(new.origin)[:255] or self._moderators) if is_moderator else str(account.id),
                message=text,
                hours=new.expiry,
                worker_ids=addressees,
            )
            if set(owners.values()) != {account.id}:
                sent = {"to": new.worker_type or list(map(str, addressees)) or "all", "hours": new.expiry}
                await record(
                    conn,
                    actor_of(caller),
                    "worker_message.create",
                    subject("worker_message", message_id),
                    new=sent,
                    concerns=next(iter(owners.values())) if len(set(owners.values())) == 1 else None,
                )
            [written] = await store.find(conn, [message_id])
        await self._announce("worker_message", [str(message_id)])
        return _body(written)

    async def page(
        self, caller: Caller, *, user_id: str | None, worker_id: str | None, validity: str, number: int
    ) -> list[dict[str, Any]]:
        """Messages, the newest first, `PAGE` at a time: moderators see all, others their own, those to their workers
        and those to many. Raises `NotYourMessage` where somebody else's are asked for.
        """
        account = caller.user
        is_moderator = caller.may(Right.MODERATE)
        author = _account_number(user_id) if user_id else None
        if user_id and author != account.id and not is_moderator:
            raise NotYourMessage("Only moderators see what others wrote.")
        if user_id and author is None:
            return []
        worker = parse_worker_id(worker_id) if worker_id else None
        if worker_id and worker is None:
            raise WorkerNotFound
        if number > MOST_PAGES:
            return []
        wanted = Wanted(None if is_moderator else account.id, author, worker, validity)
        async with self._pool.connection() as conn:
            found = await store.page(conn, wanted, limit=PAGE, offset=PAGE * (number - 1))
        return list(map(_body, found))

    async def show(self, message_id: UUID | None, caller: Caller) -> dict[str, Any]:
        """One message, for its author, its addressees' owner and moderators; one to many also for whoever asks."""
        async with self._pool.connection() as conn:
            message = await _find(conn, message_id)
            if message.audience == "workers":
                account = caller.user
                may_see = caller.may(Right.MODERATE) or (
                    caller.may(Right.READ_OWN)
                    and (account.id == message.account_id or await store.owns_addressee(conn, message.id, account.id))
                )
                if not may_see:
                    raise NotYourMessage
        return _body(message)

    async def delete(self, message_id: UUID | None, caller: Caller) -> None:
        """Remove a message, as its author or as a moderator. No pop is told it any more."""
        async with self._pool.connection() as conn, conn.transaction():
            message = await _find(conn, message_id)
            account = caller.user
            if account.id != message.account_id and not caller.may(Right.MODERATE):
                raise NotYourMessage("Only the message's author or a moderator may delete it.")
            if not await store.remove(conn, message.id):
                raise WorkerMessageNotFound
            if account.id != message.account_id:
                await record(
                    conn,
                    actor_of(caller),
                    "worker_message.delete",
                    subject("worker_message", message.id),
                    old={"origin": message.origin, "message": message.message[:500]},
                    concerns=message.account_id,
                )
        await self._announce("worker_message", [str(message.id)])

    async def sweep(self) -> None:
        """Forget what expired long ago."""
        async with self._pool.connection() as conn:
            forgotten = await store.sweep(conn)
        if forgotten:
            log.info("worker_messages.forgotten", messages=forgotten)


async def _find(conn: Connection, message_id: UUID | None) -> Message:
    found = await store.find(conn, [message_id]) if message_id else []
    if not found:
        raise WorkerMessageNotFound
    return found[0]


async def _refuse_one_more(conn: Connection, account_id: int, *, is_moderator: bool) -> None:
    of_account, of_all = await store.count_active(conn, account_id)
    if of_account >= (MOST_ACTIVE_OF_MODERATOR if is_moderator else MOST_ACTIVE_OF_OWNER):
        raise TooManyMessages
    if of_all >= MOST_ACTIVE and not is_moderator:
        raise TooManyMessages("There are too many messages in force for another one: try again later.")


def _addressees(new: NewMessage) -> list[UUID]:
    """The workers that are named, each once. Raises `WorkerNotFound` for what is no id."""
    given = [*([new.worker_id] if new.worker_id else []), *new.worker_ids]
    if given and new.worker_type:
        raise BadRequest("Name either workers or a worker_type.")
    found = [parse_worker_id(text) for text in given]
    known = [each for each in found if each is not None]
    if len(known) < len(found):
        raise WorkerNotFound
    return list(dict.fromkeys(known))


def _account_number(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= 10
    return int(text) if is_number and int(text) <= _INT32_MAX else None


def _body(message: Message) -> dict[str, Any]:
    """As the API shows it; addressees are left out where it is to all."""
    body: dict[str, Any] = {
        "id": str(message.id),
        "message": message.message,
        "origin": message.origin,
        "expiry": wire_date(message.expires_at),
        "created": wire_date(message.created_at),
        "user_id": str(message.account_id),
    }
    if len(message.worker_ids) == 1:
        body["worker_id"] = str(message.worker_ids[0])
    elif message.worker_ids:
        body["worker_ids"] = list(map(str, message.worker_ids))
    if message.kind:
        body["worker_type"] = message.kind
    return body
