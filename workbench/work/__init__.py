"""How any work is named, kept, watched and repeated: calls and seeds, archive, progress, replicas."""

from workbench.work import progress as progress
