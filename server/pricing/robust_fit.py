"""Least squares that a few wild samples do not pull astray."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]

ROBUST_SCALE = 0.1  # errors well above it count linearly, not squared
RIDGE = 1e-3


def fit(residuals: Callable[[Array], Array], start: Array) -> Array:
    """Levenberg–Marquardt with a smooth absolute loss, weights renewed at every step."""

    def loss(errors: Array, vector: Array) -> float:
        return float((2 * (np.sqrt(1 + (errors / ROBUST_SCALE) ** 2) - 1)).sum() + (RIDGE / ROBUST_SCALE) ** 2 * (
            vector @ vector
        ))  # fmt: skip

    vector, damping = start, 1e-2
    errors = residuals(vector)
    best = loss(errors, vector)
    for _ in range(200):
        jacobian = np.stack([(residuals(vector + 1e-5 * unit) - errors) / 1e-5 for unit in np.eye(len(vector))], axis=1)
        weights = 1 / np.sqrt(1 + (errors / ROBUST_SCALE) ** 2)
        curvature = (jacobian * weights[:, None]).T @ jacobian + RIDGE**2 * np.eye(len(vector))
        slope = jacobian.T @ (weights * errors) + RIDGE**2 * vector
        before = best
        while damping < 1e8:
            tried = vector - np.linalg.solve(curvature + damping * np.diag(np.diag(curvature) + 1e-6), slope)
            tried_errors = residuals(tried)
            found = loss(tried_errors, tried)
            if found < best:
                vector, errors, best, damping = tried, tried_errors, found, max(damping / 5, 1e-7)
                break
            damping *= 4
        if before - best < 1e-6 * before:
            break
    return vector
