"""Asking in a style: what becomes of the order, what is refused, what is counted and paid (styles.md §4)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import psycopg
import pytest
from hordes import Horde
from ledger_checks import check_books
from style_routes import StyleRoutes

from horde_server.accounts.creation import NewAccount
from horde_server.kudos.proof import prove

NOBODY = "00000000-0000-0000-0000-000000000000"
TEXT_MODEL = "koboldcpp/Mistral-7B-Instruct-v0.2"


@pytest.fixture
def styles(horde: Horde) -> StyleRoutes:
    return StyleRoutes(horde)


@pytest.fixture
async def ada(horde: Horde) -> NewAccount:
    """Owns the styles."""
    return await horde.account("ada", trusted=True, kudos=100)


@pytest.fixture
async def ben(horde: Horde) -> NewAccount:
    """Asks in them."""
    return await horde.account("ben", kudos=1000)


async def stored(horde: Horde, request_id: str) -> dict[str, Any]:
    """The order of a request."""
    [(order,)] = await horde.sql("SELECT request_order FROM request WHERE id = %s", request_id)
    return dict(order)


async def test_an_image_is_asked_for_in_the_style(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, ben: NewAccount
) -> None:
    """§4.2–4.4: prompt, models and parameters are the style's; the user keeps how many, and a size it leaves open."""
    await styles.add(ada, params={"steps": 12, "height": 640, "loras": [{"name": "x"}]}, models=["Deliberate"])
    mine = {"width": 768, "height": 768, "n": 2, "steps": 99, "seed": "5", "sampler_name": "k_heun", "cfg_scale": 9}
    order = await stored(
        horde,
        await horde.request(
            ben.api_key, "a sea###fog", params=mine, models=["Dreamshaper"], style="oil", nsfw=False, slow_workers=True
        ),
    )
    assert order == {
        "prompt": "a sea, in oil###fog, photograph",
        "models": ["Deliberate"],
        "width": 768,
        "height": 640,
        "steps": 12,
        "cfg_scale": 5.0,
        "n": 2,
        "loras": [{"name": "x"}],
        "nsfw": False,
    }


async def test_a_text_is_asked_for_in_the_style(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, ben: NewAccount
) -> None:
    """§4.3, §4.4: the user keeps how many, and the lengths that the style does not set."""
    await styles.add(ada, "text", params={"temperature": 0.5, "max_length": 99})
    mine = {"n": 3, "max_length": 20, "max_context_length": 4096, "top_p": 0.5}
    order = await stored(
        horde,
        await horde.texts.request(ben.api_key, prompt="{a} {p} sea", params=mine, models=["x"], style="rhymes"),
    )
    assert order == {
        "prompt": "A poem about {a} {p} sea:",
        "models": [TEXT_MODEL],
        "n": 3,
        "max_length": 99,
        "max_context_length": 4096,
        "sampling": {"temperature": 0.5},
    }


@pytest.mark.parametrize(
    ("of_style", "of_request", "both"), [(True, False, True), (False, True, True), (False, False, False)]
)
async def test_what_is_not_safe_in_one_is_not_safe(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, ben: NewAccount, of_style: bool, of_request: bool, both: bool
) -> None:
    """§4.5: the original ignores the style's."""
    style_id = await styles.add(ada, nsfw=of_style)
    order = await stored(horde, await horde.request(ben.api_key, style=style_id, nsfw=of_request))
    assert order.get("nsfw", True) is both


async def test_a_workflow_keeps_the_users_texts(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, ben: NewAccount
) -> None:
    """§4.4: a style could not ask for it otherwise."""
    await styles.add(ada, params={"workflow": "qr_code"})
    texts = [{"reference": "qr_code", "text": "https://example.org"}]
    request = await horde.request(ben.api_key, style="oil", params={"extra_texts": texts})
    assert (await stored(horde, request))["extra_texts"] == texts
    answer = await horde.ask(ben.api_key, style="oil")
    assert horde.outcome(answer) == (400, "MissingExtraTexts.")


@pytest.mark.parametrize(
    ("reference", "outcome"),
    [
        ("nothing", (404, "StyleNotFound")),
        (NOBODY, (404, "StyleNotFound")),
        ("secret", (404, "StyleNotFound")),
        ("ada#x::oil", (404, "StyleNotFound")),
        ("rhymes", (400, "StyleMismatch")),
        ("tales", (400, "StyleMismatch")),
        ("empty", (404, "StyleNotFound")),
        ("xx", (400, None)),
        ("x" * 1025, (400, None)),
    ],
)
async def test_a_style_that_cannot_be_is_refused(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, ben: NewAccount, reference: str, outcome: tuple[int, str | None]
) -> None:
    """§4.1: before anything else is looked at."""
    await styles.add(ada)
    await styles.add(ada, name="secret", public=False)
    rhymes, passing = await styles.add(ada, "text"), await styles.add(ada, name="passing")
    await styles.collect(ada, rhymes, name="tales")
    await styles.collect(ada, passing, name="empty")
    await styles.call("DELETE", f"styles/image/{passing}", ada)
    assert horde.outcome(await horde.ask(ben.api_key, style=reference)) == outcome
    if reference in ("rhymes", "tales", "empty"):  # for texts the first two are styles, the last is of images
        return
    assert horde.outcome(await horde.texts.ask(ben.api_key, style=reference)) == outcome


async def test_the_styled_order_is_checked_as_any(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, ben: NewAccount
) -> None:
    """§4.6: rules, filters and prices see the order in its style, also where rules have changed since it was made."""
    await styles.add(ada)
    too_long = await horde.ask(ben.api_key, "x" * 99_990, style="oil")
    assert horde.outcome(too_long) == (400, "InvalidPromptSize")
    await horde.sql("UPDATE style SET params = '{\"cfg_scale\": 7.123}'")
    assert horde.outcome(await horde.ask(ben.api_key, style="oil")) == (400, "BadCFGDecimals")
    await horde.sql("UPDATE style SET params = '{\"steps\": 9000}'")
    assert horde.outcome(await horde.ask(ben.api_key, style="oil")) == (400, "BadRequest")
    await styles.add(ada, "text", params={"max_length": 512})
    overflow = await horde.texts.ask(ben.api_key, style="rhymes", params={"max_context_length": 100})
    assert horde.outcome(overflow) == (400, "TokenOverflow")


async def test_a_collection_draws_each_of_its_styles(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, ben: NewAccount
) -> None:
    """§4.8: a 500 on the original. A use counts for both."""
    names = ("a", "b", "c")
    ids = [await styles.add(ada, name=name, prompt=f"{{p}} {name}###{{np}}") for name in names]
    made = await styles.collect(ben, *ids, name="letters")
    drawn: Counter[str] = Counter()
    for _ in range(20):
        request = await horde.request(ben.api_key, "x", style="collection::letters")
        drawn[(await stored(horde, request))["prompt"][2]] += 1
        await horde.cancel(request)

    async def counted() -> bool:
        return bool((await styles.call("GET", f"collections/{made}")).json()["use_count"] == 20)

    await horde.until(counted, "the uses are counted")
    assert set(drawn) == set(names)
    assert {
        name: (await styles.show(style_id))["use_count"] for name, style_id in zip(names, ids, strict=True)
    } == drawn


async def balance(horde: Horde, account: NewAccount) -> tuple[float, float]:
    """Kudos, and those that styles earned."""
    await horde.folded()
    user = await horde.user(account)
    return user["kudos"], user["kudos_details"]["styled"]


@pytest.mark.parametrize(("kind", "tax"), [("image", 3), ("text", 1)])
async def test_the_owner_gets_what_the_requester_pays_more(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, ben: NewAccount, kind: str, tax: int
) -> None:
    """§4.7: 2 kudos, with the acceptance, from one to the other; counted for the owner, and the books balance."""
    name = {"image": "oil", "text": "rhymes"}[kind]
    await styles.add(ada, kind)
    ask: Any = horde.ask if kind == "image" else horde.texts.ask
    assert (await ask(ben.api_key, style=name, models=["stable_diffusion"])).status_code == 202
    assert await balance(horde, ben) == (1000 - tax - 2, 0)
    assert await balance(horde, ada) == (102, 2)
    user = await horde.user(ada)
    assert user["records"]["style"] == {
        "image": int(kind == "image"),
        "text": int(kind == "text"),
        "interrogation": 0,
    }
    assert await horde.sql("SELECT consumed_hundredths FROM request") == [((tax + 2) * 100,)]
    async with await psycopg.AsyncConnection.connect(horde.dsn, autocommit=True) as conn:
        await check_books(conn)
        assert [found.wrong async for found in prove(conn) if found.wrong is not None] == []
    lines = (await styles.call("GET", "kudos/statement", ben)).json()["lines"]
    assert (lines[0]["kind"], lines[0]["amount"]) == ("request", -tax - 2)
    [earned] = [
        line for line in (await styles.call("GET", "kudos/statement", ada)).json()["lines"] if line["kind"] == "style"
    ]
    assert earned["amount"] == 2


async def test_a_quote_tells_the_reward_and_pays_none(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, ben: NewAccount
) -> None:
    """§4.7: of a dry run nothing is counted or paid, and it tells what would be charged."""
    style_id = await styles.add(ada)
    cases = [(who, (await horde.ask(who.api_key, style="oil", dry_run=True)).json()["kudos"]) for who in (ada, ben)]
    assert cases[1][1] - cases[0][1] == 2
    assert await balance(horde, ben) == (1000, 0)
    assert (await styles.show(style_id))["use_count"] == 0
    assert await horde.sql("SELECT count(*) FROM style_use") == [(0,)]


async def test_nothing_is_paid_for_what_is_refused(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, ben: NewAccount
) -> None:
    """§4.7: the original pays before it knows who asks."""
    await styles.add(ada)
    assert (await horde.ask("nobody's", style="oil")).status_code == 401
    assert (await horde.ask(ben.api_key, style="oil", workers=[NOBODY])).status_code == 404
    assert (await horde.ask(ben.api_key, style="oil", source_mask="x")).status_code == 400
    assert await horde.sql("SELECT count(*) FROM style_use") == [(0,)]
    assert await horde.sql("SELECT count(*) FROM ledger WHERE kind = 'style_reward'") == [(0,)]


@pytest.mark.parametrize("who", ["owner", "anonymous", "poor"])
async def test_nobody_is_paid_with_kudos_that_are_not_there(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, who: str
) -> None:
    """§4.7: neither by oneself, nor by what a floor would forgive: that would make kudos of nothing. A use counts."""
    style_id = await styles.add(ada)
    poor = await horde.account("poor")
    key = {"owner": ada.api_key, "anonymous": "0000000000", "poor": poor.api_key}[who]
    await horde.request(key, style="oil")
    await horde.folded()
    assert (await horde.user(ada))["kudos_details"]["styled"] == 0
    assert await horde.sql("SELECT consumed_hundredths FROM request") == [(300,)]

    async def counted() -> bool:
        return bool((await styles.show(style_id))["use_count"] == 1)

    await horde.until(counted, "the use is counted")


@pytest.mark.parametrize("role", ["deleted", "flagged"])
async def test_who_earns_nothing_is_paid_nothing(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, ben: NewAccount, role: str
) -> None:
    await styles.add(ada)
    await horde.sql(f"UPDATE account SET {role} = true WHERE id = %s", ada.id)
    await horde.request(ben.api_key, style="oil")
    assert await horde.sql("SELECT count(*) FROM ledger WHERE kind = 'style_reward'") == [(0,)]


async def test_what_is_held_includes_the_reward(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, ben: NewAccount
) -> None:
    """§4.7: a request that needs kudos in hand needs two more; what is left of the hold is what the jobs cost."""
    await styles.add(ada, params={"steps": 80})
    poor = await horde.account("poor")
    plain = await horde.ask(poor.api_key, style="oil", dry_run=True)  # who has nothing pays no reward
    assert horde.outcome(plain) == (403, "KudosUpfront")
    needed = plain.json()["required_kudos"]
    await horde.request(ben.api_key, style="oil")
    [(held, consumed)] = await horde.sql("SELECT held_hundredths, consumed_hundredths FROM request")
    assert consumed == 500
    assert held + consumed == round((needed + 2) * 100)
