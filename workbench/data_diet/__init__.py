"""Scores of training examples, one file each, and what they serve: a new score is a file and a line here."""

from workbench.data_diet.agreement import agreement
from workbench.data_diet.el2n import el2n
from workbench.data_diet.forgetting import Forgetting, Memory, forgetting, together
from workbench.data_diet.grand import grand
from workbench.data_diet.input_norm import input_norm
from workbench.data_diet.loss import loss
from workbench.data_diet.margin import margin
from workbench.data_diet.random import random
from workbench.data_diet.subsets import SUBSETS, subset

SCORES = {
    "el2n": el2n,
    "grand": grand,
    "forgetting": forgetting,
    "input_norm": input_norm,
    "random": random,
    "loss": loss,
    "margin": margin,
}
