"""Fit the image prices (docs/prices.md) to `image_samples.csv` and write `requests/image/prices/table.py`.

    .venv/bin/python server/pricing/fit_image_prices.py

Robust least squares on the logarithm of the price, by Levenberg and Marquardt; a quarter of a minute. `--check` only
prints the errors of the table in the tree; `--held-out` those of five fits, each on the samples it has not seen.
"""

from __future__ import annotations

import pprint
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from image_price_model import (
    CONTROL_TYPES,
    MOST_GUIDANCE,
    POST_PROCESSORS,
    SAMPLERS,
    SETUP_KNOTS,
    SOURCE_PROCESSING,
    STEP_KINKS,
    STEP_KNOTS,
    STRONG_GUIDANCE,
    Array,
    Features,
    kudos,
    layout,
    width_share,
)
from robust_fit import fit
from samples import ImageSample, read_image_samples

from horde_server.requests.image.prices.formula import REFERENCE_KUDOS, PricedImage, image_kudos

TABLE = Path(__file__).parent.parent / "src/horde_server/requests/image/prices/table.py"


def table_source(p: dict[str, Array], scale: float) -> str:
    """The module that `image_kudos` reads; `scale` brings the reference job to its price."""

    def number(value: float) -> float:
        return float(f"{value:.4g}")

    def numbers(*values: float) -> tuple[float, ...]:
        return tuple(map(number, values))

    def pairs(names: tuple[str, ...], kind: str) -> dict[str, tuple[float, ...]]:
        setup, step = np.exp(p[f"{kind} setup"]), np.exp(p[f"{kind} step"])
        return {name: numbers(*both) for name, *both in zip(names, setup, step, strict=True)}

    def sizes(kind: str) -> str:
        parts = []
        for part, knots in (("setup", SETUP_KNOTS), ("step", STEP_KNOTS)):
            slopes = np.exp(p[f"{kind} {part} size"])
            at_512 = slopes[0] + slopes[1]
            rising = tuple((k, number(s / at_512)) for k, s in zip(knots, slopes[2:], strict=True) if s / at_512 > 1e-3)
            curve = f"SizeCurve(area_slope={number(slopes[1] / at_512)}, knots={rising})"
            parts.append((number(scale * at_512 / (1 if part == "setup" else 50)), curve))
        (setup, setup_size), (step, step_size) = parts
        return f"Sizes(setup={setup}, step={step}, setup_size={setup_size}, step_size={step_size})"

    samplers = {"k_euler": (1.0, 1.0, 1.0, 1.0)}
    columns = [np.exp(p[f"sampler {name}"]) for name in ("setup", "setup growth", "step", "step growth")]
    samplers |= {name: numbers(*four) for name, *four in zip(SAMPLERS[1:], *columns, strict=True)}
    control = pairs(CONTROL_TYPES, "control")
    source = pairs(SOURCE_PROCESSING, "source")
    source["remix"] = source["img2img"]
    areas, steps = np.exp(p["post-processor area"]), np.exp(np.exp(p["post-processor step"]))
    post = {
        name: (number(scale * area) if scale * area > 1e-3 else 0.0, number(step))
        for name, area, step in zip(POST_PROCESSORS, areas, steps, strict=True)
    }

    weights = tuple(zip(STEP_KINKS, numbers(*np.exp(p["step weights"])), strict=True))

    def one(name: str) -> float:
        return number(float(np.exp(p[name][0])))

    return f'''"""The constants of `image_kudos`, made by server/pricing/fit_image_prices.py (docs/prices.md).

A setup or step factor multiplies, a growth is the exponent of the size's factor.
"""

from __future__ import annotations

from horde_server.requests.image.prices.size import SizeCurve, Sizes

WIDTH_SHARE = {number(width_share(p))}
"""Of the mean side; the rest is the height's."""

SIZES = {sizes("plain")}
HIRES_SIZES = {sizes("hires")}

STEP_WEIGHTS = {weights}
"""(steps above which it counts, what a step then costs of what one of the first does)."""

SAMPLERS = {pprint.pformat(samplers, sort_dicts=False)}
"""(setup, setup growth, step, step growth)."""
OTHER_SAMPLER = SAMPLERS["k_euler"]

CONTROL_TYPES = {pprint.pformat(control, sort_dicts=False)}
"""(setup, step); the growths are the same for all."""
OTHER_CONTROL_TYPE = CONTROL_TYPES["canny"]
CONTROL_SETUP_GROWTH = {one("control setup growth")}
CONTROL_STEP_GROWTH = {one("control step growth")}

SOURCE_PROCESSING = {pprint.pformat(source, sort_dicts=False)}
"""(setup, step)."""
OTHER_SOURCE_PROCESSING = SOURCE_PROCESSING["img2img"]
ADAPTIVE_SOURCE_SETUP = {one("adaptive source setup")}

# to the power of 1 − strength
WEAK_SETUP = {one("weak setup")}
WEAK_STEP = {one("weak step")}
WEAK_STEP_GROWTH = {one("weak step growth")}
WEAK_CONTROL_STEP = {one("weak control step")}
WEAK_CONTROL_STEP_GROWTH = {one("weak control step growth")}

PLAIN_SCHEDULE_SETUP = {one("no karras setup")}
PLAIN_SCHEDULE_STEP = {one("no karras step")}

STRONG_GUIDANCE = {STRONG_GUIDANCE}
MOST_GUIDANCE = {MOST_GUIDANCE}
GUIDED_PLAIN = {numbers(np.exp(p["guided setup"][0]), np.exp(p["guided step"][0]))}
"""(setup, step) for every 10 of cfg_scale between these two."""
GUIDED_CONTROL = {numbers(np.exp(p["guided control setup"][0]), np.exp(p["guided control step"][0]))}

POST_PROCESSORS = {pprint.pformat(post, sort_dicts=False)}
"""(kudos for 512×512 pixels, step factor)."""
OTHER_POST_PROCESSOR = POST_PROCESSORS["RealESRGAN_x2plus"]

# what the great upscaler changes beside
UPSCALED_SETUP = {one("great upscaler setup")}
UPSCALED_STEP_GROWTH = {one("great upscaler step growth")}
UPSCALED_STEP_WITH_HIRES = {one("great upscaler step with hires")}
UPSCALED_BY_SAMPLER = {number(float(p["great upscaler step sampler"][0]))}
"""To this power the sampler's factor for a step counts once more."""
'''


def fit_samples(samples: list[ImageSample]) -> dict[str, Array]:
    """Parameters fitted to these samples, of which the first is the reference job."""
    columns = Features.of([sample.image for sample in samples])
    prices = np.log([sample.kudos_without_networks for sample in samples])
    names = layout()

    def residuals(vector: Array) -> Array:
        return np.asarray(np.log(_at_reference(names.parts(vector), columns)) - prices)

    vector = fit(residuals, names.start())
    print(f"{len(vector)} parameters")
    return names.parts(vector)


def _at_reference(p: dict[str, Array], columns: Features) -> Array:
    found = kudos(p, columns)
    return np.asarray(found / found[0] * REFERENCE_KUDOS)


def print_held_out_errors(samples: list[ImageSample]) -> None:
    """How well prices of samples are met that were left out of the fit."""
    columns = Features.of([sample.image for sample in samples])
    prices = np.array([sample.kudos_without_networks for sample in samples])
    part = np.random.default_rng(1).integers(0, 5, len(samples))
    part[0] = -1  # the reference job is in every fit
    errors = np.zeros(len(samples))
    for left_out in range(5):
        fitted = fit_samples([sample for sample, its in zip(samples, part, strict=True) if its != left_out])
        found = np.abs(_at_reference(fitted, columns) / prices - 1)
        errors[part == left_out] = found[part == left_out]
    _print_errors("held out", errors[part >= 0])


def print_errors(samples: list[ImageSample]) -> None:
    """How far the written table is from the samples."""
    for title, belongs in KINDS.items():
        chosen = [sample for sample in samples if belongs(sample)]
        _print_errors(title, np.array([abs(image_kudos(sample.image) / sample.base_kudos - 1) for sample in chosen]))


def _print_errors(title: str, errors: Array) -> None:
    print(
        f"{title}: {len(errors)} rows, median error {np.median(errors):.1%}, {np.mean(errors <= 0.2):.1%} within 20 %, "
        f"99th percentile {np.quantile(errors, 0.99):.0%}"
    )


KINDS: dict[str, Callable[[ImageSample], bool]] = {
    "all": lambda s: s.base_kudos > 0,
    "fitted": lambda s: s.is_fitted,
    "plain": lambda s: s.is_fitted and not _has_extras(s.image),
    "hires_fix": lambda s: s.is_fitted and s.image.hires_fix,
    "source image": lambda s: s.is_fitted and bool(s.image.source_processing),
    "with control": lambda s: s.is_fitted and bool(s.image.control_type),
    "post-processing": lambda s: s.is_fitted and bool(s.image.post_processing),
}


def _has_extras(image: PricedImage) -> bool:
    return bool(image.hires_fix or image.source_processing or image.post_processing)


def main() -> None:
    """Fit, write, and measure in a fresh process what was written."""
    samples = read_image_samples()
    fitted = [sample for sample in samples if sample.is_fitted]
    if "--check" in sys.argv[1:]:
        print_errors(samples)
    elif "--held-out" in sys.argv[1:]:
        print_held_out_errors(fitted)
    else:
        found = fit_samples(fitted)
        reference = Features.of([fitted[0].image])
        TABLE.write_text(table_source(found, REFERENCE_KUDOS / kudos(found, reference)[0]), encoding="utf-8")
        subprocess.run([Path(sys.executable).with_name("ruff"), "format", "--quiet", TABLE], check=True)
        subprocess.run([sys.executable, __file__, "--check"], check=True)


if __name__ == "__main__":
    main()
