"""Panels: what a person touches. To add one: a file that declares it, 20 to 60 lines, and a line in `PANELS`."""

from workbench.panels.lottery import LOTTERY

PANELS = {
    "lottery": LOTTERY,
}

__all__ = ["PANELS"]
