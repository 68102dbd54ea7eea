"""Kudos that a payer must have in hand before something is done for him."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from horde_server.database.pool import Connection
from horde_server.errors import HordeError
from horde_server.kudos.ledger_store import lock_spending, spendable_hundredths


class KudosUpfront(HordeError):
    """This request needs kudos in hand."""

    status, rc = 403, "KudosUpfront"

    def __init__(self, needed_hundredths: int, spendable_hundredths: int) -> None:
        self._need = (
            f"This request needs {needed_hundredths / 100:.2f} kudos in hand and you can spend "
            f"{max(spendable_hundredths, 0) / 100:.2f}"
        )
        super().__init__(f"{self._need}: earn kudos.", required_kudos=needed_hundredths / 100)

    def advise(self, changes: Sequence[str], **extra: Any) -> None:
        """Say which changes of the request, made together, do without kudos. `extra`: beside the message."""
        self.message = f"{self._need}: {' and '.join(changes)}, or earn kudos."
        self.extra.update(extra)


async def reserve(conn: Connection, account_id: int, amount_hundredths: int) -> None:
    """Inside the caller's transaction: make sure the payer can cover the amount, alone among his spends.

    The caller then stores the hold (`request.held_hundredths`) in the same transaction.

    Raises:
        KudosUpfront: not enough.
    """
    await lock_spending(conn, account_id)
    available = await spendable_hundredths(conn, account_id)
    if available < amount_hundredths:
        raise KudosUpfront(amount_hundredths, available)
