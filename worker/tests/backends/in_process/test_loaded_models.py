"""Models that stay loaded within a budget, and devices taken in turns."""

from __future__ import annotations

import threading

import pytest

from horde_worker.backends.in_process.loaded_models import LoadedModels
from horde_worker.backends.in_process.stations import GenerationStopped, Stations

SIZES = {"a": 40, "b": 40, "c": 40, "large": 500}


def shelf(budget: int = 100) -> tuple[LoadedModels[str], list[str]]:
    """Room for two of the small ones, and what happened."""
    told: list[str] = []

    def load(name: str) -> str:
        told.append(f"+{name}")
        return name

    return LoadedModels(SIZES, budget, load, lambda model: told.append(f"-{model}")), told


def test_the_least_recently_used_makes_room_before_the_next_is_loaded() -> None:
    """There would be no memory for both."""
    models, told = shelf()
    for name in ("a", "b", "a", "c"):
        assert models.get(name) == name
    assert told == ["+a", "+b", "-b", "+c"]
    assert models.names == ("a", "c")


def test_a_model_larger_than_the_budget_stands_alone() -> None:
    """It may fit all the same; if not, loading says so."""
    models, told = shelf()
    models.get("a")
    models.get("large")
    assert told == ["+a", "-a", "+large"]


def test_all_but_one_go_when_memory_is_needed() -> None:
    """Or all."""
    models, _ = shelf()
    models.get("a")
    models.get("b")
    models.keep_only("a")
    assert list(models.names) == ["a"]
    models.keep_only()
    assert list(models.names) == []


def test_a_model_that_cannot_be_loaded_is_not_counted() -> None:
    """The next attempt loads it again."""

    def fail(name: str) -> str:
        raise OSError(name)

    models = LoadedModels(SIZES, 100, fail, lambda _: None)
    with pytest.raises(OSError, match="a"):
        models.get("a")
    assert models.names == ()


def test_a_device_is_given_to_one_job_at_a_time() -> None:
    """Two devices, two jobs; a third waits until one is free again, or nobody wants it any more."""
    stations = Stations(["one", "two"])
    with stations.one(lambda: False) as first, stations.one(lambda: False) as second:
        assert {first, second} == {"one", "two"}
        asked = iter([False, False, True])
        with pytest.raises(GenerationStopped), stations.one(lambda: next(asked)):
            pass
    with stations.one(lambda: False) as again:
        assert again in ("one", "two")


def test_only_places_without_a_job_are_cleared_in_between() -> None:
    """And are free again afterwards."""
    stations = Stations(["one", "two"])
    with stations.one(lambda: False) as busy, stations.free_now() as free:
        assert free == [{"one": "two", "two": "one"}[busy]]
    with stations.free_now() as free:
        assert sorted(free) == ["one", "two"]


def test_clearing_waits_for_who_is_at_work() -> None:
    """A thread that was told to stop still holds its model."""
    stations = Stations(["one"])
    begun, may_end, cleared = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        with stations.one(lambda: False):
            begun.set()
            may_end.wait(20)

    def clear() -> None:
        for _ in stations.each_when_free():
            cleared.set()

    threads = [threading.Thread(target=work), threading.Thread(target=clear)]
    threads[0].start()
    assert begun.wait(20)
    threads[1].start()
    assert not cleared.is_set()
    may_end.set()
    for thread in threads:
        thread.join(20)
    assert cleared.is_set()
