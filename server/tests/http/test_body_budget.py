"""When bodies take too much memory, whoever holds most gives one up."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from horde_server.http.body_budget import BodiesInFlight, BodyBudget

KIB = 1024


@dataclass(eq=False)
class Body:
    """A body of somebody."""

    household: str
    is_arriving: bool = True
    held_bytes: int = 0
    given_up: list[bool] = field(default_factory=list)

    def give_up(self) -> None:
        self.given_up.append(True)


@pytest.fixture
def budget() -> BodyBudget:
    return BodyBudget(1000 * KIB)


def test_the_largest_body_of_who_holds_most_is_given_up_for_a_bystander(budget: BodyBudget) -> None:
    small, large, other = Body("stranger"), Body("stranger"), Body("bystander")
    budget.add(small, 400 * KIB)
    budget.add(large, 500 * KIB)
    budget.add(other, 450 * KIB)
    assert (small.given_up, large.given_up, other.given_up) == ([], [True], [])
    assert budget.total_bytes == 850 * KIB


def test_who_holds_most_gives_up_what_he_sends(budget: BodyBudget) -> None:
    held, more = Body("stranger"), Body("stranger")
    budget.add(held, 400 * KIB)
    budget.add(more, 500 * KIB)
    with pytest.raises(BodiesInFlight) as refusal:
        budget.add(more, 200 * KIB)
    assert (refusal.value.status, refusal.value.headers) == (503, {"Retry-After": "5"})
    assert (held.given_up, budget.total_bytes) == ([], 400 * KIB)


def test_many_of_one_are_more_than_one_of_another(budget: BodyBudget) -> None:
    many = [Body("stranger") for _ in range(9)]
    for body in many:
        budget.add(body, 100 * KIB)
    one = Body("bystander")
    budget.add(one, 400 * KIB)
    assert sum(map(len, (body.given_up for body in many))) == 3
    assert one.given_up == []


def test_what_is_whole_is_left_in_peace_and_its_room_comes_back(budget: BodyBudget) -> None:
    whole, new = Body("a", is_arriving=False), Body("b")
    budget.add(whole, 900 * KIB)
    with pytest.raises(BodiesInFlight):
        budget.add(new, 200 * KIB)
    budget.release(whole)
    budget.release(whole)
    budget.add(new, 1000 * KIB)
    assert (whole.given_up, budget.total_bytes) == ([], 1000 * KIB)
