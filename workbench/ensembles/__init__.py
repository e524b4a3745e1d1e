"""Ensembles of tickets: their members, how they are combined, how different they are, what they cost."""

from workbench.ensembles.boosting import boosted as boosted
from workbench.ensembles.cigl import cigl as cigl
from workbench.ensembles.combination import COMBINATIONS as COMBINATIONS
from workbench.ensembles.combination import combine as combine
from workbench.ensembles.diversity import disagreement as disagreement
from workbench.ensembles.diversity import double_fault as double_fault
from workbench.ensembles.diversity import mask_overlap as mask_overlap
from workbench.ensembles.diversity import relative_disagreement as relative_disagreement
from workbench.ensembles.diversity import union_density as union_density
from workbench.ensembles.free_tickets import free_ticket as free_ticket
from workbench.ensembles.free_tickets import free_tickets as free_tickets
from workbench.ensembles.member import Member as Member
from workbench.ensembles.members import edge_popup_member as edge_popup_member
from workbench.ensembles.members import members as members
from workbench.ensembles.members import trained_member as trained_member
from workbench.ensembles.predicted import Predicted as Predicted
from workbench.ensembles.predicted import predict as predict
from workbench.ensembles.storage import multiplications as multiplications
from workbench.ensembles.storage import open as open
from workbench.ensembles.storage import save as save
from workbench.ensembles.storage import stored_bits as stored_bits
from workbench.ensembles.sup_tickets import Cyclic as Cyclic
from workbench.ensembles.sup_tickets import sup_tickets as sup_tickets
