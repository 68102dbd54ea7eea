"""Sign-ins that somebody forges, mixes up or holds up (registration.md §5.8)."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from aiohttp import web
from hordes import Horde, StartHorde
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from openid_provider import CLIENT_ID, CLIENT_SECRET, Provider, callback

from horde_server.registration.sign_in import identities, provider_calls

FAILED = (400, "SignInFailed")
AWAY = (503, "SignInProviderAway")


@pytest.fixture
async def horde(start_horde: StartHorde, settings: dict[str, Any]) -> Horde:
    """A server that knows the provider."""
    return await start_horde(**settings)


@pytest.fixture
async def browser(horde: Horde) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of its own."""
    async with horde.client_at("198.51.100.9") as client:
        yield client


async def begin(browser: httpx.AsyncClient, name: str = "acme") -> str:
    """Where the browser is sent."""
    answer = await browser.get(f"/sign-in/{name}")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def finish(browser: httpx.AsyncClient, back: dict[str, str], name: str = "acme") -> tuple[int, str | None]:
    """What comes of it: 303, or the refusal."""
    answer = await browser.get(callback(name, back))
    return (303, None) if answer.status_code == 303 else Horde.outcome(answer)


async def whole(browser: httpx.AsyncClient, provider: Provider) -> tuple[int, str | None]:
    """A sign-in from its beginning to its end."""
    return await finish(browser, provider.consent(await begin(browser)))


async def nobody_came_in(horde: Horde) -> bool:
    """Whether neither an account nor a code was made."""
    return await horde.sql("SELECT (SELECT count(*) FROM account WHERE id > 0) + (SELECT count(*) FROM sign_in)") == [
        (0,)
    ]


# ---------------------------------------------------------------- what comes back to the browser


async def test_only_the_browser_that_began_finishes(
    horde: Horde, browser: httpx.AsyncClient, provider: Provider
) -> None:
    """Neither somebody who is given the address, nor one with a state of their own."""
    back = provider.consent(await begin(browser))
    async with horde.client_at("203.0.113.5") as victim:
        assert await finish(victim, back) == FAILED
        await begin(victim)
        assert await finish(victim, back) == FAILED
    assert await finish(browser, {**back, "state": "x" * 43}) == FAILED
    assert await finish(browser, {"code": back["code"]}) == FAILED
    assert await finish(browser, {**back, "state": "x" * 5000}) == (400, None)
    assert provider.asked == ["/.well-known/openid-configuration"], "no code was taken to the provider"
    assert await nobody_came_in(horde)
    assert await finish(browser, back) == (303, None)


async def test_the_same_answer_counts_once(horde: Horde, browser: httpx.AsyncClient, provider: Provider) -> None:
    """Also where the provider takes codes again, and the browser still has the cookie."""
    provider.codes_are_good_again = True
    location = await begin(browser)
    kept = dict(browser.cookies)
    back = provider.consent(location)
    assert await finish(browser, back) == (303, None)
    browser.cookies.update(kept)
    assert await finish(browser, back) == FAILED
    assert await horde.sql("SELECT count(*) FROM sign_in") == [(1,)]


async def test_two_at_once_in_one_browser_stay_apart(
    horde: Horde, browser: httpx.AsyncClient, provider: Provider
) -> None:
    """Each has its cookie; the code of one is nothing with the state of the other."""
    first, second = await begin(browser), await begin(browser)
    one, two = provider.consent(first, "1"), provider.consent(second, "2")
    assert await finish(browser, {"code": two["code"], "state": one["state"]}) == FAILED
    third = await begin(browser)
    assert await finish(browser, provider.consent(third, "3")) == (303, None)
    again = provider.consent(second, "2")
    assert await finish(browser, again) == (303, None)
    rows = await horde.sql("SELECT external_id FROM account WHERE id > 0 ORDER BY 1")
    assert rows == [("oidc_acme_2",), ("oidc_acme_3",)]


async def test_an_answer_of_one_provider_is_nothing_at_another(
    start_horde: StartHorde, settings: dict[str, Any], provider: Provider
) -> None:
    """Mix-up: the state belongs to the provider that it was made for, and an issuer that is told must be its."""
    [acme] = settings["sign_in_providers"]
    horde = await start_horde(**{**settings, "sign_in_providers": [acme, {**acme, "name": "evil"}]})
    back = provider.consent(await begin(horde.client))
    assert await finish(horde.client, back, "evil") == FAILED
    assert await finish(horde.client, {**back, "iss": "https://evil.example"}) == FAILED
    again = provider.consent(await begin(horde.client))
    assert await finish(horde.client, {**again, "iss": provider.issuer}) == (303, None)


async def test_a_cookie_that_was_changed_or_is_old_is_none(
    horde: Horde, browser: httpx.AsyncClient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = provider.consent(await begin(browser))
    [(name, value)] = browser.cookies.items()
    raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    packed = json.loads(raw[32:])
    for change in ({"return_to": "//evil.example"}, {"ends_at": packed["ends_at"] + 1}, {"invitation": "X"}):
        forged = raw[:32] + json.dumps({**packed, **change}, separators=(",", ":")).encode()
        browser.cookies.set(name, base64.urlsafe_b64encode(forged).decode().rstrip("="))
        assert await finish(browser, back) == FAILED
    for nothing in ("x", "é", "A" * 43, "!" * 80):
        answer = await browser.get(callback("acme", back), headers={b"cookie": f"{name}={nothing}".encode()})
        assert Horde.outcome(answer) == FAILED
    assert await nobody_came_in(horde)


async def test_an_attempt_ends_after_ten_minutes(
    horde: Horde, browser: httpx.AsyncClient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = provider.consent(await begin(browser))
    monkeypatch.setattr("horde_server.registration.sign_in.attempts.LASTS_S", -1)
    late = provider.consent(await begin(browser))
    assert await finish(browser, late) == FAILED
    assert await finish(browser, back) == (303, None)


async def test_who_says_no_comes_back_with_nothing(
    horde: Horde, browser: httpx.AsyncClient, provider: Provider
) -> None:
    back = provider.consent(await begin(browser))
    answer = await browser.get(callback("acme", {"error": "access_denied", "state": back["state"]}))
    assert Horde.outcome(answer) == FAILED
    assert not browser.cookies
    assert "nothing came of this sign-in" in answer.json()["message"]
    assert await nobody_came_in(horde)


async def test_the_cookie_is_for_us_alone(start_horde: StartHorde, settings: dict[str, Any]) -> None:
    """registration.md §5.2: over https `__Host-`, so that no other host of the domain can set one."""
    plain, secure = await start_horde(**settings), await start_horde(**{**settings, "url": "https://horde.test"})
    cookie = (await plain.client.get("/sign-in/acme")).headers["set-cookie"]
    assert cookie.startswith("sign-in-")
    assert cookie.endswith("; Max-Age=600; Path=/; HttpOnly; SameSite=Lax")
    answer = await secure.client.get("/sign-in/acme")
    assert answer.headers["set-cookie"].startswith("__Host-sign-in-")
    assert answer.headers["set-cookie"].endswith("; Path=/; HttpOnly; SameSite=Lax; Secure")
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")


async def test_a_forged_host_sends_no_code_elsewhere(
    horde: Horde, browser: httpx.AsyncClient, provider: Provider
) -> None:
    answer = await browser.get("/sign-in/acme", headers={"host": "evil.example"})
    provider.consent(answer.headers["location"])
    assert provider.redirects == ["http://horde.test/sign-in/acme/callback"]


# ---------------------------------------------------------------- tokens


def with_claims(**changes: Any) -> Callable[[Provider], None]:
    """Tokens with other claims; None: without it."""

    def change(provider: Provider) -> None:
        provider.claims = lambda claims: {
            name: value for name, value in {**claims, **changes}.items() if value is not None
        }

    return change


def unsigned(provider: Provider) -> None:
    """`alg: none`."""

    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    provider.forge = lambda claims: f"{part({'alg': 'none'})}.{part(claims)}."


def signed_with_the_public_key_as_a_secret(provider: Provider) -> None:
    """HS256, by the public key as a secret."""

    def part(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    def forge(claims: dict[str, Any]) -> str:
        signed = f"{part(json.dumps({'alg': 'HS256', 'kid': 'one'}).encode())}.{part(json.dumps(claims).encode())}"
        return f"{signed}.{part(hmac.digest(public, signed.encode(), 'sha256'))}"

    assert not isinstance(provider.key, OctKey)
    public = provider.key.as_pem(private=False)
    provider.forge = forge


def signed_with_the_clients_secret(provider: Provider) -> None:
    """HS256, as clients without keys have it: by what others at the provider may know too."""
    key = OctKey.import_key(CLIENT_SECRET)
    provider.forge = lambda claims: str(jwt.encode({"alg": "HS256"}, claims, key))


def signed_by_somebody_else(provider: Provider) -> None:
    other = RSAKey.generate_key(2048, {"kid": "one"})
    provider.forge = lambda claims: str(jwt.encode({"alg": "RS256", "kid": "one"}, claims, other))


def with_its_key_inside(provider: Provider) -> None:
    """The token brings the key that it is signed with."""
    other = RSAKey.generate_key(2048)
    header = {"alg": "RS256", "jwk": other.as_dict(private=False)}
    provider.forge = lambda claims: str(jwt.encode(header, claims, other))


def changed_on_the_way(provider: Provider) -> None:
    def forge(claims: dict[str, Any]) -> str:
        head, _, seal = provider.signed(claims).split(".")
        body = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "1"}).encode()).rstrip(b"=").decode()
        return f"{head}.{body}.{seal}"

    provider.forge = forge


def no_token(provider: Provider) -> None:
    provider.forge = lambda claims: "no token"


@pytest.mark.parametrize(
    "forgery",
    [
        with_claims(iss="https://evil.example"),
        with_claims(iss=None),
        with_claims(aud="somebody else"),
        with_claims(aud=None),
        with_claims(aud=[CLIENT_ID, "somebody else"], azp="somebody else"),
        with_claims(aud=[CLIENT_ID, "somebody else"]),
        with_claims(nonce="another"),
        with_claims(nonce=None),
        with_claims(exp=int(time.time()) - 120),
        with_claims(exp=None),
        with_claims(iat=int(time.time()) + 3600),
        with_claims(nbf=int(time.time()) + 3600),
        with_claims(sub=None),
        with_claims(sub=""),
        with_claims(sub=4711),
        with_claims(sub="two\nlines"),
        with_claims(sub="x" * 256),
        with_claims(exp="soon"),
        with_claims(at_hash="wrong"),
        unsigned,
        signed_with_the_public_key_as_a_secret,
        signed_with_the_clients_secret,
        signed_by_somebody_else,
        with_its_key_inside,
        changed_on_the_way,
        no_token,
    ],
)
async def test_a_token_that_is_not_the_providers_word_for_us_now_is_nothing(
    horde: Horde, browser: httpx.AsyncClient, provider: Provider, forgery: Callable[[Provider], None]
) -> None:
    forgery(provider)
    assert await whole(browser, provider) == FAILED
    assert await nobody_came_in(horde)


async def test_other_algorithms_and_new_keys_are_taken(
    horde: Horde, browser: httpx.AsyncClient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider changes its keys: they are asked for again where a token names an unknown one, not each time."""
    assert await whole(browser, provider) == (303, None)
    provider.key = ECKey.generate_key("P-256", {"kid": "two"})
    provider.forge = lambda claims: str(jwt.encode({"alg": "ES256", "kid": "two"}, claims, provider.key))
    assert await whole(browser, provider) == FAILED, "they were asked for a moment ago"
    monkeypatch.setattr(identities, "KEYS_AGAIN_S", 0)
    assert await whole(browser, provider) == (303, None)
    assert provider.asked.count("/keys") == 2
    assert provider.asked.count("/.well-known/openid-configuration") == 1


async def test_a_key_that_the_provider_gave_up_is_believed_for_an_hour_at_most(
    horde: Horde, browser: httpx.AsyncClient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await whole(browser, provider) == (303, None)
    provider.published = [RSAKey.generate_key(2048, {"kid": "another"}).as_dict(private=False)]
    assert await whole(browser, provider) == (303, None)
    monkeypatch.setattr(identities, "DISCOVERED_S", 0)
    assert await whole(browser, provider) == FAILED


# ---------------------------------------------------------------- a provider that is no good


async def hangs(request: web.Request) -> web.Response:
    await asyncio.sleep(60)
    return web.Response()


async def endless(request: web.Request) -> web.StreamResponse:
    """A gibibyte, as fast as it is taken."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    for _ in range(2**14):
        await answer.write(b" " * 65536)
    return answer


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
@pytest.mark.parametrize(
    "answer",
    [
        hangs,
        endless,
        lambda _: web.Response(status=500),
        lambda _: web.Response(status=302, headers={"Location": "/elsewhere"}),
        lambda _: web.Response(text="no JSON"),
        lambda _: web.Response(text="[" * 100_000),
        lambda _: [],
        lambda _: web.Response(body=b" " * 300_000),
    ],
)
async def test_a_provider_that_hangs_floods_or_babbles_is_away(
    start_horde: StartHorde,
    settings: dict[str, Any],
    provider: Provider,
    path: str,
    answer: Callable[[web.Request], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And says so soon: 503, with when to come again."""
    monkeypatch.setattr(provider_calls, "TIME_LIMIT_S", 0.5)
    horde = await start_horde(**settings)
    if path != "/.well-known/openid-configuration":
        location = await begin(horde.client)
    provider.respond[path] = answer
    began = time.monotonic()
    if path == "/.well-known/openid-configuration":
        refused = await horde.client.get("/sign-in/acme")
    else:
        refused = await horde.client.get(callback("acme", provider.consent(location)))
    assert Horde.outcome(refused) == AWAY
    assert refused.headers["retry-after"] == "10"
    assert time.monotonic() - began < 5
    assert await nobody_came_in(horde)


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": ["https://a.example"]},
    ],
)
async def test_a_document_that_leads_elsewhere_is_not_followed(
    horde: Horde, browser: httpx.AsyncClient, provider: Provider, change: dict[str, Any]
) -> None:
    provider.respond["/.well-known/openid-configuration"] = lambda _: {**provider.document(), **change}
    assert Horde.outcome(await browser.get("/sign-in/acme")) == AWAY


@pytest.mark.parametrize(
    "keys",
    ["no list", [{"kty": "RSA", "kid": "one", "n": "!", "e": "AQAB"}], [{"kty": "quantum"}], [7], [{}] * 101, []],
)
async def test_strange_keys_sign_nothing(
    horde: Horde, browser: httpx.AsyncClient, provider: Provider, keys: list[Any]
) -> None:
    provider.published = keys
    assert await whole(browser, provider) in (AWAY, FAILED)
    assert await nobody_came_in(horde)


async def test_a_provider_that_hangs_holds_up_sixteen_and_no_more(
    start_horde: StartHorde, settings: dict[str, Any], provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are told at once, and everything else goes on."""
    monkeypatch.setattr(provider_calls, "TIME_LIMIT_S", 1.0)
    horde = await start_horde(**settings)
    provider.respond["/.well-known/openid-configuration"] = hangs
    waiting = [asyncio.create_task(horde.client.get("/sign-in/acme")) for _ in range(provider_calls.AT_A_TIME)]

    async def all_are_there() -> bool:
        return len(provider.asked) == provider_calls.AT_A_TIME

    await horde.until(all_are_there, "all wait at the provider")
    began = time.monotonic()
    assert Horde.outcome(await horde.client.get("/sign-in/acme")) == AWAY
    assert (await horde.client.get("/api/v2/status/heartbeat")).status_code == 200
    assert time.monotonic() - began < 0.5
    assert {Horde.outcome(answer) for answer in await asyncio.gather(*waiting)} == {AWAY}


async def test_a_provider_in_a_private_network_must_be_allowed(
    start_horde: StartHorde, settings: dict[str, Any], provider: Provider
) -> None:
    """registration.md §5.1: else its addresses are the internet's."""
    [acme] = settings["sign_in_providers"]
    horde = await start_horde(**{**settings, "sign_in_providers": [{**acme, "private_network": False}]})
    assert Horde.outcome(await horde.client.get("/sign-in/acme")) == AWAY
    assert provider.asked == []
