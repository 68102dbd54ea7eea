"""Refused prompts kept for moderators, where the operator wants them: nothing is kept otherwise."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

import msgspec
import structlog

log = structlog.get_logger(__name__)


class PromptEvidence:
    """Writes a JSON file a prompt (alchemy-and-operations.md §2.1, §3.10)."""

    def __init__(self, folder: Path | None) -> None:
        """`folder`: where; None: nowhere."""
        self._folder = folder

    async def keep(self, prompt: str, alias: str) -> None:
        """Keep who asked for what. A full disk is logged, and refuses nobody."""
        if self._folder is None:
            return
        data = msgspec.json.encode({"prompt": prompt, "user": alias, "type": "regex"})
        try:
            await asyncio.to_thread(_write, self._folder, data)
        except OSError as error:
            log.error("prompt_filters.evidence_lost", reason=error.strerror or str(error))


def _write(folder: Path, data: bytes) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / f"{uuid4()}.json").write_bytes(data)
