"""What the built-in language model writes: readable, bounded, repeatable."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from horde_worker.backends.demo_text.model import DemoTextModel, GenerationStopped, Passage
from horde_worker.backends.demo_text.network import Memory, Network
from horde_worker.backends.demo_text.weights import load_weights
from horde_worker.stop_sequences import end_of_stop
from horde_worker.text_sampling import TextSampling

GREEDY = TextSampling(temperature=0.0)
ONCE = Passage("Once upon a time", max_length=60, seed=3)


def test_a_tale_goes_on_in_whole_sentences_of_known_words(ember_text: DemoTextModel) -> None:
    """Of eight tales, nearly every word is one of the corpus, none is silent, and sentences have an end."""
    tales = [ember_text.generate(replace(ONCE, seed=seed)).text for seed in range(8)]
    known = {token.strip().lower() for token in ember_text.tokenizer.tokens if len(token.strip()) > 1} | {"a", "i"}
    words = [word.strip('.,!?";:').lower() for tale in tales for word in tale.split()]
    assert np.mean([word.removesuffix("'s") in known for word in words]) > 0.95
    assert all(tale.count(".") + tale.count("!") + tale.count("?") >= 2 for tale in tales)


def test_a_tale_speaks_of_whom_the_prompt_named(ember_text: DemoTextModel) -> None:
    """The model looks back: in most continuations the name comes again, also one that it has to spell."""
    for name in ("Clara", "Zimo"):
        prompt = f"Once upon a time, there was a brave fox named {name} who lived in a dark forest."
        tales = [ember_text.generate(Passage(prompt, max_length=100, seed=seed)).text for seed in range(6)]
        assert sum(name in tale for tale in tales) >= 4, name


def test_a_question_gets_an_answer(ember_text: DemoTextModel) -> None:
    """In the form that chat programs send."""
    prompt = "User: What is your favorite color?\nAssistant:"
    answer = ember_text.generate(Passage(prompt, max_length=30, sampling=GREEDY, stop_sequences=("\n",))).text
    assert "color" in answer or "like" in answer


def test_the_same_passage_gives_the_same_text(ember_text: DemoTextModel) -> None:
    """By the seed alone."""
    assert ember_text.generate(ONCE) == ember_text.generate(ONCE)
    assert ember_text.generate(ONCE) != ember_text.generate(replace(ONCE, seed=4))


@pytest.mark.parametrize("length", [1, 16, 400])
def test_a_text_has_no_more_tokens_than_asked_for(ember_text: DemoTextModel, length: int) -> None:
    """Also beyond the model's window of 256, when it must not end by itself."""
    written = ember_text.generate(Passage("Once upon a time", max_length=length, may_end=False))
    assert written.tokens == length
    assert len(ember_text.tokenizer.encode(written.text)) == pytest.approx(length, rel=0.1)


def test_a_text_stops_at_a_stop_sequence_and_keeps_it(ember_text: DemoTextModel) -> None:
    """Whichever comes first (workers.md §7.6)."""
    free = ember_text.generate(ONCE).text
    assert ember_text.generate(replace(ONCE, stop_sequences=("no such words", "."))).text == free[: free.index(".") + 1]


@pytest.mark.parametrize(
    ("text", "fresh", "end"),
    [("a stop b", 8, 6), ("a stop b", 1, None), ("a sto", 5, None), ("a stop", 2, 6), ("", 0, None)],
)
def test_only_a_stop_sequence_that_just_came_about_counts(text: str, fresh: int, end: int | None) -> None:
    """Also when its beginning was there before."""
    assert end_of_stop(text, fresh, ("stop", "", "no")) == end


def test_a_text_is_never_empty(ember_text: DemoTextModel) -> None:
    """The end of a document cannot be the first token."""
    whole = "And that is the story of Milo the fox. The end."
    assert all(ember_text.generate(Passage(whole, max_length=5, seed=seed)).text for seed in range(10))


def test_no_prompt_begins_a_document(ember_text: DemoTextModel) -> None:
    """And a strange one does not break anything."""
    assert ember_text.generate(Passage("", max_length=20)).text[0].isalpha()
    assert ember_text.generate(Passage("日本語 🦊 \x00", max_length=20)).tokens == 20


def test_a_space_at_the_end_of_a_prompt_is_not_doubled(ember_text: DemoTextModel) -> None:
    """The text goes on where the prompt ends."""
    plain = ember_text.generate(replace(ONCE, sampling=GREEDY)).text
    assert ember_text.generate(replace(ONCE, prompt="Once upon a time, ", sampling=GREEDY)).text[0] != " "
    assert plain[0] in " ,"


def test_of_a_long_prompt_the_end_counts(ember_text: DemoTextModel) -> None:
    """It is cut from the left to leave room for the text, by the context asked for and by the model's window."""
    tail = " and the fox said to the owl"
    passage = Passage(tail, max_length=16, max_context_length=23, sampling=GREEDY)
    assert ember_text.generate(replace(passage, prompt="the sea" * 50 + tail)) == ember_text.generate(
        replace(passage, prompt="a hat" * 50 + tail)
    )
    assert ember_text.generate(replace(passage, prompt="the sea" * 9000 + tail, max_context_length=8192)).tokens == 16


def test_a_text_can_be_stopped_between_two_tokens(ember_text: DemoTextModel) -> None:
    """As when a job is cancelled."""
    made: list[int] = []
    with pytest.raises(GenerationStopped, match="before token 4 of 60"):
        ember_text.generate(ONCE, on_token=lambda done, _most: made.append(done), should_stop=lambda: len(made) == 3)
    assert made == [1, 2, 3]


def test_reading_token_by_token_is_reading_all_at_once() -> None:
    """The memory of keys and values changes the cost, not the scores."""
    weights = load_weights()
    network = Network(weights)
    tokens = weights.tokenizer.encode("Once upon a time, there was a fox named Zorb.")
    whole = network.read(tokens, Memory(weights.shape))
    memory = Memory(weights.shape)
    network.read(tokens[:5], memory)
    network.read(tokens[5:9], memory)
    for token in tokens[9:]:
        last = network.read([token], memory)
    assert last == pytest.approx(whole, abs=1e-3)
