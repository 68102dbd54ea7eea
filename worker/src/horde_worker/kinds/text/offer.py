"""The body of a text pop: what the backend can do and the operator allows."""

from __future__ import annotations

from pydantic import Field

from horde_sdk.ai_horde_api.apimodels.generate.text.pop import TextGenerateJobPopRequest
from horde_worker.backends.text import TextAbilities, TextJob
from horde_worker.kinds.hand_out import UnusableJob
from horde_worker.kinds.offered import (
    MOST_AT_A_TIME,
    check_models_and_amount,
    least,
    offered_and_loaded,
    offered_models,
)
from horde_worker.safety.words import words_to_send
from horde_worker.settings import OperatorWishes


class TextOffer(TextGenerateJobPopRequest):
    """The SDK's pop with what hordes like ours read besides (workers.md §1.3)."""

    amount: int = Field(default=1, ge=1, le=MOST_AT_A_TIME)
    named_only: bool | None = None
    """Only requests that name this worker. Sent only where it is wanted: other hordes do not know the key."""
    blacklist: list[str] | None = None
    """Words whose requests are not taken. Sent only where there are some."""


def text_offer(
    wishes: OperatorWishes, abilities: TextAbilities, threads: int = 1, *, streams: bool = False
) -> TextOffer:
    """What to send to `POST /generate/text/pop`; `threads` jobs are made at a time.

    `streams`: jobs are told of while they are made. What is not so is not sent: few hordes know these keys.
    """
    models, chat = offered_models(wishes.models, abilities.models), abilities.chat
    return TextOffer(
        name=wishes.name,
        models=models,
        bridge_agent=wishes.bridge_agent,
        threads=threads,
        amount=least(abilities.max_batch, wishes.batch, MOST_AT_A_TIME),
        nsfw=wishes.nsfw,
        blacklist=words_to_send(wishes.blacklist) or None,
        named_only=wishes.named_only or None,
        max_length=least(abilities.max_length, wishes.max_length),
        max_context_length=least(abilities.max_context_length, wishes.max_context_length),
        softprompts=[],
        priority_usernames=list(wishes.priority_usernames),
        require_upfront_kudos=wishes.require_upfront_kudos,
        extra_slow_worker=wishes.extra_slow_worker,
        streams=streams or None,
        chat=chat is not None or None,
        vision=(chat is not None and chat.vision) or None,
        grammar=(chat is not None and chat.grammar) or None,
        tools=(chat is not None and chat.tools) or None,
        logprobs=(chat is not None and chat.logprobs) or None,
        templates={name: abilities.templates[name] for name in models if name in abilities.templates} or None,
        loaded=offered_and_loaded(models, abilities.loaded),
    )


def check_text_offered(job: TextJob, offer: TextOffer) -> None:
    """Raise `UnusableJob` for more than `offer` says: a horde may go by an older pop (workers.md §1)."""
    check_models_and_amount(job.model, job.ids, offer.models, offer.amount)
    for name, asked, offered in (
        ("max_length", job.max_length, offer.max_length),
        ("max_context_length", job.max_context_length, offer.max_context_length),
    ):
        if asked > offered:
            raise UnusableJob(f"{name} {asked} is more than {offered}", job.ids)
