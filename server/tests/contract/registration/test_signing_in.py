"""Signing in by a provider, as a browser and a program see it (registration.md §5)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hordes import Horde, StartHorde
from openid_provider import CLIENT_ID, CLIENT_SECRET, Provider, callback, query_of
from pydantic import ValidationError

from horde_server.settings import Settings


async def went(browser: httpx.AsyncClient, provider: Provider, subject: str = "4711", **begun: str) -> str:
    """Where a browser is in the end that signs in: the address with our code."""
    begin = await browser.get("/sign-in/acme", params=begun)
    assert begin.status_code == 303, begin.text
    back = await browser.get(callback("acme", provider.consent(begin.headers["location"], subject)))
    assert back.status_code == 303, back.text
    return str(back.headers["location"])


async def signed_in(horde: Horde, provider: Provider, subject: str = "4711", **begun: str) -> dict[str, Any]:
    """What a program is told in the end."""
    async with horde.client_at("198.51.100.9") as browser:
        code = query_of(await went(browser, provider, subject, **begun))["code"]
    answer = await horde.client.post("/api/v2/sign-in", json={"code": code})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_new_user_gets_an_account_and_a_key(
    start_horde: StartHorde, settings: dict[str, Any], provider: Provider
) -> None:
    """registration.md §5.3–5.6: from the link to the key."""
    horde = await start_horde(**settings)
    provider.names = {"preferred_username": "Ada L"}
    async with horde.client_at("198.51.100.9") as browser:
        location = await went(browser, provider, next="/account")
        assert urlsplit(location)._replace(query="").geturl() == "http://horde.test/account"
        assert not browser.cookies, "the attempt's cookie is over"
    answer = await horde.client.post("/api/v2/sign-in", json={"code": query_of(location)["code"]})
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert (told["username"], told["is_new"], told["approved"]) == ("Ada L", True, True)
    me = (await horde.client.get("/api/v2/find_user", headers={"apikey": told["api_key"]})).json()
    assert (me["id"], me["pseudonymous"]) == (told["id"], False)
    assert await horde.sql("SELECT external_id, kind FROM account WHERE id > 0") == [("oidc_acme_4711", "registered")]
    [(days,)] = await horde.sql("SELECT extract(day FROM expires_at - created_at)::int FROM api_key")
    assert days == 30
    assert provider.redirects == ["http://horde.test/sign-in/acme/callback"]


async def test_who_is_known_keeps_name_and_keys_and_gets_one_key_more(
    start_horde: StartHorde, settings: dict[str, Any], provider: Provider
) -> None:
    """registration.md §5.5: also where another name is wished for."""
    horde = await start_horde(**settings)
    first = await signed_in(horde, provider, username="Ada")
    second = await signed_in(horde, provider, username="Bob")
    assert (second["id"], second["username"], second["is_new"]) == (first["id"], "Ada", False)
    assert second["api_key"] != first["api_key"]
    for made in (first, second):
        found = await horde.client.get("/api/v2/find_user", headers={"apikey": made["api_key"]})
        assert found.json()["id"] == first["id"]
    assert (await signed_in(horde, provider, "0815"))["id"] != first["id"]
    entries = await horde.sql("SELECT action, concerns FROM audit_entry WHERE concerns = %s", first["id"])
    assert entries == [("account.sign_in", first["id"])] * 2


async def test_of_many_sign_ins_the_latest_ten_keys_stay(
    start_horde: StartHorde, settings: dict[str, Any], provider: Provider
) -> None:
    """registration.md §5.6: at once, also where the first is remembered."""
    horde = await start_horde(**settings)
    made = [(await signed_in(horde, provider))["api_key"] for _ in range(11)]
    found = [(await horde.client.get("/api/v2/find_user", headers={"apikey": key})).status_code for key in made]
    assert found == [404] + [200] * 10


async def test_a_code_is_worth_one_key_for_two_minutes(
    start_horde: StartHorde, settings: dict[str, Any], provider: Provider
) -> None:
    """registration.md §5.6: also where ten ask at once."""
    horde = await start_horde(**settings)
    code = query_of(await went(horde.client, provider))["code"]
    answers = await asyncio.gather(*(horde.client.post("/api/v2/sign-in", json={"code": code}) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 9
    late = query_of(await went(horde.client, provider))["code"]
    await horde.sql("UPDATE sign_in SET created_at = created_at - interval '121 seconds'")
    for wrong in (late, "made up", code):
        answer = await horde.client.post("/api/v2/sign-in", json={"code": wrong})
        assert Horde.outcome(answer) == (404, "SignInCodeInvalid")
    for body in ({}, {"code": "x" * 101}, {"code": ""}, {"code": code, "verifier": "short"}):
        assert (await horde.client.post("/api/v2/sign-in", json=body)).status_code == 400


async def test_a_program_that_began_with_a_challenge_alone_takes_the_key(
    start_horde: StartHorde, settings: dict[str, Any], provider: Provider
) -> None:
    """registration.md §5.7: who only read the code has nothing of it, and ends it by trying."""
    horde = await start_horde(**settings)
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()

    async def take(**body: str) -> tuple[int, str | None]:
        code = query_of(await went(horde.client, provider, challenge=challenge))["code"]
        return Horde.outcome(await horde.client.post("/api/v2/sign-in", json={"code": code, **body}))

    assert await take() == (404, "SignInCodeInvalid")
    assert await take(verifier="w" * 43) == (404, "SignInCodeInvalid")
    assert await take(verifier=verifier) == (200, None)
    plain = query_of(await went(horde.client, provider))["code"]
    answer = await horde.client.post("/api/v2/sign-in", json={"code": plain, "verifier": verifier})
    assert Horde.outcome(answer) == (404, "SignInCodeInvalid")
    assert (await horde.client.get("/sign-in/acme", params={"challenge": "plain text"})).status_code == 400


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/",
        "/\\evil.example",
        "\\evil",
        "https://evil.example",
        "evil",
        "/a//b",
        "/a/../b",
        "/a?b=c",
        "/a#b",
        "/a%2f",
        "/a b",
        "/\tb",
        "/" + "a" * 200,
        "",
    ],
)
async def test_nobody_is_sent_elsewhere_afterwards(
    start_horde: StartHorde, settings: dict[str, Any], target: str
) -> None:
    """registration.md §5.2: whatever a browser makes of it."""
    horde = await start_horde(**settings)
    answer = await horde.client.get("/sign-in/acme", params={"next": target})
    assert answer.status_code == 400
    assert "next" in answer.json()["errors"]


async def test_new_users_come_by_the_rules_of_registration_and_known_ones_always(
    start_horde: StartHorde, settings: dict[str, Any], provider: Provider
) -> None:
    """registration.md §5.4: the invitation goes along; the raid mode takes who somebody vouches for."""
    horde = await start_horde(**settings, registration="invitation")
    root = await horde.account("root")
    headers = {"apikey": root.api_key}

    async def came(**begun: str) -> httpx.Response:
        begin = await horde.client.get("/sign-in/acme", params=begun)
        return await horde.client.get(callback("acme", provider.consent(begin.headers["location"])))

    assert Horde.outcome(await came()) == (403, "InvitationNeeded")
    assert Horde.outcome(await came(invitation="ABCD-EFGH-JKLM-NPQR")) == (403, "InvitationInvalid")
    await horde.client.put("/api/v2/status/modes", json={"raid_mode": True}, headers=headers)
    invitation = await horde.client.post("/api/v2/invitations", json={"uses": 1, "roles": ["trusted"]}, headers=headers)
    assert (await came(invitation=invitation.json()["code"])).status_code == 303
    assert await horde.sql("SELECT trusted FROM account WHERE external_id = 'oidc_acme_4711'") == [(True,)]
    assert (await came()).status_code == 303, "who is known needs none"


async def test_who_was_refused_is_not_let_in_by_a_provider_either(
    start_horde: StartHorde, settings: dict[str, Any], provider: Provider
) -> None:
    """registration.md §3.4: else the refusal would be worth nothing."""
    horde = await start_horde(**settings, registration="approval")
    root = await horde.account("root")
    made = await signed_in(horde, provider)
    assert not made["approved"]
    path = f"/api/v2/operations/registrations/{made['id']}"
    waiting = await horde.client.get("/api/v2/operations/registrations", headers={"apikey": root.api_key})
    assert waiting.json()[0]["way"] == "acme"
    await horde.client.post(path, json={"approve": False}, headers={"apikey": root.api_key})
    begin = await horde.client.get("/sign-in/acme")
    back = await horde.client.get(callback("acme", provider.consent(begin.headers["location"])))
    assert Horde.outcome(back) == (403, "RegistrationRefused")


async def test_limits_count_who_comes_by_a_provider_too(
    start_horde: StartHorde, settings: dict[str, Any], provider: Provider
) -> None:
    """registration.md §5.4: new ones only."""
    horde = await start_horde(**settings, registrations_per_hour=1)
    await signed_in(horde, provider, "1")
    await signed_in(horde, provider, "1")
    async with horde.client_at("198.51.100.9") as browser:
        begin = await browser.get("/sign-in/acme")
        back = await browser.get(callback("acme", provider.consent(begin.headers["location"], "2")))
    assert Horde.outcome(back) == (429, "TooManyRegistrations")


async def test_one_identity_that_comes_twice_at_once_is_one_account(
    start_horde: StartHorde, settings: dict[str, Any], provider: Provider
) -> None:
    """registration.md §5.5: on two nodes."""
    nodes = [await start_horde(**settings), await start_horde(**settings)]

    async def one(node: Horde) -> str:
        async with node.client_at("198.51.100.9") as browser:
            return await went(browser, provider)

    await asyncio.gather(*(one(node) for node in nodes for _ in range(4)))
    assert await nodes[0].sql("SELECT count(*) FROM account WHERE id > 0") == [(1,)]
    assert await nodes[0].sql("SELECT count(*), count(*) FILTER (WHERE is_new) FROM sign_in") == [(8, 1)]


@pytest.mark.parametrize(
    ("names", "called"),
    [
        ({}, "somebody"),
        ({"preferred_username": "x", "nickname": "  Zoë #1  "}, "Zoë 1"),
        ({"name": "a fucking name"}, "somebody"),
        ({"name": "Ada\u202e\nLovelace " + "x" * 300}, "AdaLovelace " + "x" * 18),
        ({"name": ["Ada"]}, "somebody"),
    ],
)
async def test_a_name_of_the_provider_is_taken_where_it_can_be(
    start_horde: StartHorde, settings: dict[str, Any], provider: Provider, names: dict[str, Any], called: str
) -> None:
    """registration.md §5.4: cut and cleaned."""
    horde = await start_horde(**settings)
    provider.names = names
    assert (await signed_in(horde, provider))["username"] == called


async def test_a_wished_name_that_cannot_be_is_refused_before_the_journey(
    start_horde: StartHorde, settings: dict[str, Any]
) -> None:
    """registration.md §5.4: nobody agrees at a provider for nothing."""
    horde = await start_horde(**settings)
    for name in ("a#b", "ab", "x" * 201):
        answer = await horde.client.get("/sign-in/acme", params={"username": name})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["username"])


async def test_ways_to_sign_in_are_told_and_others_are_not_found(
    start_horde: StartHorde, settings: dict[str, Any]
) -> None:
    """registration.md §1.1 and §5.1: by name, title and path."""
    horde = await start_horde(**settings)
    told = (await horde.client.get("/api/v2/register")).json()["providers"]
    assert told == [{"name": "acme", "title": "Acme", "path": "/sign-in/acme"}]
    assert Horde.outcome(await horde.client.get("/sign-in/other")) == (404, "ProviderNotFound")


async def test_the_originals_addresses_lead_here(start_horde: StartHorde, settings: dict[str, Any]) -> None:
    """registration.md §5.9: with the page to come back to."""
    horde = await start_horde(**settings)
    wanted = {
        "/google/transfer": "/sign-in/google?next=%2Ftransfer",
        "/discord/discord": "/sign-in/discord?next=%2Fregister",
        "/github/register": "/sign-in/github?next=%2Fregister",
        "/finish_dance": "/register",
    }
    for path, target in wanted.items():
        answer = await horde.client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, target)
    assert Horde.outcome(await horde.client.get("/google/%5C%5Cevil.example")) == (400, "BadRequest")


@pytest.mark.parametrize(("name", "prefix"), [("github", "gh_"), ("discord", "d_"), ("forge", "oidc_forge_")])
async def test_providers_of_oauth2_are_asked_who_it_is(
    start_horde: StartHorde, settings: dict[str, Any], provider: Provider, name: str, prefix: str
) -> None:
    """registration.md §5.1: presets, at addresses of one's own."""
    base = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "private_network": True}
    addresses = {
        "authorization_url": f"{provider.issuer}/authorize",
        "token_url": f"{provider.issuer}/token",
        "user_url": f"{provider.issuer}/user",
    }
    horde = await start_horde(**{**settings, "sign_in_providers": [{"name": name, **base, **addresses}]})
    begin = await horde.client.get(f"/sign-in/{name}")
    back = await horde.client.get(callback(name, provider.consent(begin.headers["location"])))
    assert back.status_code == 303, back.text
    rows = await horde.sql("SELECT external_id, username FROM account WHERE id > 0")
    assert rows == [(f"{prefix}4711", "octo-ada")]


def test_google_is_known_by_its_name_alone() -> None:
    """registration.md §5.1: as is GitHub."""
    from horde_server.registration.sign_in.providers import INTERNET, providers_of

    chosen = Settings(
        _env_file=None,
        url="https://horde.example",
        sign_in_providers=[{"name": name, "client_id": "a", "client_secret": "b"} for name in ("google", "github")],
    )
    known = providers_of(chosen.sign_in_providers)
    assert (known["google"].speaks, known["google"].prefix) == ("https://accounts.google.com", "g_")
    assert known["google"].reach is known["github"].reach is INTERNET


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"name": "acme", "client_id": "a", "client_secret": "b"}, "give its issuer"),
        ({"name": "google", "client_id": "a"}, "give client_secret or client_secret_file"),
        ({"name": "acme", "client_id": "a", "client_secret": "b", "issuer": "http://acme.example"}, "https://"),
        ({"name": "github", "client_id": "a", "client_secret": "b", "token_url": "https://a.b"}, "belong together"),
        ({"name": "Acme Inc", "client_id": "a", "client_secret": "b"}, "pattern"),
        ({"name": "google", "client_id": "a", "client_secret": "b", "clientid": "c"}, "clientid"),
    ],
)
def test_a_provider_that_is_named_wrongly_keeps_the_server_from_starting(given: dict[str, Any], told: str) -> None:
    """registration.md §5.1: with a sentence that says why."""
    with pytest.raises(ValidationError, match=told):
        Settings(_env_file=None, url="https://horde.example", sign_in_providers=[given])
    whole = {"name": "google", "client_id": "a", "client_secret": "b"}
    with pytest.raises(ValidationError, match="need HORDE_URL"):
        Settings(_env_file=None, sign_in_providers=[whole])
    with pytest.raises(ValidationError, match="a name of its own"):
        Settings(_env_file=None, url="https://horde.example", sign_in_providers=[whole, whole])
