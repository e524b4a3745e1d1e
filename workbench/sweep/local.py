"""A cluster of this machine's processes, in a process of its own: `python -m workbench.sweep.local 2`.

It prints its address, and ends when its standard input does, so that it outlives nobody. A script that sweeps needs no
`if __name__ == "__main__"` for it, and what trains in a notebook's kernel does not hold up its scheduler. It listens on
loopback alone.
"""

from __future__ import annotations

import logging
import sys


def main(workers: int) -> None:
    """Start so many workers of one thread, print the scheduler's address, and wait for the end of standard input."""
    from distributed import LocalCluster

    cluster = LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
        memory_limit=0,  # what a point needs is its kernel's, which Dask does not see
        silence_logs=logging.CRITICAL,
    )
    print(cluster.scheduler_address, flush=True)  # noqa: T201 (read by whoever started this)
    sys.stdin.read()
    cluster.close(timeout=5)


if __name__ == "__main__":
    main(int(sys.argv[1]))
