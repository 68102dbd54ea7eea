"""The corpus generator: readable, consistent with itself, and the one that the weights were trained on."""

from __future__ import annotations

import random
import re

import pytest
from ember_text_training.corpus import build_tokenizer, document, rows
from ember_text_training.plots import story
from ember_text_training.tale import tidy

from horde_worker.backends.demo_text.model import DemoTextModel
from horde_worker.backends.demo_text.tokenizer import END, Tokenizer


@pytest.fixture(scope="module")
def corpus_tokenizer() -> Tokenizer:
    """Counted from the corpus, which takes a second."""
    return build_tokenizer()


def test_the_vocabulary_of_the_weights_is_that_of_the_corpus(
    ember_text: DemoTextModel, corpus_tokenizer: Tokenizer
) -> None:
    """Who changes the corpus has to train again."""
    assert corpus_tokenizer.tokens == ember_text.tokenizer.tokens


def test_documents_follow_from_the_seed() -> None:
    """The corpus is made up anew at every training, and is always the same."""
    assert [document(random.Random(7)) for _ in range(3)] == [document(random.Random(7))] * 3
    assert document(random.Random(7)) != document(random.Random(8))


def test_no_gap_is_left_open_and_articles_fit() -> None:
    """In a thousand documents."""
    rng = random.Random(1)
    for _ in range(1000):
        text = document(rng)
        assert "{" not in text and "  " not in text
        assert not re.search(r"\b[Aa] [aeiou]", text), text
        assert not re.search(r"[.!?] [a-z]", text.replace('." ', "").replace('!" ', "").replace('?" ', "")), text


def test_stories_stay_with_their_heroes() -> None:
    """The name from the beginning comes again."""
    rng = random.Random(2)
    named_again = [text.count(tale.words["hero"]) >= 2 for tale, text in (story(rng) for _ in range(300))]
    assert sum(named_again) / 300 > 0.95


def test_many_stories_open_in_the_classic_way() -> None:
    """So that "Once upon a time" has seen everything."""
    rng = random.Random(3)
    share = sum(story(rng)[1].startswith("Once upon a time") for _ in range(500)) / 500
    assert 0.35 < share < 0.55


def test_sentences_are_tidied() -> None:
    """Articles and capitals."""
    assert tidy("a owl sat in a old tree. it slept.") == "An owl sat in an old tree. It slept."


def test_rows_have_the_length_asked_for_and_mostly_begin_with_a_document(corpus_tokenizer: Tokenizer) -> None:
    """What the net is fed with."""
    source = rows(random.Random(4), corpus_tokenizer, 64)
    drawn = [next(source) for _ in range(200)]
    assert {len(row) for row in drawn} == {64}
    assert 0.7 < sum(row[0] == END for row in drawn) / 200 < 0.95
