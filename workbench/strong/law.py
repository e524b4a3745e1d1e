"""How near can the best subset come? The first-moment law, derived here and measured; not a theorem of the paper.

Of the 2^n subsets of n vectors in m dimensions, whose coordinates have the standard deviation σ, so many are expected
to come within ε of a target z in every coordinate:

    E = 2^n (2 ε)^m p(z),    p(z) = (π n σ²)^(-m/2) exp(-‖z‖² / (n σ²))

The best error is about where E = 1, and the probability of a success about 1 - exp(-E). For Gaussian vectors and
1 << m << n the order sqrt(n) 2^(-n/m) is proved (Turner, Meka & Rigollet 2020). So n is *linear* in m at best; theorems
for structured tickets ask for m³ and more, as recalled.
"""

from __future__ import annotations

import math

from workbench.work import rules


def expected_subsets(
    dimension: int, candidates: int, within: float, *, target_norm: float = 0.0, spread: float = 1.0
) -> float:
    """Return how many subsets are expected within ε = `within` of a target of this l2 norm, in every coordinate."""
    m, n = _sizes(dimension, candidates, target_norm, spread)
    rules.number("within", within, above=0, way_on="0.01 is an error of 0.01 in every coordinate")
    log = n * math.log(2) + m * math.log(2 * within) - m / 2 * math.log(math.pi * n * spread**2)
    return math.exp(min(log - target_norm**2 / (n * spread**2), 700.0))


def success_probability(
    dimension: int, candidates: int, within: float, *, target_norm: float = 0.0, spread: float = 1.0
) -> float:
    """Return 1 - exp(-E): about how probable it is that some subset comes within ε (optimistic near 1)."""
    return -math.expm1(-expected_subsets(dimension, candidates, within, target_norm=target_norm, spread=spread))


def best_error(dimension: int, candidates: int, *, target_norm: float = 0.0, spread: float = 1.0) -> float:
    """Return ε* = ½ σ sqrt(π n) 2^(-n/m) exp(‖z‖² / (n m σ²)): about the error of the best subset (l_inf).

    Above about 0.6 of the target's largest coordinate it says nothing: the empty subset comes as near.
    """
    m, n = _sizes(dimension, candidates, target_norm, spread)
    exponent = target_norm**2 / (n * m * spread**2) - n / m * math.log(2)
    return 0.5 * spread * math.sqrt(math.pi * n) * math.exp(min(exponent, 700.0))


def _sizes(dimension: int, candidates: int, target_norm: float, spread: float) -> tuple[int, int]:
    rules.number("target_norm", target_norm, least=0, way_on="0 is the target in the middle")
    rules.number("spread", spread, above=0, way_on="1 is that of N(0, 1)")
    m = rules.whole("dimension", dimension, least=1, way_on="1 is a sum of numbers")
    return m, rules.whole("candidates", candidates, least=1, way_on="20 a dimension are a good start")
