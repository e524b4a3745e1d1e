"""How any work is named (calls), kept (archive), watched (progress) and repeated (replicas). It knows no method."""

from workbench.work import progress

__all__ = ["progress"]
