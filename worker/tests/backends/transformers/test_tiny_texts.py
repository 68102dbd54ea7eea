"""Texts by a real model with random weights: what the job asks for is what comes out."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from tiny_text_model import save_tiny_text_model

from horde_worker.backends.events import BackendFailure, Piece, Progress
from horde_worker.backends.interface import BackendSettings
from horde_worker.backends.text import ChatAbilities, Conversation, TextJob, TextResult
from horde_worker.backends.transformers_backend import TransformersBackend
from horde_worker.text_sampling import TextSampling, next_token_shares

pytestmark = pytest.mark.torch

JOB = TextJob(("a",), "tiny", "the quick brown fox", 24, 256, (7,), 150.0)
PAIR = replace(JOB, ids=("a", "b"), seeds=(7, 8))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model."""
    return save_tiny_text_model(tmp_path_factory.mktemp("models") / "tiny")


async def opened(folder: Path, **options: Any) -> TransformersBackend:
    """On the processor."""
    return await TransformersBackend.open(
        BackendSettings("transformers", {"models": {"tiny": folder}, "devices": "cpu", **options})
    )


@pytest_asyncio.fixture
async def backend(folder: Path) -> AsyncIterator[TransformersBackend]:
    """With the model loaded."""
    made = await opened(folder)
    yield made
    await made.close()


async def texts(backend: TransformersBackend, job: TextJob) -> list[TextResult]:
    """The results of a job."""
    return [event async for event in backend.make(job) if isinstance(event, TextResult)]


def loaded(backend: TransformersBackend) -> Any:
    """The model and its tokenizer, as the library has them."""
    with backend._stations.one(lambda: False) as station:
        model = station.models.get("tiny")
        return model._model, model._tokenizer


async def test_it_offers_what_the_config_says(backend: TransformersBackend) -> None:
    """The context of the model, not one that sounds good."""
    able = backend.abilities
    assert (able.models, able.max_context_length, able.max_length, able.max_batch) == (("tiny",), 256, 128, 4)
    assert backend.slots == 1


async def test_a_batch_equals_single_texts(backend: TransformersBackend) -> None:
    """Each has a seed and dice of its own."""
    first, second = await texts(backend, PAIR)
    assert (first.seed, second.seed) == (7, 8)
    assert first.text != second.text
    assert [first] == await texts(backend, JOB)
    assert [second] == await texts(backend, replace(JOB, seeds=(8,)))


async def test_pieces_make_the_text_and_tokens_are_counted(backend: TransformersBackend) -> None:
    """Of each text of a batch for itself."""
    events = [event async for event in backend.make(PAIR)]
    results = [event for event in events if isinstance(event, TextResult)]
    for place, result in enumerate(results):
        told = [event for event in events if isinstance(event, Piece) and event.place == place]
        assert len(told) > 1
        assert "".join(piece.text for piece in told) == result.text
        steps = [event for event in events if isinstance(event, Progress) and event.place == place]
        assert [step.step for step in steps] == list(range(1, result.tokens + 1))
        assert {step.steps for step in steps} == {JOB.max_length}
    assert events[-2:] == results


SAMPLERS: list[TextSampling] = [
    TextSampling(),
    TextSampling(temperature=0.0),
    TextSampling(temperature=1.7),
    TextSampling(top_k=3),
    TextSampling(top_a=0.3),
    TextSampling(top_p=0.6),
    TextSampling(min_p=0.2),
    TextSampling(tfs=0.6),
    TextSampling(typical=0.5),
    TextSampling(rep_pen=2.5),
    TextSampling(rep_pen=2.5, rep_pen_range=4),
    TextSampling(rep_pen=2.5, rep_pen_slope=3.0),
    TextSampling(smoothing_factor=0.5),
    TextSampling(dynatemp_range=0.9),
    TextSampling(dynatemp_range=0.9, dynatemp_exponent=3.0),
    TextSampling(temperature=1.6, top_p=0.7, rep_pen=1.3, sampler_order=(5, 2, 6, 0, 1, 3, 4)),
]


@pytest.mark.parametrize("sampling", SAMPLERS, ids=repr)
async def test_every_sampler_draws_what_the_reference_draws(
    backend: TransformersBackend, sampling: TextSampling
) -> None:
    """The reference: the model's scores of all that was read, computed anew for each token, and our one function."""
    import torch

    model, tokenizer = loaded(backend)
    read = tokenizer(JOB.prompt)["input_ids"]
    prompt_length = len(read)
    dice = np.random.Generator(np.random.PCG64(7))
    for made in range(JOB.max_length):
        with torch.inference_mode():
            scores = model(torch.tensor([read])).logits[0, -1].float().numpy()
        shares = next_token_shares(scores, read, sampling, banned=(1,) if made == 0 else ())
        read.append(int(dice.choice(len(shares), p=shares)))
        if read[-1] == 1:
            break
    [result] = await texts(backend, replace(JOB, sampling=sampling))
    assert result.tokens == len(read) - prompt_length
    assert result.text == tokenizer.decode(read[prompt_length:], skip_special_tokens=True)


async def test_samplers_change_the_text(backend: TransformersBackend) -> None:
    """None of them is lost on the way: most give a text of their own."""
    made = {(await texts(backend, replace(JOB, sampling=sampling)))[0].text for sampling in SAMPLERS}
    assert len(made) >= len(SAMPLERS) - 3


async def test_a_stop_sequence_ends_a_text_and_stays(backend: TransformersBackend) -> None:
    """Wherever it lies in the tokens."""
    [whole] = await texts(backend, JOB)
    stop = whole.text[5:8]
    [stopped] = await texts(backend, replace(JOB, stop_sequences=("never there", stop)))
    assert stopped.text == whole.text[: whole.text.index(stop) + len(stop)]
    assert stopped.tokens < whole.tokens


async def test_one_text_of_a_batch_ends_without_the_other(backend: TransformersBackend) -> None:
    """The other goes on to its length."""
    first, second = await texts(backend, PAIR)
    stop = next(letter for letter in first.text if letter not in second.text)
    ended, other = await texts(backend, replace(PAIR, stop_sequences=(stop,)))
    assert ended.text.endswith(stop)
    assert ended.tokens < first.tokens
    assert other == second


async def test_a_text_ends_where_the_model_ends_it_unless_it_may_not(folder: Path, tmp_path: Path) -> None:
    """The token of the end, here one that greedy writing comes to soon."""
    greedy = replace(JOB, sampling=TextSampling(temperature=0.0))
    backend = await opened(folder)
    _, tokenizer = loaded(backend)
    [whole] = await texts(backend, greedy)
    await backend.close()
    end = tokenizer(whole.text)["input_ids"][4]
    other = Path(shutil.copytree(folder, tmp_path / "ends"))
    settings = json.loads((other / "generation_config.json").read_text())
    (other / "generation_config.json").write_text(json.dumps({**settings, "eos_token_id": [1, end]}))
    backend = await opened(other)
    [ended] = await texts(backend, greedy)
    assert 1 <= ended.tokens < whole.tokens
    assert whole.text.startswith(ended.text)
    [endless] = await texts(backend, replace(greedy, may_end=False))
    assert endless.tokens == JOB.max_length
    await backend.close()


async def test_what_the_models_file_says_of_drawing_does_not_count(
    backend: TransformersBackend, folder: Path, tmp_path: Path
) -> None:
    """The job says how tokens are drawn; of the file only the tokens of the end count."""
    expected = await texts(backend, PAIR)
    other = Path(shutil.copytree(folder, tmp_path / "opinionated"))
    settings = json.loads((other / "generation_config.json").read_text())
    opinions = {
        "repetition_penalty": 9.0,
        "no_repeat_ngram_size": 1,
        "suppress_tokens": list(range(100)),
        "min_new_tokens": 30,
        "do_sample": True,
        "temperature": 9.0,
        "top_k": 1,
        "num_beams": 2,
    }
    (other / "generation_config.json").write_text(json.dumps({**settings, **opinions}))
    opinionated = await opened(other)
    assert await texts(opinionated, PAIR) == expected
    await opinionated.close()


async def test_only_the_last_tokens_of_a_long_prompt_count(backend: TransformersBackend) -> None:
    """Behind the one that begins every text; what the job asks for and what the model can hold both limit them."""
    tail = "small red boat " * 40
    long = replace(JOB, prompt=f"once {tail}", max_context_length=64)
    assert await texts(backend, long) == await texts(backend, replace(long, prompt=f"never ever {tail}"))
    assert await texts(backend, long) != await texts(backend, replace(long, max_context_length=80))
    longest = replace(JOB, prompt="x " * 100_000, max_context_length=256)
    assert (await texts(backend, longest))[0].tokens == JOB.max_length


async def test_an_empty_prompt_is_one_too(backend: TransformersBackend) -> None:
    """The text begins with nothing before it."""
    assert (await texts(backend, replace(JOB, prompt="")))[0].text


async def test_a_closed_job_frees_the_device(backend: TransformersBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two tokens, long before the text would be done."""
    model, _ = loaded(backend)
    forward, calls = type(model).forward, []

    def counted(self: Any, *inputs: Any, **named: Any) -> Any:
        calls.append(1)
        return forward(self, *inputs, **named)

    monkeypatch.setattr(type(model), "forward", counted)
    events = backend.make(replace(JOB, max_length=2000, max_context_length=2100, may_end=False))
    await anext(events)
    await events.aclose()
    with backend._stations.one(lambda: False):
        assert 0 < len(calls) < 2000


async def test_scores_that_are_no_numbers_are_a_failure(backend: TransformersBackend) -> None:
    """As of weights that overflow in half precision."""
    import torch

    model, _ = loaded(backend)
    with torch.no_grad():
        model.lm_head.weight.fill_(torch.nan)
    with pytest.raises(BackendFailure, match="scores are no numbers"):
        await texts(backend, JOB)


async def test_without_room_for_all_texts_they_are_written_in_turn(
    backend: TransformersBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A net that has room for one row: the job is done all the same, with the same texts."""
    import torch

    expected = await texts(backend, PAIR)
    model, _ = loaded(backend)
    forward = type(model).forward

    def cramped(self: Any, input_ids: Any = None, **inputs: Any) -> Any:
        if input_ids.shape[0] > 1:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        return forward(self, input_ids, **inputs)

    monkeypatch.setattr(type(model), "forward", cramped)
    assert await texts(backend, PAIR) == expected


async def test_without_room_for_one_text_the_job_fails(
    backend: TransformersBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a reason, and with the memory given back."""
    import torch

    model, _ = loaded(backend)

    def full(self: Any, *inputs: Any, **named: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(type(model), "forward", full)
    with pytest.raises(BackendFailure, match="out of memory, also with one text at a time"):
        await texts(backend, PAIR)
    with backend._stations.one(lambda: False) as station:
        assert station.models.names == ()


async def test_an_idle_worker_can_let_go_of_its_memory(backend: TransformersBackend) -> None:
    """The next job loads the model again."""
    before = await texts(backend, JOB)
    await backend.unload()
    with backend._stations.one(lambda: False) as station:
        assert station.models.names == ()
    await backend.self_test()
    assert await texts(backend, JOB) == before


async def test_an_alias_means_the_first_model_and_each_model_is_another(folder: Path, tmp_path: Path) -> None:
    """Models are loaded when a job asks for them."""
    second = save_tiny_text_model(tmp_path / "second", context=128, seed=2)
    backend = await opened(folder, models={"tiny": folder, "other": second})
    assert backend.abilities.max_context_length == 128
    one = await texts(backend, JOB)
    assert one == await texts(backend, replace(JOB, model="a name of the horde's"))
    assert one != await texts(backend, replace(JOB, model="other"))
    await backend.close()


async def test_a_model_that_is_gone_is_offered_no_more(folder: Path, tmp_path: Path) -> None:
    """The job that needed it fails with a reason; with the last model the backend is not ready."""
    second = save_tiny_text_model(tmp_path / "second", seed=2)
    backend = await opened(folder, models={"tiny": folder, "other": second})
    shutil.rmtree(second)
    with pytest.raises(BackendFailure, match="second cannot be loaded"):
        await texts(backend, replace(JOB, model="other"))
    assert (backend.abilities.models, backend.unready) == (("tiny",), "")
    backend._offered.withdraw("tiny", "for the test")
    assert (backend.abilities.models, backend.unready) == ((), "no model can be loaded")
    await backend.close()


async def test_after_a_gpu_has_given_up_no_job_is_asked_for(
    backend: TransformersBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is tried next in this process would fail."""
    model, _ = loaded(backend)

    def lost(self: Any, *inputs: Any, **named: Any) -> Any:
        raise RuntimeError("HIP error: an illegal memory access was encountered")

    monkeypatch.setattr(type(model), "forward", lost)
    with pytest.raises(RuntimeError, match="HIP error"):
        await texts(backend, JOB)
    assert backend.unready == "cpu has given up; a restart of the worker may help"


async def test_a_device_that_is_not_there_is_told(folder: Path) -> None:
    """By its name."""
    with pytest.raises(BackendFailure, match="torch cannot use the device 'cuda:7'"):
        await opened(folder, devices="cuda:7")


async def test_a_model_that_cannot_be_loaded_is_told(folder: Path, tmp_path: Path) -> None:
    """Before the first pop."""
    broken = Path(shutil.copytree(folder, tmp_path / "broken"))
    (broken / "config.json").write_text('{"model_type": "no such architecture"}')
    with pytest.raises(BackendFailure, match="broken cannot be loaded"):
        await opened(broken)


async def test_what_is_said_to_be_given_to_the_library_is_given(
    backend: TransformersBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each parameter that the table calls sent: a job that differs in it alone differs there, and nowhere else."""
    model, _ = loaded(backend)
    generate = type(model).generate

    async def sent(job: TextJob) -> dict[str, Any]:
        seen: dict[str, Any] = {}

        def noted(self: Any, inputs: Any, **named: Any) -> Any:
            seen["generate(inputs)"] = inputs.tolist()
            seen["GenerationConfig.max_new_tokens"] = named["generation_config"].max_new_tokens
            return generate(self, inputs, **named)

        monkeypatch.setattr(type(model), "generate", noted)
        await texts(backend, job)
        return seen

    base = replace(JOB, prompt="".join(chr(33 + n * 7 % 90) for n in range(400)), max_context_length=230)
    changes: list[tuple[dict[str, Any], set[str]]] = [
        ({"prompt": base.prompt + "!"}, {"generate(inputs)"}),
        ({"max_length": 25, "max_context_length": 231}, {"GenerationConfig.max_new_tokens"}),
        ({"max_context_length": 200}, {"generate(inputs)"}),
        ({"ids": ("a", "b"), "seeds": (7, 8)}, {"generate(inputs)"}),
    ]
    for change, where in changes:
        before, after = await sent(base), await sent(replace(base, **change))
        assert {place for place in before if before[place] != after[place]} == where


async def test_a_conversation_is_written_by_the_models_own_template(folder: Path, tmp_path: Path) -> None:
    """With no second token of the beginning; marks that a user types open no turn for somebody else."""
    chatty = shutil.copytree(folder, tmp_path / "chatty")
    template = (
        "{% for message in messages %}{{ '<' + message.role + '>' + message.content | string }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}"
    )
    (chatty / "chat_template.jinja").write_text(template)
    backend = await opened(chatty)
    try:
        assert backend.abilities.chat == ChatAbilities()
        assert backend.abilities.loaded == ("tiny",)
        _, tokenizer = loaded(backend)
        mark = tokenizer.all_special_tokens[0]
        said = ({"role": "user", "content": f"hello {mark} there"},)
        with backend._stations.one(lambda: False) as station:
            model = station.models.get("tiny")
            written = model._written(Conversation(said))
            parts = [{"type": "text", "text": f"hello {mark} there"}, f"and {mark}", {"type": "other"}]
            in_parts = model._written(Conversation(({"role": "user", "content": parts},)))
            begun = (*said, {"role": "assistant", "content": "well"})
            continued = model._written(Conversation(begun, continues=True))
        assert written == f"<user>hello {mark[0]}\u200d{mark[1:]} there<assistant>"
        assert in_parts is not None
        assert mark not in in_parts
        assert continued is not None
        assert continued.endswith("<assistant>well")
        prompted, [talked] = (
            await texts(backend, JOB),
            await texts(backend, replace(JOB, conversation=Conversation(said))),
        )
        assert talked.text != prompted[0].text
        assert talked.finish_reason in ("stop", "length")
    finally:
        await backend.close()


async def test_a_template_that_fails_leaves_the_prompt(folder: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(folder, tmp_path / "broken")
    (broken / "chat_template.jinja").write_text("{{ raise_exception('no') }}")
    backend = await opened(broken)
    try:
        talk = Conversation(({"role": "user", "content": "hello"},))
        assert await texts(backend, replace(JOB, conversation=talk)) == await texts(backend, JOB)
    finally:
        await backend.close()
