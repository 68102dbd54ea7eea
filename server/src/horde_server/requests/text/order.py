"""What was asked for, normalised: the one form in which a text request is stored, matched, priced and handed out."""

from __future__ import annotations

import msgspec

from horde_server.requests.pictures.source_images import SourceImages
from horde_server.requests.text.chat import Chat

DEFAULT_MAX_LENGTH = 80
DEFAULT_MAX_CONTEXT_LENGTH = 2048


class Sampling(msgspec.Struct, frozen=True, omit_defaults=True):
    """How to sample. None: not asked for, so that the worker's backend decides."""

    rep_pen: float | None = None
    rep_pen_range: int | None = None
    rep_pen_slope: float | None = None
    temperature: float | None = None
    tfs: float | None = None
    top_a: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    typical: float | None = None
    min_p: float | None = None
    smoothing_factor: float | None = None
    dynatemp_range: float | None = None
    dynatemp_exponent: float | None = None
    sampler_order: tuple[int, ...] | None = None
    stop_sequence: tuple[str, ...] | None = None
    singleline: bool | None = None
    frmtadsnsp: bool | None = None
    frmtrmblln: bool | None = None
    frmtrmspch: bool | None = None
    frmttriminc: bool | None = None
    use_default_badwordsids: bool | None = None


class TextOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """A text request after validation, with every effective default of requests.md §8.1, §8.3 applied.

    Stored as JSON in `request.request_order`; a new field needs a default, so that older rows still read.
    Lengths are tokens, `n` the number of texts.
    """

    prompt: str
    models: tuple[str, ...] = ()  # empty: any model
    n: int = 1
    max_length: int = DEFAULT_MAX_LENGTH
    max_context_length: int = DEFAULT_MAX_CONTEXT_LENGTH
    sampling: Sampling = Sampling()
    softprompt: str = ""
    validated_backends: bool = False
    trusted_workers: bool = False
    slow_workers: bool = True
    extra_slow_workers: bool = False
    workers: tuple[str, ...] = ()  # worker ids: only these, or none of these when worker_blacklist
    worker_blacklist: bool = False
    disable_batching: bool = False  # of texts that changes nothing: each job is one sample anyway
    proxied_account: str = ""  # for whom a service account asks
    preferred_models: tuple[str, ...] = ()  # asked for, where `models` is empty because nobody had them
    tag: str = ""  # by which a dialect knows a caller's own requests (gateway/common/callers_requests.py)
    seed: int | None = None  # for workers that take messages
    chat: Chat | None = None  # the conversation that `prompt` was rendered from
    sources: SourceImages | None = None  # the pictures in it

    @property
    def things(self) -> float:
        """Most tokens of one text."""
        return float(self.max_length)


_decoder = msgspec.json.Decoder(TextOrder)


def decode_order(stored: bytes | str) -> TextOrder:
    """The order back from its stored form; raises `msgspec.ValidationError` when it is not one."""
    return _decoder.decode(stored)
