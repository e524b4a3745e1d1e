"""Every notebook, through papermill with tiny values; and what all of them promise."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pandas
import papermill
import pytest
from pandas import DataFrame

from workbench.course import key, lesson, teacher
from workbench.sweep.review.pictures import charts_of, pictures
from workbench.work.shipped import KEYS

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
TINY = {"dataset": "digits", "train_size": 300, "epochs": 1, "replicas": 3, "interactive": False}
PRETRAINED = {
    "pretrain_model": "resnet8(width=4)",
    "pretrain_epochs": 3,
    "sizes": [20],
    "pretrain_steps": [0, 2],
    "networks": 3,
}
LEARNING = {"epochs": 3, "batch_size": 16}  # 56 steps: a lesson stops at networks that have not learned
LANDSCAPE = {"model": "resnet8(width=4)", "rewind_steps": [0, 2], "points": 3, "replicas": 1, **LEARNING}
OWN = {
    "00_workbench": {"rounds": 2},
    "01_winning_tickets": {"rounds": 2, **LEARNING},
    "02_rare_gems": {
        "model": "lenet(hidden=(20,), norm=True, affine=False)",
        **LEARNING,
        "search_epochs": 4,
        "densities": [0.2, 0.05],
        "methods": ["gem_miner", "snip"],
        "controls": ["shuffled", "inverted"],
        "matched": True,
    },
    "03_data_diet": {"model": "lenet(hidden=(20,))", **LEARNING, "rounds": 1, "label_noise": 0.2, **PRETRAINED},
    "04_loss_landscape": LANDSCAPE,
    "05_calibrated_ensembles": {
        "model": "lenet(hidden=(20,), norm=True)",
        **LEARNING,
        "epochs": 6,
        "density": 0.2,
        "corruptions": ["contrast"],
        "methods": ["robust", "ordinary", "single", "dense", "dense mixup"],
    },
    "06_strong_tickets": {
        "model": "plain_cnn(channels=(2, 2))",
        **LEARNING,
        "epochs": 10,
        "popup_epochs": 1,
        "candidates": [6, 10],
        "dimensions": [1, 2],
        "draws": 3,
        "scales": [1.0, 0.02],
        "ratios": [6, 12],
        "hidden": [20, 40],
        "priced": [5, 20],
    },
}
PARAMETERS = {
    *("dataset", "train_size", "image_size", "model", "epochs", "learning_rate", "batch_size", "augment"),
    *("seed", "replicas", "device", "interactive", "out"),
}
OWN_PARAMETERS = {
    "00_workbench": {"rounds", "fraction", "rewind_step", "call"},
    "01_winning_tickets": {"rounds", "fraction", "rewind_step"},
    "02_rare_gems": {"methods", "densities", "controls", "search_epochs", "finetune_epochs", "matched"},
    "03_data_diet": {"label_noise", "subsets", "sizes", "pretrain_steps"},
    "04_loss_landscape": {"rewind_steps"},
    "05_calibrated_ensembles": {"pixel_noise", "methods", "density", "lams", "combine", "corruptions", "others"},
    "06_strong_tickets": {"dimensions", "candidates", "scales", "ratios", "structures", "rivals", "archive"},
}
REPORT = {"folder", "notebook", "most", "interactive", "out"}  # of the notebook that trains nothing
all_notebooks = pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
lessons = pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("0*.ipynb")), ids=lambda path: path.stem)
solved_lessons = pytest.mark.parametrize("name", [path.stem for path in sorted(NOTEBOOKS.glob("0[1-6]*.ipynb"))])


def run(path: Path, folder: Path, **parameters: Any) -> Any:
    """Run a notebook as a batch job does and return what it became."""
    return papermill.execute_notebook(
        path,
        folder / "output.ipynb",
        parameters={**TINY, **OWN[path.stem], "out": str(folder), **parameters},
        progress_bar=False,
        store_widget_state=False,
        cwd=folder,
    )


@pytest.mark.notebook
@lessons
def test_a_notebook_runs_as_a_batch_job_stays_small_and_writes_its_tables(path: Path, tmp_path: Path) -> None:
    """One run serves every check: a notebook is what takes longest here."""
    notebook = run(path, tmp_path, seed=3)
    assert notebook.metadata.papermill.exception is None
    assert (tmp_path / "output.ipynb").stat().st_size < 600_000
    tables = {file.stem: pandas.read_parquet(file) for file in tmp_path.glob("*.parquet")}
    TABLES[path.stem](**tables)
    assert all(set(table.seed) == {3} for table in tables.values() if "seed" in table)
    text = (tmp_path / "output.ipynb").read_text()
    for name, table in tables.items():  # a report of it draws what it means, and nothing else
        rows = table.assign(point="a")
        charts = charts_of(text, rows, [])
        drawn = [one for one in pictures(rows, [], charts, 6) if one.words]
        assert [one.name for one in drawn] == DRAWN.get(name, []), name


def of_the_workbench(outcomes: DataFrame) -> None:
    assert len(outcomes) == 3 * (3 + 3 * 2)  # replicas × (dense, two rounds; three controls of two)


def of_winning_tickets(rounds: DataFrame) -> None:
    columns = ["kind", "seed", "replica", "round", "density", "test_accuracy", "test_loss", "steps", "seconds"]
    assert list(rounds) == columns
    assert len(rounds) == 3 * (3 + 4 * 2)  # replicas × (dense, two rounds; four controls of two)
    assert set(rounds.query("round == 0").density) == {1.0}
    assert set(rounds.steps) == {round(3 * 300 / 16)}


def of_rare_gems(tickets: DataFrame) -> None:
    named = "method control seed replica density density_rounded accuracy_before accuracy_before_kept batch_norm"
    named += " accuracy_after search_steps search_seconds collapsed_layers effective_density"
    assert list(tickets)[:14] == named.split()
    assert set(tickets.method) == {"gem_miner(l2=0.001)", "snip"}
    assert set(tickets.control) == {"none", "shuffled", "inverted"}
    assert len(tickets) == 3 * 2 * (3 + 3 + 1)  # replicas × densities × (each with two controls; SNIP trained longer)
    assert set(tickets.query("budget == 'matched'").method) == {"snip"}


def of_the_data_diet(scores: DataFrame, subsets: DataFrame) -> None:
    named = "id label el2n grand grand_last_layer grand_init forgetting never_learned_share first_learned input_norm"
    named += " random loss margin barrier"
    assert list(scores) == [*named.split(), "replicas", "step", "flipped"]
    assert (len(scores), int(scores.flipped.sum()), set(scores.replicas)) == (300, 60, {3})
    assert set(scores.columns[scores.isna().any()]) == {"grand_last_layer"}  # the one that the lesson does not ask for
    named = "subset size pretrain_steps presentations seed replica round density test_accuracy batch_norm barrier"
    assert list(subsets)[:13] == [*named.split(), "threshold", "connected_share"]
    assert len(subsets) == 5 * 3 * 2 * 2  # cells × replicas × rounds × thresholds


def of_the_landscape(path: DataFrame, barriers: DataFrame, plane: DataFrame, spectrum: DataFrame) -> None:
    pair = {"rewind_step", "seed", "replica", "pair", "split", "batch_norm"}
    assert set(path) == pair | {"alpha", "loss", "error"}
    measured = {"barrier_loss", "barrier_error", "connected_share"}
    assert set(barriers) >= pair | {"definition", "group", "threshold"} | measured
    assert len(path) == 2 * 2 * 3 * 3  # steps × splits × treatments × points
    assert {"seed", "x", "y", "loss", "error", "distance"} <= set(plane)
    assert {"density", "eigenvalue", "spectral_density"} <= set(spectrum)


def of_calibrated_ensembles(ensembles: DataFrame, reliability: DataFrame, shift: DataFrame) -> None:
    methods, replicas = OWN["05_calibrated_ensembles"]["methods"], 3
    named = "method members density seed replica combine temperature_scaled accuracy nll brier ece ece_debiased"
    rest = "ece_floor ece_equal_mass signed_gap wrong_confidence aurc disagreement"
    assert list(ensembles) == [*named.split(), *rest.split()]
    assert set(ensembles.method) == set(methods)
    assert len(ensembles) == len(methods) * replicas * 2  # before and after scaling
    assert len(reliability) == len(ensembles) * 15  # bins
    named = "method seed replica dataset corruption severity score accuracy ece auroc aupr fpr95"
    assert list(shift) == named.split()
    assert len(shift) == len(methods) * replicas * (1 + 5 + 5)  # clean, five severities, five scores of other data


def of_strong_tickets(subset_sum: DataFrame, strong_tickets: DataFrame) -> None:
    named = "dimension candidates distribution scale solver seed replica error law seconds"
    assert list(subset_sum)[:10] == named.split()
    assert set(subset_sum.solver) == {"meet_in_the_middle", "flips"}
    assert set(subset_sum.distribution) == {"normally_scaled", "gaussian", "uniform"}
    small = subset_sum[subset_sum.dimension < 36]
    assert len(small) == 3 * (2 * 2 + 3 * 3 + 3 + 6)  # draws × (the law; distributions; exact and flips)
    named = "structure candidates_per_block seed replica kernel_error certificate measured_sup target_accuracy"
    assert list(strong_tickets)[:13] == [
        *named.split(),
        *("ticket_accuracy", "agreement", "kept_filters", "random_filters", "seconds"),
    ]
    structures = dict(strong_tickets.structure.value_counts())
    others = dict.fromkeys(("kernel", "weight", "neuron", "edge_popup", "filter_popup"), 3)
    assert structures == {"filter": 2 * 3} | others  # ratios × replicas; the others at the larger ratio
    proven = strong_tickets.dropna(subset="certificate")
    assert set(proven.structure) == {"filter", "kernel", "weight"}
    assert (proven.measured_sup <= proven.certificate).all()


DRAWN = {  # charts of a table in the report of a sweep
    "outcomes": ["accuracy by density", "difference by density"],
    "rounds": ["accuracy by density", "difference by density"],
    "tickets": ["accuracy before and after", "accuracy by search cost", "sanity checks"],
    "subsets": ["accuracy by subset"],
    "ensembles": ["calibration by method"],
    "shift": ["accuracy by severity"],
    "subset_sum": ["subset sum error by candidates", "subset sum success", "subset sum error by scale"],
    "strong_tickets": ["strong accuracy", "strong errors"],
}
TABLES: dict[str, Callable[..., None]] = {
    "00_workbench": of_the_workbench,
    "01_winning_tickets": of_winning_tickets,
    "02_rare_gems": of_rare_gems,
    "03_data_diet": of_the_data_diet,
    "04_loss_landscape": of_the_landscape,
    "05_calibrated_ensembles": of_calibrated_ensembles,
    "06_strong_tickets": of_strong_tickets,
}


@solved_lessons
def test_an_exercise_stands_before_a_cell_that_calls_the_learners_function(name: str) -> None:
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", 4)
    exercises = lesson.exercises(notebook)
    assert {exercise.level for exercise in exercises} == {"easy", "middle", "open"}
    for exercise in exercises:
        later = "".join(cell.source for cell in notebook.cells[exercise.place + 1 :] if cell.cell_type == "code")
        assert re.search(rf"(?<!check\.)\b{exercise.name}\b(?!\))", later), exercise.name


@pytest.mark.notebook
def test_the_lesson_takes_its_controls_and_its_rewinding_step(tmp_path: Path) -> None:
    run(NOTEBOOKS / "01_winning_tickets.ipynb", tmp_path, controls=["random_mask"], rewind_step=1)
    rounds = pandas.read_parquet(tmp_path / "rounds.parquet")
    assert set(rounds.kind) == {"ticket", "random_mask"}
    assert len(rounds) == 3 * (3 + 2)  # replicas × (dense, two rounds; two controls)
    assert set(rounds.steps) == {round(3 * 300 / 16) - 1}


@pytest.mark.notebook
def test_a_batch_job_is_repeated_from_its_archive(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        run(
            NOTEBOOKS / "01_winning_tickets.ipynb",
            tmp_path / name,
            rounds=1,
            replicas=1,
            controls=[],
            archive=str(tmp_path / "archive"),
        )
    first, second = (pandas.read_parquet(tmp_path / name / "rounds.parquet") for name in ("first", "second"))
    pandas.testing.assert_frame_equal(first, second)  # the seconds too: nothing was trained again


@pytest.mark.notebook
@solved_lessons
def test_a_lesson_runs_the_functions_of_a_learner_who_solved_all(name: str, tmp_path: Path) -> None:
    held = key.read((NOTEBOOKS / KEYS / f"{name}.md").read_text())
    solved = teacher.teachers(nbformat.read(NOTEBOOKS / f"{name}.ipynb", 4), held)
    nbformat.write(solved, tmp_path / f"{name}.ipynb")
    notebook = run(tmp_path / f"{name}.ipynb", tmp_path)
    said = "\n".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ()))
    assert "until yours is right" not in said
    for exercise in lesson.exercises(solved):
        assert f"your {exercise.name}" in said


@all_notebooks
def test_a_notebook_names_its_parameters_and_says_what_each_means(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, 4).cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(cells) == 1, "one cell is tagged parameters"
    lines = [line for line in cells[0].source.splitlines() if line.strip()]
    body = ast.parse(cells[0].source).body
    named = {node.target.id for node in body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)}
    assert len(named) == len(body), "each has a type"
    assert named >= (REPORT if path.stem == "90_report" else PARAMETERS | OWN_PARAMETERS[path.stem])
    assert all("#" in line for line in lines), "a comment gives the meaning and the range of each"


@all_notebooks
def test_a_notebook_carries_no_outputs_and_uses_public_names_only(path: Path) -> None:
    notebook = nbformat.read(path, 4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs, cell.source
            assert cell.execution_count is None, cell.source
            assert "from workbench" not in cell.source, cell.source
            assert "wb._" not in cell.source, cell.source


@pytest.mark.notebook
def test_the_lesson_on_ensembles_says_what_it_cannot_do_without_before_it_trains(tmp_path: Path) -> None:
    with pytest.raises(papermill.PapermillExecutionError, match='this lesson compares "robust" with "ordinary"'):
        run(NOTEBOOKS / "05_calibrated_ensembles.ipynb", tmp_path, methods=["dense"])


@pytest.mark.notebook
def test_a_lesson_stops_at_networks_that_have_not_learned(tmp_path: Path) -> None:
    with pytest.raises(papermill.PapermillExecutionError, match="the dense network must have learned"):
        run(NOTEBOOKS / "01_winning_tickets.ipynb", tmp_path, learning_rate=1e-9)


@pytest.mark.notebook
def test_the_lesson_on_strong_tickets_names_a_layer_that_is_not_served_before_it_trains(tmp_path: Path) -> None:
    with pytest.raises(papermill.PapermillExecutionError, match=r'"In .3."(.|\n)*the target must be a chain'):
        run(NOTEBOOKS / "06_strong_tickets.ipynb", tmp_path, model="resnet8(width=4)")
