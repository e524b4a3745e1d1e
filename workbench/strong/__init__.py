"""Strong tickets: random networks that become trained ones by pruning alone; no weight of them is trained."""

from workbench.strong.candidates import DISTRIBUTIONS, SPREAD, draw
from workbench.strong.certificate import Bound
from workbench.strong.comparison import Comparison, compare
from workbench.strong.expected_seconds import check_affordable
from workbench.strong.file import open, save
from workbench.strong.law import best_error, expected_subsets, success_probability
from workbench.strong.pair import Pair
from workbench.strong.prune_pair import prune_pair
from workbench.strong.reach import reach
from workbench.strong.reading import read_target, target_of
from workbench.strong.structured import joined, least_scale, structured, structured_search, unpruned, usable
from workbench.strong.structures import STRUCTURES
from workbench.strong.subset_sum import SOLVERS, Subset, subset_sum, subset_sum_search
from workbench.strong.target import Shape, Target
from workbench.strong.ticket import StrongTicket
