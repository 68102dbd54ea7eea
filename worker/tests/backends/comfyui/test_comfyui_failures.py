"""What goes wrong with a ComfyUI, and what becomes of the job then: a picture, or a reason."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from PIL import Image
from played_comfyui.bench import LIMIT_S, MODEL, ComfyUi, a_job, an_order, made, until
from played_comfyui.contract import ContractServer, Queued
from played_comfyui.weights import CHECKPOINT

from horde_worker.backends.comfyui import nodes, pictures
from horde_worker.backends.comfyui.execution import Execution, GraphRefused
from horde_worker.backends.comfyui.local_models import LocalModel
from horde_worker.backends.comfyui.picture_graph import picture_graph
from horde_worker.backends.comfyui_backend import ComfyUiBackend
from horde_worker.backends.events import BackendFailure, Progress
from horde_worker.backends.normalise.baselines import Baseline
from horde_worker.backends.over_http.server import BackendGone

BLUE = Image.new("RGB", (128, 64), "blue")


class CutSocket:
    """A socket of which nothing comes any more after some messages."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, after: int) -> None:
        self._socket = socket
        self._left = after

    async def receive(self) -> aiohttp.WSMessage:
        self._left -= 1
        if self._left < 0:
            await self._socket.close()
            return aiohttp.WSMessage(aiohttp.WSMsgType.CLOSED, None, None)
        return await self._socket.receive()


def cut_sockets(backend: ComfyUiBackend, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Every socket is cut after so many messages."""
    whole = backend._server.websocket

    @asynccontextmanager
    async def websocket(path: str, **limits: Any) -> AsyncIterator[CutSocket]:
        async with whole(path, **limits) as socket:
            yield CutSocket(socket, after)

    monkeypatch.setattr(backend._server, "websocket", websocket)


@pytest.mark.parametrize("after", [0, 3, 6])
async def test_a_cut_socket_costs_no_picture(comfyui: ComfyUi, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Its end is asked for then, and the picture is the same."""
    backend = await comfyui.opened()
    whole = (await made(backend, a_job(seeds=(77 + after,)))).picture
    cut_sockets(backend, monkeypatch, after)
    assert (await made(backend, a_job(seeds=(77 + after,)))).picture.tobytes() == whole.tobytes()
    assert await comfyui.asked("/queue") == {"queue_running": [], "queue_pending": []}


async def test_a_job_that_is_closed_is_interrupted(comfyui: ComfyUi) -> None:
    """And nothing of it stays in queue or history."""
    backend = await comfyui.opened()
    before = set(await comfyui.asked("/history")) if comfyui.contract is None else set()
    async with aclosing(backend.make(a_job(steps=300, seeds=(78,)))) as events:
        async for event in events:
            if isinstance(event, Progress):
                break
    async with asyncio.timeout(LIMIT_S):
        while await comfyui.asked("/queue") != {"queue_running": [], "queue_pending": []}:
            await asyncio.sleep(0.05)
    assert len((await made(backend, a_job())).results) == 1  # the next one is not touched
    if comfyui.contract is None:
        assert len(set(await comfyui.asked("/history")) - before) <= 1  # it may have been written after we looked
    else:
        assert len(comfyui.contract.interrupts) == 1


async def test_a_graph_with_a_file_that_is_gone_is_refused(comfyui: ComfyUi) -> None:
    """By the name of what is missing, and of none of the owner's other files."""
    backend = await comfyui.opened()
    gone = LocalModel("gone", "gone.safetensors", Baseline.stable_diffusion_1)
    graph = picture_graph(an_order(model=gone)).prompt
    has_node = backend._painter.has_socket_node
    execution = Execution(backend._server, graph, "me", has_socket_node=has_node, limit_s=LIMIT_S)
    with pytest.raises(GraphRefused) as refused:
        await anext(execution.run())
    assert str(refused.value) == ("ComfyUI refuses the graph: CheckpointLoaderSimple (value_not_in_list, ckpt_name)")


@pytest.mark.parametrize("has_its_node", [True, False])
@pytest.mark.parametrize("mishap", ["cuts the socket", "talks nonsense"])
async def test_strange_sockets_cost_no_picture(played: ComfyUi, mishap: str, has_its_node: bool) -> None:
    """Whether the picture would have come over it or not."""
    backend = await played.opened()
    assert played.contract is not None
    if not has_its_node:
        del played.contract.nodes["SaveImageWebsocket"]
        backend = await played.opened()
    played.contract.mishaps = [mishap]
    assert (await made(backend, a_job())).picture.size == (128, 64)
    assert played.contract.history == {}
    assert all(Image.open(io.BytesIO(one)).size == (1, 1) for one in played.contract.temp.values())


async def test_without_sockets_the_history_is_asked(played: ComfyUi) -> None:
    """As behind a proxy that has none."""
    assert played.contract is not None
    played.contract.has_socket = False
    backend = await played.opened()
    found = await made(backend, a_job())
    assert (found.picture.size, found.progress) == ((128, 64), [])


@pytest.mark.parametrize("after", [0, 1000])
async def test_the_same_picture_again_is_none_of_the_cache(
    comfyui: ComfyUi, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Whose file has become a pixel meanwhile."""
    backend = await comfyui.opened()
    cut_sockets(backend, monkeypatch, after)
    first, again = await made(backend, a_job(seeds=(79,))), await made(backend, a_job(seeds=(79,)))
    assert first.picture.tobytes() == again.picture.tobytes()


async def test_an_old_server_gives_graphs_its_own_ids(played: ComfyUi) -> None:
    """They are followed by that one."""
    assert played.contract is not None
    played.contract.is_old = True
    backend = await played.opened()
    found = await made(backend, a_job(steps=3))
    assert (found.picture.size, found.progress[-1].step) == ((128, 64), 3)


async def test_previews_are_told(played: ComfyUi) -> None:
    """Not each of them: a viewer needs one a second."""
    backend = await played.opened()
    found = await made(backend, a_job(steps=20))
    assert [one.image.size for one in found.previews] == [(8, 8)]


async def test_a_node_that_fails_costs_the_job_with_its_name(played: ComfyUi) -> None:
    """What else the server says about it is the owner's."""
    backend = await played.opened()
    assert played.contract is not None
    played.contract.mishaps = ["fails"]
    with pytest.raises(BackendFailure, match=r"^ComfyUI's node KSampler failed with RuntimeError$"):
        await made(backend, a_job())
    assert backend.unready == ""
    assert played.contract.history == {}


@pytest.mark.parametrize("has_socket", [True, False])
async def test_out_of_memory_is_tried_once_more(played: ComfyUi, has_socket: bool) -> None:
    """With the memory freed; the second time is the last."""
    assert played.contract is not None
    played.contract.has_socket = has_socket
    backend = await played.opened()
    played.contract.mishaps = ["runs out of memory"]
    assert (await made(backend, a_job())).picture.size == (128, 64)
    assert played.contract.freed == 1
    played.contract.mishaps = ["runs out of memory"] * 2
    with pytest.raises(BackendFailure, match="failed with OutOfMemoryError"):
        await made(backend, a_job())


async def test_a_graph_that_the_server_forgot_is_no_hanging_job(played: ComfyUi) -> None:
    """As after its restart."""
    backend = await played.opened()
    assert played.contract is not None
    played.contract.mishaps = ["forgets"]
    with pytest.raises(BackendFailure, match="knows nothing of the graph any more"):
        await made(backend, a_job())


async def test_what_is_no_picture_is_none(played: ComfyUi) -> None:
    """Whatever came in its place."""
    backend = await played.opened()
    assert played.contract is not None
    played.contract.mishaps = ["sends no picture"]
    with pytest.raises(BackendFailure, match="ComfyUI sent what is no picture"):
        await made(backend, a_job())


async def test_a_picture_has_a_limit(played: ComfyUi, monkeypatch: pytest.MonkeyPatch) -> None:
    """In pixels, before it is unpacked."""
    backend = await played.opened()
    monkeypatch.setattr(pictures, "MAX_PIXELS", 128 * 64 - 1)
    with pytest.raises(BackendFailure, match="a picture of 128×64 pixels"):
        await made(backend, a_job())


@pytest.mark.parametrize("has_socket", [True, False])
async def test_a_picture_has_a_limit_in_bytes(
    played: ComfyUi, monkeypatch: pytest.MonkeyPatch, has_socket: bool
) -> None:
    """Over the socket, which is cut then, and as a file."""
    assert played.contract is not None
    played.contract.has_socket = has_socket
    backend = await played.opened()
    monkeypatch.setattr("horde_worker.backends.comfyui.execution.PICTURE_LIMIT_BYTES", 1000)
    with pytest.raises(BackendFailure, match="sent more than 1000 bytes"):
        await made(backend, a_job())


async def test_a_job_has_its_time(played: ComfyUi) -> None:
    """And is interrupted at its end."""
    backend = await played.opened()
    assert played.contract is not None
    played.contract.mishaps = ["hangs"]
    with pytest.raises(BackendFailure, match="took longer than 0 s"):
        await made(backend, a_job(ttl_s=0.2))
    assert len(played.contract.interrupts) == 1


async def test_a_server_that_hangs_costs_a_job_its_time_and_no_more(
    played: ComfyUi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections are taken, and nothing is ever answered."""
    monkeypatch.setattr("horde_worker.backends.comfyui.execution.TIDY_LIMIT_S", 0.1)
    backend = await played.opened()
    assert played.contract is not None
    played.contract.answers.clear()
    with pytest.raises(BackendFailure, match="took longer than"):
        await asyncio.wait_for(made(backend, a_job(ttl_s=0.3)), LIMIT_S)
    played.contract.answers.set()
    assert (await made(backend, a_job())).picture.size == (128, 64)


async def test_an_old_server_is_not_told_to_interrupt_what_the_owner_does(played: ComfyUi) -> None:
    """It would stop whatever runs."""
    assert played.contract is not None
    played.contract.is_old = True
    backend = await played.opened()
    played.contract.mishaps = ["hangs"]
    own = Queued("the owner's", {"output": {"class_type": "Nothing", "inputs": {}}}, "the owner")
    played.contract.queue(own)
    with pytest.raises(BackendFailure, match="took longer than"):
        await made(backend, a_job(ttl_s=0.2))
    assert played.contract.interrupts == []
    assert played.contract.running is own
    own.interrupted.set()


async def test_a_model_that_is_gone_costs_the_job_and_is_not_offered_any_more(played: ComfyUi) -> None:
    """What is there is read again at once."""
    backend = await played.opened()
    assert played.contract is not None
    played.contract.files["checkpoints"].remove(CHECKPOINT)
    with pytest.raises(GraphRefused):
        await made(backend, a_job())
    assert backend.unready
    await until(lambda: backend.unready == "")
    assert MODEL not in backend.abilities.models
    with pytest.raises(BackendFailure, match=f"ComfyUI has no model {MODEL} any more"):
        await made(backend, a_job())


async def test_a_server_that_goes_away_is_not_relied_on(played: ComfyUi) -> None:
    """In the middle of a job: it fails, and no other is asked for."""
    backend = await played.opened()
    assert played.contract is not None
    played.contract.mishaps = ["hangs"]
    job = asyncio.create_task(made(backend, a_job()))
    await until(lambda: played.contract is not None and played.contract.running is not None)
    await played.contract.stop()
    with pytest.raises(BackendGone):
        await job
    assert "ComfyUI" in backend.unready


@pytest.mark.parametrize("wish", [{"transparent": True}, {"workflow": "qr_code"}, {"tiling": True}])
async def test_what_is_not_offered_is_refused(played: ComfyUi, wish: dict[str, Any]) -> None:
    """Should a horde hand it out all the same."""
    backend = await played.opened()
    with pytest.raises(BackendFailure, match="this ComfyUI makes no"):
        await made(backend, a_job(**wish))


async def test_a_control_type_that_cannot_be_done_is_refused(played: ComfyUi) -> None:
    """There is one word for all of them, so a horde may hand it out."""
    backend = await played.opened()
    with pytest.raises(BackendFailure, match="no maps of the control type openpose"):
        await made(backend, a_job(source=BLUE, control_type="openpose"))
    with pytest.raises(BackendFailure, match="no ControlNet of the type depth"):
        await made(backend, a_job(source=BLUE, control_type="depth", image_is_control=True))


async def test_what_is_no_comfyui_says_so(contract: ContractServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program may listen there."""
    played = ComfyUi(contract.url, contract, None)  # type: ignore[arg-type]  # nothing is opened
    contract.device = {"name": "a printer"}
    monkeypatch.setattr("horde_worker.backends.comfyui.stock.ALWAYS_NEEDED", nodes.TILING)
    with pytest.raises(BackendFailure, match="ComfyUI lacks the nodes MakeCircularVAE, SeamlessTile"):
        await played.opened()


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"api_key": "s3cret"}, "Bearer s3cret"),
        ({"user": "me", "password": "s3cret"}, "Basic bWU6czNjcmV0"),
    ],
)
async def test_the_owner_of_a_guarded_server_gets_in(played: ComfyUi, options: dict[str, str], key: str) -> None:
    """By key or by password; who does not is told so without either."""
    assert played.contract is not None
    played.contract.key = key
    backend = await played.opened(**options)
    assert (await made(backend, a_job(source=BLUE, denoising_strength=0.5))).results
    wrong = {name: "wr0ng" if value == "s3cret" else value for name, value in options.items()}
    with pytest.raises(BackendFailure, match="401") as refused:
        await played.opened(**wrong)
    assert "wr0ng" not in str(refused.value)
