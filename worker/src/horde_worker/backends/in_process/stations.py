"""Devices taken in turns by jobs that run in threads."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Generic, TypeVar

StationT = TypeVar("StationT")

LOOK_EVERY_S: Final = 0.1


class GenerationStopped(Exception):
    """Nobody wants the result any more."""


class Stations(Generic[StationT]):
    """Places of work, each for one job at a time. A job that was closed keeps its place until its thread has ended."""

    def __init__(self, stations: Sequence[StationT]) -> None:
        self._free: queue.SimpleQueue[StationT] = queue.SimpleQueue()
        self._all = tuple(stations)
        for station in stations:
            self._free.put(station)

    def __len__(self) -> int:
        return len(self._all)

    @property
    def all(self) -> Sequence[StationT]:
        """Every place, whatever is done there: to look at."""
        return self._all

    @contextmanager
    def one(self, should_stop: Callable[[], bool]) -> Iterator[StationT]:
        """A free place, waited for in the thread. Raises `GenerationStopped`."""
        while True:
            if should_stop():
                raise GenerationStopped("stopped before a device was free")
            try:
                station = self._free.get(timeout=LOOK_EVERY_S)
                break
            except queue.Empty:
                continue
        try:
            yield station
        finally:
            self._free.put(station)

    @contextmanager
    def free_now(self) -> Iterator[list[StationT]]:
        """The places without a job; while it lasts, none begins there."""
        taken: list[StationT] = []
        while True:
            try:
                taken.append(self._free.get_nowait())
            except queue.Empty:
                break
        try:
            yield taken
        finally:
            for station in taken:
                self._free.put(station)

    def each_when_free(self) -> Iterator[StationT]:
        """Every place, when no job is at it any more: to clear it at the end. They are not given back."""
        for _ in self._all:
            yield self._free.get()
