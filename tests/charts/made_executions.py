"""Training steps that were timed, made by hand: two densities, three replicas, dense beside sparse and compact."""

from __future__ import annotations

from typing import Any

from workbench.experiments import Timed
from workbench.nets.compaction import Alive

ALIVE = {0.5: {"a.weight": Alive(4, 4, 2, 2), "b.weight": Alive(2, 2, 1, 1)}}
ALIVE[0.05] = {"a.weight": Alive(4, 1, 2, 1), "b.weight": Alive(2, 1, 1, 1)}


def timed(
    execution: str = "dense", density: float = 0.5, *, ratio: float = 1.0, replica: int = 0, **more: Any
) -> Timed:
    """A step whose dense one takes 2 ms."""
    made = {"masks_of": "weights", "resolved": execution, "seed": 0, "asked": density, "milliseconds": 2 * ratio}
    made |= {"work": ratio, "logits_apart": 0.0, "weights_apart": 0.0, "batch_size": 128, "processor": "cpu AVX2"}
    return Timed(
        execution=execution, density=density, over_dense=ratio, replica=replica, alive=ALIVE[density], **made | more
    )


def steps(replicas: int = 3) -> list[Timed]:
    """Sparse steps have nothing to leave out at 50 %, and take half at 5 %; compact ones take a tenth more there."""
    made = []
    for replica in range(replicas):
        more, near = 0.01 * replica, {"logits_apart": 2e-7}
        made += [
            timed(replica=replica),
            timed("sparse", replica=replica, resolved="dense"),
            timed("compact", replica=replica),
        ]
        made += [timed(density=0.05, replica=replica), timed("sparse", 0.05, ratio=0.5 + more, replica=replica, **near)]
        made.append(timed("compact", 0.05, ratio=1.1 + more, replica=replica))
    return made
