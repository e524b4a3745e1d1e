"""A network as values: weights and masks are dicts of tensors, a module only says how they are multiplied."""

from workbench.nets import masks as masks
from workbench.nets import models as models
