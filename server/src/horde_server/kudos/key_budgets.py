"""What a key may spend of its account's kudos: looked at before a request is taken, and held in its transaction."""

from __future__ import annotations

from horde_server.database.pool import Connection, Pool
from horde_server.errors import HordeError, InvalidAPIKey
from horde_server.identity.keys import KeyGrant
from horde_server.kudos.key_budget_store import KeyFunds, funds_of, lock_key


class KeyBudgetExceeded(HordeError):
    """This API key may not spend so much: ask for less, or raise its budget."""

    status, rc = 403, "KeyBudgetExceeded"


class SharedKeyEmpty(HordeError):
    """This shared key has no kudos left: ask its owner for more, or use a key of your own."""

    status, rc = 403, "SharedKeyEmpty"


class SharedKeyInsufficientKudos(HordeError):
    """This shared key has not enough kudos left for this request: ask for less, or use a key of your own."""

    status, rc = 403, "SharedKeyInsufficientKudos"


async def read_funds(pool: Pool, key: KeyGrant) -> KeyFunds:
    """What is left of a key with a budget. Raises `InvalidAPIKey` when it is good no more."""
    async with pool.connection() as conn:
        return _good(await funds_of(conn, key.id))


def check_funds(funds: KeyFunds, amount_hundredths: int, *, is_shared: bool) -> None:
    """Raise `SharedKeyInsufficientKudos` or `KeyBudgetExceeded` when the key may not spend so much."""
    if funds.covers(amount_hundredths):
        return
    needed, left = amount_hundredths / 100, min(each for each in (funds.free, funds.free_today) if each is not None)
    told = f"this request may cost {needed:.2f} kudos, and it may spend {max(left, 0) / 100:.2f} more"
    if is_shared:
        raise SharedKeyInsufficientKudos(
            f"This shared key has not enough kudos left: {told}. Ask for less, or use a key of your own.",
            required_kudos=needed,
        )
    when = " today" if left == funds.free_today and left != funds.free else ""
    raise KeyBudgetExceeded(
        f"The budget of this API key does not cover this: {told}{when}. Ask for less, or raise its budget.",
        required_kudos=needed,
    )


async def hold_of_key(conn: Connection, key_id: int, amount_hundredths: int, *, is_shared: bool) -> None:
    """Inside the caller's transaction: make sure that the key may spend the amount, alone among its requests.

    The caller then stores the request (`request.key_job_hundredths`), whose jobs hold it, in the same transaction.

    Raises:
        KeyBudgetExceeded, SharedKeyInsufficientKudos: It may not.
        InvalidAPIKey: It was revoked, or ended.
    """
    await lock_key(conn, key_id)
    check_funds(_good(await funds_of(conn, key_id)), amount_hundredths, is_shared=is_shared)


def _good(funds: KeyFunds | None) -> KeyFunds:
    if funds is None:
        raise InvalidAPIKey
    return funds
