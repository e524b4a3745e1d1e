"""Panels: what a person touches. To add one: a file that declares it, 20 to 60 lines, and a line in `PANELS`."""

from workbench.panels.around import ONE_SHOT, PERTURBATION, UNTIL_DISCONNECTED
from workbench.panels.curvature import CURVATURE
from workbench.panels.landscape import LANDSCAPE
from workbench.panels.lottery import LOTTERY
from workbench.panels.pairs import PAIRS
from workbench.panels.plane import PLANE

PANELS = {
    "lottery": LOTTERY,
    "landscape": LANDSCAPE,
    "plane": PLANE,
    "pairs": PAIRS,
    "perturbation": PERTURBATION,
    "one shot": ONE_SHOT,
    "until disconnected": UNTIL_DISCONNECTED,
    "curvature": CURVATURE,
}

__all__ = ["PANELS"]
