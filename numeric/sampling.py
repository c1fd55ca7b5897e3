"""Where networks are looked at: values at which every slope is alive, at several scales."""

from __future__ import annotations

from zlib import crc32

import numpy as np

from derivations.evaluate import Array
from numeric.networks import Quantity

SCALES = (1.0, 0.25, 2.0)
"""Of the weights, one point after the other: pre-activations of about 1, small ones, and some near saturation."""
RANGES = {  # of names that mean something: periods are positive, an open ratio is a part of one
    r"\tau": (2.0, 4.0),
    "s": (0.0, 1.0),
    "r_{on}": (0.3, 0.7),
    r"\alpha": (0.05, 0.2),
    "t": (0.0, 8.0),
}
STATE = 0.5


def normal(key: str, shape: tuple[int, ...]) -> Array:
    """Standard normal numbers, the same for the same key."""
    return np.asarray(np.random.default_rng(crc32(key.encode())).standard_normal(shape))


def draw(quantity: Quantity, shape: tuple[int, ...], number: int, key: str) -> Array:
    """Values of one variable at a numbered point."""
    generator = np.random.default_rng(crc32(f"{key} {number} {quantity.name}".encode()))
    if quantity.own in RANGES:
        return np.asarray(generator.uniform(*RANGES[quantity.own], shape))
    drawn = generator.standard_normal(shape)
    return np.asarray(_scale(quantity, shape, SCALES[number % len(SCALES)]) * drawn)


def _scale(quantity: Quantity, shape: tuple[int, ...], scale: float) -> float:
    if quantity.kind != "parameter":
        return STATE if quantity.kind == "state" else 1.0
    return scale / float(np.sqrt(shape[-1])) if len(shape) == 2 else scale / 2
