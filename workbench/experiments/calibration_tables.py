"""Tables of how well ensembles know what they do not know, and the paired differences between two methods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from workbench import calibration, ensembles
from workbench.ensembles.diversity import disagreement_by_member
from workbench.experiments.ensemble_outcome import Ensembled, check_once
from workbench.experiments.fields_of import fields_of
from workbench.experiments.given_names import check_names
from workbench.experiments.ways_to_an_ensemble import WAYS
from workbench.nets import masks
from workbench.numbers import intervals
from workbench.numbers.asked import asked
from workbench.numbers.intervals import Interval
from workbench.numbers.tables import table
from workbench.training.losses import in_words
from workbench.work import rules
from workbench.work.nearest import check_known

if TYPE_CHECKING:
    import pandas

PRIMARY = ("nll", "brier", "ece_debiased", "wrong_confidence")  # lower is better
MEASURES = (*PRIMARY, "accuracy", "signed_gap", "ece", "aurc")


def ensembles_table(outcomes: Iterable[Ensembled], *, bins: int = 15) -> pandas.DataFrame:
    """Return two rows an outcome, before and after temperature scaling: how it does on the test split.

    `ece` has `bins` bins of equal width, closed on the right; `ece_floor` is the same of a network that is calibrated
    perfectly (labels redrawn from its probabilities), and `ece_debiased` is corrected for it. The temperature is fitted
    on the validation split, after combining.
    """
    import pandas

    outcomes = _asked("ensembles_table", outcomes)
    columns = ["method", "members", "density", "seed", "replica", "combine", "temperature_scaled"]
    rows = [_row(o, scaled, bins) for o in outcomes for scaled in (False, True)]
    return pandas.DataFrame(rows, columns=None if rows else columns)


def _asked(name: str, outcomes: Iterable[Ensembled]) -> list[Ensembled]:
    if hasattr(outcomes, "to_dict"):
        raise rules.refused("outcomes", "the outcomes themselves", outcomes, "a table has no predictions")
    return asked(name, outcomes, "method members combine validation test", "robust_ensembles")


def _row(o: Ensembled, scaled: bool, bins: int) -> dict[str, Any]:
    p, labels = o.probabilities(scaled=scaled), o.test.labels
    return {
        **_known(o),
        "temperature_scaled": scaled,
        **calibration.measured(p, labels, "accuracy nll brier"),
        **calibration.measured(p, labels, "ece ece_debiased", bins=bins),
        "ece_floor": calibration.ece_floor(p, labels, bins=bins, seed=o.seed),
        "ece_equal_mass": calibration.ece_equal_mass(p, labels, bins=bins),
        **calibration.measured(p, labels, "signed_gap wrong_confidence aurc"),
        "disagreement": ensembles.disagreement(o.test.logits_MNC),
    }


def _known(o: Ensembled) -> dict[str, Any]:
    return {"method": o.method, "members": len(o.members), **fields_of(o, "density seed replica combine")}


def reliability_table(outcomes: Iterable[Ensembled], *, bins: int = 15) -> pandas.DataFrame:
    """Return the bins of the reliability diagram of every outcome, before and after temperature scaling."""
    return table(
        {**o.labels, "combine": o.combine, "temperature_scaled": scaled, **row}
        for o in _asked("reliability_table", outcomes)
        for scaled in (False, True)
        for row in calibration.reliability(o.probabilities(scaled=scaled), o.test.labels, bins=bins)
    )


@dataclass(frozen=True)
class Difference:
    """The paired difference `a` - `b` of a measure over replicas, before or after temperature scaling."""

    measure: str
    a: str
    b: str
    temperature_scaled: bool
    difference: Interval

    @property
    def lower(self) -> bool:
        """Whether the interval lies below zero: a has less of it than b."""
        return self.difference.high < 0

    def __str__(self) -> str:
        scaled = ", after temperature scaling" if self.temperature_scaled else ""
        return f"{self.measure}{scaled}, {self.a} less {self.b}: {self.difference}"


def differences_between(
    rows: pandas.DataFrame, a: str = "robust", b: str = "ordinary", measures: Sequence[str] = MEASURES
) -> Iterator[Difference]:
    """Yield the paired differences between two methods of an `ensembles_table`, with their t intervals over replicas.

    Replicas are paired by seed and replica; those that only one of the two has are left out. A measure that has no
    value in a replica (no wrong prediction) is not paired there. Raises a ValueError for rows of several experiments,
    in which a replica has a method twice.
    """
    rows = asked("differences_between", rows, "seed replica method temperature_scaled", "ensembles_table")
    if not hasattr(rows, "pivot_table"):
        raise rules.refused("rows", "a data frame", rows, "wb.experiments.ensembles_table(outcomes) makes one")
    check_names("measure", measures, [*dict.fromkeys((*MEASURES, *map(str, rows)))], least=1)
    if not len(rows):
        return
    for name, method in (("a", a), ("b", b)):
        check_known(f"method {name}", method, {*WAYS, *rows["method"]})
    check_once(rows[["seed", "replica", "method", "temperature_scaled"]].itertuples(index=False, name=None))
    for scaled in (False, True):
        part = rows[rows["temperature_scaled"] == scaled]
        for measure in measures:
            wide = part.pivot_table(measure, ["seed", "replica"], "method")
            if {a, b} <= set(wide) and len(pair := wide[[a, b]].dropna()):
                yield Difference(measure, a, b, scaled, intervals.paired(list(pair[a]), list(pair[b])))


def validation_gap(outcomes: Iterable[Ensembled], method: str = "ordinary") -> Interval:
    """Return the mean signed gap (confidence less accuracy) of a method on the validation split, over replicas.

    Robust training lowers confidence: where this is not above zero it can only hurt. Raises a ValueError for
    outcomes without the method, or of several experiments.
    """
    outcomes = [o for o in _asked("validation_gap", outcomes) if o.method == method]
    check_once((o.seed, o.replica, o.method) for o in outcomes)
    if not outcomes:
        raise ValueError(f'there is no outcome of "{method}"; add it to the methods of the experiment')
    gaps = [calibration.signed_gap(o.validation.probabilities(o.combine), o.validation.labels) for o in outcomes]
    return intervals.mean(gaps)


def validation_table(outcomes: Iterable[Ensembled]) -> pandas.DataFrame:
    """Return a row an outcome of how it does on the validation split, by which a lambda is chosen.

    `losses` are the members' in words (`λ = ∞; λ = 2`); `nll` and `signed_gap` are without temperature scaling. The
    test split has no part in it.
    """
    return table(
        {
            "method": o.method,
            "losses": "; ".join(in_words(member.loss) for member in o.members),
            **_known(o),
            **calibration.measured(o.validation.probabilities(o.combine), o.validation.labels, "nll signed_gap"),
        }
        for o in _asked("validation_table", outcomes)
    )


def diversity_table(outcomes: Iterable[Ensembled]) -> pandas.DataFrame:
    """Return how different the members of every ensemble are on the test split.

    `disagreement` alone rewards weak members; `double_fault` (both wrong) and `relative_disagreement` (over their mean
    error) stand beside it (`ensembles.diversity`).
    """
    return table(
        {
            **o.labels,
            "members": len(o.members),
            "disagreement": ensembles.disagreement(o.test.logits_MNC),
            "double_fault": ensembles.double_fault(o.test.logits_MNC, o.test.labels),
            "relative_disagreement": ensembles.relative_disagreement(o.test.logits_MNC, o.test.labels),
            "overlap": o.overlap,
        }
        for o in _asked("diversity_table", outcomes)
    )


def costs_table(outcomes: Iterable[Ensembled]) -> pandas.DataFrame:
    """Return what every ensemble took to train, takes to keep (bytes beside shared random weights), and to run."""
    return table(
        {
            **o.labels,
            "members": len(o.members),
            "steps": o.steps,
            "bytes": o.bits // 8,
            "multiplications": o.multiplications,
            "overlap": o.overlap,
            "union_density": o.union,
        }
        for o in _asked("costs_table", outcomes)
    )


def members_table(outcomes: Iterable[Ensembled]) -> pandas.DataFrame:
    """Return a row for every member, by itself on the test split, and then one for the ensemble together.

    `ensemble` is the method with its size, `member` the member's number and loss, `vote` its weight in the ensemble
    (together, the sum of them), and `disagreement` how often it disagrees with another member, the mean over the others
    (together, over all; 0 for one alone).
    """
    return table(row for o in outcomes for row in _members(o))


def _members(o: Ensembled) -> Iterator[dict[str, Any]]:
    each = [logits.double().softmax(1) for logits in o.test.logits_MNC]
    densities, votes = [member.density for member in o.members], [member.vote for member in o.members]
    columns = {
        "member": (*o.member_names, "together"),
        "place": range(len(each) + 1),
        "disagreement": (*disagreement_by_member(o.test.logits_MNC), ensembles.disagreement(o.test.logits_MNC)),
        "density": (*densities, o.density),
        "vote": (*votes, sum(votes)),
    }
    for p, *values in zip((*each, o.probabilities()), *columns.values(), strict=True):
        alone = calibration.measured(p, o.test.labels, "accuracy signed_gap wrong_confidence")
        yield {**o.labels, "ensemble": o.name, **dict(zip(columns, values, strict=True)), **alone}


def overlaps_table(outcomes: Iterable[Ensembled]) -> pandas.DataFrame:
    """Return the overlap (Jaccard) of every two members' masks, a row for each member and each `other`, itself too."""
    return table(
        {**o.labels, "ensemble": o.name, "member": name, "place": a, "other": str(b + 1)}
        | {"overlap": masks.overlap(o.members[a].mask, o.members[b].mask)}
        for o in outcomes
        for a, name in enumerate(o.member_names)
        for b in range(len(o.members))
    )


def less(rows: Iterable[dict[str, Any]], base: str, measures: Sequence[str] = MEASURES) -> list[dict[str, Any]]:
    """Return the rows (of `ensembles_table`) of all methods but `base`, each measure less that of `base` beside it.

    What stands beside is of the same replica and scaling; a measure that one of the two lacks is None.
    """
    rows, key = list(rows), itemgetter("seed", "replica", "temperature_scaled")
    beside = {key(row): row for row in rows if row["method"] == base}
    pairs = [(row, beside[key(row)]) for row in rows if row["method"] != base and key(row) in beside]

    def apart(row: dict[str, Any], other: dict[str, Any], measure: str) -> float | None:
        known = row.get(measure) is not None and other.get(measure) is not None
        return row[measure] - other[measure] if known else None

    return [row | {measure: apart(row, other, measure) for measure in measures} for row, other in pairs]
