"""What an account is given when it is made: roles, kudos, limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from horde_server.http.rights import Right
from horde_server.identity.caller import Caller

Role: TypeAlias = Literal["moderator", "trusted", "customizer", "vpn", "service", "education", "special"]
"""A role that may be given: the column of `account` that becomes true."""
ROLES: Final[tuple[Role, ...]] = ("moderator", "trusted", "customizer", "vpn", "service", "education", "special")
_CONCURRENCY: Final = 30
_EDUCATION_CONCURRENCY: Final = 200
"""What the role brings with it (accounts.md §4.4)."""


@dataclass(frozen=True, slots=True)
class Grants:
    """What an account has from its first moment; nothing by default."""

    roles: frozenset[str] = frozenset()
    kudos: int = 0
    concurrency: int | None = None
    worker_invited: int = 0

    def columns(self) -> dict[str, Any]:
        """The columns of the new account. Moderators are trusted."""
        columns: dict[str, Any] = {role: role in self.roles for role in ROLES}
        columns["trusted"] = columns["trusted"] or columns["moderator"]
        usual = _EDUCATION_CONCURRENCY if columns["education"] else _CONCURRENCY
        columns["concurrency"] = usual if self.concurrency is None else self.concurrency
        columns["worker_invited"] = self.worker_invited
        return columns

    def told(self) -> dict[str, Any]:
        """What differs from what everybody has, for the audit trail."""
        everything: Mapping[str, Any] = {
            "roles": sorted(self.roles),
            "kudos": self.kudos,
            "concurrency": self.concurrency,
            "worker_invited": self.worker_invited,
        }
        return {name: value for name, value in everything.items() if value}

    def check_giver(self, caller: Caller) -> None:
        """Raise `NotAdmin` where only administrators may give it: kudos, and the role of a moderator."""
        if self.kudos or "moderator" in self.roles:
            caller.check(Right.ADMINISTER)
