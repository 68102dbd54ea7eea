"""From a job to its texts, by any server: stops, lengths, batches, failures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace

import pytest
from structlog.testing import capture_logs
from text_contracts.koboldcpp import KoboldCppContract
from text_contracts.llamacpp import LlamaCppContract
from text_contracts.ollama import OllamaContract
from text_contracts.openai import ChatContract, OpenAiContract, TabbyContract, ThinkingContract, VllmContract
from text_contracts.served import LIMIT_S, STORY, ContractServer
from text_jobs import a_job, events_of, pieces_of, texts_of

from horde_worker.backends.events import BackendFailure, Progress
from horde_worker.backends.over_http.server import BackendGone, BackendRefused
from horde_worker.backends.text import TextResult
from horde_worker.backends.text_servers.maker import EMPTY_PROMPT, TextServerMaker

Open = Callable[..., Awaitable[TextServerMaker]]

WHOLE = "".join(STORY)
SERVERS = {
    "koboldcpp": KoboldCppContract,
    "llamacpp": LlamaCppContract,
    "ollama": OllamaContract,
    "openai": OpenAiContract,
    "vllm": VllmContract,
    "chat": ChatContract,
}
each_server = pytest.mark.parametrize("kind", SERVERS)


async def opened_kind(opened: Open, kind: str, **options: object) -> tuple[ContractServer, TextServerMaker]:
    """A played server, and what makes texts by it."""
    server = SERVERS[kind]()
    backend = kind if kind in ("koboldcpp", "llamacpp", "ollama") else "openai"
    return server, await opened(server, backend, context_length=1024, **options)


@each_server
async def test_a_text_is_what_the_server_writes(opened: Open, kind: str) -> None:
    """All of it, with how much it was and how far it was."""
    _, maker = await opened_kind(opened, kind)
    events = await events_of(maker, a_job())
    assert [event for event in events if isinstance(event, TextResult)] == [TextResult(WHOLE, 7, len(STORY))]
    assert pieces_of(events, 1) == [WHOLE]
    assert [event for event in events if isinstance(event, Progress)][-1] == Progress(0, len(STORY), 40)


@each_server
@pytest.mark.parametrize(
    ("stops", "text"),
    [
        ((" cat",), "Once there was a cat"),
        (("re w",), "Once there w"),  # over two tokens
        (("ca",), "Once there was a ca"),  # within one
        (("home", ".\n"), "Once there was a cat.\n"),
        (("Once",), "Once"),
        (("dog",), WHOLE),
    ],
)
async def test_a_stop_sequence_ends_a_text_and_stays_in_it(
    opened: Open, kind: str, stops: tuple[str, ...], text: str
) -> None:
    """Whether the server keeps it, names it, cuts it without a word or knows nothing of it."""
    _, maker = await opened_kind(opened, kind)
    assert await texts_of(maker, a_job(stop_sequences=stops)) == [text]


@each_server
async def test_a_text_is_no_longer_than_asked_for(opened: Open, kind: str) -> None:
    """In tokens of the server."""
    _, maker = await opened_kind(opened, kind)
    assert await texts_of(maker, a_job(max_length=4)) == ["Once there was a"]


@each_server
async def test_a_batch_has_a_text_for_each_seed(opened: Open, kind: str) -> None:
    """In their order, each asked for with its own seed."""
    server, maker = await opened_kind(opened, kind)
    events = await events_of(maker, a_job(seeds=(5, 6, 7)))
    assert [event.seed for event in events if isinstance(event, TextResult)] == [5, 6, 7]
    assert pieces_of(events, 3) == [WHOLE] * 3
    seeds = [body.get("seed", body.get("sampler_seed", body.get("options", {}).get("seed"))) for body in server.texts()]
    assert sorted(seeds) == ([6, 7, 8] if kind == "koboldcpp" else [5, 6, 7])


async def test_texts_of_a_batch_are_written_side_by_side(opened: Open) -> None:
    """As many as the server has slots for, or as its owner says."""
    server = LlamaCppContract()
    maker = await opened(server, "llamacpp")
    assert maker.abilities.max_batch == 2
    await texts_of(maker, a_job(seeds=tuple(range(6))))
    assert server.most_at_once == 2
    server = LlamaCppContract()
    maker = await opened(server, "llamacpp", slots=5)
    await texts_of(maker, a_job(seeds=tuple(range(6))))
    assert server.most_at_once == maker.abilities.max_batch == 5


@each_server
async def test_the_end_of_a_long_prompt_is_what_counts(opened: Open, kind: str) -> None:
    """As much as leaves room for the text, by the server's tokenizer where it has one."""
    server, maker = await opened_kind(opened, kind)
    words = [f"word{place}" for place in range(5000)]
    await texts_of(maker, a_job(prompt=" ".join(words), max_context_length=200, max_length=100))
    [body] = server.texts()
    kept = (body["messages"][0]["content"] if kind == "chat" else body["prompt"]).split()
    assert kept[1:] == words[-len(kept) + 1 :]
    fewest = 25 if kind in ("ollama", "openai", "chat") else 90  # a guess is a cautious one
    assert fewest <= len(kept) <= 98


@each_server
async def test_a_prompt_of_nothing_is_written_to_all_the_same(opened: Open, kind: str) -> None:
    """Several programs would answer with nothing."""
    server, maker = await opened_kind(opened, kind)
    assert await texts_of(maker, a_job(prompt="")) == [WHOLE]
    [body] = server.texts()
    assert (body["messages"][0]["content"] if kind == "chat" else body["prompt"]) == EMPTY_PROMPT


@each_server
async def test_a_job_that_is_given_up_ends_at_the_server(opened: Open, kind: str) -> None:
    """Its computer has something else to do."""
    server, maker = await opened_kind(opened, kind)
    server.holds_after = 6
    making = asyncio.create_task(events_of(maker, a_job()))
    async with asyncio.timeout(LIMIT_S):
        await server.has_begun.wait()
        making.cancel()
        with pytest.raises(asyncio.CancelledError):
            await making
        await server.hung_up.wait()
    if kind == "koboldcpp":
        asked = server.texts()[0]["genkey"]
        assert ("/api/extra/abort", {"genkey": asked}) in server.sent
        assert asked


async def test_koboldcpp_is_told_to_stop_no_text_that_is_there(opened: Open) -> None:
    """It might be somebody else's by then."""
    server = KoboldCppContract()
    await texts_of(await opened(server, "koboldcpp"), a_job())
    assert [path for path, _ in server.sent] == ["/api/extra/generate/stream"]


@each_server
async def test_a_server_that_breaks_off_is_a_failure(opened: Open, kind: str) -> None:
    """The worker asks for no job until it is back."""
    server, maker = await opened_kind(opened, kind)
    server.breaks_after = 4
    with pytest.raises(BackendGone):
        await events_of(maker, a_job())
    assert maker.unready
    server.breaks_after = None
    async with asyncio.timeout(LIMIT_S):
        while maker.unready:
            await asyncio.sleep(0.02)
    assert await texts_of(maker, a_job()) == [WHOLE]


async def test_a_stream_without_an_end_is_a_failure(opened: Open) -> None:
    """However it came about: half a text is not delivered."""

    class Forgetful(LlamaCppContract):
        def lines(self, path: str, body: dict[str, object]) -> list[str]:
            whole = super().lines(path, body)
            return whole if self.is_well else whole[:4]

        is_well = True

    server = Forgetful()
    maker = await opened(server, "llamacpp")
    server.is_well = False
    with pytest.raises(BackendGone, match="broke off in the middle"):
        await events_of(maker, a_job())


@each_server
async def test_a_refusal_is_a_failure_with_its_reason(opened: Open, kind: str) -> None:
    """The server is there: the next job may do."""
    server, maker = await opened_kind(opened, kind)
    server.refusals = [(500, {"error": {"message": "out of memory"}})]
    with pytest.raises(BackendRefused, match="answered 500: out of memory"):
        await events_of(maker, a_job())
    assert not maker.unready
    assert await texts_of(maker, a_job()) == [WHOLE]


@each_server
async def test_a_busy_server_is_asked_again(opened: Open, kind: str) -> None:
    """Somebody else's text is soon over."""
    server, maker = await opened_kind(opened, kind)
    naps: list[float] = []

    async def nap(seconds: float) -> None:
        naps.append(seconds)

    maker._sleep = nap
    server.refusals = [(503, {"detail": {"msg": "Server is busy; please try again later."}})] * 2
    assert await texts_of(maker, a_job()) == [WHOLE]
    assert len(naps) == 2
    assert all(path != "/api/extra/abort" for path, _ in server.sent)  # it is not our text that it is at
    server.refusals = [(503, {"detail": {"msg": "busy"}})] * 9
    with pytest.raises(BackendRefused, match="answered 503"):
        await events_of(maker, a_job())
    assert len(server.refusals) == 4


@each_server
async def test_the_second_empty_text_in_a_row_is_a_failure(opened: Open, kind: str) -> None:
    """One may be what the model has to say; two are a server that does not work."""
    server, maker = await opened_kind(opened, kind)
    for _ in range(2):
        server.story = ()
        assert await texts_of(maker, a_job()) == [""]
        with pytest.raises(BackendFailure, match="wrote nothing, twice in a row"):
            await events_of(maker, a_job())
        server.story = STORY
        assert await texts_of(maker, a_job()) == [WHOLE]


async def test_a_server_that_writes_without_end_is_stopped(opened: Open) -> None:
    """Far beyond what was asked for."""

    class Endless(LlamaCppContract):
        def lines(self, path: str, body: dict[str, object]) -> list[str]:
            return super().lines(path, body | {"n_predict": len(self.story)})

    server = Endless()
    maker = await opened(server, "llamacpp")
    server.story = (" and so on",) * 10_000
    with pytest.raises(BackendFailure, match="wrote far more than 16 tokens"):
        await events_of(maker, a_job(max_length=16))


async def test_texts_of_several_jobs_share_the_slots(opened: Open) -> None:
    """A worker may hold as many jobs as there are slots, each of several texts."""
    server = LlamaCppContract()
    maker = await opened(server, "llamacpp")
    assert maker.slots == 2
    await asyncio.gather(*(texts_of(maker, a_job(seeds=(1, 2, 3))) for _ in range(3)))
    assert server.most_at_once == 2


async def test_it_proves_itself_when_it_is_asked_to(opened: Open) -> None:
    """After several failures, say."""
    server = LlamaCppContract()
    maker = await opened(server, "llamacpp")
    await maker.self_test()
    assert len(server.texts()) == 1
    server.refusals = [(500, {"error": "out of memory"})]
    with pytest.raises(BackendRefused, match="out of memory"):
        await maker.self_test()
    server.story = ()
    with pytest.raises(BackendFailure, match="wrote nothing when it was tried out"):
        await maker.self_test()


@each_server
async def test_memory_is_let_go_of_where_that_can_be(opened: Open, kind: str) -> None:
    """Ollama can be told to; the others hold their model as long as they run."""
    server, maker = await opened_kind(opened, kind)
    await maker.unload()
    told = [("/api/generate", {"model": "mistral:latest", "keep_alive": 0, "stream": False})]
    assert server.sent == (told if kind == "ollama" else [])


async def test_a_failure_in_a_batch_takes_no_earlier_text_along(opened: Open) -> None:
    """What is there is delivered."""
    server = TabbyContract()
    maker = await opened(server, "openai", slots=1)
    found = []

    async def until_it_fails() -> None:
        async with aclosing(maker.make(a_job(seeds=(1, 2, 3)))) as events:
            async for event in events:
                if isinstance(event, TextResult):
                    found.append(event.seed)
                    server.refusals = [(500, {})]

    with pytest.raises(BackendRefused):
        await until_it_fails()
    assert found in ([1], [1, 2])


async def test_a_chat_server_gets_the_prompt_as_a_message(opened: Open) -> None:
    """Its owner is told that this is not what a horde asks for."""
    server = ChatContract()
    with capture_logs() as log:
        maker = await opened(server, "openai", context_length=1024)
        await texts_of(maker, a_job())
    assert server.texts()[0]["messages"] == [{"role": "user", "content": "Once upon a time"}]
    assert [entry["event"] for entry in log].count("worker.server_only_chats") == 1


@pytest.mark.parametrize("apart", [True, False])
async def test_thoughts_are_no_text(opened: Open, apart: bool) -> None:
    """Whether a server tells them apart or leaves them between two marks; nothing but thoughts is a failure."""
    server = ThinkingContract()
    server.has_thoughts_apart = False
    maker = await opened(server, "openai", context_length=1024)
    if apart:
        server.has_thoughts_apart = True
    else:
        server.story = ("<th", "ink>A cat", " or a dog?</thi", "nk>", "\n\n", *STORY)
        assert await texts_of(maker, a_job()) == [WHOLE]
        server.story = ("<think>", "A cat", " or a dog?")
    with pytest.raises(BackendFailure, match="spent all tokens on thinking"):
        await events_of(maker, a_job())


async def test_the_prompt_is_no_part_of_the_text(opened: Open) -> None:
    """Some servers send it once more before."""
    server = OpenAiContract()
    maker = await opened(server, "openai", context_length=1024)
    prompt = "A tale that is long enough to be told from a text: "
    server.story = (prompt[:20], prompt[20:45], prompt[45:] + "Once", " there")
    assert await texts_of(maker, a_job(prompt=prompt)) == ["Once there"]
    server.story = (prompt[:20], " but another one")
    assert await texts_of(maker, a_job(prompt=prompt)) == [prompt[:20] + " but another one"]


async def test_an_alias_is_served_by_the_first_model(opened: Open) -> None:
    """As `--text-alias` wants it."""
    server = OllamaContract()
    maker = await opened(server, "ollama")
    await texts_of(maker, replace(a_job(), model="an alias"))
    assert server.texts()[0]["model"] == "mistral:latest"
