"""The body of a pop for texts to embed."""

from __future__ import annotations

from horde_sdk.embedding_jobs import EmbeddingPopRequest
from horde_worker.backends.embedding import EmbeddingAbilities, EmbeddingJob
from horde_worker.kinds.hand_out import UnusableJob
from horde_worker.kinds.offered import check_models_and_amount, least, offered_and_loaded
from horde_worker.settings import OperatorWishes


class EmbeddingOffer(EmbeddingPopRequest):
    """The SDK's pop with what hordes like ours read besides."""

    named_only: bool | None = None
    """Only requests that name this worker. Sent only where it is wanted."""


def embedding_offer(wishes: OperatorWishes, abilities: EmbeddingAbilities, threads: int = 1) -> EmbeddingOffer:
    """What to send to `POST /generate/embedding/pop` (docs/api/embeddings.md); `threads` jobs are made at a time."""
    models = list(abilities.models)
    return EmbeddingOffer(
        name=wishes.name,
        models=models,
        bridge_agent=wishes.bridge_agent,
        threads=threads,
        amount=1,
        nsfw=wishes.nsfw,
        named_only=wishes.named_only or None,
        max_context_length=least(abilities.max_tokens, wishes.max_context_length),
        priority_usernames=list(wishes.priority_usernames),
        require_upfront_kudos=wishes.require_upfront_kudos,
        loaded=offered_and_loaded(models, abilities.loaded),
    )


def check_embedding_offered(job: EmbeddingJob, offer: EmbeddingOffer) -> None:
    """Raise `UnusableJob` for another model than offered, or for nothing to do."""
    check_models_and_amount(job.model, job.ids, offer.models, 1)
    if not job.texts:
        raise UnusableJob("the job has no texts", job.ids)
