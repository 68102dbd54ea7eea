"""A table of prompts and what becomes of them (moderation.md §2). Kittens must not be wet here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horde_server.errors import HordeError
from horde_server.moderation.prompt_filters.filter_set import FilterRow, FilterSet, compile_filters
from horde_server.moderation.prompt_filters.judgement import Circumstances, CorruptPrompt, is_harmless, judged
from horde_server.moderation.prompt_filters.rewriting import PromptTooLongToRewrite, with_replacements
from horde_server.moderation.prompt_filters.scoring import suspicion

# (type, regex, replacement): kittens and puppies are who (types 10 and 11), wet is what (type 20)
KITTENS = (
    (10, r"\bkittens?\b", "cat"), (10, r"\bpupp(y|ies)\b", ""), (11, r"\bkoshka\b", ""), (20, r"\bwet\b", ""),
    (20, r"\bbillig\w*", ""), (12, r"\bunused\b", ""),
)  # fmt: skip


def a_set(*filters: tuple[int, str, str]) -> FilterSet:
    """The filters, numbered from 1."""
    return compile_filters([FilterRow(number, *each) for number, each in enumerate(filters, 1)])


FILTERS = a_set(*KITTENS)
ADDED = "###child, infant, underage, immature, teenager, tween"

SCORES = [
    # plain
    ("a castle by the sea", 0), ("a kitten", 1), ("a wet street", 1), ("a wet kitten", 2), ("A WET KITTEN!", 2),
    ("kitten, garden, wet grass", 2), ("wet, wet, wet", 1), ("kitten puppy koshka", 1), ("unused wet", 1),
    ("kittenish wetness", 0), ("", 0),
    # what is not wanted does not count
    ("a kitten###wet", 1), ("a castle###wet kitten", 0), ("wet###a###kitten", 1), ("a wet kitten###dog", 2),
    # weights
    ("(kitten:1.2) wet", 2), ("a ((wet:1.3) kitten:0.5)", 2), ("kit(ten:1.1) wet", 2), ("(kitten:.5) (wet: -2.0 )", 2),
    ("kit(ten:1.) wet", 2), ("kit(ten:1..) wet", 1), ("kit(ten:.) wet", 1),
    ("(a:b:1.2) wet", 1), ("[kitten] {{wet}}", 2),
    # punctuation and spaced-out letters
    ("k i t t e n, wet", 2), ("k.i.t.t.e.n wet", 2), ("k_i_t_t_e_n w-e-t", 0), ("k_i_t_t_e_n and w-e-t", 2),
    ("wet_kitten", 2), ("wet\nkitten\t", 2), ("k it ten wet", 1), ("a b wet kitten", 2),
    # what nobody sees, strokes and fancy letters
    ("kit\u200bten wet", 2), ("kit\u00adten w\u2060et", 2), ("k\u0336i\u0336t\u0336t\u0336e\u0336n\u0336 wet", 2),
    ("ｋｉｔｔｅｎ wet", 2), ("𝐤𝐢𝐭𝐭𝐞𝐧 ⓦⓔⓣ", 2), ("kitten\ufe0f wet", 2),
    # accents and scripts
    ("kittén wet", 2), ("kitte\u0301n wét", 2), ("кошка wet", 2), ("мокрая кошка", 1), ("к о ш к а wet", 2),
    ("कुत्ता बिल्ली wet", 1), ("बिल्लीघर kitten", 2), ("wеt kitten", 2),
    # emoji stand for filters of type 10
    ("a wet 👶", 2), ("wet 👨‍👩‍👧", 2), ("wet 🐣", 2), ("wet 👩‍🍼", 2), ("wet 🚸", 2), ("wet 🤱🏽", 2),
    ("wet 🧒", 2), ("wet 👦🏿", 2), ("wet 👪", 2), ("wet 👼", 2), ("wet 🍼", 2), ("wet 🚼", 2), ("wet 🐥", 2),
    ("wet 🐤", 2), ("wet 👧", 2), ("a wet 👩", 1), ("wet###👶", 1), ("👶", 1),
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "score"), SCORES, ids=[ascii(prompt) for prompt, _ in SCORES])
def test_each_group_that_matches_adds_one(prompt: str, score: int) -> None:
    """One verdict, seen as moderators see it and as requesters do: from two on a prompt is refused."""
    assert suspicion(FILTERS, prompt).score == score
    try:
        judged(FILTERS, prompt, Circumstances(may_replace=False))
        is_refused = False
    except CorruptPrompt as refusal:
        is_refused = refusal.is_punished
    assert is_refused is (score >= 2)
    assert is_harmless(FILTERS, prompt, Circumstances()) is (score < 2)


def test_a_weight_with_a_long_number_is_read_in_one_way_only() -> None:
    """Were there a choice of where its digits end, this would hold the whole process for minutes."""
    assert is_harmless(FILTERS, "(castle:" + "1" * 99_000, Circumstances(for_adults=True))


def test_a_moderator_sees_what_matched() -> None:
    """§1.6: the first match of each group, and here also which filters match."""
    found = suspicion(FILTERS, "(wet:1.2) kittens and a puppy")
    assert (found.matches, found.filter_ids) == (("kittens", "wet"), (1, 2, 4))
    assert suspicion(FILTERS, "wet 👶").matches == ("👶", "wet")
    of_one_type = suspicion(FILTERS, "wet kitten unused", only_type=12)
    assert (of_one_type.score, of_one_type.matches, of_one_type.filter_ids) == (1, ("unused",), (6,))


REWRITTEN = [
    # what matches is replaced in the plain prompt; what is not wanted is added in front of the old
    ("a (wet:1.2) kitten, in a garden", f"a wet cat in a garden{ADDED}"),
    ("a wet kitten###dog, cow", f"a wet cat{ADDED[:]}, dog, cow"),
    ("wet kittens and puppies", f"wet cat and {ADDED}"),
    ("wet 👶", f"wet{ADDED}"),
    ("W.E.T Kitten", f"WET cat{ADDED}"),
    ("wet koshka", f"wet koshka{ADDED}"),
    # less than two groups: as it was, to the letter
    ("a (kitten:1.2), c a t s###x###y", "a (kitten:1.2), c a t s###x###y"),
    ("wet   street", "wet   street"),
]


@pytest.mark.parametrize(("prompt", "served"), REWRITTEN, ids=[ascii(prompt) for prompt, _ in REWRITTEN])
def test_who_lets_it_is_rewritten(prompt: str, served: str) -> None:
    assert judged(FILTERS, prompt, Circumstances(may_replace=True)) == served


def test_replacements_follow_each_other() -> None:
    """Each filter of type 10 in its order, with groups; the others replace nothing."""
    filters = a_set(
        (10, "kitten", "small cat"), (10, r"small (\w+)", r"large \1s \\"), (10, r"(?<=large )cats", "lions"),
        (11, "large", "tiny"), (20, "wet", "dry"),
    )  # fmt: skip
    assert judged(filters, "wet kitten", Circumstances()) == "wet large lions \\" + ADDED


REPLACEMENTS = [("a", "bc"), ("b", "a"), (r"(a|b)c", r"c\1"), ("cc+", ""), ("(?<=a)b", "c"), ("ca?b", "b"), ("z", "a")]


@given(filters=st.lists(st.sampled_from(REPLACEMENTS), max_size=50), prompt=st.text("abc ", max_size=30))
def test_any_number_of_filters_replaces_as_if_each_were_asked(filters: list[tuple[str, str]], prompt: str) -> None:
    """In their order, each on what the one before left."""
    compiled = a_set(*((10, regex, text) for regex, text in filters))
    expected = prompt
    for each in compiled.of(10):
        expected = each.pattern.replace(each.row.replacement, expected)
    assert with_replacements(compiled, prompt) == expected


@pytest.mark.parametrize("prompt", ["wet kitten", "kitten (wet)"])
def test_a_prompt_of_which_nothing_is_left_is_refused(prompt: str) -> None:
    with pytest.raises(CorruptPrompt) as refused:
        judged(a_set((10, "wet|kitten", ""), (20, "wet", "")), prompt, Circumstances())
    assert refused.value.is_punished


def test_a_long_prompt_is_not_rewritten() -> None:
    """More than 7000 characters of the positive part → 400 `BadRequest`, without punishment."""
    at_the_limit = "wet kitten " + "x" * 6989
    assert judged(FILTERS, at_the_limit + "###" + "y" * 9000, Circumstances()).startswith("wet cat x")
    with pytest.raises(PromptTooLongToRewrite) as refused:
        judged(FILTERS, at_the_limit + "x", Circumstances())
    assert (refused.value.status, refused.value.code) == (400, "BadRequest")
    assert judged(FILTERS, "kitten " + "x" * 9000, Circumstances()) == "kitten " + "x" * 9000


def test_replacements_cannot_make_a_prompt_grow_without_end() -> None:
    grows = tuple((10, "a", "a" * 255) for _ in range(4))
    with pytest.raises(PromptTooLongToRewrite):
        judged(a_set(*grows, (20, "wet", "")), "wet a", Circumstances())


ADULTS = [
    ("a young girl with little boys", "a adult adult woman with adult adult man"),
    ("students, smal, lil Nina", "adults adult adult adult woman"),
    ("litttle tiny tinytown small", "adult adult adult adult"),
    ("youngster, lilac, smaller, belittled, boyish, sonnet", "youngster lilac smaller belittled boyish sonnet"),
    ("Schoolgirls and sons", "Schooladult womans and adult man"),
    ("niña", "adult woman"),
    ("1girl, 1boy", "1adult woman 1boy"),
    ("a kitten###girl", "a cat###girl"),
]


@pytest.mark.parametrize(("prompt", "adult"), ADULTS, ids=[ascii(prompt) for prompt, _ in ADULTS])
def test_prompts_of_flagged_users_are_about_adults(prompt: str, adult: str) -> None:
    """Whatever they say; what is not wanted stays as it is."""
    positive, _, negative = adult.partition("###")
    served = judged(FILTERS, prompt, Circumstances(may_replace=False, is_flagged=True))
    assert served == positive + ADDED + (f", {negative}" if negative else "")


def test_a_flagged_users_prompt_is_rewritten_without_any_filter() -> None:
    assert (
        judged(a_set(), "A (castle:1.2), by the sea!", Circumstances(is_flagged=True)) == f"A castle by the sea{ADDED}"
    )


@pytest.mark.parametrize(
    ("prompt", "lax", "served"),
    [
        ("a castle", False, "a castle"), ("a girl", False, f"a adult woman{ADDED}"), ("kitten", False, f"cat{ADDED}"),
        ("1girl, 1 boy, solo!", True, "1girl, 1 boy, solo!"), ("1girl, a girl", True, f"1girl a adult woman{ADDED}"),
        ("1girl", False, f"1adult woman{ADDED}"), ("puppies in small sons", False, f" in adult adult man{ADDED}"),
    ],
)  # fmt: skip
def test_models_for_adults_are_asked_for_adults(prompt: str, lax: bool, served: str) -> None:
    """With words that a youth is told by, or a match of type 10; one model's spellings of numbers are let be."""
    circumstances = Circumstances(for_adults=True, is_lax=lax)
    assert judged(FILTERS, prompt, circumstances) == served
    assert is_harmless(FILTERS, prompt, circumstances) is (served == prompt)
    assert judged(FILTERS, prompt, Circumstances(for_adults=False)) == prompt


def test_nothing_left_of_a_prompt_for_adults_is_refused_without_punishment() -> None:
    """requests.md §3.14: `CorruptPrompt`, no time-out."""
    with pytest.raises(CorruptPrompt) as refused:
        judged(FILTERS, "puppies!", Circumstances(for_adults=True))
    assert (refused.value.code, refused.value.is_punished) == ("CorruptPrompt", False)
    with pytest.raises(HordeError):
        judged(FILTERS, "!!!", Circumstances(is_flagged=True))
