"""What a worker earns for being there: per ten minutes of uptime, by its kind (kudos.md §5.3)."""

from __future__ import annotations

REWARDED_EVERY_S = 600
"""A reward is due once more seconds of uptime than this have passed since the last one."""
ALCHEMY_UPTIME_HUNDREDTHS = 4000
EMBEDDING_UPTIME_HUNDREDTHS = 1000
_MOST_REWARDED_CONTEXT_TOKENS = 262_144


def image_uptime_hundredths(models: int, *, allows_loras: bool) -> int:
    """50 kudos, 2 for each model served, 30 for LoRAs."""
    return 100 * (50 + 2 * models + (30 if allows_loras else 0))


def text_uptime_hundredths(
    context_tokens: int, *, parameters_billions: float | None, is_validated_backend: bool
) -> int:
    """By the context offered, and by the size of the first model served (`None`: not in the text reference)."""
    base = 25 + 15 * min(context_tokens, _MOST_REWARDED_CONTEXT_TOKENS) / 1024
    if parameters_billions is None:
        return round(100 * base * 0.5)
    share = 1.0 if is_validated_backend else 0.3
    return round(100 * round(base * share * max(parameters_billions / 7, 0.25), 2))
