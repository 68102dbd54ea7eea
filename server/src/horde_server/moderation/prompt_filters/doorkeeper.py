"""The door for prompts for images: filters decide, who sent what was refused is remembered (moderation.md §2)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from horde_server.identity.directory import Account
from horde_server.models.catalogue import is_nsfw
from horde_server.moderation.addresses.strikes import Strikes
from horde_server.moderation.prompt_filters.directory import PromptFilters
from horde_server.moderation.prompt_filters.evidence import PromptEvidence
from horde_server.moderation.prompt_filters.judgement import Circumstances, CorruptPrompt, is_harmless, judged
from horde_server.moderation.suspects import Suspects
from horde_server.moderation.suspicion import Suspicion

INLINE_CHARACTERS = 1000
"""Longer prompts are looked at in a thread, and all that are not harmless: with a bad filter a character may cost ten
microseconds, and rewriting asks every filter. Both engines let others run meanwhile."""
MOST_LOOKED_AT_CHARACTERS = 100_000
"""Longer prompts are refused by their length in a moment."""
_LAX_MODELS = ["Hentai Diffusion"]


class Doorkeeper:
    """Judges prompts, and has refused ones noted against their senders."""

    def __init__(
        self,
        filters: PromptFilters,
        suspects: Suspects,
        strikes: Strikes,
        evidence: PromptEvidence,
        *,
        is_on: bool,
    ) -> None:
        self._filters = filters
        self._suspects = suspects
        self._strikes = strikes
        self._evidence = evidence
        self._is_on = is_on

    async def admit(
        self, prompt: str, models: Sequence[str], account: Account, address: str, *, may_replace: bool
    ) -> str:
        """The prompt to be served, often as it is. Raises `CorruptPrompt` or `PromptTooLongToRewrite`."""
        filters = self._filters.current
        for_adults = any(map(is_nsfw, models))
        is_concerned = bool(filters) or account.flagged or for_adults
        if not is_concerned or not self._is_on or len(prompt) > MOST_LOOKED_AT_CHARACTERS:
            return prompt
        circumstances = Circumstances(
            may_replace=may_replace or account.education,
            is_flagged=account.flagged,
            for_adults=for_adults,
            is_lax=list(models) == _LAX_MODELS,
        )
        try:
            if len(prompt) <= INLINE_CHARACTERS and is_harmless(filters, prompt, circumstances):
                return prompt
            return await asyncio.to_thread(judged, filters, prompt, circumstances)
        except CorruptPrompt as refusal:
            if refusal.is_punished and not account.is_moderator:
                await self._evidence.keep(prompt, account)
                await self._suspects.note_account(account.id, Suspicion.CORRUPT_PROMPT)
                await self._strikes.strike(account, address)
            raise
