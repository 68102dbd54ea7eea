"""The base of both simple clients: how long and how often they look, and what is checked before anything is sent."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from horde_sdk.ai_horde_api.apimodels.generate.status import ImageGeneration
from horde_sdk.ai_horde_api.request_runs import (
    REASONABLE_MINIMUM_TIMEOUT_S,
    RunOptions,
    require_one_argument,
    valid_timeout_s,
)
from horde_sdk.generic_api.argument_checks import require_seconds

POLL_INTERVAL_S = 4.0

LONGEST_POLL_S = 20.0
"""How long a server that waits for news may hold a poll back; far from where proxies lose patience."""


class BaseAIHordeSimpleClient(ABC):
    """The base of both simple clients."""

    reasonable_minimum_timeout = REASONABLE_MINIMUM_TIMEOUT_S
    """Seconds; less is rarely enough."""

    def __init__(self, *, poll_interval: float = POLL_INTERVAL_S, fail_fast: bool = False) -> None:
        """Prepare a client.

        Args:
            poll_interval: Seconds between two looks at a request; the first looks follow each other sooner.
            fail_fast: Whether a request that no worker can do is given up at once, where the call does not say.
        """
        require_seconds(poll_interval, "poll_interval")
        self._fails_fast = fail_fast
        self._poll_interval_s = poll_interval
        self._clock: Callable[[], float] = time.monotonic

    def validate_timeout(self, timeout: int, log_message: bool = False) -> int:
        """Return the seconds to wait at most: none or too many become the longest life of a request."""
        return int(valid_timeout_s(timeout, log_message=log_message))

    @abstractmethod
    def download_image_from_generation(self, generation: ImageGeneration) -> Any:
        """Return the picture of a generation."""

    @abstractmethod
    def download_image_from_url(self, url: str) -> Any:
        """Return the picture at a URL."""

    def _run_options(
        self,
        timeout: float,
        callback: Callable[[Any], object] | None,
        delay_s: float = 0.0,
        *,
        fail_fast: bool | None = None,
        silence_s: float,
    ) -> RunOptions:
        """Return how to wait; `silence_s` is how long the client waits for a silent server."""
        require_one_argument(callback)
        require_seconds(delay_s, "delay")
        return RunOptions(
            timeout_s=valid_timeout_s(timeout, log_message=True),
            poll_interval_s=self._poll_interval_s,
            clock=self._clock,
            callback=callback,
            delay_s=delay_s,
            long_poll_s=min(LONGEST_POLL_S, silence_s / 2),
            fail_fast=self._fails_fast if fail_fast is None else fail_fast,
        )
