"""How a network is trained: one loop (`steps`), the recipe and the losses that it follows, and whole runs of it."""

from workbench.training import losses, robust
