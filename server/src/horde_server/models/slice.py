"""What is known of models, as one of a node's slices."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any

from horde_server.blobs.guard import ANYWHERE
from horde_server.blobs.guarded_fetch import GuardedFetcher
from horde_server.core import Core
from horde_server.models.updates import CatalogueAddresses, ReferenceUpdates
from horde_server.slice import Slice


class Models(Slice):
    """Keeps the operator's catalogues read."""

    def __init__(self, core: Core) -> None:
        settings = core.settings
        self._updates = ReferenceUpdates(
            CatalogueAddresses(
                settings.image_compvis_reference, settings.image_diffusers_reference, settings.image_llm_reference
            ),
            GuardedFetcher(ANYWHERE),
        )

    def work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """Read them again from time to time."""
        return {"model-reference": self._updates.run()}
