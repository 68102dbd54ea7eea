"""Who may do what: every operation by everybody who may call.

What the door says follows from the right that a route declares (`callers.at_the_door`); what a service says to those
that are let in stands in `LATER`, by hand. A new route is taken in by itself: it is compared with what it declares, and
who is let in must succeed, or stand in `LATER`. `DANGEROUS` derives nothing from anything.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from callers import CALLERS, ROOT, Outcome, at_the_door
from hordes import running_horde
from stage import Stage

from horde_server.http.rights import KEYLESS

pytestmark = pytest.mark.asyncio(loop_scope="module")

API = "/api/v2"
STRANGERS = ("anonymous", "user", "trusted", "flagged")
"""Who neither owns what the call is about nor moderates."""
NO_OWNERS = (*STRANGERS, "moderator", "administrator", "scope full")
ANONYMOUS: dict[str, Outcome] = {"anonymous": (403, "AnonForbidden")}
SPENT: dict[str, Outcome] = {
    "spent shared key": (403, "SharedKeyEmpty"),
    "spent key": (403, "KeyBudgetExceeded"),
}
DELETED: dict[str, Outcome] = {"deleted": (403, "DeletedUser")}
SERVING: dict[str, Outcome] = {
    "flagged": (403, "WorkerFlaggedMaintenance"),
    "anonymous": (403, "AnonForbiddenWorker"),
}


def all_of(callers: tuple[str, ...], outcome: Outcome) -> dict[str, Outcome]:
    """The same for each of them."""
    return dict.fromkeys(callers, outcome)


OTHERS_JOB = all_of((*STRANGERS, "moderator", "administrator", "scope full", "scope work"), (403, "WrongCredentials"))
NOT_ITS_OWNER = all_of((*STRANGERS, "moderator", "administrator", "scope full"), (403, "Forbidden"))
NO_MAKER: dict[str, Outcome] = {
    **all_of(("anonymous", "user", "owner", "flagged"), (403, "StylesRequiresCustomizer")),
}
NEITHER_OWNER_NOR_MODERATOR: dict[str, Outcome] = {
    **all_of(STRANGERS, (403, "Forbidden")),
    "anonymous": (403, "StylesAnonForbidden"),
}
NOT_THEIRS = all_of(NO_OWNERS, (404, "KeyNotFound"))  # not even whether there is one is told
LATER: dict[str, dict[str, Outcome]] = {
    **{f"POST {API}/styles/{kind}": NO_MAKER for kind in ("image", "text")},
    **{f"PATCH {API}/styles/{kind}/{{style_id}}": NOT_ITS_OWNER for kind in ("image", "text")},
    **{f"DELETE {API}/styles/{kind}/{{style_id}}": NEITHER_OWNER_NOR_MODERATOR for kind in ("image", "text")},
    f"POST {API}/styles/image/{{style_id}}/example": NEITHER_OWNER_NOR_MODERATOR,
    f"PATCH {API}/styles/image/{{style_id}}/example/{{example_id}}": NEITHER_OWNER_NOR_MODERATOR,
    f"DELETE {API}/styles/image/{{style_id}}/example/{{example_id}}": NEITHER_OWNER_NOR_MODERATOR,
    f"POST {API}/collections": {"anonymous": (403, "StylesAnonForbidden")},
    f"PATCH {API}/collections/{{collection_id}}": NOT_ITS_OWNER,
    f"DELETE {API}/collections/{{collection_id}}": NEITHER_OWNER_NOR_MODERATOR,
    f"GET {API}/status/modes": {
        **all_of((*STRANGERS, "owner"), (403, "NotModerator")),
        **all_of(("scope ask", "scope work", "scope read", "spent key"), (403, "KeyLacksScope")),
    },
    f"PUT {API}/workers/{{worker_id}}": all_of((*STRANGERS, "scope work"), (403, "NotOwner")),
    f"DELETE {API}/workers/{{worker_id}}": all_of((*STRANGERS, "scope work"), (403, "NotModerator")),
    f"PUT {API}/users/{{user_id}}": {**all_of(STRANGERS, (403, "NotModerator")), **DELETED},
    f"DELETE {API}/users/{{user_id}}": {
        **all_of(("user", "owner", "trusted", "flagged"), (403, "NotUserOrMod")),  # it is about a newcomer
        **DELETED,
        "anonymous": (403, "AnonForbiddenUser"),
    },
    f"DELETE {API}/operations/requests": all_of(
        ("moderator", "administrator", "scope full"), (400, "BadRequest")
    ),  # names nobody
    f"DELETE {API}/generate/shared/{{id}}": all_of(tuple(CALLERS), (404, "SharedImageNotFound")),
    f"POST {API}/generate/async": {**DELETED, **SPENT},
    f"POST {API}/generate/text/async": {**DELETED, **SPENT},
    f"POST {API}/generate/embedding/async": {**DELETED, **SPENT},
    f"POST {API}/generate/embedding/pop": SERVING,
    f"POST {API}/generate/embedding/submit": OTHERS_JOB,
    f"POST {API}/explain/image": SPENT,
    f"POST {API}/explain/text": SPENT,
    f"POST {API}/interrogate/async": {**DELETED, "spent key": (403, "KeyBudgetExceeded")},
    f"POST {API}/generate/pop": SERVING,
    f"POST {API}/generate/text/pop": SERVING,
    f"POST {API}/interrogate/pop": SERVING,
    f"POST {API}/generate/pieces/{{id}}": OTHERS_JOB,
    f"POST {API}/generate/submit": OTHERS_JOB,
    f"POST {API}/generate/text/submit": OTHERS_JOB,
    f"POST {API}/interrogate/submit": OTHERS_JOB,
    f"POST {API}/kudos/transfer": {
        "anonymous": (400, "KudosTransferFromAnon"),
        "flagged": (400, "SourceAccountFlagged"),
    },
    f"POST {API}/kudos/award": {
        **all_of((*STRANGERS, "owner", "moderator"), (403, "NotAllowedAwards")),
    },
    f"POST {API}/workers/messages": {
        **all_of((*STRANGERS, "owner", "scope work"), (403, "MessagesOnlyOwnWorkers")),
        **ANONYMOUS,
    },
    f"DELETE {API}/workers/messages/{{message_id}}": all_of((*STRANGERS, "scope work"), (403, "Forbidden")),
    f"POST {API}/teams": {
        **all_of(("user", "owner", "flagged"), (403, "UntrustedTeamCreation")),
        **ANONYMOUS,
    },
    f"PATCH {API}/teams/{{team_id}}": all_of(STRANGERS, (403, "NotOwner")),
    f"DELETE {API}/teams/{{team_id}}": all_of(STRANGERS, (403, "NotModerator")),
    f"GET {API}/kudos/statement": ANONYMOUS,
    f"POST {API}/keys": ANONYMOUS,
    f"PATCH {API}/keys/{{key_id}}": NOT_THEIRS,
    f"DELETE {API}/keys/{{key_id}}": NOT_THEIRS,
    f"POST {API}/keys/{{key_id}}/rotate": NOT_THEIRS,
    f"PUT {API}/sharedkeys": ANONYMOUS,
    f"PATCH {API}/sharedkeys/{{sharedkey_id}}": all_of(NO_OWNERS, (403, "Forbidden")),
    f"DELETE {API}/sharedkeys/{{sharedkey_id}}": all_of(NO_OWNERS, (403, "Forbidden")),
    f"GET {API}/events": ANONYMOUS,
    f"GET {API}/webhook_secret": {"anonymous": (403, "AnonForbidden")},
    f"POST {API}/webhook_secret": {"anonymous": (403, "AnonForbidden")},
}
"""What services refuse those whom the door lets in, by operation and caller; who stands nowhere succeeds."""

GOOD: Outcome = (200, None)
NO_KEY: Outcome = (400, None)
NOBODYS: Outcome = (401, "InvalidAPIKey")
SCOPE: Outcome = (403, "KeyLacksScope")
NO_MODERATOR: Outcome = (403, "NotModerator")
DANGEROUS: list[tuple[str, str, Outcome]] = [
    ("PUT /status/modes", "no key", NO_KEY),
    ("PUT /status/modes", "revoked key", NOBODYS),
    ("PUT /status/modes", "trusted", NO_MODERATOR),
    ("PUT /status/modes", "scope read", SCOPE),
    ("PUT /status/modes", "moderator", GOOD),
    ("PUT /filters", "anonymous", NO_MODERATOR),
    ("PUT /filters", "scope work", SCOPE),
    ("DELETE /filters/{filter_id}", "owner", NO_MODERATOR),
    ("DELETE /filters/{filter_id}", "expired key", NOBODYS),
    ("DELETE /filters/{filter_id}", "moderator", GOOD),
    ("PATCH /filters/{filter_id}", "empty key", NOBODYS),
    ("GET /filters", "user", NO_MODERATOR),
    ("POST /operations/ipaddr", "user", NO_MODERATOR),
    ("POST /operations/ipaddr", "scope ask", SCOPE),
    ("DELETE /operations/ipaddr", "flagged", NO_MODERATOR),
    ("GET /operations/ipaddr", "trusted", NO_MODERATOR),
    ("PUT /operations/block_worker_ipaddr/{worker_id}", "owner", NO_MODERATOR),
    ("PUT /operations/block_worker_ipaddr/{worker_id}", "moderator", GOOD),
    ("DELETE /operations/block_worker_ipaddr/{worker_id}", "unknown key", NOBODYS),
    ("POST /invitations", "trusted", NO_MODERATOR),
    ("POST /invitations", "scope read", SCOPE),
    ("GET /invitations", "owner", NO_MODERATOR),
    ("DELETE /invitations/{invitation_id}", "user", NO_MODERATOR),
    ("DELETE /invitations/{invitation_id}", "revoked key", NOBODYS),
    ("POST /operations/registrations/{user_id}", "flagged", NO_MODERATOR),
    ("POST /operations/registrations/{user_id}", "scope work", SCOPE),
    ("POST /operations/registrations/{user_id}", "moderator", GOOD),
    ("PUT /users/{user_id}", "user", NO_MODERATOR),
    ("PUT /users/{user_id}", "anonymous", NO_MODERATOR),
    ("PUT /users/{user_id}", "owner", GOOD),
    ("PUT /users/{user_id}", "scope read", SCOPE),
    ("PUT /users/{user_id}", "revoked key", NOBODYS),
    ("DELETE /workers/{worker_id}", "user", NO_MODERATOR),
    ("DELETE /workers/{worker_id}", "no key", NOBODYS),
    ("DELETE /workers/{worker_id}", "owner", GOOD),
    ("DELETE /workers/{worker_id}", "scope ask", SCOPE),
    ("PUT /workers/{worker_id}", "trusted", (403, "NotOwner")),
    ("PUT /workers/{worker_id}", "expired key", NOBODYS),
    ("POST /kudos/transfer", "anonymous", (400, "KudosTransferFromAnon")),
    ("POST /kudos/transfer", "scope ask", SCOPE),
    ("POST /kudos/transfer", "scope work", SCOPE),
    ("POST /kudos/transfer", "flagged", (400, "SourceAccountFlagged")),
    ("POST /kudos/transfer", "empty key", NOBODYS),
    ("POST /kudos/award", "moderator", (403, "NotAllowedAwards")),
    ("POST /kudos/award", "scope read", SCOPE),
    ("POST /generate/async", "deleted", (403, "DeletedUser")),
    ("POST /generate/async", "scope work", SCOPE),
    ("POST /generate/pop", "anonymous", (403, "AnonForbiddenWorker")),
    ("POST /generate/pop", "scope ask", SCOPE),
    ("POST /generate/submit", "user", (403, "WrongCredentials")),
    ("POST /generate/submit", "administrator", (403, "WrongCredentials")),
    ("POST /interrogate/submit", "revoked key", NOBODYS),
    ("GET /webhook_secret", "scope read", SCOPE),
    ("POST /webhook_secret", "anonymous", (403, "AnonForbidden")),
    ("DELETE /generate/shared/{id}", "scope ask", SCOPE),
    ("POST /keys", "scope work", SCOPE),
    ("POST /keys", "shared key", NOBODYS),
    ("POST /kudos/transfer", "shared key", NOBODYS),
    ("POST /generate/pop", "shared key", NOBODYS),
    ("POST /generate/async", "spent shared key", (403, "SharedKeyEmpty")),
    ("DELETE /users/{user_id}", "user", (403, "NotUserOrMod")),
    ("DELETE /users/{user_id}", "anonymous", (403, "AnonForbiddenUser")),
    ("DELETE /users/{user_id}", "no key", NOBODYS),
    ("DELETE /users/{user_id}", "scope work", SCOPE),
    ("POST /generate/async", "spent key", (403, "KeyBudgetExceeded")),
    ("GET /keys", "spent key", SCOPE),
    ("PUT /users/{user_id}", "deleted", (403, "DeletedUser")),
    ("POST /keys", "deleted", (403, "DeletedUser")),
    ("PUT /users/{user_id}", "wrong network", (403, "KeyNetworkForbidden")),
    ("DELETE /keys/{key_id}", "administrator", (404, "KeyNotFound")),
    ("POST /keys/{key_id}/rotate", "user", (404, "KeyNotFound")),
    ("DELETE /sharedkeys/{sharedkey_id}", "moderator", (403, "Forbidden")),
    ("PUT /operations/documents/{document_name}", "moderator", (403, "NotAdmin")),
    ("POST /operations/news", "trusted", (403, "NotAdmin")),
    ("GET /kudos/statement", "scope ask", SCOPE),
    ("DELETE /teams/{team_id}", "trusted", NO_MODERATOR),
    ("POST /workers/messages", "user", (403, "MessagesOnlyOwnWorkers")),
]
"""What must not go wrong, by hand: operation, caller, outcome."""

OF_THE_USER = frozenset({"worker_ids", "sharedkey_ids", "vpn", "special", "contact"})
OF_ONESELF = OF_THE_USER - {"worker_ids", "contact"}  # of those that have neither
OF_MODERATORS = frozenset({"evaluating_kudos", "monthly_kudos", "suspicious"})
OF_THE_WORKER = frozenset({"owner", "paused", "suspicious", "ipaddr"})
MODERATING = ("moderator", "administrator", "scope full")
VISIBLE: dict[str, tuple[frozenset[str], dict[str, frozenset[str]]]] = {
    f"GET {API}/users/{{user_id}}": (
        OF_THE_USER | OF_MODERATORS,
        {"owner": OF_THE_USER, **dict.fromkeys(MODERATING, OF_THE_USER | OF_MODERATORS)},
    ),
    f"GET {API}/find_user": (
        OF_ONESELF | OF_MODERATORS,
        dict.fromkeys((*STRANGERS, "deleted", "owner", *MODERATING, "scope read"), OF_ONESELF),
    ),
    f"GET {API}/workers/{{worker_id}}": (
        OF_THE_WORKER | {"contact"},
        {"owner": OF_THE_WORKER, **dict.fromkeys(MODERATING, OF_THE_WORKER | {"contact"})},
    ),
    f"GET {API}/workers/name/{{worker_name:path}}": (
        OF_THE_WORKER | {"contact"},
        {"owner": OF_THE_WORKER, **dict.fromkeys(MODERATING, OF_THE_WORKER | {"contact"})},
    ),
    f"GET {API}/status/modes": (frozenset({"raid_mode"}), dict.fromkeys(MODERATING, frozenset({"raid_mode"}))),
}
"""Fields that not everybody sees, and who sees which of them; others see none."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(module_database_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One horde for all."""
    data = tmp_path_factory.mktemp("horde")
    settings: dict[str, Any] = {"_env_file": None, "data": data, "admins": [ROOT], "test_apikeys": True}
    settings |= {"registrations_per_hour": 0, "registrations_per_day": 0}  # everybody registers from here
    async with running_horde(module_database_dsn, settings) as horde:
        yield await Stage.of(horde)


async def test_everybody_gets_what_the_route_declares_and_the_service_says(stage: Stage) -> None:
    wrong = {}
    for name, declaration in stage.declarations.items():
        if declaration.right in KEYLESS or "/api/v2/" not in name:  # dialects wait for answers: test_rights.py
            continue
        for caller, who in CALLERS.items():
            refused = at_the_door(declaration, who) or LATER.get(name, {}).get(caller)
            found = await stage.outcome(name, caller)
            is_right = found == refused if refused else found in (GOOD, (201, None), (202, None))
            if not is_right:
                wrong[f"{name}, {caller}"] = (refused or "let in", found)
    assert wrong == {}


async def test_where_no_key_is_looked_at_it_makes_no_difference(stage: Stage) -> None:
    wrong = {}
    for name, declaration in stage.declarations.items():
        if declaration.right in KEYLESS:
            found = {caller: await stage.outcome(name, caller) for caller in CALLERS}
            if len(set(found.values())) != 1:
                wrong[name] = found
    assert wrong == {}


@pytest.mark.parametrize(("name", "caller", "outcome"), DANGEROUS)
async def test_what_must_not_go_wrong(stage: Stage, name: str, caller: str, outcome: Outcome) -> None:
    method, _, path = name.partition(" ")
    assert await stage.outcome(f"{method} {API}{path}", caller) == outcome


@pytest.mark.parametrize("name", VISIBLE)
async def test_private_fields_are_seen_by_whom_they_are_for(stage: Stage, name: str) -> None:
    private, seen_by = VISIBLE[name]
    wrong = {}
    for caller in CALLERS:
        (status, _), told = await stage.answer(name, caller)
        seen = private & set(told) if status == 200 else frozenset()
        if seen != seen_by.get(caller, frozenset()):
            wrong[caller] = sorted(seen)
    assert wrong == {}


async def test_what_is_written_down_is_still_asked(stage: Stage) -> None:
    """No entry of the tables is about a route that is not there, or about somebody whom the door refuses."""
    for name in (*LATER, *VISIBLE):
        assert name in stage.declarations
    closed = [
        (name, caller)
        for name, refusals in LATER.items()
        for caller in refusals
        if at_the_door(stage.declarations[name], CALLERS[caller]) and len(refusals) < len(CALLERS)
    ]
    assert closed == []
