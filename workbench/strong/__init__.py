"""Strong tickets: random networks that become trained ones by pruning alone; no weight of them is trained."""

from workbench.strong.candidates import DISTRIBUTIONS, SPREAD, draw
from workbench.strong.law import best_error, expected_subsets, success_probability
from workbench.strong.reach import reach
from workbench.strong.subset_sum import SOLVERS, Subset, subset_sum, subset_sum_search
