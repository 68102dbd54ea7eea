"""Kudos of workers for being online; those of jobs are in the server's `docs/prices.md`."""

from __future__ import annotations


class KudosInfo:
    """The rewards of a worker's uptime, in kudos, as the public horde pays them."""

    uptime_reward_per_tick = 50
    """Each ten minutes."""
    uptime_frequency_per_hour = 6
    """Ticks an hour."""
    uptime_frequency_per_day = 144
    """Ticks a day."""
    per_model_bonus_per_tick = 2
    """More for each model that the worker serves."""

    def get_uptime_reward_per_tick(self, number_of_models: int | None = None) -> int:
        """Return what ten minutes earn."""
        return self.uptime_reward_per_tick + self.per_model_bonus_per_tick * (number_of_models or 0)

    def get_uptime_reward_per_hour(self, number_of_models: int | None = None) -> int:
        """Return what an hour earns."""
        return self.uptime_frequency_per_hour * self.get_uptime_reward_per_tick(number_of_models)
