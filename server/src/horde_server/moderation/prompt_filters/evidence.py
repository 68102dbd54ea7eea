"""Refused prompts kept for moderators, where the operator wants them: nothing is kept otherwise."""

from __future__ import annotations

from uuid import uuid4

import msgspec
import structlog

from horde_server.blobs.store import BlobStore, BlobStoreFailed

log = structlog.get_logger(__name__)


class PromptEvidence:
    """Writes a JSON object a prompt (moderation.md §2.4)."""

    def __init__(self, store: BlobStore | None) -> None:
        """`store`: where; None: nowhere."""
        self._store = store

    async def keep(self, prompt: str, alias: str) -> None:
        """Keep who asked for what. A store that fails is logged, and changes no refusal."""
        if self._store is None:
            return
        data = msgspec.json.encode({"prompt": prompt, "user": alias, "type": "regex"})
        try:
            await self._store.put(f"{uuid4()}.json", data)
        except BlobStoreFailed:
            log.error("prompt_filters.evidence_lost")
