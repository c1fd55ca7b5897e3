"""What :mod:`gradproof.workers` loads once, before it forks: the checker, the explanations and their tables.

Importing this module checks a small sheet with a slip in it, which fills the caches and loads what is loaded late.
Nothing here starts a thread, which would not live through a fork.
"""

from __future__ import annotations

import gradproof.reporting
from derivations.check import check_sheet
from derivations.reading.places import Source
from gradproof.text import render

__all__ = ["SHEET", "gradproof"]

SHEET = r"""
$$h_t = \tanh(W h_{t-1} + U x_t + b)$$
$$z_t = \sigma(V h_t)$$
$$\sigma'(x) = \sigma(x)(1 - \sigma(x)^2)$$
$$\frac{\partial z_t}{\partial h_t} = \mathrm{diag}(z_t \odot (1 - z_t)) V$$
"""

render(check_sheet(Source("", SHEET)))
