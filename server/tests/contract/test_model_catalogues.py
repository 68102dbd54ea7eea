"""The operator's catalogues decide which models are known (workers.md §4.5, basics.md §9.4)."""

from __future__ import annotations

import json
from pathlib import Path

from hordes import StartHorde
from strange_servers import answer, serving, silent


async def test_models_of_the_operators_catalogue_may_be_offered(start_horde: StartHorde, tmp_path: Path) -> None:
    """§4.5: owners without the customizer role may offer known models only."""
    file = tmp_path / "models.json"
    file.write_text(json.dumps({"ours": {"baseline": "flux_1"}}))
    horde = await start_horde(image_compvis_reference=str(file))
    owner = await horde.account("owner")

    async def accepted() -> bool:
        return (await horde.try_pop(owner.api_key, models=["ours"])).status_code == 200

    await horde.until(accepted, "the catalogue is read")
    refused = await horde.try_pop(owner.api_key, name="other", models=["stable_diffusion"])
    assert horde.outcome(refused) == (400, "BadRequest")


async def test_a_catalogue_that_does_not_come_delays_nothing(start_horde: StartHorde) -> None:
    """The original does not start without its catalogue; ours goes by the built-in list until it is there."""
    async with serving(silent) as server:
        horde = await start_horde(image_compvis_reference=server.url(), image_llm_reference=server.url())
        owner = await horde.account("owner")
        assert (await horde.try_pop(owner.api_key, models=["Deliberate"])).status_code == 200
        assert server.connections <= 1


async def test_a_catalogue_that_is_none_changes_nothing(start_horde: StartHorde) -> None:
    async with serving(answer(b"<html>")) as server:
        horde = await start_horde(image_compvis_reference=server.url())
        owner = await horde.account("owner")

        async def asked() -> bool:
            return server.connections > 0 and server.open_now == 0

        await horde.until(asked, "the catalogue was asked for")
        assert (await horde.try_pop(owner.api_key, models=["Deliberate"])).status_code == 200
