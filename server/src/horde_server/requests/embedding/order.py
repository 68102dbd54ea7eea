"""What was asked for, normalised: the one form in which a request for embeddings is stored, matched and handed out."""

from __future__ import annotations

import math

import msgspec

CHARACTERS_PER_TOKEN = 4


def counted_tokens(text: str) -> int:
    """Tokens that a text counts as: one for every four characters that are begun, and at least one."""
    return max(math.ceil(len(text) / CHARACTERS_PER_TOKEN), 1)


class EmbeddingOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request for embeddings after validation: one job, whatever number of texts it has.

    Stored as JSON in `request.request_order`; a new field needs a default, so that older rows still read.
    """

    inputs: tuple[str, ...]
    models: tuple[str, ...] = ()  # empty: any model; of a request all vectors are of one
    dimensions: int | None = None  # of each vector; None: as the model makes them
    trusted_workers: bool = False
    slow_workers: bool = True
    extra_slow_workers: bool = False
    workers: tuple[str, ...] = ()  # worker ids: only these, or none of these when worker_blacklist
    worker_blacklist: bool = False
    proxied_account: str = ""  # for whom a service account asks
    preferred_models: tuple[str, ...] = ()  # asked for, where `models` is empty because nobody had them

    @property
    def n(self) -> int:
        """Jobs: what belongs together is made together."""
        return 1

    @property
    def prompt(self) -> str:
        """All that is to be read, for who looks for words in it."""
        return "\n".join(self.inputs)

    @property
    def tokens(self) -> int:
        """Of all texts."""
        return sum(map(counted_tokens, self.inputs))

    @property
    def longest_tokens(self) -> int:
        """Of the longest text."""
        return max(map(counted_tokens, self.inputs))

    @property
    def things(self) -> float:
        """Tokens."""
        return float(self.tokens)


_decoder = msgspec.json.Decoder(EmbeddingOrder)


def decode_order(stored: bytes | str) -> EmbeddingOrder:
    """The order back from its stored form; raises `msgspec.ValidationError` when it is not one."""
    return _decoder.decode(stored)
