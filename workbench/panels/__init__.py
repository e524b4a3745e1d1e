"""Panels: what a person touches. To add one: a file that declares it, 20 to 60 lines, and a line in `PANELS`."""

from workbench.panels.data_diet import DATA_DIET, FORGETTING, KEPT_DATA, SCORES
from workbench.panels.data_set import DATA_SET
from workbench.panels.ensembles import ENSEMBLES, MEMBER_DIFFICULTY, UNDER_SHIFT
from workbench.panels.execution_costs import EXECUTION_COSTS
from workbench.panels.landscape import CURVATURE, LANDSCAPE, PAIRS, PLANE
from workbench.panels.lottery import LOTTERY
from workbench.panels.pruning_limits import ONE_SHOT, PERTURBATION, UNTIL_DISCONNECTED
from workbench.panels.rare_gems import RARE_GEMS
from workbench.panels.robust import RARE_FEATURES, ROBUST_WEIGHTS
from workbench.panels.strong import BLOCK_MASK, PRICE_OF_STRUCTURE, STRONG_COSTS, STRONG_TICKETS
from workbench.panels.subset_sums import PARTIAL_SUMS, SUBSET_SUMS
from workbench.panels.training import TRAIN

PANELS = {
    "data": DATA_SET,
    "train": TRAIN,
    "lottery": LOTTERY,
    "rare gems": RARE_GEMS,
    "one shot": ONE_SHOT,
    "until disconnected": UNTIL_DISCONNECTED,
    "perturbation": PERTURBATION,
    "execution costs": EXECUTION_COSTS,
    "landscape": LANDSCAPE,
    "plane": PLANE,
    "pairs": PAIRS,
    "curvature": CURVATURE,
    "scores": SCORES,
    "forgetting": FORGETTING,
    "data diet": DATA_DIET,
    "kept data": KEPT_DATA,
    "ensembles": ENSEMBLES,
    "shift": UNDER_SHIFT,
    "easy to hard": MEMBER_DIFFICULTY,
    "robust weights": ROBUST_WEIGHTS,
    "rare features": RARE_FEATURES,
    "strong tickets": STRONG_TICKETS,
    "strong costs": STRONG_COSTS,
    "price of structure": PRICE_OF_STRUCTURE,
    "block mask": BLOCK_MASK,
    "subset sums": SUBSET_SUMS,
    "partial sums": PARTIAL_SUMS,
}
