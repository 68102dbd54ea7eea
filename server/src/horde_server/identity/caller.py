"""Who calls, and what they may: the one place where rights are granted.

A route declares the `Right` it needs (`http/rights.py`, `http/declared_routes.py`); the door (`door.py`) finds out who
calls and hands a `Caller` to the endpoint. What depends on the thing at hand – whose worker it is, which field is
changed – services ask of the caller, by `may` and `check`.
"""

from __future__ import annotations

from typing import Final

import msgspec

from horde_server.errors import HordeError, InvalidAPIKey, NotAdmin, NotModerator
from horde_server.http.networks import household
from horde_server.http.rights import KEYLESS, Right
from horde_server.identity.directory import Account, Holder
from horde_server.identity.keys import KeyGrant, Scope

SCOPES: Final = {
    Right.ANYBODY_NAMED: frozenset(Scope),
    Right.ANY_KEY: frozenset(Scope),
    Right.ASK: frozenset({Scope.FULL, Scope.ASK}),
    Right.WORK: frozenset({Scope.FULL, Scope.WORK}),
    Right.READ_OWN: frozenset({Scope.FULL, Scope.READ}),
    Right.MANAGE_WORKERS: frozenset({Scope.FULL, Scope.WORK}),
    Right.MANAGE_OWN: frozenset({Scope.FULL}),
    Right.MODERATE: frozenset({Scope.FULL}),
    Right.ADMINISTER: frozenset({Scope.FULL}),
}
"""The keys that carry a right: those with any of these scopes. A right that is not here is nobody's."""


FOR_THE_APPROVED: Final = frozenset({Right.ASK, Right.WORK})
"""What new users may not before a moderator has approved them, where the horde is set so."""


class AwaitingApproval(HordeError):
    """This account waits for a moderator of this horde to approve it: until then it can neither ask nor serve."""

    status, rc = 403, "AwaitingApproval"


def check_approval(account: Account, right: Right) -> None:
    """Raise `AwaitingApproval` when the account has yet to be approved for this."""
    if not account.is_approved and right in FOR_THE_APPROVED:
        raise AwaitingApproval


class KeyLacksScope(HordeError):
    """This API key is not for this: use a key of yours that is, or one for everything."""

    status, rc = 403, "KeyLacksScope"

    def __init__(self, key: KeyGrant | None = None, right: Right | None = None) -> None:
        if key is None or right is None:
            super().__init__()
            return
        super().__init__(
            f"The scopes of this API key are: {', '.join(sorted(key.scopes))}. "
            f"This needs one of: {', '.join(sorted(SCOPES.get(right, ())))}. Use another key of yours."
        )


def check_scope(key: KeyGrant, right: Right) -> None:
    """Raise `KeyLacksScope` when the key does not carry the right."""
    if key.scopes.isdisjoint(SCOPES.get(right, ())):
        raise KeyLacksScope(key, right)


class KeyNetworkForbidden(HordeError):
    """This API key may not be used from your address: use another key of yours, or allow its network."""

    status, rc = 403, "KeyNetworkForbidden"


def check_network(key: KeyGrant, address: str) -> None:
    """Raise `KeyNetworkForbidden` when the key may not be used from there."""
    if key.networks is not None and address not in key.networks:
        raise KeyNetworkForbidden


class Caller(msgspec.Struct, frozen=True):
    """Who calls, from where, with which program. Without an account: who sent no key, or one that nobody has."""

    account: Account | None
    address: str
    client_agent: str
    key: KeyGrant | None = None
    unknown_key: type[HordeError] = InvalidAPIKey
    """What is told whose key is nobody's."""
    reason: str | None = None
    """Why they do it, where they say so and it is recorded: the header `Audit-Reason`."""

    @property
    def user(self) -> Account:
        """The account. Raises `InvalidAPIKey`, or what the route says instead, where there is none."""
        if self.account is None:
            raise self.unknown_key
        return self.account

    @property
    def requester(self) -> int | str:
        """Who takes turns with others: an account; of Anonymous, who is everybody, a household."""
        if self.account is None or self.account.kind == "anonymous":
            return household(self.address)
        return self.account.id

    def paid_by_style(self, holder: Holder) -> Caller:
        """Who calls, where the shared key of the style that was named pays: its owner asks, by that key.

        The key's limits of one request do not apply then, nor does it matter that styles have it; its budget does.
        `holder` is what the directory says of the key (`AccountDirectory.by_key`).
        """
        shared = holder.key.shared
        assert shared is not None  # styles have shared keys only
        through = msgspec.structs.replace(shared, through_style=True)
        return msgspec.structs.replace(
            self, account=holder.account, key=msgspec.structs.replace(holder.key, shared=through)
        )

    def may(self, right: Right) -> bool:
        """Whether the key carries the right, and the account has it."""
        if right in KEYLESS:
            return True
        if self.account is None or self.key is None or self.key.scopes.isdisjoint(SCOPES.get(right, ())):
            return False
        if right is Right.MODERATE:
            return self.account.is_moderator
        if right is Right.ADMINISTER:
            return self.account.is_administrator
        return self.account.is_approved or right not in FOR_THE_APPROVED

    def check(self, right: Right) -> None:
        """Raise what `user` raises, `NotModerator`, `NotAdmin`, `KeyLacksScope` or `AwaitingApproval`, or nothing."""
        if self.may(right):
            return
        account = self.user
        if right is Right.MODERATE and not account.is_moderator:
            raise NotModerator
        if right is Right.ADMINISTER and not account.is_administrator:
            raise NotAdmin
        if self.key is not None:
            check_scope(self.key, right)
        check_approval(account, right)
        raise KeyLacksScope(self.key, right)
