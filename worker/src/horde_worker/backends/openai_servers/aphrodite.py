"""Aphrodite, which grew out of vLLM and has nearly all samplers of the horde."""

from __future__ import annotations

from typing import Final

from horde_worker.backends.mapping import Mapped
from horde_worker.backends.openai_servers import vllm
from horde_worker.backends.openai_servers.dialect import Dialect, Tokenizer
from horde_worker.backends.text_servers.tables import Ask, Key, Table, key, mapping_of, sampler
from horde_worker.sampler_settings import DEFAULT_ORDER

TEMPERATURE, REPETITION = 5, 6


def is_temperature_last(ask: Ask) -> bool:
    """Whether the temperature comes after everything that rules tokens out: all that these programs can be told."""
    order = list(dict.fromkeys((*ask.sampling.sampler_order, *DEFAULT_ORDER)))
    ruling_out = [order.index(step) for step in DEFAULT_ORDER if step not in (TEMPERATURE, REPETITION)]
    return order.index(TEMPERATURE) > max(ruling_out)


def temperatures(ask: Ask) -> tuple[object, ...]:
    """The lowest and the highest temperature; none where it does not change."""
    middle, reach = ask.sampling.temperature, ask.sampling.dynatemp_range
    return (max(0.0, middle - reach), middle + reach) if reach else (None, None)


def bends(ask: Ask) -> float | None:
    """The exponent, where the temperature changes at all."""
    return ask.sampling.dynatemp_exponent if ask.sampling.dynatemp_range else None


TABLE: Final[Table] = {
    **vllm.TABLE,
    "top_a": sampler("top_a", "top_a"),
    "tfs": sampler("tfs", "tfs"),
    "typical": sampler("typical_p", "typical"),
    "sampler_order": key("temperature_last", is_temperature_last, "whether the temperature comes last; no other order"),
    "smoothing_factor": sampler("smoothing_factor", "smoothing_factor"),
    "dynatemp_range": Key(("dynatemp_min", "dynatemp_max"), temperatures, "temperature less and plus the range"),
    "dynatemp_exponent": key("dynatemp_exponent", bends),
}
MAPPING: Final[dict[str, Mapped]] = mapping_of(TABLE)
DIALECT: Final = Dialect(
    "Aphrodite",
    TABLE,
    prefix="aphrodite/",
    tokenizer=Tokenizer("/v1/tokenize", "prompt", "count"),
    always=vllm.ALWAYS,
    slots=vllm.SLOTS,
    going_on=vllm.GOING_ON,
    keeps_loaded=True,
)
