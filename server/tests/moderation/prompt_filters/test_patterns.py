"""Patterns of any kind: what both engines accept they read alike, and none can stall a node."""

from __future__ import annotations

import re

import pytest
import re2  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from horde_server.moderation.prompt_filters import patterns
from horde_server.moderation.prompt_filters.filter_set import AnyOf, Filter, FilterRow, compile_filters
from horde_server.moderation.prompt_filters.patterns import (
    RESTS_S,
    BacktrackingPattern,
    LinearPattern,
    UnusablePattern,
    check_replacement,
    compile_any,
    compile_pattern,
)
from horde_server.moderation.prompt_filters.screening import wider_pattern

_PLAIN = ["a", "b", "ab", "c+", "[ab]", "a?", r"\b", r"\w", "(a|b)", "(?:ab)*", "b{2}", "a{1,2}", " ", "a*?", "^", "$"]
_LACKING = [
    "(?=a)", "(?!ab)", "(?<=b)", "(?<!a )", r"(a)\1", "(?>a+)", "a++", r"\Z", "(?#say)", "(?P<n>b)(?P=n)",
    "(?!a(b|c)[)])", r"a{,2}", "(?:(?=b)b|a)+",
]  # fmt: skip
_PIECES = st.sampled_from(_PLAIN + _LACKING)
_PATTERNS = st.lists(_PIECES, min_size=1, max_size=5).map("".join)
_TEXTS = st.text("abc A", max_size=12)


def is_python(pattern: str) -> bool:
    """Whether Python takes it: names may come twice."""
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


@given(pattern=_PATTERNS.filter(is_python), text=_TEXTS)
def test_a_filter_means_what_it_means_in_python(pattern: str, text: str) -> None:
    """Whichever engine it gets, also among others and behind a wider net."""
    wanted = re.search(pattern, text, re.IGNORECASE)
    compiled = compile_pattern(pattern)
    assert compiled.find(text) == (wanted.group() if wanted else None)
    one = Filter(FilterRow(1, 10, pattern, ""), compiled)
    other = Filter(FilterRow(2, 10, "zzz", ""), compile_pattern("zzz"))
    assert AnyOf([other, one]).matches(text) is (wanted is not None)


@given(pattern=_PATTERNS.filter(is_python), text=_TEXTS)
def test_replacing_is_that_of_python(pattern: str, text: str) -> None:
    replaced = compile_pattern(pattern).replace("x", text)
    if re.search(pattern, "") is None and "^" not in pattern and "$" not in pattern:  # empty matches are refused anyway
        wanted = re.sub(pattern, "x", text, flags=re.IGNORECASE)
        assert (replaced == wanted) or _has_empty_match(pattern, text)


def _has_empty_match(pattern: str, text: str) -> bool:
    return any(found.group() == "" for found in re.finditer(pattern, text, re.IGNORECASE))


@pytest.mark.parametrize(
    ("pattern", "wider"),
    [
        (r"(?<!hot )\bdog\b", r"(?:)\bdog\b"), (r"a(?!b(c|[)])d)e", "a(?:)e"), (r"(a)\1b", r"(a)(?s:.*)b"),
        (r"(?>a+)b++", "(?:a+)b+"), (r"a\Z", "a(?:)"), (r"a{2}+b*?", "a{2}b*?"), (r"[(?=a)]\(?=", r"[(?=a)]\(?="),
        (r"a{,2}(?=b)", None), (r"(?P<n>a)(?(n)b|c)", None), (r"(?=a", "(?:)"),
    ],
)  # fmt: skip
def test_a_wider_net_of_what_needs_backtracking(pattern: str, wider: str | None) -> None:
    assert wider_pattern(pattern) == wider


@pytest.mark.parametrize(
    "pattern", [r"(a+)+$", r"(a|aa)+$", r"(.*a){20}", r"([a-z]+\s?)*!", "x*x*x*x*x*x*x*y", r"(\w+\s*)+:"]
)
def test_most_of_what_is_catastrophic_elsewhere_is_linear_here(pattern: str) -> None:
    """No deadline is needed: they are RE2's."""
    assert isinstance(compile_pattern(pattern), LinearPattern)
    assert compile_pattern(pattern).find("a" * 50_000 + "~") is None or True


class Clock:
    """Seconds that pass when the test says so."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_pattern_that_misses_its_deadline_rests() -> None:
    """The deadline is counted by the engine, in processor time; while it rests, it matches nothing."""
    clock = Clock()
    pattern = BacktrackingPattern(r"(?:a|aa)+(?=\d)\d|kitten", clock)
    hostile = "a" * 60 + "!"
    assert pattern.find("kitten") == "kitten"
    assert pattern.find(hostile) is None
    assert pattern.find("kitten") is None
    assert pattern.replace("x", "kitten") == "kitten"
    clock.now_s = RESTS_S + 1
    assert pattern.find("kitten") == "kitten"


@pytest.mark.parametrize(
    "pattern",
    ["(", "[a", "a**", "(?P<n>a", r"(?P=n)", "a{900}b" * 6, "[ü-é]", "\\"],
)
def test_what_cannot_be_used_is_refused_with_a_reason(pattern: str) -> None:
    with pytest.raises(UnusablePattern) as refused:
        compile_pattern(pattern)
    assert (refused.value.status, refused.value.code) == (400, "BadRequest")
    assert "regular expression" in refused.value.message


@given(pattern=st.text(r"ab()[]{}*+?|^$\.,<>=!:#P123-", max_size=40))
def test_any_text_compiles_or_is_refused(pattern: str) -> None:
    try:
        compiled = compile_pattern(pattern)
    except UnusablePattern:
        return
    compiled.find("ab a1b2 " * 20)
    compiled.replace("x", "ab a1b2 " * 20)


@pytest.mark.parametrize("pattern", [r"(?P<who>kit)(ten)", r"(?P<who>kit)(ten)(?=\b)"])
def test_a_replacement_may_refer_to_groups(pattern: str) -> None:
    compiled = compile_pattern(pattern)
    for good, wanted in ((r"\2\1", "tenkit"), (r"\g<who>\\", "kit\\"), (r"\g<2>", "ten"), ("é", "é")):
        check_replacement(compiled, good)
        assert compiled.replace(good, "a kitten") == f"a {wanted}"
    for bad in (r"\3", r"\g<what>", r"\g<9>"):
        with pytest.raises(UnusablePattern):
            check_replacement(compiled, bad)


def test_a_bad_filter_does_not_touch_the_others() -> None:
    """moderation.md §1.7: compiled one by one, bad ones are skipped, a type may get empty."""
    rows = [FilterRow(1, 10, "kitten", ""), FilterRow(2, 10, "(", ""), FilterRow(3, 20, "wet", "")]
    filters = compile_filters(rows)
    assert [each.row.id for each in filters.of(10)] == [1]
    assert filters.matches(10, "a kitten")
    emptied = compile_filters(rows[1:], filters)
    assert not emptied.matches(10, "a kitten")
    assert emptied.matches(20, "wet")
    assert not compile_filters([], emptied)


def test_what_did_not_change_is_not_compiled_again() -> None:
    rows = [FilterRow(1, 10, "kitten", ""), FilterRow(2, 20, "wet", "")]
    filters = compile_filters(rows)
    compiled: list[str] = []

    def counted(regex: str) -> LinearPattern:
        compiled.append(regex)
        return LinearPattern(regex)

    again = compile_filters([*rows, FilterRow(3, 10, "calf", "")], filters, counted)
    assert compiled == ["calf"]
    assert again.any_of[20] is filters.any_of[20]
    assert again.matches(10, "calf")


def test_many_large_filters_become_several_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """One program of them would be larger than RE2 allows: it is halved until each fits."""
    monkeypatch.setattr(patterns, "_MEMORY_BYTES", 500_000)
    sources = [rf"x{number}.{{900}}y{{900}}" for number in range(80)]
    programs = compile_any(sources)
    assert len(programs) > 1
    text = ("x79" + "z" * 900 + "y" * 900).encode()
    assert sum(program.search(text) is not None for program in programs) == 1


def test_the_same_group_name_in_two_filters_is_no_conflict() -> None:
    filters = [
        Filter(FilterRow(i, 10, f"(?P<n>{word})", ""), compile_pattern(f"(?P<n>{word})")) for i, word in enumerate("ab")
    ]
    assert AnyOf(filters).matches("b")
    assert re2.compile(b"a").search(b"a")


@pytest.mark.parametrize("source", ["x{0,1000}" * 200, "(?=x)" + r"\pL" * 600, r"\pL" * 600, r"[^\PL]" * 300])
def test_what_takes_long_to_compile_is_refused_soon(source: str) -> None:
    """RE2 lets nobody else run meanwhile: each held a node for 3 to 60 s."""
    with pytest.raises(UnusablePattern):
        compile_pattern(source)


def test_what_takes_long_to_compile_is_no_screen_either() -> None:
    """It held a node for 16 s."""
    pattern = compile_pattern("(?=x)" + "[a-z]{0,1000}" * 150)
    assert isinstance(pattern, BacktrackingPattern)
    assert pattern.screen is None
