"""Names of text models and their sizes (generation.md §4.3)."""

from __future__ import annotations

import pytest

from horde_server.kudos.text_models import parameters_billions

CATALOGUE = {"Fimbulvetr-11B-v2": 11.0, "koboldcpp/Fimbulvetr-11B-v2": 11.0, "Mistral-7B": 7.0, "Qwen2.5-72B": 72.0}


@pytest.mark.parametrize(
    "name",
    [
        "Fimbulvetr-11B-v2",
        "koboldcpp/Fimbulvetr-11B-v2",
        "Fimbulvetr-11B-v2::ada#1",
        "Fimbulvetr-11B-v2-IQ4_XS",
        "Fimbulvetr-11B-v2.i1-Q4_K_S",
        "Fimbulvetr-11B-v2-i1-Q4_K_M.gguf",
        "Fimbulvetr-11B-v2.Q4_K_M",
        "Fimbulvetr-11B-v2-Q4_K_M",
        "Fimbulvetr-11B-v2-q8_0",
        "Fimbulvetr-11B-v2-GPTQ-Int4",
        "Fimbulvetr-11B-v2,Q6_K",
        "Fimbulvetr-11B-v2.gguf",
        "koboldcpp/Fimbulvetr-11B-v2.Q5_K_M.gguf::ada#1",
    ],
)
def test_a_quantised_or_owned_model_is_the_model_it_was_made_from(name) -> None:
    assert parameters_billions(name, CATALOGUE) == 11.0


@pytest.mark.parametrize("name", ["fimbulvetr-11b-v2", "aphrodite/Fimbulvetr-11B-v2", "Fimbulvetr-11B", "", "::ada#1"])
def test_other_names_are_unknown(name) -> None:
    """Names are case-sensitive, and prefixes are part of the catalogue's names."""
    assert parameters_billions(name, CATALOGUE) is None


def test_a_q_that_is_part_of_the_name_stays() -> None:
    assert parameters_billions("Qwen2.5-72B", CATALOGUE) == 72.0
    assert parameters_billions("Qwen2.5-72B-Q4_K_M", CATALOGUE) == 72.0
