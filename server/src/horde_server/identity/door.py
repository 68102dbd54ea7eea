"""The door: finds out who calls, by the key that was sent, and lets in who has the right that the route declares."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from starlette.types import Scope

from horde_server.errors import DeletedUser, HordeError, InvalidAPIKey, InvalidPayload, InvalidWorkerKey
from horde_server.http.body import required_apikey
from horde_server.http.body_limits import KEYLESS as KEYLESS_PATHS
from horde_server.http.client_address import PROXIED_FOR
from horde_server.http.client_agent import UNKNOWN_AGENT, client_agent
from horde_server.http.declared_routes import ASKED_LATER, Declaration, DeclaredRouter, declaration_of
from horde_server.http.dialects import visit_of
from horde_server.http.hot_routes import HotRoutes
from horde_server.http.rights import PRIVILEGED, Right
from horde_server.identity.anonymous import AnonymousUse
from horde_server.identity.caller import Caller, check_approval, check_network, check_scope
from horde_server.identity.directory import AccountDirectory, Holder
from horde_server.identity.key_uses import KeyUses
from horde_server.visible_text import invisible_character, named

_API = "/api/v2/"
MOST_REASON_CHARACTERS = 500
_USUAL = Declaration(Right.ANY_KEY)
_ASKING = Declaration(Right.ASK, shared_keys=True)


class Door:
    """Makes the routers of a node, and admits who calls their routes."""

    def __init__(self, accounts: AccountDirectory, hot: HotRoutes, uses: KeyUses, anonymous: AnonymousUse) -> None:
        self._accounts = accounts
        self._uses = uses
        self._anonymous = anonymous
        self.hot = hot

    def router(self, prefix: str = "", **options: Any) -> DeclaredRouter:
        """A router whose routes are behind this door; `options` are `APIRouter`'s."""
        return DeclaredRouter(prefix, admit=self.admit, hot=self.hot, **options)

    async def admit(self, request: Request, declaration: Declaration) -> Caller:
        """Who calls. Raises 400 and 401 where the key is missing or nobody's, 403 where they may not.

        Here, once for all routes, accounts that are marked for deletion are refused, and Anonymous where this horde
        has turned that off.

        Where the declaration says that this is asked later, only the scopes of a key that somebody has are looked at,
        and whether its account is approved.
        """
        scope = request.scope
        sent, agent = _key_and_agent(scope)
        right = declaration.right
        if right is Right.ASK:
            agent = client_agent(agent)  # it is kept with the request
        address: str = scope["state"]["client_address"]
        reason = _reason(scope) if right in PRIVILEGED else None
        if not sent and right is Right.ANYBODY_NAMED:
            return Caller(None, address, agent)
        if not sent and declaration.no_key is not None:
            raise declaration.no_key
        holder = await self._accounts.by_key(required_apikey(sent))
        if holder is None or not _is_good_here(holder, declaration):
            if declaration.unknown_key is not ASKED_LATER:
                raise declaration.unknown_key or _refusal_of(right)
            return Caller(None, address, agent, None, _refusal_of(right))  # nothing of theirs is recorded
        account, key = holder
        if account.deleted and declaration.deleted_user is not ASKED_LATER:
            raise declaration.deleted_user or DeletedUser
        self._anonymous.refuse(account, right)
        self._uses.note(key.id)
        if key.networks is not None:  # few are limited so; all calls pass here
            check_network(key, _own_address(scope))
        caller = Caller(
            account, address, agent, key, _refusal_of(right), reason, is_proxied=PROXIED_FOR in scope["state"]
        )
        if declaration.unknown_key is ASKED_LATER:
            check_scope(key, right)
            if not account.is_approved:
                check_approval(account, right)
        else:
            caller.check(right)
        return caller

    async def ask_before_body(self, scope: Scope) -> None:
        """Refuse who sends a large body without a key, or with one that is nobody's or not for this, in the words of
        the route that would ask for it afterwards. Nothing is asked where the routes ask for no key.
        """
        path: str = scope["path"]
        is_visit = visit_of(scope) is not None
        if (not path.startswith(_API) and not is_visit) or path.startswith(KEYLESS_PATHS):
            return
        found = self.hot.find(scope["method"], path)
        declaration = (declaration_of(found[0]) if found is not None else None) or (_ASKING if is_visit else _USUAL)
        sent, _ = _key_and_agent(scope)
        holder = await self._accounts.by_key(required_apikey(sent))
        if holder is None or not _is_good_here(holder, declaration):
            raise _refusal_of(declaration.right)
        check_network(holder.key, _own_address(scope))
        check_scope(holder.key, declaration.right)


def _is_good_here(holder: Holder, declaration: Declaration) -> bool:
    """Whether the key is one for this route: shared ones are for some only, and nobody's elsewhere."""
    return holder.key.shared is None or declaration.shared_keys


def _own_address(scope: Scope) -> str:
    """Where the call comes from: of a service that asks for somebody, its own address."""
    state: dict[str, str] = scope["state"]
    return state.get(PROXIED_FOR) or state["client_address"]


def _key_and_agent(scope: Scope) -> tuple[str | None, str]:
    """The key and the program that were sent, in one look at the headers; of headers sent twice the first counts."""
    key = agent = None
    for name, value in scope["headers"]:
        if name == b"apikey":
            key = value if key is None else key
        elif name == b"client-agent":
            agent = value if agent is None else agent
    return (
        key.decode("latin-1") if key is not None else None,
        agent.decode("latin-1") if agent is not None else UNKNOWN_AGENT,
    )


def _reason(scope: Scope) -> str | None:
    """Why somebody does what needs a right: the header `Audit-Reason`. Raises `InvalidPayload`."""
    sent = next((value for name, value in scope["headers"] if name == b"audit-reason"), b"")
    try:
        reason = sent.decode().strip()
    except UnicodeDecodeError:
        reason = sent.decode("latin-1").strip()
    if len(reason) > MOST_REASON_CHARACTERS:
        raise InvalidPayload({"Audit-Reason": f"must have at most {MOST_REASON_CHARACTERS} characters"})
    if (hidden := invisible_character(reason)) is not None:
        raise InvalidPayload({"Audit-Reason": f"must be of visible characters, in one line: remove {named(hidden)}"})
    return reason or None


def _refusal_of(right: Right) -> type[HordeError]:
    """What is told whose key nobody has."""
    return InvalidWorkerKey if right is Right.WORK else InvalidAPIKey
