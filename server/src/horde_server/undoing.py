"""What of the audit trail can be undone, by action: each slice says how. A new one is a line here."""

from __future__ import annotations

from typing import Final

from horde_server.accounts.undoing import UNDOERS as OF_ACCOUNTS
from horde_server.audit.undo import Undoers
from horde_server.moderation.undoing import UNDOERS as OF_MODERATION
from horde_server.workers.undoing import UNDOERS as OF_WORKERS

UNDOERS: Final[Undoers] = {**OF_ACCOUNTS, **OF_MODERATION, **OF_WORKERS}
