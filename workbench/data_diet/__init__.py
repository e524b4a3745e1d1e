"""Scores of training examples, one file each."""

from workbench.data_diet.el2n import el2n

__all__ = ["el2n"]
