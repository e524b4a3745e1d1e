"""A good call of every public function: values by the names that parameters have everywhere, and what differs."""

from __future__ import annotations

import functools
import inspect
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

import workbench as wb
from workbench.charts import CHARTS
from workbench.sweep.point import Report, Task, record_of
from workbench.sweep.store import Store
from workbench.sweep.tables import keep_tables
from workbench.work.journal import Journal
from workbench.work.public_names import public_name

sys.path += [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "charts")]
import samples  # the outcomes that the tests of the charts draw

MADE_ONLY_BY_FUNCTIONS = (
    "Alive",
    "Batch",
    "Binned",
    "Bound",
    "BrierSplit",
    "Call",
    "Child",
    "Comparison",
    "Corruption",
    "Curvature",
    "Curve",
    "Detection",
    "Diverged",
    "Ended",
    "Evaluation",
    "Evolved",
    "Exported",
    "Forgetting",
    "Hardware",
    "Hessian",
    "Interval",
    "LivePaths",
    "Loss",
    "Mark",
    "Matching",
    "Member",
    "Outlook",
    "Pair",
    "Path",
    "Picture",
    "Plan",
    "Predicted",
    "Prediction",
    "Progress",
    "Recorded",
    "Round",
    "Run",
    "Search",
    "Spectrum",
    "State",
    "Step",
    "Stopped",
    "StrongTicket",
    "Subset",
    "Surface",
    "Target",
    "Total",
    "Trace",
    "Trained",
    "Verdict",
)

# what a parameter of this name is given in a good call, where the function's own lines below have no other
USUAL = {
    "model": "model",
    "weights": "start",
    "start": "start",
    "mask": "mask",
    "data": "data",
    "split": "data.test",
    "recipe": "recipe",
    "density": "0.5",
    "seed": "0",
    "a": "start",
    "b": "other",
    "networks": "[start, other]",
    "points": "3",
    "levels": "3",
    "coarse": "3",
    "workers": "1",
    "draws": "20",
    "probabilities": "logits.softmax(-1)",
    "labels": "labels",
    "logits": "logits",
    "logits_MNC": "torch.stack([logits, logits.flip(1)])",
    "losses": "logits[:, 0].abs()",
    "loss": "wb.CrossEntropy()",
    "dataset": "'digits'",
    "train_size": "100",
    "replicas": "1",
    "rounds": "2",
    "children": "2",
    "score": "score",
    "ticket": "wb.Ticket(start, mask)",
}
QUICK: dict[str, Any] = {"examples": 20, "k": 1, "draws": 3, "steps": 5}
SMALL = {"model": "'lenet(hidden=(6, 5))'", "recipe": "recipe"}
OWN: dict[str, dict[str, str]] = {
    "wb.intervals.share": {"values": "[0.9, 0.95, 0.97]"},
    "wb.intervals.replicas_to_tell": {"difference": "wb.intervals.mean([-0.02, 0.0, 0.01])"},
    "wb.check_parameters": {"namespace": "{'In': ['rounds = 3'], 'rounds': 3}"},
    "wb.Archive": {"folder": "folder + '/archive'"},
    "wb.CVaR": {"share": "0.5"},
    "wb.Data": {
        "name": "'own'",
        "train": "data.train",
        "validation": "data.validation",
        "test": "data.test",
        "classes": "data.classes",
        "flipped": "data.flipped",
    },
    "wb.Split": {name: f"data.test.{name}" for name in ("images", "labels", "ids", "mean", "std")},
    "wb.Recipe": {"steps": "3"},
    "wb.ensembles.Cyclic": {"steps": "6"},
    "wb.Robust": {"eta": "0.5"},
    "wb.Score": {"name": "'el2n'", "values": "score.values", "ids": "score.ids", "dataset": "score.dataset"},
    "wb.calibration.binned": {"confidences": "torch.rand(20)", "right": "torch.rand(20) > 0.5"},
    "wb.calibration.by_example": {"metric": "'nll'"},
    "wb.calibration.interval": {"metric": "'nll'"},
    "wb.calibration.mean_reliability": {"replicas": "[wb.calibration.reliability(logits.softmax(-1), labels)] * 2"},
    "wb.calibration.measured": {"metrics": "'ece mce'", "options": "{'bins': 5}"},
    "wb.calibration.scaled": {"scale": "2.0"},
    "wb.calibration.wilson": {"right": "3", "n": "5"},
    "wb.call": {"function": "wb.masks.full", "arguments": "(model,)", "options": "{}"},
    **{
        f"wb.check.{name}": {"function": "lambda *a, **k: 0"}
        for name in (
            *("barrier", "detour", "ece", "effective_density", "effective_kernel", "el2n", "forgetting", "halfway"),
            *("kept_places", "layer_densities", "near_subset", "nearest_subset", "next_round", "recalibrated"),
            *("robust_weights", "rounded", "smallest_pruned", "suspects"),
        )
    },
    "wb.data_diet.agreement": {"batches": "2", "batch_size": "10"},
    "wb.data_diet.subset": {"kind": "'hardest'", "size": "20", "score": "score"},
    "wb.data_diet.together": {"several": "[forgetting, forgetting]"},
    "wb.ensembles.boosted": {"members": "1", "weights": "start", "recipe": "wb.Recipe(steps=200, batch_size=20)"},
    "wb.ensembles.free_tickets": {"members": "2"},
    "wb.ensembles.edge_popup_member": {"loss": "wb.CrossEntropy()"},
    "wb.ensembles.trained_member": {"loss": "wb.CrossEntropy()"},
    "wb.ensembles.mask_overlap": {"members": "[m.mask for m in members_made]"},
    "wb.ensembles.union_density": {"members": "[m.mask for m in members_made]"},
    "wb.ensembles.predict": {"members": "members_made"},
    "wb.ensembles.members": {"losses": "[wb.CrossEntropy(), wb.Robust(eta=0.5)]"},
    "wb.ensembles.multiplications": {"member": "members_made[0]"},
    "wb.ensembles.stored_bits": {"member": "members_made[0]"},
    "wb.ensembles.save": {"members": "members_made", "shared": "start", "path": "folder + '/members.safetensors'"},
    "wb.ensembles.open": {"path": "saved_members", "shared": "start"},
    "wb.ensembles.sup_tickets": {
        "recipe": "wb.ensembles.Cyclic(steps=60, cycles=2, last=0.5)",
        "cycles": "2",
        "last": "0.5",
    },
    "wb.experiments.found_among_hardest": {"flipped": "score.ids[:3]"},
    "wb.experiments.check_learned": {"accuracies": "(0.9, 0.92)"},
    "wb.experiments.written_for": {"lesson": "'01_winning_tickets'", "settings": "{'epochs': 1.0}"},
    "wb.experiments.stability": {"a": "'el2n'"},
    "wb.experiments.easy_to_hard": {"data": "noisy_data", "score": "noisy_score"},
    "wb.experiments.shifted": {"data": "wb.load('digits', train_size=60, seed=ensembled[0].drawn)"},
    "wb.export": {"folder": "folder + '/exported'", "turns": "1"},
    "wb.gradients": {"ids": "data.train.ids[:5]"},
    "wb.intervals.bootstrap": {"statistic": "lambda x, axis=-1: x.mean(axis)", "examples": "(logits[:, 0].numpy(),)"},
    "wb.intervals.equals": {"difference": "wb.intervals.mean([1.0, 2.0, 4.0])"},
    "wb.intervals.geometric": {"values": "[1.0, 2.0, 4.0]"},
    "wb.intervals.matches": {"difference": "wb.intervals.mean([1.0, 2.0, 4.0])"},
    "wb.intervals.mean": {"values": "[1.0, 2.0, 4.0]"},
    "wb.intervals.paired": {"a": "[1.0, 2.0, 4.0]", "b": "[1.0, 2.5, 3.0]"},
    "wb.intervals.power_of_equality": {"spread": "0.01", "n": "5"},
    "wb.keep": {"thing": "wb.Ticket(start, mask)", "name": "'small one'", "archive": "folder + '/archive'"},
    "wb.kept": {"kind": "'ticket'", "archive": "folder + '/archive'"},
    "wb.landscape.along": {"curve": "curve"},
    "wb.landscape.angle": {"mask_a": "mask", "mask_b": "mask"},
    "wb.landscape.children": {"starts": "{0: start}", "n": "2"},
    "wb.landscape.compare": {"a": "rounds[0]", "b": "rounds[1]"},
    "wb.landscape.middle": {"a": "rounds[0]", "b": "rounds[1]"},
    "wb.landscape.pairs": {"networks": "enumerate(rounds)"},
    "wb.landscape.hessian": {"examples": "20"},
    "wb.landscape.curvature": {"examples": "20", "draws": "3", "steps": "5", "k": "1"},
    "wb.landscape.curvature_by_layer": {"options": "{'draws': 3, 'steps': 5, 'k': 1, 'examples': 20}"},
    "wb.landscape.disagreement": {"a": "logits", "b": "logits"},
    "wb.landscape.local_dimension": {"eigenvalues": "torch.rand(5)", "epsilon": "0.1", "distance": "1.0"},
    "wb.landscape.paths": {"options": "{'points': 3}"},
    "wb.landscape.path_mask": {"a": "mask", "b": "mask"},
    "wb.landscape.permute": {"tensors": "start", "permutations": "wb.landscape.permutations(model)"},
    "wb.landscape.perturbed": {"length": "0.1"},
    "wb.landscape.plane": {"networks": "[start, other, third]"},
    "wb.landscape.random_plane": {"centre": "start", "radius": "1.0"},
    "wb.landscape.plane_table": {"surface": "surface"},
    "wb.landscape.prunable_share": {"found": "curvature", "weights": "start", "mask": "mask", "epsilon": "0.1"},
    "wb.landscape.spectral_density": {"H": "hessian", "steps": "5"},
    "wb.landscape.top_eigenvalues": {"H": "hessian", "k": "1"},
    "wb.landscape.trace": {"H": "hessian", "draws": "3"},
    "wb.live_paths": {"shape": "data.shape"},
    "wb.clean": {"archive": "folder_of_jobs"},
    "wb.job": {"archive": "folder_of_jobs", "name": "'a job'"},
    "wb.jobs": {"archive": "folder_of_jobs"},
    "wb.load": {"name": "'digits'"},
    "wb.losses.in_words": {"loss": "wb.Robust(eta=0.5)"},
    "wb.losses.spelled": {"loss": "wb.Robust(eta=0.5)"},
    "wb.losses.named": {"text": "'focal'"},
    "wb.lottery.counts": {"fraction": "0.2"},
    "wb.lottery.rounds": {"rounds": "1"},
    "wb.lottery.matching": {"replicas": "[rounds, rounds]"},
    "wb.lottery.midpoint": {"denser": "rounds[0]", "sparser": "rounds[1]", "split": "data.test"},
    "wb.lottery.projection": {"denser": "rounds[0]", "sparser": "rounds[1]", "split": "data.test"},
    "wb.masks.keep_by_layer": {"saliency": "saliency", "quota": "{name: 2 for name in mask}"},
    "wb.masks.keep_largest": {"saliency": "saliency", "count": "5"},
    "wb.masks.overlap": {"a": "mask", "b": "mask"},
    "wb.masks.share_out": {"count": "5", "shares": "{name: 1.0 for name in mask}"},
    "wb.mix": {"alpha": "0.5"},
    "wb.models.ResNet": {"channels": "1", "width": "4", "blocks": "1", "classes": "10"},
    "wb.models.named": {"name": "'lenet(hidden=(4,))'"},
    "wb.noisy": {"std": "0.1"},
    "wb.noisy_like": {"shown": "wb.noisy(data, 0.1).train", "std": "0.1"},
    "wb.open": {"path": "saved_ticket"},
    "wb.save": {"path": "folder + '/t.safetensors'"},
    "wb.scores.open": {"path": "saved_score"},
    "wb.scores.save": {"path": "folder + '/s.safetensors'"},
    "wb.panel": {"name": "'lottery'", "interactive": "True", "options": "{}"},
    "wb.progress.bar": {"stream": "__import__('io').StringIO()"},
    "wb.progress.clock": {"seconds": "5.0"},
    "wb.progress.describe": {"progress": "wb.progress.Progress((), 1, 2)"},
    "wb.progress.report": {"done": "1", "of": "2"},
    "wb.progress.walk": {"name": "'round'", "iterator": "iter([1, 2])", "of": "2"},
    "wb.progress.watch": {"f": "print"},
    "wb.progress.within": {"name": "'round'", "index": "0", "of": "2"},
    "wb.pruning.check_method": {"method": "'magnitude'"},
    "wb.pruning.prune": {"method": "'magnitude'"},
    "wb.experiments.popup_mask": {
        "rival": "'edge_popup'",
        "model": "popup_network",
        "weights": "wb.snapshot(popup_network)",
    },
    "wb.experiments.timed_prune": {"method": "'snip'"},
    "wb.pruning.random_mask": {"density": "0.5"},
    "wb.pruning.synflow": {"rounds": "3"},
    "wb.record": {
        "name": "'figures'",
        "table": "__import__('pandas').DataFrame({'seed': [0], 'replica': [0], 'a': [1.0]})",
        "folder": "folder",
        "made_by": "'by hand'",
    },
    "wb.recorded": {"name": "recorded"},
    "wb.replicas": {"f": "lambda seed: seed", "seeds": "[0, 1]"},
    "wb.robust.check_one": {"lam": "1.0", "eta": "None"},
    "wb.robust.cvar_weights": {"share": "0.5"},
    "wb.robust.divergence": {"p": "torch.tensor([0.25, 0.75])"},
    "wb.robust.effective_sample_size": {"p": "torch.tensor([0.25, 0.75])"},
    "wb.robust.along": {"lams": "(1.0, 2.0)"},
    "wb.robust.lam_of": {"eta": "0.5"},
    "wb.robust.negative_share": {"lam": "1.0"},
    "wb.robust.published_weights": {"lam": "1.0"},
    "wb.robust.robust_risk": {"lam": "1.0"},
    "wb.robust.robust_weights": {"lam": "1.0"},
    "wb.scores.by_id": {"name": "'own'", "values": "score.values"},
    "wb.scores.correlation": {"a": "score", "b": "score"},
    "wb.scores.mean": {"scores": "[score, score]"},
    "wb.scores.terciles": {"values": "score.values"},
    "wb.seeds": {"n": "3"},
    "wb.shift.corrupt": {"name": "'contrast'", "severity": "2"},
    "wb.shift.detection": {"inside": "torch.rand(20)", "outside": "torch.rand(20)"},
    "wb.shift.roc": {"inside": "torch.rand(20)", "outside": "torch.rand(20)"},
    "wb.shift.like": {"other": "wide", "data": "data"},
    "wb.spread": {"executor": "__import__('concurrent.futures').futures.ThreadPoolExecutor(1)"},
    "wb.steps": {},
    "wb.sweep.dataset": {"folder": "folder_of_a_sweep", "name": "'rounds'"},
    "wb.sweep.failures": {"folder": "folder_of_a_sweep"},
    "wb.sweep.line": {"notebooks": "'01_winning_tickets'"},
    "wb.sweep.overview": {"folder": "folder_of_a_sweep"},
    "wb.sweep.plan": {"notebooks": "'01_winning_tickets'", "out": "folder"},
    "wb.sweep.points": {"folder": "folder_of_a_sweep"},
    "wb.sweep.report": {"folder": "folder_of_a_sweep", "out": "folder + '/report.html'"},
    "wb.sweep.run": {"plan": "wb.sweep.plan('01_winning_tickets', out=folder_of_a_sweep)"},
    "wb.sweep.seconds": {"folder": "folder_of_a_sweep"},
    "wb.sweep.section": {"folder": "folder_of_a_sweep", "table": "'rounds'", "notebook": "'01_winning_tickets'"},
    "wb.sweep.summary": {"folder": "folder_of_a_sweep", "table": "'rounds'"},
    "wb.sweep.table": {"folder": "folder_of_a_sweep", "name": "'rounds'"},
    "wb.sweep.tables": {"folder": "folder_of_a_sweep"},
    "wb.strong.check_affordable": {"target": "wb.strong.target_of(model, start, data)"},
    "wb.strong.Shape": {"name": "'0'", "inputs": "2", "outputs": "3"},
    "wb.strong.compare": {"ticket": "strong_ticket", "split": "'test'"},
    "wb.strong.joined": {"pairs": "strong_ticket.pairs"},
    "wb.strong.least_scale": {"kernel": "kernel", "structure": "'filter'", "n": "60"},
    "wb.strong.open": {"path": "saved_strong_ticket"},
    "wb.strong.prune_pair": {"shape": "shape", "kernel": "kernel", "candidates": "120", "scale": "0.5"},
    "wb.strong.read_target": {"signed": "True"},
    "wb.strong.save": {"ticket": "strong_ticket", "path": "folder + '/s.safetensors'"},
    "wb.strong.structured": {"ratio": "15.0"},
    "wb.strong.structured_search": {"ratio": "15.0"},
    "wb.strong.target_of": {},
    "wb.strong.unpruned": {"ratio": "6.0"},
    "wb.strong.usable": {"shape": "shape", "structure": "'filter'", "ratio": "6.0"},
    "wb.strong.best_error": {"dimension": "2", "candidates": "20"},
    "wb.strong.draw": {"dimension": "2", "candidates": "20"},
    "wb.strong.expected_subsets": {"dimension": "2", "candidates": "20", "within": "0.1"},
    "wb.strong.reach": {"candidates": "wb.strong.draw(2, 20)", "target": "torch.ones(2)"},
    "wb.strong.subset_sum": {"candidates": "wb.strong.draw(2, 20)", "target": "torch.ones(2)"},
    "wb.strong.subset_sum_search": {"candidates": "wb.strong.draw(2, 20)", "target": "torch.ones(2)"},
    "wb.strong.success_probability": {"dimension": "2", "candidates": "20", "within": "0.1"},
    "wb.table": {"outcomes": "sample('accuracy by density')"},
    "wb.train": {},
    "wb.weights_along": {"at": "(0, 2)"},
    "wb.weights_at": {"step": "2"},
}
OUTCOMES = {  # an experiment's table or analysis -> the outcomes that it takes
    "averaged": "scored()",
    "barriers_table": "partings()",
    "correlations": "diet()",
    "costs_table": "ensembles()",
    "differences": "diet()",
    "differences_between": "wb.experiments.ensembles_table(ensembles())",
    "disconnections": "sample('barrier between rounds')",
    "diversity_table": "ensembles()",
    "easy_to_hard": "ensembled[0]",
    "ensembles_table": "ensembles()",
    "matching_beside": "sample('accuracy by density')",
    "paths_table": "partings()",
    "planes_table": "sample('loss plane')",
    "predictors": "diet()",
    "prunable": "sample('accuracy by share')",
    "reliability_table": "ensembles()",
    "scores_of": "scored()",
    "scores_table": "scored()",
    "shift_table": "shifts()",
    "shifted": "ensembled",
    "solved": "ensembles()[0]",
    "spectrum_table": "sample('spectrum')",
    "stability": "scored()",
    "stable_from": "wb.experiments.barriers_table(partings())",
    "subsets_table": "diet()",
    "ticket_of": "sample('accuracy by density')[-1]",
    "tickets_of": "sample('accuracy by density')",
    "tickets_table": "sample('sanity checks')",
    "validation_gap": "ensembles()",
    "validation_table": "ensembles()",
}
EXPERIMENTS_OWN = {
    "block_mask": {"hidden": "(8,)"},
    "dataset_view": {"images": "2", "draws": "2"},
    "curvature": {"measured": "(0,)", "examples": "20", "k": "1", "draws": "3", "steps": "5", "rewind_step": "1"},
    "instability": {"rewind_steps": "(0, 2)"},
    "execution_costs": {"densities": "(0.2,)", "repeats": "1"},
    "one_shot": {"shares": "(0.5,)", "rewind_step": "2"},
    "pair_matrix": {"rounds": "1", "rewind_step": "1"},
    "partial_sums": {"dimension": "4", "candidates": "20", "scale": "0.3"},
    "perturbation": {"at": "(0,)", "distances": "(1.0,)", "rewind_step": "1"},
    "plane_between": {"levels": "1", "points": "3", "checkpoints": "1", "start": "'fresh'"},
    "pretraining": {"sizes": "(40,)", "pretrain_steps": "(0, 2)", "subsets": "('random',)", "rounds": "1"},
    "kept_part": {"subsets": "('random',)", "shares": "(0.5,)"},
    "rare_features": {"lams": "(1.0,)", "train_size": "60", "test_size": "40"},
    "robust_weighting": {"losses": "'uniform'", "n": "16"},
    "robust_ensembles": {"methods": "('deep ensemble',)"},
    "member_difficulty": {"methods": "('robust',)"},
    "trained_networks": {"evaluations": "2", "start": "'fresh'"},
    "under_shift": {"methods": "('deep ensemble',)", "corruptions": "('contrast',)", "severities": "(1,)"},
    "price_of_structure": {"outputs": "(2,)", "candidates": "(20,)"},
    "strong_costs": {"ratios": "(6.0,)", "images": "4", "repeats": "1"},
    "strong_tickets": {"ratios": "(6.0,)", "popup": "recipe"},
    "subset_sums": {"dimensions": "(1, 2)", "candidates": "(6, 8)"},
    "tickets_at_initialisation": {"methods": "('snip',)", "controls": "('shuffled',)", "learning_rates": "(0.1,)"},
    "until_disconnected": {"rounds": "2", "rewind_step": "1"},
    "winning_tickets": {"rounds": "1"},
}


class World(dict[str, Any]):
    """The names that good calls are written in; each is made when it is first used."""

    def __missing__(self, name: str) -> Any:
        if name.startswith("__") or not hasattr(_Made, name):
            raise KeyError(name)
        self[name] = getattr(self.made, name)
        return self[name]

    def __init__(self) -> None:
        super().__init__(wb=wb, torch=torch)
        self.made = _Made()


class _Made:
    """Small good values: digits, a LeNet of two layers, what it learns in six steps."""

    @cached_property
    def folder(self) -> str:
        return tempfile.mkdtemp()

    @cached_property
    def folder_of_jobs(self) -> str:
        folder = tempfile.mkdtemp()
        Journal(folder).begin(wb.call(wb.seeds, 0, 3), name="a job").end("finished", 1.0)
        return folder

    @cached_property
    def folder_of_a_sweep(self) -> str:
        """A sweep of one point, which is finished."""
        folder, made = tempfile.mkdtemp(), Path(tempfile.mkdtemp())
        (point,) = wb.sweep.plan("01_winning_tickets", out=folder).points
        wb.table(samples.sample("accuracy by density")).to_parquet(made / "rounds.parquet")
        kept = keep_tables(Store(folder), made, "01_winning_tickets", point.name, point.parameters)
        task = Task(point.name, "01_winning_tickets", "", point.parameters, {}, folder, "made")
        record = record_of(task, Report(point.name, "finished", 1.0))
        Store(folder).write("finished", point.name, record | {"tables": kept})
        return folder

    @cached_property
    def data(self) -> Any:
        return wb.load("digits", train_size=60)

    @cached_property
    def wide(self) -> Any:
        return wb.load("digits", train_size=60, image_size=10)

    @cached_property
    def model(self) -> Any:
        return wb.models.lenet(self.data, hidden=(6, 5))

    @cached_property
    def shape(self) -> Any:
        return wb.strong.Shape("0", 2, 3)

    @cached_property
    def kernel(self) -> Any:
        return torch.tensor([[0.5, -0.2], [0.1, 0.3], [-0.4, 0.2]], dtype=torch.float64)[:, :, None, None]

    @cached_property
    def strong_ticket(self) -> Any:
        return wb.strong.structured(self.model, self.start, self.data, ratio=15.0)

    @cached_property
    def popup_network(self) -> Any:
        return wb.strong.unpruned(self.model, self.start, self.data, ratio=2.0).random(grouped=True)

    @cached_property
    def saved_strong_ticket(self) -> str:
        path = self.folder + "/strong.safetensors"
        wb.strong.save(self.strong_ticket, path)
        return path

    @cached_property
    def wide_model(self) -> Any:
        return wb.models.lenet(self.wide, hidden=(7, 5))

    @cached_property
    def start(self) -> Any:
        return wb.snapshot(self.model)

    @cached_property
    def other(self) -> Any:
        return wb.initialise(self.model, seed=1)

    @cached_property
    def third(self) -> Any:
        return wb.initialise(self.model, seed=2)

    @cached_property
    def recipe(self) -> Any:
        return wb.Recipe(steps=3, batch_size=20)

    @cached_property
    def mask(self) -> Any:
        return wb.masks.full(self.model)

    @cached_property
    def saliency(self) -> Any:
        return {name: self.start[name].abs() for name in self.mask}

    @cached_property
    def logits(self) -> Any:
        return torch.randn(20, 3, generator=torch.Generator().manual_seed(0))

    @cached_property
    def labels(self) -> Any:
        return torch.arange(20) % 3

    @cached_property
    def score(self) -> Any:
        return wb.data_diet.el2n(self.model, [self.start], self.data)

    @cached_property
    def forgetting(self) -> Any:
        return wb.data_diet.forgetting(self.model, self.start, self.data, self.recipe)

    @cached_property
    def rounds(self) -> Any:
        return list(wb.lottery.rounds(self.model, self.start, self.data, self.recipe, rounds=1, fraction=0.2))

    @cached_property
    def members_made(self) -> Any:
        made = functools.partial(wb.ensembles.edge_popup_member, self.model, self.start, self.data, self.recipe)
        return [made(loss=loss, density=0.5) for loss in (wb.CrossEntropy(), wb.Robust(eta=0.5))]

    @cached_property
    def evaluation(self) -> Any:
        return wb.evaluate(self.model, self.start, self.data.test)

    @cached_property
    def curve(self) -> Any:
        return wb.landscape.curve(self.model, self.start, self.other, self.data, self.recipe)

    @cached_property
    def surface(self) -> Any:
        return list(
            wb.landscape.plane(self.model, [self.start, self.other, self.third], self.data, coarse=3, levels=1)
        )[-1]

    @cached_property
    def hessian(self) -> Any:
        return wb.landscape.hessian(self.model, self.start, self.data, examples=20)

    @cached_property
    def curvature(self) -> Any:
        return wb.landscape.curvature(
            self.model, self.start, self.data, mask=self.mask, layers=tuple(self.mask), **QUICK
        )

    @cached_property
    def saved_ticket(self) -> Any:
        wb.save(wb.Ticket(self.start, self.mask), path := f"{self.folder}/ticket.safetensors")
        return path

    @cached_property
    def saved_members(self) -> Any:
        wb.ensembles.save(self.members_made, self.start, path := f"{self.folder}/ensemble.safetensors")
        return path

    @cached_property
    def saved_score(self) -> Any:
        wb.scores.save(self.score, path := f"{self.folder}/score.safetensors")
        return path

    @cached_property
    def recorded(self) -> Any:
        return sorted(path.stem for path in (Path(__file__).parents[2] / "notebooks/recorded").glob("*.json"))[0]

    @cached_property
    def ensembled(self) -> Any:
        small: dict[str, Any] = {
            "train_size": 60,
            "model": "lenet(hidden=(6, 5))",
            "recipe": self.recipe,
            "replicas": 1,
        }
        return list(
            wb.experiments.robust_ensembles("digits", methods=("robust",), lams=(1.0, 2.0), density=0.5, **small)
        )

    @cached_property
    def noisy_data(self) -> Any:
        seed = self.ensembled[0].drawn
        return wb.noisy(wb.load("digits", train_size=60, validation=1 / 6, seed=seed), 0.6, seed=seed)

    @cached_property
    def noisy_score(self) -> Any:
        return wb.data_diet.el2n(self.model, [self.start], self.noisy_data)

    @cached_property
    def sample(self) -> Any:
        return samples.sample

    @cached_property
    def scored(self) -> Any:
        return functools.cache(samples.networks)

    @cached_property
    def partings(self) -> Any:
        return functools.cache(samples.partings)

    @cached_property
    def diet(self) -> Any:
        return functools.cache(samples.diet)

    @cached_property
    def ensembles(self) -> Any:
        return functools.cache(samples.ensembles)

    @cached_property
    def shifts(self) -> Any:
        return functools.cache(samples.shifts)


def functions() -> dict[str, Callable[..., Any]]:
    """Every public function, chart, and dataclass that people make themselves, by its public name."""
    found: dict[str, Callable[..., Any]] = {}
    for name, thing in _shown(wb):
        inner = _shown(thing) if isinstance(thing, ModuleType) else [(name, thing)]
        for _, part in inner:
            path = public_name(part) if inspect.isfunction(part) or inspect.isclass(part) else None
            made = inspect.isclass(part) and (part.__name__ in MADE_ONLY_BY_FUNCTIONS or "experiments" in str(path))
            if path and not made:
                found[path] = part
    charts = {f"wb.charts.{chart.__name__}": chart for chart in CHARTS.values()}
    return dict(sorted((found | charts).items()))


def _shown(module: Any) -> Iterator[tuple[str, Any]]:
    yield from ((name, getattr(module, name)) for name in dir(module) if not name.startswith("_"))


def good_call(path: str, function: Callable[..., Any]) -> dict[str, str]:
    """The arguments of a good call, each as its source; those that are not given are the defaults."""
    name = path.rpartition(".")[2]
    given = dict(OWN.get(path, {}))
    for parameter in inspect.signature(function).parameters.values():
        required = parameter.default is parameter.empty
        if parameter.name in given or (parameter.kind is parameter.VAR_KEYWORD):
            continue
        if path.startswith("wb.experiments.") and name in EXPERIMENTS_OWN:
            given |= {k: v for k, v in EXPERIMENTS_OWN[name].items() if k == parameter.name}
            usual = SMALL.get(parameter.name) or USUAL.get(parameter.name, "")
            if parameter.name in (*SMALL, "dataset", "train_size", "replicas", "rounds", "points", "draws", "children"):
                given.setdefault(parameter.name, usual)
        elif path.startswith("wb.charts.") and required:
            chart = next(words for words, c in CHARTS.items() if c.__name__ == name)
            given[parameter.name] = f"sample({chart!r})"
        elif parameter.name in ("outcomes", "outcome", "partings", "rows", "barriers") and name in OUTCOMES:
            given[parameter.name] = OUTCOMES[name]
        elif required or parameter.name in ("points", "draws", "workers", "coarse"):
            given[parameter.name] = USUAL[parameter.name]
    return given
