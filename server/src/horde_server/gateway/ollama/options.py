"""`options` of a request, in the horde's words (gateway-ollama.md §2.4)."""

from __future__ import annotations

from typing import Final

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.lengths import LEAST_CONTEXT, LEAST_LENGTH, most_characters
from horde_server.requests.text.order import Sampling

MOST_STOPS: Final = 128
_MOST_STOP_CHARACTERS: Final = 2000
_MOST_RANGE: Final = 4096
_AS_MUCH_AS_THERE_IS: Final = (-1, -2)


def wished_length(options: Body, *, usual: int, most: int) -> tuple[int, int | None]:
    """Tokens of the answer, and most characters of one that is wished for shorter than workers make any.

    Without a limit, or with one that means "as many as there are": as many as are offered.
    """
    wished = options.get("num_predict")
    if wished in _AS_MUCH_AS_THERE_IS:
        return most, None
    tokens = options.integer("num_predict", least=1, most=most)
    if tokens is None:
        return min(usual, most), None
    return max(tokens, LEAST_LENGTH), most_characters(tokens)


def wished_context(options: Body, *, usual: int, most: int) -> int:
    """Tokens that prompt and answer may have together."""
    return options.integer("num_ctx", least=LEAST_CONTEXT, most=most) or usual


def sampling(options: Body, *, context: int) -> Sampling:
    """How to sample, with the client's own stop strings.

    What backends of other programs have and the horde has not is left out without a word, as Ollama does it.
    """
    temperature = options.number("temperature", least=0, most=5)
    top_k = options.integer("top_k", least=0, most=200)
    repeats_within = options.get("repeat_last_n")
    stops = options.texts("stop", most=MOST_STOPS, most_characters=_MOST_STOP_CHARACTERS)
    return Sampling(
        temperature=temperature,
        top_k=1 if temperature == 0 and not top_k else top_k,  # several backends refuse a temperature of 0 alone
        top_p=options.number("top_p", least=0.001, most=1),
        min_p=options.number("min_p", least=0, most=1),
        typical=options.number("typical_p", least=0, most=1),
        tfs=options.number("tfs_z", least=0, most=1),
        rep_pen=options.number("repeat_penalty", least=1, most=3),
        rep_pen_range=min(context, _MOST_RANGE)
        if repeats_within == -1
        else options.integer("repeat_last_n", least=0, most=_MOST_RANGE),
        stop_sequence=tuple(dict.fromkeys(stops)) or None,
    )
