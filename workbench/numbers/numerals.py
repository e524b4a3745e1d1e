"""Numbers as people read them: a share in percent, and a mean with half its interval, written alike everywhere."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.numbers import intervals
from workbench.work import rules


def percent(share: float) -> str:
    """Return a share in words, to two digits: `21 %`, `3.4 %`, `0.35 %`."""
    rules.number("share", share, way_on="0.21 is 21 %")
    return f"{100 * share:.2g} %" if share < 0.995 else "100 %"


def plus_minus(values: Sequence[float], unit: str = "", *, form: str = ".1f", half: str = "", of: bool = True) -> str:
    """Return a mean, half its t interval, the unit and the number of values: `0.4 ± 0.3 nats (n = 3)`.

    Fewer than three values have no interval, and so no ±. `form` is of the mean, `half` of what follows the ± (default:
    the same, without a sign); without `of` the number is left out, where it is said beside.
    """
    interval = intervals.mean(values)
    spread = "" if interval.n < intervals.LEAST else f" ± {interval.high - interval.mean:{half or form.lstrip('+')}}"
    number = f" (n = {interval.n})" if of else ""
    return f"{interval.mean + 0:{form}}{spread}{unit}{number}"  # + 0 makes a zero of one below it


def points(shares: Sequence[float], unit: str = " points", *, form: str = ".1f", of: bool = True) -> str:
    """Return `plus_minus` of shares as hundredths: `0.4 ± 0.3 points (n = 3)`, or with the unit " %".

    A share whose ± would leave 0 to 100 % has the ends of `intervals.share` instead: `98.0 % (91.3 to 99.6, n = 3)`.
    """
    within = intervals.share(shares) if unit == " %" and all(0 <= share <= 1 for share in shares) else None
    usual = intervals.mean(shares)
    if within is None or within.n < intervals.LEAST or (within.low, within.high) == (usual.low, usual.high):
        return plus_minus([100 * share for share in shares], unit, form=form, of=of)
    ends = " to ".join(f"{100 * end:{form}}" for end in (within.low, within.high))
    return f"{100 * within.mean:{form}}{unit} ({ends}{f', n = {within.n}' if of else ''})"
