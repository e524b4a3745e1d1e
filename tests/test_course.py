"""The lessons at their own settings, as a student runs them: what they say holds at every seed.

`pytest -m course`, before a release, runs each for three seeds; the default run has one of them.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pandas
import pytest

import workbench as wb

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
LESSONS = sorted(NOTEBOOKS.glob("0*.ipynb"))
SMALL, SECONDS = 300_000, 120  # bytes of a lesson's outputs; seconds of its processor time, on one core
BYTES = 1.2e9  # of its kernel: 1.5 GB less what papermill and JupyterLab's server take (`test_binder.py` adds them up)
RECORDED = "52"  # a reading of a recorded table
QUOTED = r"95 % interval|paper's 1.4 %"  # what a reading may say with a per cent
Table = Any  # a data frame
SEEDS = [pytest.param(0, marks=pytest.mark.once), 1, 2]


def ran(path: Path, folder: Path, seed: int, *given: str) -> tuple[int, str, resource.struct_rusage]:
    """Run a lesson in a process of its own; return its exit status, its last words, and what it and its kernel took."""
    command = [sys.executable, "-m", "papermill", str(path), "output.ipynb", "--no-progress-bar"]
    command += [*("-p", "seed", str(seed)), *("-p", "interactive", "False"), *("-p", "out", str(folder)), *given]
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)  # Popen did not see it end
    return process.returncode, (folder / "log.txt").read_text()[-3000:], usage


def said_in(outputs: list[Any]) -> str:
    """All that cells printed or displayed as text."""
    return "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)


@pytest.mark.notebook
@pytest.mark.course
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_says_what_its_tables_show_and_stays_within_its_means(
    path: Path, seed: int, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    status, log, usage = ran(path, tmp_path, seed)
    assert status == 0, log
    notebook = nbformat.read(tmp_path / "output.ipynb", 4)
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert sum(len(json.dumps(output)) for output in outputs) < SMALL
    tables = {file.stem: pandas.read_parquet(file) for file in tmp_path.glob("*.parquet")}
    TOLD.get(path.stem, lambda said, **tables: None)(said_in(outputs), **tables)
    crowd = 1 if pytestconfig.getoption("markexpr") == "course" else 2  # beside other tests a core does half as much
    assert usage.ru_utime + usage.ru_stime < crowd * SECONDS
    assert usage.ru_maxrss * 1024 < BYTES


@pytest.mark.notebook
@pytest.mark.course
@pytest.mark.parametrize("name", ["fashion-mnist", "mnist", "cifar10"])
@pytest.mark.parametrize("path", LESSONS[1:], ids=lambda path: path.stem)
def test_a_lesson_on_other_data_runs_or_says_at_once_why_not(path: Path, name: str, tmp_path: Path) -> None:
    settings = OTHERS[name] | {"dataset": name, "replicas": 1}
    given = [part for key, value in settings.items() for part in ("-p", key, str(value))]
    status, log, usage = ran(path, tmp_path, 0, *given)
    assert usage.ru_maxrss * 1024 < 3e9
    if refusal := REFUSED.get((path.stem, name)):
        assert re.search(refusal, log), log
        return
    assert status == 0, log
    cells = nbformat.read(tmp_path / "output.ipynb", 4).cells
    said = said_in([output for cell in cells if cell.cell_type == "code" for output in cell.outputs])
    assert "The lesson was written for" in said


OTHERS: dict[str, dict[str, Any]] = {  # what a reader would try: a data set, and a network for it
    "fashion-mnist": {"model": "lenet"},
    "mnist": {"model": "conv2(width=8)"},
    "cifar10": {"model": "resnet8(width=8)", "image_size": 16},
}
REFUSED = {  # and the lesson that it is not for, with what it says before any work
    ("06_strong_tickets", "fashion-mnist"): "the target must take at most 1 h, but by filter",
    ("06_strong_tickets", "mnist"): "the target must take at most 1 h, but by filter",
    ("06_strong_tickets", "cifar10"): "the target must be a chain",
}


def winning_tickets(said: str, rounds: Table) -> None:
    assert "The dense networks learned" in said
    for sentence in wb.charts.difference_by_density.words(rounds):
        assert sentence in said, sentence
    less = compared(rounds[rounds["round"] == rounds["round"].max()], "kind", "test_accuracy", "ticket")
    for control in ("random_mask", "random_uniform", "reinitialised"):
        assert less[control].low > 0, f"the ticket is ahead of {control} at the end"
    (verdict,) = re.findall(r"^So (?:the ticket )?(?:matches the dense|no sparse round).*", said, re.MULTILINE)
    by_round = rounds[rounds.kind == "ticket"].pivot_table("test_accuracy", "round", "replica")
    first = wb.intervals.paired(list(by_round.loc[1]), list(by_round.loc[0]))
    assert wb.intervals.matches(first) == ("no sparse round" not in verdict)
    ((still, lively),) = re.findall(
        r"^Connections of a pixel: (\S+) in the half .* least, (\S+) in", said, re.MULTILINE
    )
    assert float(lively) > float(still), "the ticket reads most where images differ"


def rare_gems(said: str, tickets: Table) -> None:
    own = tickets[(tickets.control == "none") & (tickets.budget == "recipe") & (tickets.asked < 1)]
    for asked, rows in own.groupby("asked"):
        for rival, less in compared(rows, "method", "accuracy_after", "gem_miner(l2=0.001)").items():
            way = "ahead" if less.low > 0 else "behind" if less.high < 0 else "not shown to differ"
            assert f"{100 * asked:g} %, trained: gem_miner(l2=0.001) less {rival} {less}: {way}" in said
    assert (
        compared(own[own.asked == own.asked.min()], "method", "accuracy_after", "gem_miner(l2=0.001)")[
            "random_mask(layers='erk')"
        ].low
        > 0
    )
    for sentence in wb.charts.sanity_checks.words(tickets[tickets.asked == tickets.asked.min()]):
        assert sentence in said, sentence
    untrained = dict(re.findall(r"^gem_miner\(l2=(\S+)\): \S+ rounded; untrained (\S+)% rounded", said, re.MULTILINE))
    assert float(untrained["0.001"]) > float(untrained["0"]), "λ puts out early what is not needed"
    assert "gem_miner(l2=0.01): 0.00% rounded" in said, "with too much the rounded mask ends empty"
    kept = {layer: float(share) for share, layer in re.findall(r"(\S+)% of (\d\.weight)", said)}
    assert min(kept, key=kept.__getitem__) == "4.weight", "of short training IMP cuts the layer of most inputs most"


def data_diet(said: str, scores: Table, subsets: Table) -> None:
    assert "The dense networks learned" in said
    (found,) = re.findall(r"largest losses there find\s+(\d+),\s+and .*, (\d+); by chance (\d+)", said)
    last, before, chance = map(int, found)
    assert before > last > chance, "a network tells wrong labels before it knows them by heart"
    first = subsets.drop_duplicates(["subset", "size", "pretrain_steps", "replica"])
    at_start, after = first[first.pretrain_steps == 0], first[first.pretrain_steps > 0]
    reference = list(at_start.sort_values("replica").barrier)
    for (subset, size), rows in after.groupby(["subset", "size"]):
        less = wb.intervals.paired(list(rows.sort_values("replica").barrier), reference)
        assert re.search(
            rf"on {subset} {size}: \S+ nats; less that without them: {way(less)}, {re.escape(str(less))}", said
        )
    kept = re.findall(r"the \w+ \d+% less a random \d+%: (.*), \S+ \[(\S+), (\S+)\], n", said)
    assert len(kept) == 6  # shares × kinds
    for told, low, high in kept:
        assert (told == "better") == (float(low) > 0)
        assert (told == "worse") == (float(high) < 0)


def loss_landscape(said: str, path: Table, barriers: Table, plane: Table, spectrum: Table) -> None:
    assert "The two children learned" in said
    whole = barriers[(barriers.definition == "linear") & (barriers.group == "all") & (barriers.threshold == 0.1)]
    for sentence in wb.charts.barrier_by_step.words(whole):
        assert sentence in said, sentence
    tested = whole[(whole.split == "test") & (whole.batch_norm == "average")]
    by_step = tested.groupby("rewind_step").barrier_error.mean()
    assert by_step.iloc[0] > 0.02 > by_step.iloc[-1], "the mountain is there at first, and disappears"
    assert "There is no mountain here" not in said
    (tops,) = re.findall(r"straight way rises to (\S+)% .*\s+in 2 straight pieces, .*, to (\S+)%", said)
    assert 2 * float(tops[1]) < float(tops[0]), "a bend leads round the mountain"


def calibrated_ensembles(said: str, ensembles: Table, reliability: Table, shift: Table) -> None:
    assert "The networks and ensembles learned" in said
    for when, scaled in (("As trained", False), ("After temperature scaling", True)):
        less = {d.measure: d for d in wb.experiments.differences_between(ensembles) if d.temperature_scaled == scaled}
        told = ", ".join(f"{m} {way(less[m].difference)}" for m in ("nll", "brier", "ece_debiased", "accuracy"))
        assert f"{when}, robust less ordinary: {told}." in said
        assert all(str(difference) in said for difference in less.values())
    one, *_, most = re.findall(r"^ *\d+ bins   (\S+)$", said, re.MULTILINE)
    assert float(most) > float(one), "more bins, a larger error"
    nll = ensembles.pivot_table("nll", "method", "temperature_scaled").round(3)
    for method, (before, after) in nll.iterrows():
        assert re.search(rf"^{method} +{before:.3f} +{after:.3f}$", said, re.MULTILINE)


def way(less: wb.intervals.Interval) -> str:
    return "higher" if less.low > 0 else "lower" if less.high < 0 else "not shown to differ"


def strong_tickets(said: str, subset_sum: Table, strong_tickets: Table) -> None:
    filters = strong_tickets[strong_tickets.structure == "filter"]
    for ratio, rows in filters.groupby("candidates_per_block"):
        assert str(wb.intervals.share(list(rows.agreement))) in said, ratio
    by_ratio = filters.groupby("candidates_per_block").agreement.mean()
    assert by_ratio.iloc[-1] > by_ratio.iloc[0], "more candidates, more agreement"
    assert "no certificate is below what is measured: True" in said
    times = [float(number) for number in re.findall(r"candidates: what is found is (\S+) times as far", said)]
    assert times[-1] > times[0], "the more candidates, the more what is found and what exists part company"
    ((found, best),) = re.findall(r"^among 100 vectors, .*: within (\S+), .*\n.*: within (\S+)", said, re.MULTILINE)
    assert float(found) > 1000 * float(best)
    proven = strong_tickets.dropna(subset="certificate")
    assert (proven.measured_sup <= proven.certificate).all()


@pytest.mark.parametrize("name", ["00_workbench", "01_winning_tickets", "02_rare_gems", "06_strong_tickets"])
def test_a_reading_leaves_measured_numbers_to_what_is_printed(name: str) -> None:
    cells = nbformat.read(NOTEBOOKS / f"{name}.ipynb", 4).cells
    readings = [cell for cell in cells if "**What it shows.**" in cell.source and cell.id != RECORDED]
    for cell in readings:
        shown = cell.source.partition("**What it shows.**")[2].partition("\n\n")[0]
        assert not re.search(r"\d ?%|\d points", re.sub(QUOTED, "", shown)), shown


def test_the_reading_of_recorded_gems_has_the_numbers_of_their_table() -> None:
    (cell,) = [c for c in nbformat.read(NOTEBOOKS / "02_rare_gems.ipynb", 4).cells if c.id == RECORDED]
    said = " ".join(cell.source.split())
    table: Table = wb.recorded("rare-gems-lenet").table.query("budget == 'recipe' and asked < 0.01")
    fields = ["accuracy_before", "accuracy_after"]
    mean = (100 * table.groupby(["dataset", "method", "control"])[fields].mean()).round(1)
    mnist, fashion = (mean.loc[dataset, "gem_miner(l2=0.0003)", "none"] for dataset in ("mnist", "fashion-mnist"))
    assert f"{mnist.accuracy_before} % on MNIST and {fashion.accuracy_before} % on Fashion-MNIST" in said
    assert f"{mnist.accuracy_after} and {fashion.accuracy_after} % after" in said
    after, digits = table.groupby(["dataset", "method", "control"]).accuracy_after.mean(), "mnist"
    lost = {
        c: 100 * (after[digits, "gem_miner(l2=0.0003)", "none"] - after[digits, "gem_miner(l2=0.0003)", c])
        for c in ("shuffled", "reinitialised", "shuffled_degrees")
    }
    assert f"Shuffling costs it {lost['shuffled']:.1f} and" in said
    assert f"costs Gem-Miner {lost['reinitialised']:.1f} and" in said
    assert f"the shuffle costs {lost['shuffled_degrees']:.1f} points on MNIST" in said


def compared(rows: Table, name: str, value: str, first: str) -> dict[str, wb.intervals.Interval]:
    """The paired difference of the first to each of the others, by replica."""
    by_replica = rows.pivot_table(value, "replica", name, sort=False)
    others = by_replica.columns.drop(first)
    return {other: wb.intervals.paired(list(by_replica[first]), list(by_replica[other])) for other in others}


TOLD: dict[str, Callable[..., None]] = {
    "01_winning_tickets": winning_tickets,
    "02_rare_gems": rare_gems,
    "03_data_diet": data_diet,
    "04_loss_landscape": loss_landscape,
    "05_calibrated_ensembles": calibrated_ensembles,
    "06_strong_tickets": strong_tickets,
}
