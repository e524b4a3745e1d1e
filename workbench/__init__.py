"""The Lottery Ticket Workbench: sparse subnetworks of neural networks that train as well as the whole.

The public names are in `__init__.pyi`, each once; a name is imported when it is first used.
"""

import os

import lazy_loader
import torch

from workbench.work import locks as _locks  # noqa: F401 (from here on a fork waits for the imports of other threads)

NUMBERS = 3  # part of every archive key: raised when a change moves results (tests/test_numbers.py notices)

if "OMP_NUM_THREADS" not in os.environ:
    torch.set_num_threads(1)  # two threads are up to ten times slower for small networks; set it afterwards to override

_lazy, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ += ["NUMBERS"]


def __getattr__(name: str) -> object:
    try:
        return _lazy(name)
    except AttributeError:
        from workbench.work.nearest import unknown

        raise AttributeError(str(unknown("name in workbench", name, __all__))) from None
