"""Catalogues are read from files and URLs in the background; what cannot be read changes nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import strange_servers
from strange_servers import answer, serving

from horde_server.blobs.guard import ANYWHERE
from horde_server.blobs.guarded_fetch import GuardedFetcher
from horde_server.models import catalogue, current, updates
from horde_server.models.updates import CatalogueAddresses, ReferenceUpdates


def catalogue_of(*names: str, baseline: str = "stable_diffusion_xl") -> bytes:
    return json.dumps({name: {"baseline": baseline} for name in names}).encode()


def texts(*names: str) -> bytes:
    return json.dumps({name: {"parameters": 3_000_000_000} for name in names}).encode()


def reading(compvis: object = None, diffusers: object = None, text: object = None) -> ReferenceUpdates:
    addresses = (None if address is None else str(address) for address in (compvis, diffusers, text))
    return ReferenceUpdates(CatalogueAddresses(*addresses), GuardedFetcher(ANYWHERE))


@pytest.fixture(autouse=True)
def built_in_afterwards() -> Iterator[None]:
    """The reference is the process's: the next test finds the built-in one."""
    yield
    current.use(None)


async def test_a_file_takes_the_place_of_the_built_in_list(tmp_path: Path) -> None:
    (tmp_path / "image.json").write_bytes(catalogue_of("ours"))
    assert await reading(compvis=tmp_path / "image.json").update()
    assert catalogue.is_known("ours")
    assert not catalogue.is_known("stable_diffusion")
    assert catalogue.text_parameters_b("koboldcpp/Model") is None


async def test_a_url_is_read_as_a_file_is() -> None:
    async with serving(answer(texts("ours"))) as server:
        assert await reading(text=server.url()).update()
    assert catalogue.text_parameters_b("ours-Q4_K_M.gguf") == 3.0
    assert catalogue.is_known("stable_diffusion")


async def test_the_second_catalogue_is_merged_over_the_first(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(catalogue_of("only first", "both"))
    second.write_bytes(catalogue_of("only second", "both", baseline="flux_1"))
    assert await reading(first, second).update()
    found = {name: catalogue.baseline(name) for name in ("only first", "both", "only second")}
    assert found == {"only first": "stable_diffusion_xl", "both": "flux_1", "only second": "flux_1"}


async def test_the_second_catalogue_alone_is_merged_over_the_built_in_list(tmp_path: Path) -> None:
    (tmp_path / "second").write_bytes(catalogue_of("ours"))
    assert await reading(diffusers=tmp_path / "second").update()
    assert catalogue.is_known("ours")
    assert catalogue.is_known("stable_diffusion")


async def test_what_is_gone_from_the_catalogue_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "image.json"
    reads = reading(compvis=file)
    file.write_bytes(catalogue_of("first"))
    await reads.update()
    file.write_bytes(catalogue_of("second"))
    await reads.update()
    assert catalogue.is_known("second")
    assert not catalogue.is_known("first")


class TestFailures:
    """The catalogue of before stays in use, and the other one is read all the same."""

    async def check(self, address: object, tmp_path: Path) -> None:
        (tmp_path / "good").write_bytes(catalogue_of("good"))
        (tmp_path / "texts").write_bytes(texts("a text model"))
        await reading(compvis=tmp_path / "good").update()
        assert not await reading(compvis=address, text=tmp_path / "texts").update()
        assert catalogue.is_known("good")
        assert catalogue.text_parameters_b("a text model") == 3.0

    async def test_no_such_file(self, tmp_path: Path) -> None:
        await self.check(tmp_path / "missing", tmp_path)

    async def test_a_folder(self, tmp_path: Path) -> None:
        await self.check(tmp_path, tmp_path)

    @pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b"<html>", b'{"error": "no"}'])
    async def test_no_catalogue(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "bad").write_bytes(data)
        await self.check(tmp_path / "bad", tmp_path)
        async with serving(answer(data)) as server:
            await self.check(server.url(), tmp_path)

    async def test_too_large(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(updates, "MAX_CATALOGUE_BYTES", 1000)
        large = catalogue_of(*(f"model {number}" for number in range(100)))
        (tmp_path / "large").write_bytes(large)
        await self.check(tmp_path / "large", tmp_path)
        async with serving(answer(large)) as server:
            await self.check(server.url(), tmp_path)

    @pytest.mark.parametrize("status", ["404 Not Found", "500 Oops"])
    async def test_an_error_whatever_its_body(self, tmp_path: Path, status: str) -> None:
        async with serving(answer(catalogue_of("bad"), status)) as server:
            await self.check(server.url(), tmp_path)

    async def test_a_server_that_takes_its_time(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(updates, "FETCH_LIMIT_S", 0.1)
        async with serving(strange_servers.drip) as server:
            await self.check(server.url(), tmp_path)

    async def test_nobody_there(self, tmp_path: Path) -> None:
        async with serving() as server:
            url = server.url()
        await self.check(url, tmp_path)


class TestInTheBackground:
    async def test_updates_follow_one_another_sooner_after_a_failure(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pauses_s: list[float] = []
        file = tmp_path / "image.json"

        async def sleep(pause_s: float) -> None:
            pauses_s.append(pause_s)
            if len(pauses_s) == 2:
                raise asyncio.CancelledError
            file.write_bytes(catalogue_of("ours"))

        monkeypatch.setattr(asyncio, "sleep", sleep)
        with pytest.raises(asyncio.CancelledError):
            await reading(compvis=file).run()
        assert pauses_s == [
            pytest.approx(updates.RETRY_S, rel=0.1),
            pytest.approx(updates.INTERVAL_S, rel=0.1),
        ]

    async def test_with_the_built_in_lists_there_is_nothing_to_do(self) -> None:
        await reading().run()

    async def test_at_the_end_the_built_in_reference_is_back(self, tmp_path: Path) -> None:
        (tmp_path / "image.json").write_bytes(catalogue_of("ours"))
        task = asyncio.create_task(reading(compvis=tmp_path / "image.json").run())
        while not catalogue.is_known("ours"):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert catalogue.is_known("stable_diffusion")
