"""Which template a model gets: by whom it is named, and by what it is called."""

from __future__ import annotations

import re

import pytest

from horde_server.gateway.templates.choosing import choose
from horde_server.gateway.templates.names import NamePattern, by_name, patterns, plain_name
from horde_server.gateway.templates.own import Own, OwnTemplates
from horde_server.gateway.templates.template import Template, built_in
from horde_server.models import catalogue


@pytest.mark.parametrize("known", patterns(), ids=lambda known: known.match)
def test_each_pattern_has_an_example_that_gets_its_template(known: NamePattern) -> None:
    """Each line of the file decides for some model (gateway-templates.md §1.3)."""
    assert known.template in built_in()
    assert re.search(known.match, plain_name(known.example), re.IGNORECASE)
    earlier = [
        other
        for other in patterns()[: patterns().index(known)]
        if re.search(other.match, plain_name(known.example), re.IGNORECASE)
    ]
    assert earlier == []  # so this pattern decides
    assert by_name(known.example) == known.template


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("koboldcpp/L3-8B-Stheno-v3.2", "L3-8B-Stheno-v3.2"),
        ("tabbyAPI/Qwen2.5-7B-Q4_K_M", "Qwen2.5-7B"),
        ("llamacpp/MN-12B-Mag-Mell-R1-GGUF", "MN-12B-Mag-Mell-R1"),
        ("aphrodite/mistralai/Mistral-Nemo", "mistralai/Mistral-Nemo"),
        ("Model.i1-IQ4_XS.gguf", "Model"),
    ],
)
def test_a_name_is_searched_without_program_and_quantisation(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def test_whoever_knows_the_model_better_is_heard_first() -> None:
    own = OwnTemplates((Own(re.compile("merge"), "mine", Template("{content}", "{content}")),))
    known = {"merge-qwen": "Llama 3", "other-qwen": "Alpaca"}
    claims = {"third-qwen": "gemma", "other-qwen": "gemma", "fourth-qwen": "nonsense"}

    def chosen(model: str, wished: str | None = None) -> tuple[str, bool]:
        found = choose((model,), wished=wished, catalogue=known.get, claims=claims, own=own)
        return found.name, found.is_guess

    assert chosen("merge-qwen", "Vicuna") == ("vicuna", False)
    assert chosen("merge-qwen") == ("mine", False)
    assert chosen("other-qwen") == ("alpaca", False)
    assert chosen("third-qwen") == ("gemma", False)
    assert chosen("fourth-qwen") == ("qwen", True)
    assert chosen("nobody-knows-it") == ("chatml", True)


@pytest.mark.parametrize(
    ("word", "model", "template"),
    [
        ("ChatML", "x", "chatml"),
        ("Llama 3", "x", "llama3"),
        ("Mistral", "x", "mistral-v3"),
        ("Mistral", "Mistral-Nemo-12B", "mistral-tekken"),
        ("Alpaca", "x", "alpaca"),
        ("Vicuna", "x", "vicuna"),
        ("Gemma", "x", "gemma"),
        ("Phi", "x", "phi3"),
        ("Phi", "phi-4", "phi4"),
        ("Metharme", "x", "metharme"),
        ("Command-R", "x", "command-r"),
        ("command r", "x", "command-r"),
    ],
)
def test_the_catalogues_words_are_understood(word: str, model: str, template: str) -> None:
    found = choose((model,), catalogue=lambda name: word)
    assert (found.name, found.is_guess) == (template, False)


def test_the_demo_models_speak_plainly_or_by_a_guess() -> None:
    assert choose(("ember",), catalogue=catalogue.instruct_format).is_guess
