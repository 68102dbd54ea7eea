"""Pictures that show a style (styles.md §2)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hordes import Horde
from style_routes import StyleRoutes

from horde_server.accounts.creation import NewAccount

URL = "https://example.org/{}.webp"
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def styles(horde: Horde) -> StyleRoutes:
    return StyleRoutes(horde)


@pytest.fixture
async def ada(horde: Horde) -> NewAccount:
    return await horde.account("ada", trusted=True)


@pytest.fixture
async def style_id(styles: StyleRoutes, ada: NewAccount) -> str:
    return await styles.add(ada)


class Examples:
    """Of one style, changed by its owner."""

    def __init__(self, styles: StyleRoutes, style_id: str, owner: NewAccount) -> None:
        self._styles, self._style_id, self._owner = styles, style_id, owner

    async def call(self, method: str, example_id: str = "", body: Any = None, who: NewAccount | None = None) -> Any:
        path = f"styles/image/{self._style_id}/example" + (f"/{example_id}" if example_id else "")
        return await self._styles.call(method, path, who or self._owner, body)

    async def add(self, number: int, **body: Any) -> str:
        answer = await self.call("POST", body={"url": URL.format(number), **body})
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"id": answer.json()["id"], "message": "OK", "warnings": []}
        return str(answer.json()["id"])

    async def primary(self) -> str:
        """The one that stands for the style; there is exactly one."""
        shown = (await self._styles.show(self._style_id))["examples"]
        [primary] = [each["id"] for each in shown if each["primary"]]
        return str(primary)


@pytest.fixture
def examples(styles: StyleRoutes, style_id: str, ada: NewAccount) -> Examples:
    return Examples(styles, style_id, ada)


@pytest.mark.parametrize("primary", [True, False])
async def test_the_first_one_stands_for_the_style(examples: Examples, primary: bool) -> None:
    """§2.2: on the original it must be sent as not primary."""
    first = await examples.add(1, primary=primary)
    await examples.add(2)
    assert await examples.primary() == first


async def test_exactly_one_is_primary_at_all_times(examples: Examples, styles: StyleRoutes, style_id: str) -> None:
    """§2.2: deleting the primary one makes all others primary on the original."""
    first, second = await examples.add(1), await examples.add(2, primary=True)
    assert await examples.primary() == second
    third = await examples.add(3)
    assert (await examples.call("PATCH", third, {"primary": True})).status_code == 200
    assert await examples.primary() == third
    assert (await examples.call("DELETE", third)).json() == {"message": "OK"}
    assert await examples.primary() == first
    assert (await examples.call("DELETE", second)).status_code == 200
    assert await examples.primary() == first
    assert (await examples.call("DELETE", first)).status_code == 200
    assert (await styles.show(style_id))["examples"] == []


async def test_a_change_changes_what_it_names(
    horde: Horde, examples: Examples, styles: StyleRoutes, style_id: str
) -> None:
    first, second = await examples.add(1), await examples.add(2)
    assert (await examples.call("PATCH", first, {"url": URL.format(9)})).status_code == 200
    assert (await styles.show(style_id))["examples"] == [
        {"id": first, "url": URL.format(9), "primary": True},
        {"id": second, "url": URL.format(2), "primary": False},
    ]
    assert horde.outcome(await examples.call("PATCH", first, {"primary": False})) == (400, "BadRequest")
    assert (await examples.call("PATCH", second, {"primary": False})).status_code == 200
    assert horde.outcome(await examples.call("PATCH", second, {"url": URL.format(9)})) == (
        400,
        "ExampleURLAlreadyInUse",
    )


async def test_a_style_has_four(horde: Horde, examples: Examples) -> None:
    """§2.1: also of calls at the same moment."""
    answers = await asyncio.gather(
        *(examples.call("POST", body={"url": URL.format(number), "primary": True}) for number in range(8))
    )
    assert sorted(horde.outcome(answer)[0] for answer in answers) == [200] * 4 + [403] * 4
    assert (403, "TooManyStyleExamples") in map(horde.outcome, answers)
    await examples.primary()


@pytest.mark.parametrize(
    ("body", "rc"),
    [
        ({}, None),
        ({"primary": True}, None),
        ({"url": "http://example.org/1.webp"}, "BadRequest"),
        ({"url": "https://"}, "BadRequest"),
        ({"url": "https://example.org/a b"}, "BadRequest"),
        ({"url": "https://example.org/\u202e"}, "BadRequest"),
        ({"url": "https://example.org/" + "x" * 2000}, None),
        ({"url": URL.format(1)}, "ExampleURLAlreadyInUse"),
    ],
)
async def test_what_is_no_example_is_refused(horde: Horde, examples: Examples, body: Any, rc: str | None) -> None:
    await examples.add(1)
    assert horde.outcome(await examples.call("POST", body=body)) == (400, rc)


async def test_an_example_belongs_to_its_style(
    horde: Horde, examples: Examples, styles: StyleRoutes, ada: NewAccount
) -> None:
    """§2.3: the original changes any; an id that is none is a 500 there."""
    example = await examples.add(1)
    other = Examples(styles, await styles.add(ada, name="other"), ada)
    for method in ("PATCH", "DELETE"):
        for wrong in (example, NOBODY, "x"):
            answer = await other.call(method, wrong, {"primary": True})
            assert horde.outcome(answer) == (404, "StyleExampleNotFound")
    assert await examples.primary() == example


async def test_owners_and_moderators_change_examples(horde: Horde, examples: Examples) -> None:
    bea, root = await horde.account("bea", trusted=True), await horde.account("root", moderator=True)
    example = await examples.add(1)
    for method, which, body in (
        ("POST", "", {"url": URL.format(2)}),
        ("PATCH", example, {}),
        ("DELETE", example, None),
    ):
        assert horde.outcome(await examples.call(method, which, body, bea)) == (403, "Forbidden")
    assert (await examples.call("DELETE", example, who=root)).status_code == 200
    assert await horde.sql("SELECT action, actor_id FROM audit_entry") == [("style.example_delete", root.id)]


async def test_texts_have_none(styles: StyleRoutes, ada: NewAccount) -> None:
    text = await styles.add(ada, "text")
    assert (await styles.call("POST", f"styles/text/{text}/example", ada, {"url": URL.format(1)})).status_code == 404
    assert (await styles.call("POST", f"styles/image/{text}/example", ada, {"url": URL.format(1)})).status_code == 400
