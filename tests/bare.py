"""What calls say in a Python of their own, where no checker of annotations refuses a wrong type before they can."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable

BEGIN = """
import dataclasses, json, math, signal, sys, torch
import workbench as wb
from workbench.data.data import Data

def calling(function, **usual):
    def call(**how):
        value = function(**usual | how)
        return list(value) if hasattr(value, "__next__") else value
    return call

data = wb.load("digits", train_size=40)
small = wb.load("digits", train_size=40, image_size=6)
model, other = wb.models.lenet(data, hidden=(4,)), wb.models.lenet(data, hidden=(3,))
w, elsewhere = wb.snapshot(model), wb.snapshot(other)
w1, w2 = wb.initialise(model, seed=1), wb.initialise(model, seed=2)
double = {name: tensor.double() for name, tensor in w.items()}
diverged = {name: torch.full_like(tensor, math.nan) for name, tensor in w.items()}
full = wb.masks.full(model)
half = wb.pruning.random_mask(full, density=0.5)
recipe = wb.Recipe(steps=2, batch_size=8)
"""
RUN = """
class Hung(BaseException):
    pass

def hang(*_):
    raise Hung

signal.signal(signal.SIGALRM, hang)
said = {}
for text in json.load(sys.stdin):
    signal.alarm(5)
    try:
        eval(text)
        said[text] = ""
    except ValueError as error:
        said[text] = str(error)
    except (Exception, Hung) as error:
        said[text] = f"not said: {error!r}"
    finally:
        signal.alarm(0)
print(json.dumps(said))
"""


def said_by(calls: Iterable[str], begin: str = "") -> dict[str, str]:
    """Return what each call said in its ValueError ("" where there was none), what else it raised, or that it hung."""
    source = BEGIN + begin + RUN
    done = subprocess.run([sys.executable, "-c", source], input=json.dumps(list(calls)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
