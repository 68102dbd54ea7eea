"""How long a text may be and how it is sampled, by whichever names programs have for it (gateway.md §2.2, §2.3)."""

from __future__ import annotations

from typing import Final

from horde_server.gateway.common.body import Body
from horde_server.gateway.common.errors import BadField
from horde_server.gateway.common.lengths import LEAST_CONTEXT
from horde_server.requests.text.order import Sampling

MOST_ANSWERS: Final = 20
MOST_STOPS: Final = 120
MOST_STOP_CHARACTERS: Final = 2000
_MOST_RANGE: Final = 4096
_STOPS: Final = ("stop", "stopping_strings", "stop_sequence")
_NOT_OURS: Final = (
    "frequency_penalty", "presence_penalty", "logit_bias", "mirostat", "mirostat_mode", "dry_multiplier",
    "xtc_probability", "top_n_sigma", "grammar", "guided_json", "guided_regex", "guided_choice", "guided_grammar",
)  # fmt: skip
"""What shades the sampling and no worker can honour."""


def named_length(body: Body, *, most: int) -> tuple[str, int | None]:
    """How long an answer may be, and by which of the names; None: nobody said. Raises `BadField`."""
    name = next((each for each in ("max_completion_tokens", "max_tokens", "max_length") if each in body), "max_tokens")
    return name, body.integer(name, least=1, most=most)


def read_context(body: Body, *, most: int) -> int | None:
    """Tokens that prompt and answer may have together, where the client says so. Raises `BadField`."""
    name = next((each for each in ("max_context_length", "truncation_length") if each in body), None)
    return body.integer(name, least=LEAST_CONTEXT, most=most) if name else None


def read_stops(body: Body) -> tuple[str, ...]:
    """By all of their names. Raises `BadField`."""
    found = (
        text for name in _STOPS for text in body.texts(name, most=MOST_STOPS, most_characters=MOST_STOP_CHARACTERS)
    )
    return tuple(dict.fromkeys(found))


def read_answers(body: Body) -> int:
    """`n`. Raises `BadField` where it is more than the horde makes for one request."""
    wished = body.integer("n", least=1, most=10 * MOST_ANSWERS, default=1) or 1
    if wished > MOST_ANSWERS:
        raise BadField(body.named("n"), f"{body.named('n')} is at most {MOST_ANSWERS}.")
    return wished


def read_sampling(body: Body) -> Sampling:
    """Every sampler that the horde has, without stops. Raises `BadField`, and `UnsupportedField` where it is strict."""
    temperature = body.number("temperature", least=0, most=5)
    top_k = body.integer("top_k", least=0, most=200)
    order = [each for each in body.items("sampler_order", most=100) if isinstance(each, int)]
    body.ignore(*_NOT_OURS, neutral=({},))
    return Sampling(
        temperature=temperature,
        top_k=1 if temperature == 0 and not top_k else top_k,  # several backends refuse a temperature of 0 alone
        top_p=body.number("top_p", least=0.001, most=1),
        min_p=body.number("min_p", least=0, most=1),
        typical=_first(body, ("typical_p", "typical"), 0, 1),
        tfs=body.number("tfs", least=0, most=1),
        top_a=body.number("top_a", least=0, most=1),
        rep_pen=_first(body, ("repetition_penalty", "repeat_penalty", "rep_pen"), 1, 3),
        rep_pen_range=_whole(_first(body, ("rep_pen_range", "repetition_penalty_range"), 0, _MOST_RANGE)),
        rep_pen_slope=body.number("rep_pen_slope", least=0, most=10),
        smoothing_factor=body.number("smoothing_factor", least=0, most=10),
        dynatemp_range=body.number("dynatemp_range", least=0, most=5),
        dynatemp_exponent=body.number("dynatemp_exponent", least=0, most=5),
        sampler_order=tuple(order) if len(set(order)) >= 7 else None,
    )


def _first(body: Body, names: tuple[str, ...], least: float, most: float) -> float | None:
    name = next((each for each in names if each in body), None)
    return body.number(name, least=least, most=most) if name else None


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
