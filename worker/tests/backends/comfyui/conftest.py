"""A ComfyUI for tests: the contract server, or where `COMFYUI_URL` is set, that one too."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from played_comfyui import weights
from played_comfyui.bench import ComfyUi
from played_comfyui.contract import ContractServer

from horde_worker.backends.comfyui import execution

COMFYUI_URL = os.environ.get("COMFYUI_URL", "")


@pytest.fixture
async def contract(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ContractServer]:
    """The contract server with the reduced weights' names. It is asked for the end of graphs more often than others."""
    monkeypatch.setattr(execution, "HISTORY_EVERY_S", 0.02)
    server = ContractServer()
    server.files.update(
        checkpoints=[weights.INPAINTING_CHECKPOINT, weights.CHECKPOINT],
        loras=[weights.LORA],
        controlnet=[weights.CONTROLNET],
        upscale_models=[weights.UPSCALER],
    )
    server.embeddings = [weights.EMBEDDING.removesuffix(".safetensors")]
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(params=["contract", *(["real"] if COMFYUI_URL else [])])
async def comfyui(request: pytest.FixtureRequest, contract: ContractServer) -> AsyncIterator[ComfyUi]:
    """Each kind in turn: what a test says holds for both."""
    async with AsyncExitStack() as stack:
        is_real = request.param == "real"
        yield ComfyUi(COMFYUI_URL if is_real else contract.url, None if is_real else contract, stack)


@pytest.fixture
async def played(contract: ContractServer) -> AsyncIterator[ComfyUi]:
    """The contract server alone, for what a real one does not do on demand."""
    async with AsyncExitStack() as stack:
        yield ComfyUi(contract.url, contract, stack)
