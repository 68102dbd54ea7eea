"""Named lists of styles (styles.md §5)."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from hordes import Horde
from style_routes import StyleRoutes

from horde_server.accounts.creation import NewAccount
from horde_server.styles import collections, store

NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def styles(horde: Horde) -> StyleRoutes:
    return StyleRoutes(horde)


@pytest.fixture
async def ada(horde: Horde) -> NewAccount:
    return await horde.account("ada", trusted=True)


async def shown(styles: StyleRoutes, collection_id: str) -> dict[str, Any]:
    answer = await styles.call("GET", f"collections/{collection_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_collection_holds_styles_by_id_or_name(horde: Horde, styles: StyleRoutes, ada: NewAccount) -> None:
    """§5.1: anybody with a key of his own makes one, of anyone's styles, in their order."""
    bea = await horde.account("bea")
    oil, water = await styles.add(ada), await styles.add(ada, name="water")
    made = await styles.collect(bea, water, "oil", f"ada#{ada.id}::style::water", name="paints", info="Wet & slow.")
    assert await shown(styles, made) == {
        "id": made,
        "name": "paints",
        "type": "image",
        "info": "Wet &amp; slow.",
        "public": True,
        "styles": [
            {"id": water, "name": f"ada#{ada.id}::style::water"},
            {"id": oil, "name": f"ada#{ada.id}::style::oil"},
        ],
        "use_count": 0,
    }


@pytest.mark.parametrize(
    ("body", "rc"),
    [
        ({"styles": ["nothing"]}, "BadRequest"),
        ({"styles": [NOBODY]}, "BadRequest"),
        ({"styles": ["oil", "rhymes"]}, "BadRequest"),
        ({"styles": [f"style {number}" for number in range(101)]}, "BadRequest"),
        ({"styles": []}, None),
        ({"styles": ["x" * 1025]}, None),
        ({"styles": ["oil"] * 1001}, None),
        ({"name": "x" * 101}, None),
        ({"name": "a::b"}, "BadRequest"),
        ({"name": "fuck"}, "BadRequest"),
        ({"info": "fuck"}, "BadRequest"),
        ({"info": "x" * 1001}, None),
        ({"info": ""}, None),
    ],
)
async def test_what_is_no_collection_is_refused(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, body: dict[str, Any], rc: str | None
) -> None:
    await styles.add(ada)
    await styles.add(ada, "text")
    answer = await styles.call("POST", "collections", ada, {"name": "n", "styles": ["oil"], **body})
    assert horde.outcome(answer) == (400, rc)


@pytest.mark.parametrize("missing", ["name", "styles"])
async def test_a_new_one_has_a_name_and_styles(styles: StyleRoutes, ada: NewAccount, missing: str) -> None:
    await styles.add(ada)
    body = {"name": "n", "styles": ["oil"]}
    del body[missing]
    answer = await styles.call("POST", "collections", ada, body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [missing])


async def test_anonymous_and_the_deleted_have_none(horde: Horde, styles: StyleRoutes, ada: NewAccount) -> None:
    await styles.add(ada)
    made = await styles.collect(ada, "oil")
    anonymous = {"apikey": "0000000000"}
    body = {"name": "n", "styles": ["oil"]}
    post = await horde.client.post("/api/v2/collections", json=body, headers=anonymous)
    delete = await horde.client.delete(f"/api/v2/collections/{made}", headers=anonymous)
    assert {horde.outcome(post), horde.outcome(delete)} == {(403, "StylesAnonForbidden")}
    bea = await horde.account("bea", columns={"deleted": True})
    assert horde.outcome(await styles.call("POST", "collections", bea, body)) == (403, "DeletedUser")


async def test_a_name_is_used_once_by_an_owner(horde: Horde, styles: StyleRoutes, ada: NewAccount) -> None:
    """§5.2: a 500 on the original."""
    await styles.add(ada)
    await styles.collect(ada, "oil", name="a")
    second = await styles.collect(ada, "oil", name="b")
    body = {"name": "a", "styles": ["oil"]}
    assert horde.outcome(await styles.call("POST", "collections", ada, body)) == (400, "BadRequest")
    renamed = await styles.call("PATCH", f"collections/{second}", ada, {"name": "a"})
    assert horde.outcome(renamed) == (400, "BadRequest")
    await styles.collect(await horde.account("bea"), "oil", name="a")


async def test_an_account_has_so_many(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collections, "MOST_COLLECTIONS", 1)
    await styles.add(ada)
    await styles.collect(ada, "oil", name="a")
    body = {"name": "b", "styles": ["oil"]}
    assert horde.outcome(await styles.call("POST", "collections", ada, body)) == (403, "TooManyStyles")


async def test_a_change_changes_what_it_names(horde: Horde, styles: StyleRoutes, ada: NewAccount) -> None:
    """§5.3: without styles named by name the original refuses."""
    oil, water = await styles.add(ada), await styles.add(ada, name="water")
    await styles.add(ada, "text")
    made = await styles.collect(ada, oil, name="a", public=False, info="words")
    before = await shown(styles, made)
    answer = await styles.call("PATCH", f"collections/{made}", ada, {"public": True})
    assert answer.json() == {"id": made, "message": "OK", "warnings": []}
    assert await shown(styles, made) == {**before, "public": True}
    assert (await styles.call("PATCH", f"collections/{made}", ada, {"styles": [water, oil]})).status_code == 200
    assert [style["id"] for style in (await shown(styles, made))["styles"]] == [water, oil]
    other_kind = await styles.call("PATCH", f"collections/{made}", ada, {"styles": ["rhymes"]})
    assert horde.outcome(other_kind) == (400, "StyleMismatch")
    assert [style["id"] for style in (await shown(styles, made))["styles"]] == [water, oil]


async def test_only_its_owner_changes_it_and_moderators_delete_too(
    horde: Horde, styles: StyleRoutes, ada: NewAccount
) -> None:
    """§5.3: its styles stay."""
    bea, root = await horde.account("bea"), await horde.account("root", moderator=True)
    style = await styles.add(ada)
    made, other = await styles.collect(ada, style), await styles.collect(ada, style, name="other")
    for who in (bea, root):
        answer = await styles.call("PATCH", f"collections/{made}", who, {"public": False})
        assert horde.outcome(answer) == (403, "Forbidden")
    assert horde.outcome(await styles.call("DELETE", f"collections/{made}", bea)) == (403, "Forbidden")
    for who, which in ((ada, made), (root, other)):
        assert (await styles.call("DELETE", f"collections/{which}", who)).json() == {"message": "OK"}
        for method in ("GET", "DELETE", "PATCH"):
            answer = await styles.call(method, f"collections/{which}", who, {})
            assert horde.outcome(answer) == (404, "CollectionNotFound")
    await styles.show(style)
    assert await horde.sql("SELECT action, concerns FROM audit_entry") == [("collection.delete", ada.id)]


async def test_a_deleted_style_leaves_its_collections(styles: StyleRoutes, ada: NewAccount) -> None:
    oil = await styles.add(ada)
    made = await styles.collect(ada, oil)
    await styles.call("DELETE", f"styles/image/{oil}", ada)
    assert (await shown(styles, made))["styles"] == []


async def test_collections_are_listed_and_found_by_name(horde: Horde, styles: StyleRoutes, ada: NewAccount) -> None:
    """§5.4: the original shows a style of that name first."""
    await styles.add(ada)
    await styles.add(ada, "text")
    of_images, of_texts = await styles.collect(ada, "oil", name="oil"), await styles.collect(ada, "rhymes", name="b")
    secret = await styles.collect(ada, "oil", name="secret", public=False)
    await horde.sql("UPDATE style_collection SET use_count = 3 WHERE name = 'b'")

    async def listed(**query: Any) -> list[str]:
        return [each["id"] for each in (await styles.call("GET", "collections", **query)).json()]

    assert await listed() == [of_texts, of_images]
    assert await listed(sort="age") == [of_images, of_texts]
    assert await listed(type="image") == [of_images]
    assert await listed(page=2) == []
    for query in ({"type": "alchemy"}, {"sort": "x"}, {"page": 0}, {"page": 401}):
        assert (await styles.call("GET", "collections", **query)).status_code == 400

    async def meant(name: str, who: NewAccount | None = None) -> str:
        answer = await styles.call("GET", f"collection_by_name/{name}", who)
        return str(answer.json().get("id") or answer.json()["rc"])

    assert await meant("oil") == await meant(f"collection::ada%23{ada.id}::oil") == of_images
    assert await meant("secret", ada) == await meant(f"ada%23{ada.id}::secret") == secret
    assert await meant("secret") == await meant("style::oil") == "CollectionNotFound"


async def test_a_wiped_account_leaves_none(horde: Horde, styles: StyleRoutes, ada: NewAccount) -> None:
    """§5.1: its styles leave the collections of others."""
    bea = await horde.account("bea", trusted=True)
    await styles.add(ada)
    await styles.add(bea, name="water")
    await styles.collect(ada, "oil", "water", name="hers")
    made = await styles.collect(bea, "oil", "water")
    async with await psycopg.AsyncConnection.connect(horde.dsn) as conn:
        await store.remove_all_of(conn, ada.id)
    assert [style["name"] for style in (await shown(styles, made))["styles"]] == [f"bea#{bea.id}::style::water"]
    assert [each["id"] for each in (await styles.call("GET", "collections")).json()] == [made]
    assert await styles.names() == ["water"]
