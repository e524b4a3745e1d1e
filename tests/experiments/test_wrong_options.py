"""What no experiment can be made of is said before anything is trained; in a Python where no annotation is checked."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

CALLS = {  # each is tried with the tiny settings of BEGIN
    "tickets(recipe='fast')": "recipe must be a Recipe, got 'fast'",
    "tickets(replicas=2.5)": "replicas must be a whole number from 1 to 10000, got 2.5",
    "tickets(replicas=10**9)": "replicas must be a whole number from 1 to 10000",
    "tickets(rewind_step=2.5)": "rewind_step must be a whole number of steps from 0, got 2.5",
    "tickets(rewind_step=None)": "rewind_step must be a whole number of steps",
    "tickets(controls='random')": 'control "random" is not known; did you mean "random_mask"',
    "tickets(controls=(3,))": 'control "3" is not known',
    "tickets(controls=('random_mask', 'random_mask'))": "controls must be named once each",
    "tickets(controls=(name for name in ['random_mask']))": "controls must be several names, got",
    "tickets(archive=3)": "archive must be an Archive or its folder, got 3",
    "tickets(model=[])": "model must be the name of one",
    "tickets(dataset='')": "dataset",
    "tickets(seed='1')": "seed must be an integer",
    "e.instability(**tiny, rewind_steps='012')": "rewind_steps must be steps from 0 to 3, got '012'",
    "e.instability(**tiny, rewind_steps=(0, 0))": "rewind_steps must be steps from 0 to 3, got [0, 0]",
    "e.instability(**tiny, rewind_steps=(2.5,))": "rewind_steps must be steps from 0 to 3, got [2.5]",
    "e.instability(**tiny, rewind_steps=(0,), splits=())": "splits must name one at least",
    "e.instability(**tiny, rewind_steps=(0,), splits='tests')": 'split "tests" is not known',
    "e.instability(**tiny, rewind_steps=(0,), batch_norm='kept')": 'batch-norm treatment "kept" is not known',
    "e.example_scores(**tiny, scores='el3n')": 'score "el3n" is not known',
    "e.example_scores(**tiny, scores=('el2n',), score_step=nan)": "score_step must be a whole number from 0 to 4",
    "e.example_scores(**tiny, scores=())": "scores must name one at least",
    "e.kept_part(**tiny, shares=(nan,))": "shares must be in (0, 1], each once",
    "e.kept_part(**tiny, shares='0.5')": "shares must be in (0, 1]",
    "e.kept_part(**tiny, subsets='randomly')": '"randomly" is not known',
    "e.kept_part(**tiny, balanced='no')": "balanced must be True or False, got 'no'",
    "e.one_shot(**tiny, shares=(True,))": "shares must be in (0, 1), each once, got [True]",
    "e.one_shot(**tiny, control=2)": "control must be True or False, got 2",
    "e.perturbation(**tiny, rewind_step=1, at=(0.5,))": "at must name rounds from 0 (dense) up, each once, got [0.5]",
    "e.perturbation(**tiny, rewind_step=1, at=(0,), threshold=nan)": "threshold must be in (0, 1), got nan",
    "e.perturbation(**tiny, rewind_step=1, at=(0,), distances='123')": "distances must be above 0, each once",
    "e.plane_between(**tiny, checkpoints=2.5)": "checkpoints must be a whole number from 1 to 10000, got 2.5",
    "e.plane_between(**tiny, levels=10**9)": "levels must be a whole number from 1 to 6",
    "e.until_disconnected(**tiny, rounds=2, threshold=nan)": "threshold must be in (0, 1), got nan",
    "e.until_disconnected(**tiny, rounds=2, beyond=inf)": "beyond must be a whole number from 0, got inf",
    "e.curvature(**tiny, measured=(0,), epsilon=nan)": "epsilon must be above 0, got nan",
    "e.curvature(**tiny, measured=(0,), steps=10**13)": "steps must be a whole number from 2 to 10000",
    "e.curvature(**tiny, measured='0')": "measured must be rounds from 0 on, each once, got '0'",
    "e.pair_matrix(**tiny, rounds=1, mask=[])": "mask on the path",
    "e.pretraining(**tiny, sizes='10')": "sizes must be several numbers, got '10'",
    "e.pretraining(**tiny, sizes=(2.5,))": "sizes[0] must be a whole number from 1, got 2.5",
    "e.pretraining(**tiny, sizes=(10,), pretrain_steps=(nan,))": "[0] must be a whole number from 0, got nan",
    "e.robust_ensembles(**tiny, lams=3)": "lams must be numbers, one a member, got 3",
    "e.robust_ensembles(**tiny, methods=())": "methods must name one at least",
    "e.robust_ensembles(**tiny, pixel_noise=[])": "pixel_noise must be a number",
    "e.rare_features('123')": "lams must be lambdas, one at least, each once, got '123'",
    "e.rare_features((nan,))": "lam must be",
    "e.rare_features((1.0,), noise=nan)": "noise must be in [0, 1000], got nan",
    "e.rare_features((1.0,), train_size=10**13)": "train_size must be a whole number from 1",
    "e.robust_weighting(lam=nan)": "lam must be",
    "e.robust_weighting(spread=inf)": "spread must be",
    "e.robust_weighting(n=True)": "n must be a whole number from 2 to 256, got True",
    "e.barriers_table([{'a': 1}])": "barriers_table needs the columns rewind_step, seed",
    "e.ensembles_table([{'a': 1}])": "ensembles_table needs the columns method, members",
    "e.ensembles_table(3)": "ensembles_table takes outcomes or a data frame of them, got 3",
    "e.predictors(pandas.DataFrame({'a': [1]}))": "predictors needs the columns subset, size",
    "e.predictors([], below=nan)": "below must be in (0, 1], got nan",
    "e.stable_from(pandas.DataFrame({'a': [1]}))": "stable_from needs the columns definition",
    "e.stable_from([], limit=nan)": "limit must be",
    "e.correlations([], draws=10**13)": "draws must be a whole number from 1 to 100000",
    "e.shift_table([3])": "shift_table takes outcomes, got 3 among them",
    "e.stability([], 'el2n', divisions=10**9)": "divisions must be a whole number from 1 to 1000",
}
RUN = """
import json, sys, pandas
from math import inf, nan
import workbench as wb
from workbench import experiments as e
from workbench.work import progress
tiny = {"train_size": 60, "model": "lenet(hidden=(8,))", "recipe": wb.Recipe(steps=4, batch_size=40), "replicas": 1}
tickets = lambda **spoiled: e.winning_tickets(**{**tiny, "rounds": 1, **spoiled})
said = {}
def trained(_):
    raise RuntimeError("it began to train")
for text in json.load(sys.stdin):
    try:
        with progress.watch(trained):
            value = eval(text)
            if hasattr(value, "__next__"):
                next(value)
        said[text] = ""
    except Exception as error:
        said[text] = f"{type(error).__name__}: {error}"
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """What each call said, all in one Python."""
    given = json.dumps([*CALLS])
    done = subprocess.run([sys.executable, "-c", RUN], input=given, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("text", CALLS)
def test_it_is_said_before_anything_is_trained(text: str, said: dict[str, str]):
    assert said[text].startswith("ValueError: "), said[text]
    assert CALLS[text] in said[text]
