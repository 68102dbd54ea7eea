"""Making, showing, changing and deleting styles (styles.md §1, §3)."""

from __future__ import annotations

from typing import Any

import pytest
from hordes import Horde
from style_routes import StyleRoutes

from horde_server.accounts.creation import NewAccount
from horde_server.styles import service

NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
async def ada(horde: Horde) -> NewAccount:
    return await horde.account("ada", trusted=True)


@pytest.fixture
def styles(horde: Horde) -> StyleRoutes:
    return StyleRoutes(horde)


async def test_a_style_is_shown_as_it_was_made(styles: StyleRoutes, ada: NewAccount) -> None:
    """§1.6: what was not said has its default; parameters are those that were named."""
    style_id = await styles.add(ada, params={"steps": 12, "seed": "7", "n": 4}, tags=["a", "b", "a"])
    assert await styles.show(style_id) == {
        "id": style_id,
        "name": "oil",
        "info": None,
        "prompt": "{p}, in oil###{np}, photograph",
        "params": {"steps": 12},
        "public": True,
        "nsfw": False,
        "tags": ["a", "b"],
        "models": ["stable_diffusion"],
        "creator": f"ada#{ada.id}",
        "use_count": 0,
        "examples": [],
    }
    text_id = await styles.add(ada, "text", name="tale", params={"max_length": 99, "temperature": 0.5})
    text = await styles.show(text_id, "text")
    assert text["params"] == {"max_length": 99, "temperature": 0.5}
    assert "examples" not in text


async def test_a_prompt_has_a_default(styles: StyleRoutes, ada: NewAccount) -> None:
    for kind, prompt in (("image", "{p}{np}"), ("text", "{p}")):
        answer = await styles.call("POST", f"styles/{kind}", ada, {"name": kind, "models": ["m"]})
        assert (await styles.show(answer.json()["id"], kind))["prompt"] == prompt


@pytest.mark.parametrize(
    ("columns", "outcome"),
    [
        ({}, (403, "StylesRequiresCustomizer")),
        ({"customizer": True}, (200, None)),
        ({"trusted": True}, (200, None)),
        ({"trusted": True, "deleted": True}, (403, "DeletedUser")),
    ],
)
async def test_the_trusted_and_customizers_make_styles(
    horde: Horde, styles: StyleRoutes, columns: dict[str, Any], outcome: tuple[int, str | None]
) -> None:
    bea = await horde.account("bea", columns=columns)
    for kind in ("image", "text"):
        assert horde.outcome(await styles.try_add(bea, kind, name=kind)) == outcome


async def test_anonymous_makes_and_deletes_none(horde: Horde, styles: StyleRoutes, ada: NewAccount) -> None:
    style_id = await styles.add(ada)
    anonymous = {"apikey": "0000000000"}
    made = await horde.client.post("/api/v2/styles/image", json={"name": "x"}, headers=anonymous)
    assert horde.outcome(made) == (403, "StylesRequiresCustomizer")
    gone = await horde.client.delete(f"/api/v2/styles/image/{style_id}", headers=anonymous)
    assert horde.outcome(gone) == (403, "StylesAnonForbidden")
    changed = await horde.client.patch(f"/api/v2/styles/image/{style_id}", json={"tags": []}, headers=anonymous)
    assert horde.outcome(changed) == (403, "Forbidden")


@pytest.mark.parametrize(
    ("kind", "wrong", "rc"),
    [
        ("image", {"models": []}, "BadRequest"),
        ("image", {"models": list("abcdef")}, "BadRequest"),
        ("image", {"tags": list("abcdefghijk")}, "BadRequest"),
        ("image", {"name": "a::b"}, "BadRequest"),
        ("image", {"name": " "}, "BadRequest"),
        ("image", {"name": "fuck"}, "BadRequest"),
        ("image", {"info": "fuck this and that"}, "BadRequest"),
        ("image", {"tags": ["fuck"]}, "BadRequest"),
        ("image", {"prompt": "{p}, in oil"}, "StylePromptMissingVars"),
        ("image", {"prompt": "in oil{np}"}, "StylePromptMissingVars"),
        ("text", {"prompt": "a poem"}, "StylePromptMissingVars"),
        ("image", {"params": {"cfg_scale": 7.123}}, "BadCFGDecimals"),
        ("image", {"params": {"loras": [{"name": "x"}] * 6}}, "TooManyLoras"),
        ("image", {"params": {"special": {"a": 1}}}, "SpecialFieldNeedsSpecialUser"),
        ("image", {"models": ["GFPGAN"]}, "UnexpectedModelName"),
        ("image", {"params": {"hires_fix": True}, "models": ["Flux.1-Schnell fp8 (Compact)"]}, "HiResMismatch"),
        ("text", {"params": {"max_length": 512, "max_context_length": 80}}, "TokenOverflow"),
        ("text", {"params": {"sampler_order": [1, 2]}}, "MissingFullSamplerOrder"),
    ],
)
async def test_what_is_no_style_is_refused(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, kind: str, wrong: dict[str, Any], rc: str
) -> None:
    """§1.3, §1.4: parameters are held against the rules of a request."""
    assert horde.outcome(await styles.try_add(ada, kind, **wrong)) == (400, rc)
    assert await styles.names(kind) == []


@pytest.mark.parametrize(
    ("kind", "wrong", "field"),
    [
        ("image", {"name": "x" * 101}, "name"),
        ("image", {"name": "a\u202eb"}, "name"),
        ("image", {"info": "too short"}, "info"),
        ("image", {"info": "x" * 1001}, "info"),
        ("image", {"prompt": "{p}{np}" + "x" * 10_000}, "prompt"),
        ("image", {"prompt": "{p}"}, "prompt"),
        ("image", {"tags": ["x" * 26]}, "tags.0"),
        ("image", {"tags": ["x"] * 101}, "tags"),
        ("image", {"models": ["x"] * 101}, "models"),
        ("image", {"models": ["x" * 256]}, "models.0"),
        ("image", {"params": {"steps": 501}}, "params.steps"),
        ("image", {"params": {"width": 100}}, "params.width"),
        ("image", {"public": "yes"}, "public"),
        ("text", {"params": {"temperature": 6}}, "params.temperature"),
        ("text", {"params": {"max_length": 5000}}, "params.max_length"),
    ],
)
async def test_every_field_has_a_limit(
    styles: StyleRoutes, ada: NewAccount, kind: str, wrong: dict[str, Any], field: str
) -> None:
    answer = await styles.try_add(ada, kind, **wrong)
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


async def test_nul_characters_are_refused(horde: Horde, styles: StyleRoutes, ada: NewAccount) -> None:
    assert horde.outcome(await styles.try_add(ada, info="ten letters\0")) == (400, "NulByteInPayload")


async def test_a_name_is_used_once_by_an_owner(horde: Horde, styles: StyleRoutes, ada: NewAccount) -> None:
    """§1.3: the original refuses what anybody else has."""
    bea = await horde.account("bea", trusted=True)
    await styles.add(ada)
    assert horde.outcome(await styles.try_add(ada)) == (400, "BadRequest")
    assert horde.outcome(await styles.try_add(ada, "text", name="oil")) == (400, "BadRequest")
    await styles.add(bea)
    other = await styles.add(bea, name="water")
    renamed = await styles.call("PATCH", f"styles/image/{other}", bea, {"name": "oil"})
    assert horde.outcome(renamed) == (400, "BadRequest")


async def test_names_and_infos_are_without_markup(styles: StyleRoutes, ada: NewAccount) -> None:
    """§1.3; a name is found as it was written."""
    style_id = await styles.add(ada, name=" <b>Tom & Jerry ", info="<script>alert(1)</script>")
    shown = await styles.show(style_id)
    assert shown["name"] == "&lt;b&gt;Tom &amp; Jerry"
    assert shown["info"] == "&lt;script&gt;alert(1)&lt;/script&gt;"
    found = await styles.call("GET", "styles/image_by_name/<b>Tom & Jerry")
    assert found.json()["id"] == style_id


async def test_parameters_that_do_not_suit_a_model_are_told(styles: StyleRoutes, ada: NewAccount) -> None:
    """§1.4: codes of a request's warnings; styles of texts have none."""
    answer = await styles.try_add(ada, models=["SwamPonyXL"])
    assert [each["code"] for each in answer.json()["warnings"]] == ["ClipSkipMismatch"]
    changed = await styles.call("PATCH", f"styles/image/{answer.json()['id']}", ada, {"params": {"clip_skip": 2}})
    assert changed.json()["warnings"] == []
    assert (await styles.try_add(ada, name="plain")).json()["warnings"] == []
    assert "warnings" not in (await styles.try_add(ada, "text")).json()


async def test_an_account_has_so_many_styles(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """§1.3: also of calls at the same moment."""
    import asyncio

    monkeypatch.setattr(service, "MOST_STYLES", 3)
    answers = await asyncio.gather(*(styles.try_add(ada, name=f"style {number}") for number in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [403] * 5
    assert {horde.outcome(answer) for answer in answers} == {(200, None), (403, "TooManyStyles")}


async def test_a_change_changes_what_it_names(styles: StyleRoutes, ada: NewAccount) -> None:
    """§1.5: the original asks for a name, resets the prompt, and erases the tags."""
    style_id = await styles.add(ada, tags=["a"], nsfw=True, public=False, params={"steps": 9}, info="ten letters")
    before = await styles.show(style_id)
    assert (await styles.call("PATCH", f"styles/image/{style_id}", ada, {"models": ["Deliberate"]})).status_code == 200
    assert await styles.show(style_id) == {**before, "models": ["Deliberate"]}
    await styles.call("PATCH", f"styles/image/{style_id}", ada, {"tags": [], "params": {"width": 640}})
    assert await styles.show(style_id) == {**before, "models": ["Deliberate"], "tags": [], "params": {"width": 640}}
    nothing = await styles.call("PATCH", f"styles/image/{style_id}", ada, {})
    assert nothing.json() == {"id": style_id, "message": "OK", "warnings": []}

    text_id = await styles.add(ada, "text")
    assert (await styles.call("PATCH", f"styles/text/{text_id}", ada, {"nsfw": True})).status_code == 200
    assert (await styles.show(text_id, "text"))["nsfw"]


@pytest.mark.parametrize(
    ("change", "rc"),
    [
        ({"prompt": "in oil, without"}, "StylePromptMissingVars"),
        ({"models": []}, "BadRequest"),
        ({"models": ["Flux.1-Schnell fp8 (Compact)"]}, "HiResMismatch"),
        ({"name": "fuck"}, "BadRequest"),
    ],
)
async def test_what_a_style_becomes_must_be_a_style(
    horde: Horde, styles: StyleRoutes, ada: NewAccount, change: dict[str, Any], rc: str
) -> None:
    """§1.5: new models are held against the parameters that stay."""
    style_id = await styles.add(ada, params={"hires_fix": True})
    before = await styles.show(style_id)
    assert horde.outcome(await styles.call("PATCH", f"styles/image/{style_id}", ada, change)) == (400, rc)
    assert await styles.show(style_id) == before


async def test_only_its_owner_changes_a_style_and_moderators_delete_too(
    horde: Horde, styles: StyleRoutes, ada: NewAccount
) -> None:
    """§1.5: what a moderator deletes stands in the audit trail, for the owner to read."""
    bea = await horde.account("bea", trusted=True)
    root = await horde.account("root", moderator=True)
    own, other = await styles.add(ada), await styles.add(ada, name="other")
    for who in (bea, root):
        assert horde.outcome(await styles.call("PATCH", f"styles/image/{own}", who, {"nsfw": True})) == (
            403,
            "Forbidden",
        )
    assert horde.outcome(await styles.call("DELETE", f"styles/image/{own}", bea)) == (403, "Forbidden")
    for who, style_id in ((ada, own), (root, other)):
        answer = await styles.call("DELETE", f"styles/image/{style_id}", who)
        assert (answer.status_code, answer.json()) == (200, {"message": "OK"})
        assert horde.outcome(await styles.call("DELETE", f"styles/image/{style_id}", who)) == (404, "StyleNotFound")
    [entry] = await horde.sql("SELECT action, actor_id, subject_id, concerns, old_value ->> 'name' FROM audit_entry")
    assert entry == ("style.delete", root.id, other, ada.id, "other")


async def test_what_is_not_there_and_what_is_of_the_other_kind(
    horde: Horde, styles: StyleRoutes, ada: NewAccount
) -> None:
    style_id = await styles.add(ada)
    for path in (
        f"styles/image/{NOBODY}",
        "styles/image/x",
        "styles/image_by_name/nothing",
        "styles/text_by_name/a::b",
    ):
        assert horde.outcome(await styles.call("GET", path)) == (404, "StyleNotFound")
    for path in (f"styles/text/{style_id}", "styles/text_by_name/oil"):
        assert horde.outcome(await styles.call("GET", path)) == (400, "StyleGetMistmatch")
    assert horde.outcome(await styles.call("DELETE", f"styles/text/{style_id}", ada)) == (400, "StyleGetMistmatch")


async def test_a_name_means_ones_own_then_the_oldest_public_one(
    horde: Horde, styles: StyleRoutes, ada: NewAccount
) -> None:
    """§3.3: what is not public is found by its id, by its owner, and by its owner's name."""
    bea = await horde.account("bea", trusted=True)
    secret = await styles.add(ada, public=False)
    oldest, own = await styles.add(await horde.account("cleo", trusted=True)), await styles.add(bea)

    async def meant(name: str, who: NewAccount | None = None) -> str:
        return str((await styles.call("GET", f"styles/image_by_name/{name}", who)).json().get("id"))

    assert await meant("oil") == await meant("style::oil") == oldest
    assert await meant("oil", bea) == own
    assert await meant("oil", ada) == secret
    assert await meant(f"ada%23{ada.id}::style::oil") == await meant(f"style::x%23{ada.id}::oil", bea) == secret
    assert await meant("ada%232147483647::style::oil") == "None"
    assert await meant("collection::oil") == "None"
    assert (await styles.show(secret))["public"] is False


async def test_a_list_is_public_sorted_and_in_pages(horde: Horde, styles: StyleRoutes, ada: NewAccount) -> None:
    for number in range(30):
        tags = ["odd"] if number % 2 else []
        await styles.add(ada, name=f"style {number:02}", tags=tags, models=["m", f"m{number % 3}"])
    await styles.add(ada, name="secret", public=False)
    await horde.sql("UPDATE style SET use_count = 5 WHERE name = 'style 07'")
    by_age = [f"style {number:02}" for number in range(30)]
    assert await styles.names(sort="age") == by_age[:25]
    assert await styles.names(sort="age", page=2) == by_age[25:]
    assert await styles.names(sort="age", page=3) == await styles.names("text") == []
    assert (await styles.names())[:2] == ["style 07", "style 00"]
    assert await styles.names(sort="age", tag="odd") == by_age[1::2]
    assert await styles.names(sort="age", model="m2") == by_age[2::3]
    assert await styles.names(sort="age", model="m2", tag="odd") == by_age[5::6]
    assert await styles.names(tag="dd") == await styles.names(tag="\0") == []


@pytest.mark.parametrize(
    "query",
    [
        {"sort": "name"},
        {"page": 0},
        {"page": -1},
        {"page": 401},
        {"page": "x"},
        {"tag": "x" * 101},
        {"page": 41, "tag": "x"},
    ],
)
async def test_a_list_that_cannot_be_is_refused(styles: StyleRoutes, query: dict[str, Any]) -> None:
    """§1.7: page 0 of the original is a 500."""
    for kind in ("image", "text"):
        answer = await styles.call("GET", f"styles/{kind}", **query)
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == list(query)[:1]


async def test_a_user_has_his_styles(horde: Horde, styles: StyleRoutes, ada: NewAccount) -> None:
    """§1.8: public ones are told to all."""
    shown = await styles.add(ada)
    secret = await styles.add(ada, "text", public=False)
    own = {"id": shown, "name": f"ada#{ada.id}::style::oil", "type": "image"}
    assert (await styles.call("GET", f"users/{ada.id}")).json()["styles"] == [own]
    assert (await styles.call("GET", f"users/{ada.id}", ada)).json()["styles"] == [
        own,
        {"id": secret, "name": f"ada#{ada.id}::style::rhymes", "type": "text"},
    ]
