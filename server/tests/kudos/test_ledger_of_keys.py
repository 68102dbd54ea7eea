"""What a delivery charges to the key with which it was asked for (keys.md §5.5)."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_server.kudos.ledger import BURNT, MINTED, Movement, settlement

ID, KEY = UUID(int=7), 5


def movements(paid: int, debit: int, most: int | None, *, requester: int = 1, trusted: bool = True) -> list[Movement]:
    return settlement(
        request_id=ID,
        job_id=ID,
        requester_id=requester,
        owner_id=2,
        owner_trusted=trusted,
        worker_id=ID,
        paid_hundredths=paid,
        debit_hundredths=debit,
        domain="image",
        things=3.0,
        speed=4.0,
        key_id=KEY,
        key_most_hundredths=most,
    )


def test_all_that_the_requester_pays_is_the_keys() -> None:
    made = movements(900, 1000, None)
    assert [(each.payee, each.amount_hundredths, each.key_id) for each in made] == [(4, 900, KEY), (BURNT, 100, KEY)]


def test_what_the_horde_mints_is_not() -> None:
    made = movements(900, 1000, None, requester=2)
    assert [(each.payer, each.amount_hundredths, each.key_id) for each in made] == [(MINTED, 900, None), (4, 1000, KEY)]


def test_beyond_what_was_held_the_account_pays_alone() -> None:
    made = movements(900, 1000, 300)
    assert [(each.payee, each.amount_hundredths, each.key_id, each.things) for each in made] == [
        (4, 300, KEY, 3.0),
        (4, 600, None, None),
        (BURNT, 100, None, None),
    ]


@pytest.mark.parametrize("requester", [1, 2])
@given(paid=st.integers(0, 5000), debit=st.integers(0, 5000), most=st.integers(0, 6000), trusted=st.booleans())
def test_a_key_is_charged_what_was_held_at_most_and_all_is_paid(
    requester: int, paid: int, debit: int, most: int, trusted: bool
) -> None:
    made = movements(paid, debit, most, requester=requester, trusted=trusted)
    payer = 2 * requester
    assert sum(each.amount_hundredths for each in made if each.payer == payer) == debit
    assert sum(each.amount_hundredths for each in made if each.key_id == KEY) == min(debit, most)
    assert sum(each.amount_hundredths for each in made if each.payee in (4, 5)) == paid
    assert all(each.payer == payer for each in made if each.key_id is not None)
    assert [each.things for each in made].count(3.0) == 1
