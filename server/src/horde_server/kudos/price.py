"""What a request costs: the one figure behind dry run, reply and hold."""

from __future__ import annotations

from dataclasses import dataclass, replace

JOB_TAX_HUNDREDTHS = 100
"""Burnt with every delivered job (kudos.md §1, §3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of a request in hundredths of kudos, as known when it is accepted."""

    jobs: int
    request_hundredths: int  # once, when it is accepted; never refunded
    base_hundredths: int  # kept with the request: what the reward of a delivered job is worked out from
    job_hundredths: int  # for each delivered job
    job_reward_hundredths: int  # the part of it that a worker is offered
    held_hundredths: int  # reserved from the payer, where kudos are needed up front
    cover_hundredths: int  # who has so much free counts as able to pay, for workers that ask for that
    style_reward_hundredths: int = 0  # the part of `request_hundredths` that the style's owner gets; the rest is burnt

    @property
    def total_hundredths(self) -> int:
        """All that is charged when every job is delivered."""
        return self.request_hundredths + self.jobs * self.job_hundredths


def with_style_reward(price: Price, reward_hundredths: int) -> Price:
    """The same request in somebody else's style, who gets the reward from the requester."""
    if not reward_hundredths:
        return price
    return replace(
        price,
        request_hundredths=price.request_hundredths + reward_hundredths,
        held_hundredths=price.held_hundredths + reward_hundredths,
        style_reward_hundredths=reward_hundredths,
    )
