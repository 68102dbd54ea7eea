"""The end of a prompt that fits, whatever counts its tokens."""

from __future__ import annotations

import pytest

from horde_worker.backends.text_servers.prompt_window import LONGEST_TOKEN_CHARACTERS, fitting, guessed_tokens


class Counter:
    """Counts words, or as it is told; remembers how long the texts were."""

    def __init__(self, characters_a_token: int = 0) -> None:
        self.characters_a_token = characters_a_token
        self.asked: list[int] = []

    async def __call__(self, text: str) -> int | None:
        self.asked.append(len(text))
        return len(text) // self.characters_a_token + 1 if self.characters_a_token else len(text.split())


async def cannot(_text: str) -> int | None:
    return None


async def test_a_short_prompt_is_not_even_counted() -> None:
    """A token has one byte at least."""
    counter = Counter()
    assert await fitting("the cat", 100, counter) == "the cat"
    assert counter.asked == []


@pytest.mark.parametrize("room", [3, 10, 100, 1000])
@pytest.mark.parametrize("characters_a_token", [0, 1, 4, 17])
async def test_what_is_kept_is_the_end_and_fits_and_is_most_of_it(room: int, characters_a_token: int) -> None:
    """Within a handful of counts, for dense text and thin."""
    prompt = " ".join(f"word{place}" for place in range(4000))
    counter = Counter(characters_a_token)
    kept = await fitting(prompt, room, counter)
    assert prompt.endswith(kept)
    counted = await counter(kept)
    assert counted is not None
    assert counted <= room
    assert len(counter.asked) <= 7
    assert counted >= (room - 2) * 0.85 - 1


async def test_a_text_that_grows_denser_towards_its_end_still_fits() -> None:
    """Where a cut in proportion would keep too much."""

    async def count(text: str) -> int | None:
        return text.count("x") * 10 + text.count(" ") // 10

    prompt = " " * 20_000 + "x" * 2_000
    kept = await fitting(prompt, 500, count)
    counted = await count(kept)
    assert counted is not None
    assert counted <= 500


async def test_a_counter_that_is_never_content_ends_in_a_guess() -> None:
    """A server that counts everything as too much does not hold a job up."""

    async def too_much(_text: str) -> int | None:
        return 10**9

    assert guessed_tokens(await fitting("word " * 10_000, 100, too_much)) <= 100


async def test_without_a_tokenizer_it_is_guessed() -> None:
    """Three bytes a token, which holds for English and for scripts of many bytes a letter."""
    for prompt in ("word " * 10_000, "猫は家に帰った。" * 2_000, "🐈" * 5_000):
        kept = await fitting(prompt, 300, cannot)
        assert prompt.endswith(kept)
        assert 200 <= guessed_tokens(kept) <= 298


async def test_an_enormous_prompt_is_not_sent_to_be_counted() -> None:
    """Only as much of it as could fit at most."""
    counter = Counter()
    await fitting("a " * 2_500_000, 200, counter)
    assert max(counter.asked) <= 200 * LONGEST_TOKEN_CHARACTERS


async def test_half_a_letter_in_a_prompt_does_no_harm() -> None:
    """JSON can carry such a thing."""
    assert (await fitting("\ud83d " * 1000, 100, cannot)).endswith("\ud83d ")
