"""A worker that says what is loaded gets such jobs first, of every kind (capabilities.md §6)."""

from __future__ import annotations

from hordes import Horde

TEXT_MODELS = ["first-model", "second-model"]


async def test_texts_for_a_loaded_model_come_first(horde: Horde) -> None:
    """§6.1: of two requesters who ask at the same moment; without a word the earlier one is served."""
    ada, ben = await horde.account("ada"), await horde.account("ben")
    owner = await horde.account("owner", trusted=True)
    first = await horde.texts.request(ada.api_key, models=["first-model"])
    second = await horde.texts.request(ben.api_key, models=["second-model"])
    job = await horde.texts.job(owner.api_key, models=TEXT_MODELS, loaded=["second-model", "not offered"])
    assert job["model"] == "second-model"
    assert (await horde.texts.status(second))["processing"] == 1
    assert (await horde.texts.job(owner.api_key, models=TEXT_MODELS, loaded=["second-model"]))["model"] == "first-model"
    assert (await horde.texts.status(first))["processing"] == 1


async def test_images_for_any_model_are_made_with_a_loaded_one(horde: Horde) -> None:
    """§6.2: nobody chose, so the worker's memory does."""
    owner = await horde.account("owner", {"customizer": True}, trusted=True)
    offered = [f"model {number}" for number in range(20)]
    for _ in range(3):
        await horde.request(models=[], n=1)
        job = await horde.job(owner.api_key, models=offered, loaded=["model 7"])
        assert job["model"] == "model 7"


async def test_embeddings_for_a_loaded_model_come_first(horde: Horde) -> None:
    """§6.1: as texts do."""
    ada, ben = await horde.account("ada"), await horde.account("ben")
    owner = await horde.account("owner", trusted=True)
    await horde.embeddings.request(ada.api_key, models=["first-model"])
    await horde.embeddings.request(ben.api_key, models=["second-model"])
    job = await horde.embeddings.job(owner.api_key, models=TEXT_MODELS, loaded=["second-model"])
    assert job["model"] == "second-model"
