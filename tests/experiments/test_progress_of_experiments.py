"""Every experiment says how far it is: a share that rises to its end once, over all parts, in words for people."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.experiments import EXPERIMENTS
from workbench.work.progress import Progress, Total, describe

sys.path += [str(Path(__file__).parents[1] / folder) for folder in ("fuzz", "charts")]
from world import World, good_call

WORLD = World()
SILENT = ("dataset_view", "robust_weighting")  # they take a moment
LARGER: dict[str, dict[str, Any]] = {
    "curvature": {"measured": (0, 1), "controls": ("rewound", "random_mask"), "by_layer": True},
    "example_scores": {
        "scores": ("el2n", "forgetting", "grand", "barrier"),
        "recipe": wb.Recipe(steps=4, batch_size=300),
    },
    "kept_part": {"subsets": ("hardest",), "score_replicas": 2},
    "perturbation": {"at": (0, 1), "distances": (0.5, 1.0)},
    "plane_between": {"levels": 2, "curve_steps": 2},
    "pretraining": {"subsets": ("hardest",), "score_replicas": 2},
    "robust_ensembles": {"methods": ("robust", "l1", "robust magnitude", "adaboost", "cigl")}
    | {"recipe": wb.Recipe(steps=40, batch_size=20), "density": 0.5},
    "strong_tickets": {"structures": ("filter", "edge_popup"), "popup": wb.Recipe(steps=2)},
    "tickets_at_initialisation": {
        "methods": ("dense", "snip", "edge_popup", "imp"),
        "controls": ("shuffled", "inverted", "reinitialised"),
        "learning_rates": (0.05, 0.1),
        "search": wb.Recipe(steps=4, batch_size=20),
        "replicas": 2,
    },
    "under_shift": {"others": ("random pixels",)},
}


class Heard(Total):
    """A total that keeps what every report alone amounts to, not only the most so far."""

    def __init__(self) -> None:
        super().__init__()
        self.reached: list[float] = []

    def _reached(self, progress: Progress) -> float:
        self.reached.append(super()._reached(progress))
        return self.reached[-1]


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name not in SILENT])
def test_the_share_of_a_whole_call_rises_to_its_end_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_CORES", "1")  # threads hear of each other in any order
    options = {
        key: eval(source, WORLD) for key, source in good_call(f"wb.experiments.{name}", EXPERIMENTS[name]).items()
    }
    total, words = Heard(), set[str]()

    def hear(progress: Progress) -> None:
        total(progress)
        words.add(describe(progress))

    with wb.progress.watch(hear):
        assert list(EXPERIMENTS[name](**options | LARGER.get(name, {})))
    falls = [(before, after) for before, after in pairwise(total.reached) if after < before - 1e-9]
    assert not falls
    assert total.reached[0] < 0.5
    assert total.share == pytest.approx(1)
    for text in words:
        assert not any(bad in text for bad in ("None", "kind ", "part ", "turn ", "  ", "_", "()")), text
