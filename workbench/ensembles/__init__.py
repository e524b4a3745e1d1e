"""Ensembles of tickets: their members, how they are combined, how different they are, what they cost."""

from workbench.ensembles.boosting import boosted
from workbench.ensembles.cigl import cigl
from workbench.ensembles.combination import COMBINATIONS, combine
from workbench.ensembles.diversity import disagreement, double_fault, mask_overlap, relative_disagreement, union_density
from workbench.ensembles.free_tickets import free_ticket, free_tickets
from workbench.ensembles.member import Member
from workbench.ensembles.members import edge_popup_member, members, trained_member
from workbench.ensembles.predicted import Predicted, predict
from workbench.ensembles.storage import multiplications, open, save, stored_bits
from workbench.ensembles.sup_tickets import Cyclic, sup_tickets
