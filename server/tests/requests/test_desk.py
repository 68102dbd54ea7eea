"""The desks: requests quoted, taken, looked at and cancelled without any wire."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from PIL import Image

from horde_server.accounts.creation import create_account
from horde_server.errors import InvalidAPIKey, RequestNotFound
from horde_server.http.client_address import ClientAddresses
from horde_server.identity.caller import Caller
from horde_server.identity.directory import Account
from horde_server.identity.keys import key_hash
from horde_server.kudos.key_budgets import SharedKeyInsufficientKudos
from horde_server.node import Node
from horde_server.requests.alchemy.order import Interrogation, WishedForm
from horde_server.requests.alchemy.slice import Alchemy
from horde_server.requests.asked import Asked, GivenPictures
from horde_server.requests.image.order import ImageOrder
from horde_server.requests.image.slice import Images
from horde_server.requests.payers import SharedKeyAssignedStyles
from horde_server.requests.text.order import TextOrder
from horde_server.requests.text.slice import Texts
from horde_server.running import running_node
from horde_server.settings import Profile, Settings

ADDRESS, PROGRAM = "203.0.113.7", "tests:1:nobody"
LIGHTHOUSE = Asked(order=ImageOrder("a lighthouse", n=2))
TALE = Asked(order=TextOrder("Once upon a time", n=2))


def picture(side: int = 64) -> str:
    target = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(target, "WEBP")
    return base64.b64encode(target.getvalue()).decode()


def forms(*names: str) -> Asked[Interrogation]:
    return Asked(order=Interrogation(tuple(map(WishedForm, names))), pictures=GivenPictures(picture()))


@pytest_asyncio.fixture
async def node(database_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Node]:
    """A node without routes."""
    monkeypatch.chdir(tmp_path)  # no .env of the developer
    settings = Settings(data=tmp_path, profile=Profile.PUBLIC, rate_limits=False, database_pool_size=4)
    async with running_node(settings, database_dsn, ClientAddresses(settings.trusted_proxies), None) as node:
        yield node


def desk_of(node: Node, subject: type[Images | Texts | Alchemy]) -> Any:
    """The desk of a kind."""
    return next(each for each in node.slices if isinstance(each, subject)).desk


@pytest_asyncio.fixture
async def anonymous(node: Node) -> Caller:
    """Everybody."""
    account = await node.identity.accounts.by_id(0)
    assert isinstance(account, Account)
    return Caller(account, ADDRESS, PROGRAM)


async def test_images_are_quoted_taken_looked_at_and_cancelled(node: Node, anonymous: Caller) -> None:
    desk = desk_of(node, Images)
    quote = await desk.quote(LIGHTHOUSE, anonymous)
    ticket = await desk.submit(LIGHTHOUSE, anonymous)
    assert ticket.price == quote
    assert (await desk.look(ticket.id)).waiting == 2
    await desk.cancel(ticket.id)
    look = await desk.look(ticket.id)
    assert (look.waiting, look.done, look.faulted) == (0, True, False)


async def test_texts_are_quoted_taken_looked_at_and_cancelled(node: Node, anonymous: Caller) -> None:
    desk = desk_of(node, Texts)
    quote = await desk.quote(TALE, anonymous)
    ticket = await desk.submit(TALE, anonymous)
    assert ticket.price == quote
    assert (await desk.look(ticket.id)).waiting == 2
    await desk.cancel(ticket.id)
    assert (await desk.look(ticket.id)).done


async def test_forms_are_quoted_taken_looked_at_and_cancelled(node: Node, anonymous: Caller) -> None:
    """3 + 3 for a picture of one tile, and 1 burnt with each: what the alchemists' deliveries will cost."""
    desk, wish = desk_of(node, Alchemy), forms("interrogation", "RealESRGAN_x2plus", "interrogation")
    quote = await desk.quote(wish, anonymous)
    assert quote.total_hundredths == 800
    ticket = await desk.submit(wish, anonymous)
    assert ticket.price == quote
    look = await desk.look(ticket.id)
    assert [(form.form, form.state) for form in look.forms] == [
        ("interrogation", "waiting"),
        ("RealESRGAN_x2plus", "waiting"),
    ]
    await desk.cancel(ticket.id)
    assert {form.state for form in (await desk.look(ticket.id)).forms} == {"cancelled"}


async def test_a_styles_shared_key_pays_for_who_names_the_style(node: Node, anonymous: Caller) -> None:
    """keys.md §5.2, §5.4: its limits of one request do not apply, its budget does; the style is its reason to be."""
    desk, shared_id = desk_of(node, Images), uuid4()
    async with node.core.pool.connection() as conn:
        ada = await create_account(conn, "ada", kudos=1000)
        await conn.execute(
            """INSERT INTO api_key (account_id, hash, name, scopes, shared_id, max_image_steps, budget_hundredths,
                                    for_styles) VALUES (%s, %s, 'oil', '{ask}', %s, 0, 5000, true)""",
            (ada.id, key_hash(node.core.api_key_salt, str(shared_id)), shared_id),
        )
    holder = await node.identity.accounts.by_key(str(shared_id))
    assert holder is not None
    with pytest.raises(SharedKeyAssignedStyles):
        await desk.submit(LIGHTHOUSE, Caller(holder.account, ADDRESS, PROGRAM, holder.key))
    painter = anonymous.paid_by_style(holder)
    one = Asked(order=ImageOrder("a lighthouse", models=("stable_diffusion",)))
    taken = await desk.submit(one, painter)
    async with node.core.pool.connection() as conn:
        row = await (await conn.execute("SELECT account_id, key_id FROM request WHERE id = %s", (taken.id,))).fetchone()
    assert row == (ada.id, holder.key.id)
    with pytest.raises(SharedKeyInsufficientKudos):
        await desk.submit(Asked(order=ImageOrder("a fleet", models=("stable_diffusion",), n=20)), painter)


async def test_a_quote_leaves_nothing_behind(node: Node, anonymous: Caller, tmp_path: Path) -> None:
    await desk_of(node, Images).quote(replace(LIGHTHOUSE, pictures=GivenPictures(picture())), anonymous)
    await desk_of(node, Alchemy).quote(forms("caption"), anonymous)
    assert not [path for path in tmp_path.rglob("*.webp") if path.is_file()]
    async with node.core.pool.connection() as conn:
        assert await (await conn.execute("SELECT 1 FROM request")).fetchall() == []
    assert node.images.dispatcher.queue.by_account.waiting(0) == 0


async def test_a_style_is_a_function_from_order_to_order(node: Node, anonymous: Caller) -> None:
    """A face applies it before the desk sees the order; checks, price and matching know the styled one alone."""

    def in_oil(order: ImageOrder) -> ImageOrder:
        return ImageOrder(f"{order.prompt}, in oil", width=1024, height=1024, n=order.n)

    plain = await desk_of(node, Images).quote(LIGHTHOUSE, anonymous)
    styled = replace(LIGHTHOUSE, order=in_oil(LIGHTHOUSE.order))
    ticket = await desk_of(node, Images).submit(styled, anonymous)
    assert ticket.price.total_hundredths > plain.total_hundredths
    assert node.images.dispatcher.queue.entries[ticket.id].order.prompt == "a lighthouse, in oil"


async def test_a_desk_knows_only_requests_of_its_kind(node: Node, anonymous: Caller) -> None:
    """A text is not to be looked at or cancelled as an image, nor what never was."""
    tale = await desk_of(node, Texts).submit(TALE, anonymous)
    for request_id in (tale.id, uuid4()):
        with pytest.raises(RequestNotFound):
            await desk_of(node, Images).look(request_id)
        with pytest.raises(RequestNotFound):
            await desk_of(node, Images).cancel(request_id)
        with pytest.raises(RequestNotFound):
            await desk_of(node, Alchemy).look(request_id)
    assert (await desk_of(node, Texts).look(tale.id)).waiting == 2


@pytest.mark.parametrize(
    ("subject", "wish"),
    [(Images, LIGHTHOUSE), (Texts, TALE), (Alchemy, forms("caption"))],
    ids=["image", "text", "form"],
)
async def test_who_has_no_account_is_refused_at_every_desk(node: Node, subject: Any, wish: Any) -> None:
    with pytest.raises(InvalidAPIKey):
        await desk_of(node, subject).submit(wish, Caller(None, ADDRESS, PROGRAM))
