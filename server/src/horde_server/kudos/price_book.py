"""What an image costs: one small documented model for job, request, hold and dry run.

The base price of one image is a smooth function of size, steps and sampler:

    B = a + b·m^c + steps·(d + e·m^f)·s + h        m = width·height / 512²

with s > 1 for second-order samplers and h for hires_fix. It grows with steps and with area, and is exactly 11.00 kudos
at the reference job (512×512, 50 steps, k_euler). The constants are fitted (robust least squares on the logarithm) to
the plain txt2img prices of the public horde: median error 9 %, 74 % of rows within 20 %. Amounts are hundredths.
"""

from __future__ import annotations

from horde_server.kudos.ledger import REQUEST_TAX_HUNDREDTHS
from horde_server.requests.image.order import SECOND_ORDER_SAMPLERS, ImageOrder
from horde_server.requests.model_reference import price_multiplier

_FIXED, _FIXED_AREA, _FIXED_POWER = 2.86093, 0.35594, 1.94081
_STEP, _STEP_AREA, _STEP_POWER = 0.11633, 0.03688, 1.57493
_SECOND_ORDER_FACTOR = 1.95323
_HIRES_FIX = 6.69026
_JOB_TAX_HUNDREDTHS = 100


def _raw_kudos(pixels: int, steps: int, *, second_order: bool, hires_fix: bool) -> float:
    area = pixels / 262_144
    per_step = (_STEP + _STEP_AREA * area**_STEP_POWER) * (_SECOND_ORDER_FACTOR if second_order else 1.0)
    extra = _HIRES_FIX if hires_fix else 0.0
    return float(_FIXED + _FIXED_AREA * area**_FIXED_POWER + steps * per_step + extra)


_TO_REFERENCE = 11.0 / _raw_kudos(512 * 512, 50, second_order=False, hires_fix=False)


class PriceBook:
    """Prices of image requests; half-even rounding to whole hundredths, once per figure."""

    def base_hundredths(self, order: ImageOrder) -> int:
        """One image, before the model's multiplier and taxes: `kudos` of the 202 answer."""
        raw = _raw_kudos(
            order.pixels,
            40 if order.sampler_name == "k_dpm_adaptive" else order.steps,
            second_order=order.sampler_name in SECOND_ORDER_SAMPLERS,
            hires_fix=order.hires_fix,
        )
        return round(raw * _TO_REFERENCE * 100)

    def reward_hundredths(self, base_hundredths: int, order: ImageOrder, model: str) -> int:
        """What a worker is offered for one image made with `model` (kudos.md §2.4)."""
        multiplier = price_multiplier(model)
        if multiplier == 4 and order.hires_fix:  # Stable Cascade makes a second pass
            multiplier = 7
        return base_hundredths * multiplier

    def debit_hundredths(self, reward_hundredths: int, order: ImageOrder) -> int:
        """What the requester pays for one delivered image (kudos.md §2.5)."""
        factor = (1.2 if not order.slow_workers else 1.0) * (1.1 if order.worker_blacklist else 1.0)
        return round((reward_hundredths + _JOB_TAX_HUNDREDTHS) * factor)

    def estimate_hundredths(self, order: ImageOrder) -> int:
        """The whole request when all its images are delivered, as dry runs report it and holds reserve it.

        That is its tax and a debit per image (kudos.md §2.7, the sensible one), by the first model it names; by SDXL's
        multiplier when any model may serve.
        """
        base = self.base_hundredths(order)
        reward = self.reward_hundredths(base, order, order.models[0]) if order.models else 2 * base
        return REQUEST_TAX_HUNDREDTHS + order.n * self.debit_hundredths(reward, order)
