"""Measure how many prompts a second one core holds against 500 filters, and what bad filters cost.

In one process, without a server: prompts of 20 to 80 words, and filters of the shapes that moderators write. Words are
made up; a tenth of the filters needs look-arounds.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable

from horde_server.moderation.prompt_filters.filter_set import FilterRow, FilterSet, compile_filters
from horde_server.moderation.prompt_filters.judgement import Circumstances, CorruptPrompt, is_harmless, judged
from horde_server.moderation.prompt_filters.scoring import suspicion

SYLLABLES = (
    "ka", "mi", "to", "ren", "sol", "bar", "qui", "lem", "dra", "vo", "ster", "ning", "pel", "gra", "fin", "ou",
)  # fmt: skip
EVERYDAY = [
    "a", "the", "of", "castle", "painting", "detailed", "sunset", "portrait", "mountain", "river", "light", "photo",
    "standing", "near", "old", "house",
]  # fmt: skip
LINE = "{:<58}{:>12}{:>12}"


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--filters", type=int, default=500)
    arguments.add_argument("--prompts", type=int, default=5000)
    chosen = arguments.parse_args()
    rng = random.Random(8)
    rows = made_up_filters(chosen.filters)
    began = time.perf_counter()
    filters = compile_filters(rows)
    print(f"{len(rows)} filters compiled in {(time.perf_counter() - began) * 1000:.0f} ms")
    print(LINE.format("", "prompts/s", "µs each"))
    harmless = [_prompt(rng, EVERYDAY) for _ in range(chosen.prompts)]
    mixed = [_prompt(rng, EVERYDAY * 5 + [_word(rng) for _ in range(20)]) for _ in range(chosen.prompts)]
    weighted = [f"({prompt[:40]}:1.2), {prompt[40:]}" for prompt in harmless]
    foreign = [prompt.replace("a", "á").replace("castle", "зaмoк") for prompt in harmless]
    _report("harmless prompts", filters, harmless, rewrite=True)
    _report("… with weights", filters, weighted, rewrite=True)
    _report("… with accents and Cyrillic", filters, foreign, rewrite=True)
    _report("prompts with words of filters, refused when caught", filters, mixed, rewrite=False)
    _report("… rewritten when caught", filters, mixed, rewrite=True)
    _report_test(filters, mixed[: chosen.prompts // 20])
    hostile = compile_filters(
        [*rows, _row(90_001, r"(a+)+$"), _row(90_002, r"(?:\w|\w\w)+(?=\d)\d"), _row(90_003, r"([a-z ]*)*\1~")]
    )
    _report("harmless prompts, and three catastrophic filters", hostile, harmless, rewrite=True)
    _report_longest("longest time of one of these", compile_filters(hostile.rows), harmless)


def made_up_filters(count: int) -> list[FilterRow]:
    """Always the same."""
    rng = random.Random(7)
    return [_filter(rng, number) for number in range(count)]


def _filter(rng: random.Random, number: int) -> FilterRow:
    """Every tenth with a look-around, the types in the proportions 3 to 2 to 5."""
    one, two, three = (_word(rng) for _ in range(3))
    shapes: list[Callable[[], str]] = [
        lambda: rf"\b{one}\b",
        lambda: one,
        lambda: rf"\b{one}(s|es|ing)?\b",
        lambda: rf"{one}[^a-z]?{two}",
        lambda: rf"\b({one}|{two}|{three})\s+{rng.choice(EVERYDAY)}{_word(rng)}\b",
        lambda: rf"{one}.{{0,20}}{two}",
        lambda: rf"[kc]{one}+",
        lambda: rf"\b\d{{1,2}} ?(y|years?) ?{one}",
    ]
    regex = rf"(?<!{two} )\b{one}\b(?! {three})" if number % 10 == 0 else rng.choice(shapes)()
    return _row(number, regex, rng.choices((10, 11, 20), (3, 2, 5))[0])


def _row(number: int, regex: str, filter_type: int = 20) -> FilterRow:
    return FilterRow(number, filter_type, regex, "someone")


def _word(rng: random.Random) -> str:
    return "".join(rng.choices(SYLLABLES, k=rng.randint(2, 4)))


def _prompt(rng: random.Random, words: list[str]) -> str:
    return ", ".join(" ".join(rng.choices(words, k=5)) for _ in range(rng.randint(4, 16)))


def _report(what: str, filters: FilterSet, prompts: list[str], *, rewrite: bool) -> None:
    circumstances = Circumstances(may_replace=rewrite)
    for _ in range(2):  # the first round warms up: RE2 builds its automaton as texts need it
        refused = rewritten = 0
        began = time.process_time()
        for prompt in prompts:
            if is_harmless(filters, prompt, circumstances):  # as the server does
                continue
            try:
                rewritten += judged(filters, prompt, circumstances) is not prompt
            except CorruptPrompt:
                refused += 1
        took_s = time.process_time() - began
    caught = refused + rewritten
    _print(f"{what} ({caught * 100 // len(prompts)} % caught)", len(prompts), took_s)


def _report_test(filters: FilterSet, prompts: list[str]) -> None:
    began = time.process_time()
    for prompt in prompts:
        suspicion(filters, prompt)
    _print("what POST /filters does: each filter is asked", len(prompts), time.process_time() - began)


def _report_longest(what: str, filters: FilterSet, prompts: list[str]) -> None:
    longest_s = 0.0
    for prompt in prompts:
        began = time.perf_counter()
        is_harmless(filters, prompt, Circumstances())
        longest_s = max(longest_s, time.perf_counter() - began)
    print(LINE.format(what, "", f"{longest_s * 1e6:.0f}"))


def _print(what: str, count: int, took_s: float) -> None:
    print(LINE.format(what, f"{count / took_s:.0f}", f"{took_s / count * 1e6:.1f}"))


if __name__ == "__main__":
    main()
