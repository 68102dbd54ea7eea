"""What text costs: the reward by delivered tokens, the requester's estimate before (kudos.md §3).

Figures follow the public horde's to the hundredth, also where they are odd: the context factor of the reward counts
the prompt, which is capped by `max_length`; the estimate counts the context asked for, and so mostly overstates.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from horde_server.kudos.price import JOB_TAX_HUNDREDTHS, Price
from horde_server.models.catalogue import largest_text_model_b, text_parameters_b
from horde_server.requests.text.order import TextOrder

REQUEST_TAX_HUNDREDTHS = 100
CHARACTERS_PER_TOKEN = 4
LEAST_TOKENS = 20
UNVALIDATED_BACKEND_FACTOR = 0.3
UNKNOWN_MODEL_BILLIONS = 2.7
ANY_MODEL_BILLIONS = 13.0
HELD_FOR_ANY_MODEL_HUNDREDTHS = 2000


def counted_tokens(characters: int, max_length: int) -> int:
    """Tokens that so many characters count as: at least 20, at most what was asked for."""
    return min(max_length, max(LEAST_TOKENS, math.ceil(characters / CHARACTERS_PER_TOKEN)))


def context_factor(tokens: int) -> float:
    """How much longer contexts cost; 2.2 at 1024 tokens."""
    return min(max(1.2 + math.pow(2.2, math.log2(tokens / 1024)), 0.1), 30.0)


def debit_hundredths(reward: int) -> int:
    """What the requester pays for one delivered text; `reward` is 0 for a censored one."""
    return reward + JOB_TAX_HUNDREDTHS


class TextPrices:
    """Prices of text requests in hundredths of kudos, each figure rounded half-even once.

    They depend on lengths, number and models alone: slow_workers and blacklists change nothing.
    `parameters_billions` says how large a model is, and None of a name it does not know; `largest_billions`, how large
    the largest is that is known.
    """

    def __init__(
        self, parameters_billions: Callable[[str], float | None], largest_billions: Callable[[], float]
    ) -> None:
        self._parameters_billions = parameters_billions
        self._largest_billions = largest_billions

    def price(self, text: TextOrder) -> Price:
        """The whole request, for dry run and reply, by the first model it names; and what to hold of it."""
        estimate, held = self._estimate_hundredths(text), self._held_hundredths(text)
        return Price(
            jobs=text.n,
            request_hundredths=REQUEST_TAX_HUNDREDTHS,
            base_hundredths=estimate,
            job_hundredths=debit_hundredths(estimate),
            job_reward_hundredths=estimate,
            held_hundredths=text.n * held,
            cover_hundredths=held,  # not the estimate: that mostly overstates
        )

    def reward_hundredths(
        self,
        text: TextOrder,
        model: str,
        *,
        prompt_characters: int,
        generation_characters: int,
        owner_trusted: bool,
        backend_validated: bool,
    ) -> int:
        """What a delivered text earns its worker; there is no multiplier by bridge agent."""
        tokens = counted_tokens(generation_characters, text.max_length)
        context = context_factor(counted_tokens(prompt_characters, text.max_length))
        billions = self._parameters_billions(model)
        if billions is None:
            worth = tokens * UNKNOWN_MODEL_BILLIONS / 100 if owner_trusted else 1.0
            return _hundredths(worth * context)
        validated = 1.0 if backend_validated else UNVALIDATED_BACKEND_FACTOR
        return _hundredths(tokens * _size_bonus(billions) * billions / 125 * validated * context)

    def most_job_hundredths(self, text: TextOrder) -> int:
        """What the requester pays at most for one text: of full length, by the dearest of its models, or of all."""
        tokens = counted_tokens(text.max_length * CHARACTERS_PER_TOKEN, text.max_length)
        sizes = [self._parameters_billions(model) for model in text.models] or [None, self._largest_billions()]
        worth = max(
            # of an unknown model a stranger's text has a worth of its own
            max(tokens * UNKNOWN_MODEL_BILLIONS / 100, 1.0)
            if billions is None
            else tokens * _size_bonus(billions) * billions / 125
            for billions in sizes
        )
        return debit_hundredths(_hundredths(worth * context_factor(counted_tokens(len(text.prompt), text.max_length))))

    def _estimate_hundredths(self, text: TextOrder) -> int:
        context = context_factor(text.max_context_length)
        if not text.models:
            return _hundredths(text.max_length * ANY_MODEL_BILLIONS * context / 100)
        billions = self._parameters_billions(text.models[0])
        if billions is None:
            return _hundredths(text.max_length * UNKNOWN_MODEL_BILLIONS * context / 100)
        return _hundredths(text.max_length * _size_bonus(billions) * billions * context / 100)

    def _held_hundredths(self, text: TextOrder) -> int:
        """For one job, by the largest model named (requests.md §8.7)."""
        if not text.models:
            return HELD_FOR_ANY_MODEL_HUNDREDTHS
        largest = max(self._parameters_billions(model) or 1.0 for model in text.models)
        return _hundredths(text.max_length * largest / 21)


def _size_bonus(billions: float) -> float:
    return math.pow(max(billions, 13.0) / 13.0, 0.20)


def _hundredths(kudos: float) -> int:
    return round(round(kudos, 2) * 100)


PRICES = TextPrices(text_parameters_b, largest_text_model_b)
"""By what this horde knows of models now."""
