"""Nonsense for data, networks, numbers and training: said in words, with the rule, before any work."""

from __future__ import annotations

import pytest
from bare_python import words_of

BEGIN = """
import io, math
import numpy as np, torch
import workbench as wb
from torch import nn
from workbench.data.batches import places_of
from workbench.nets import masks
from workbench.nets.batch_norm import recompute_batch_norm
from workbench.nets.weights import Ticket
from workbench.numbers.numerals import percent
from workbench.training.robust import along, cvar_weights, divergence, effective_sample_size, lam_of, robust_weights
data = wb.load("digits", train_size=40)
big = wb.load("digits", train_size=40, image_size=16)
model = wb.models.lenet(data, hidden=(4,))
conv = wb.models.conv2(data, width=2)
norm = wb.models.lenet(data, hidden=(4,), norm=True)
other = wb.snapshot(wb.models.lenet(data, hidden=(5,)))
start, recipe, mask = wb.snapshot(model), wb.Recipe(steps=2, batch_size=8), masks.full(model)
halves = {name: t.half() for name, t in start.items()}
floats = {name: t.float() for name, t in mask.items()}
nan = {name: t * math.nan for name, t in start.items()}
train = lambda recipe=recipe, model=model, start=start, data=data, **how: wb.train(model, start, data, recipe, **how)
R = lambda **how: wb.Recipe(**({} if "epochs" in how else {"steps": 2}) | how)
tiny = lambda outputs: nn.Sequential(nn.Flatten(), nn.Linear(64, outputs))
class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = tiny(10)
    def forward(self, images):
        return self.inner(images), None
class Flat(Pair):
    def forward(self, images):
        return self.inner(images).sum(1)
def of(model, verb=train):
    return verb(model=model, start=wb.snapshot(model))
def seen(model=model, weights=None, split=data.test, **how):
    return wb.evaluate(model, wb.snapshot(model) if weights is None else weights, split, **how)
state = next(wb.steps(model, start, data, recipe)).state.copy()
split = lambda **how: wb.Split(**dict(images=torch.zeros(2, 1, 4, 4, dtype=torch.uint8), labels=torch.zeros(2).long(),
                                      ids=torch.arange(2), mean=torch.zeros(1), std=torch.ones(1)) | how)
interval = wb.intervals.mean([1.0, 2.0, 3.0])
saliency = {name: torch.rand(t.shape) for name, t in mask.items()}
losses = torch.tensor([0.5, 2.0])
def watched(f):
    with wb.progress.watch(f):
        pass
def barred(stream):
    with wb.progress.bar(stream):
        pass
"""
RECIPES = {
    "R(learning_rate='0.1')": "learning_rate must be a number above 0, got '0.1'; 0.1 is the usual one",
    "R(learning_rate=None)": "learning_rate must be a number above 0, got None",
    "R(learning_rate=True)": "learning_rate must be a number above 0, got True",
    "R(momentum=[0.9])": "momentum must be a number in [0, 1), got a list",
    "R(batch_size=2.5)": "batch_size must be a whole number from 1, got 2.5; 128 is the usual one",
    "R(batch_size='128')": "batch_size must be a whole number from 1, got '128'",
    "R(batch_size=True)": "batch_size must be a whole number from 1, got True",
    "R(steps=2.5)": "steps must be a whole number from 0 to 10000000000, got 2.5",
    "R(steps=10**15)": "steps must be a whole number from 0 to 10000000000, got 1000000000000000",
    "R(epochs='4')": "epochs must be a number above 0, got '4'",
    "R(epochs=math.nan)": "epochs must be above 0, got nan",
    "R(evaluate_every=2.5)": "evaluate_every must be a whole number of steps from 1, got 2.5",
    "R(warmup=2.5)": "warmup must be a whole number of steps from 0 to 10000000000, got 2.5",
    "R(warmup=10**13)": "warmup must be a whole number of steps from 0 to 10000000000, got 10000000000000; 0 is none",
    "R(milestones=('a',))": "milestones[0] must be a number in (0, 1), got 'a'",
    "R(milestones='0.5')": "milestones must be several numbers, got '0.5'",
    "R(milestones=0.5)": "milestones must be several numbers, got 0.5",
    "R(milestones=(0.5, math.nan))": "milestones[1] must be in (0, 1), got nan",
    "R(nesterov='yes')": "nesterov must be True or False, got 'yes'",
    "R(compile='yes')": "compile must be True or False, got 'yes'",
    "R(channels_last='yes')": "channels_last must be True or False, got 'yes'",
    "R(optimiser=5)": 'optimiser "5" is not known',
    "R(optimiser=['sgd'])": "is not known",
    "R(precision=16)": 'precision "16" is not known',
    "R(augment=None)": 'augmentation "None" is not known',
    "R(loss='focal')": 'loss "focal" is not known; did you mean "focal"? known: cross_entropy, cvar, focal, robust; '
    "give the loss itself, wb.Focal()",
    "R(loss=wb.Focal)": "loss must be a loss, (logits, batch) to one number an example, got the class Focal",
    "R(loss=nn.CrossEntropyLoss())": "got a CrossEntropyLoss; wb.Focal() is one",
    "R(loss=lambda: 0)": "loss must be a loss, (logits, batch) to one number an example, got the function <lambda>",
    "train(R(loss=lambda logits, batch: None))": "what the loss returns must be one number an example, a tensor of the",
    "train(R(loss=lambda logits, batch: logits.mean()))": "what the loss returns must be one number an example",
    "R(loss=None)": "got None; wb.Focal() is one",
    "R(device='cpu:7')": 'device "cpu:7" is not known; did you mean "cpu"',
    "R(device='cudaa')": 'device "cudaa" is not known; did you mean "cuda"',
    "R(device=5)": "device must be text, got 5",
    "R(device=torch.device('cpu'))": 'device must be text, got a device; device="auto"',
    "train(R(device='cuda:99'))": 'device "cuda:99" is not on this machine',
    "train(R(batch_size=10**9))": "batch_size must be a whole number from 1 to 10000, got 1000000000; 40 are all",
    "train(R(warmup=3))": "warmup must be at most 2 steps, the recipe's length here, got 3; 0 is none",
    "train(R(epochs=1e300))": "a recipe must be of at most 10000000000 steps, got",
    "wb.Focal(gamma='2')": "gamma must be a number of at least 0, got '2'",
    "wb.Focal(gamma=None)": "gamma must be a number of at least 0, got None",
    "wb.CrossEntropy(smoothing='0.1')": "smoothing must be a number in [0, 1), got '0.1'",
    "wb.CVaR(share='half')": "share must be a number in (0, 1], got 'half'",
    "wb.Robust(eta='0.1')": "eta must be a number of at least 0, got '0.1'",
    "wb.Robust(lam=0)": "lam must be above 0, got 0",
    "wb.Robust(lam=True)": "lam must be a number above 0, got True",
    "wb.losses.named(5)": "loss must be the text of one, got 5",
    "wb.losses.named('focal(gamma=[2])')": "gamma must be a number of at least 0, got a list",
}
TRAINING = {
    "train(None)": "recipe must be a Recipe, got None; wb.Recipe(epochs=4) is one",
    "train(wb.Recipe)": "recipe must be a Recipe, got the class Recipe",
    "train({'epochs': 4})": "recipe must be a Recipe, got a dict",
    "train(model=start)": "model must be an nn.Module, got a dict",
    "train(model=nn.Module)": "model must be an nn.Module, got the class Module",
    "train(start=None)": "weights must be a dict of tensors by name, got None; wb.snapshot(model) gives them",
    "train(start=model)": "weights must be a dict of tensors by name, got a Sequential",
    "train(start={'1.weight': 5})": "weights['1.weight'] must be a tensor, under its name, got 5",
    "train(start=halves)": "1.weight is torch.float16, not torch.float32; take both from the same model",
    "train(start=other)": "the weights must have the shapes of the model, but 1.weight has (5, 64), not (4, 64)",
    "train(data=data.train)": "data must be whole data, as wb.load gives it, got a Split",
    "train(data='digits')": "data must be whole data, as wb.load gives it, got 'digits'",
    "train(mask={})": "the mask names no weight, so there is nothing to keep",
    "train(mask=floats)": "a mask must hold bool tensors, but 1.weight is torch.float32",
    "train(mask=5)": "mask must be a dict of tensors by name, got 5; wb.masks.full(model) makes one",
    "train(mask={'a': 1})": "mask['a'] must be a tensor, under its name, got 1",
    "train(checkpoints=(2.5,))": "checkpoints[0] must be a whole number from 0, got 2.5",
    "train(checkpoints=5)": "checkpoints must be several numbers, got 5",
    "train(checkpoints='12')": "checkpoints must be several numbers, got '12'",
    "train(step=0.5)": "step must be a whole number from 0, got 0.5",
    "train(seed=0.0)": "seed must be an integer from 0 to 2**53 - 1, got 0.0",
    "train(seed=True)": "seed must be an integer from 0 to 2**53 - 1, got True",
    "train(order_seed='1')": "seed must be an integer from 0 to 2**53 - 1, got '1'",
    "train(state=5)": "state must be a State, got 5",
    "train(model=conv, start=wb.snapshot(conv), state=state)": "the state is of another model or mask",
    "train(example_weights='abc')": "example_weights must be several numbers, got 'abc'",
    "train(example_weights=['a'] * 40)": "example_weights[0] must be a number, got 'a'",
    "train(example_weights=[1.0])": "example_weights must be one number for each of 40 training examples",
    "train(example_weights=-torch.ones(40))": "example_weights must be finite and at least 0, got 40 that are not",
    "train(data=big)": "Sequential does not take images of the shape (1, 16, 16) (mat1 and mat2 shapes cannot be",
    "of(tiny(5))": "Sequential has 5 outputs, but a label is",
    "of(Pair())": "what Pair returns for 8 images must be logits, floats of the shape (8, classes), got a tuple",
    "of(Flat())": "what Flat returns for 8 images must be logits, floats of the shape (8, classes), got a Tensor",
    "of(nn.Flatten())": "there is nothing to train",
    "list(wb.steps(model, halves, data, recipe))": "1.weight is torch.float16, not torch.float32",
    "list(wb.steps(model, start, big, recipe))": "does not take images of the shape (1, 16, 16)",
    "list(wb.steps(model, start, data, recipe, trained=5))": "trained must be a dict of tensors by name, got 5",
    "list(wb.steps(model, start, data, recipe, step=5))": "step 5 must lie within the run, from step 5 to 2",
    "list(wb.steps(model, start, data, recipe, penalty=5))": "penalty must be a function, got 5",
    "list(wb.steps(model, start, data, recipe, weights_of='x'))": "weights_of must be a function, got 'x'",
    "wb.weights_at(model, start, data, recipe, step=2.5)": "step must be from 0 to 2, the length of this recipe, in",
    "wb.weights_at(model, start, data, recipe, step='1')": "in whole steps, got '1'",
    "wb.weights_along(model, start, data, recipe, at=5)": "at must be several steps, got 5",
    "wb.weights_at(model, start, data, None, step=1)": "recipe must be a Recipe, got None",
    "wb.gradients(model, start, data, data.train.ids[:0])": "ids must name a training example at least, got none",
    "wb.gradients(model, start, data, [1, 2])": "ids must be a tensor of whole numbers (ids,), got a list",
    "wb.gradients(model, start, data, torch.rand(2))": "ids must be a tensor of whole numbers (ids,), got a Tensor of",
    "wb.gradients(model, start, big, big.train.ids)": "does not take images of the shape (1, 16, 16)",
    "wb.gradients(model, start, data, data.train.ids, recipe=5)": "recipe must be a Recipe, got 5",
    "wb.gradients(model, start, data, data.train.ids, step=-1)": "step must be a whole number from 0, got -1",
}
NETWORKS = {
    "seen(split=data)": "split must be one part of data, got a Data",
    "seen(split='test')": "split must be one part of data, got 'test'; data.test is one",
    "seen(split=big.test)": "Sequential does not take images of the shape (1, 16, 16) (mat1 and mat2 shapes",
    "seen(norm, split=big.test)": "Sequential does not take images of the shape (1, 16, 16)",
    "seen(wb.models.resnet8(data, width=2), split=split(images=torch.zeros(2, 3, 8, 8).byte(), mean=torch.zeros(3), "
    "std=torch.ones(3)))": "ResNet does not take images of the shape (3, 8, 8)",
    "seen(weights=halves)": "1.weight is torch.float16, not torch.float32",
    "seen(weights=nan)": "the network is not finite in 1.weight",
    "seen(mask=floats)": "a mask must hold bool tensors",
    "seen(mask={})": "the mask names no weight",
    "seen(model=5, weights=start)": "model must be an nn.Module, got 5",
    "seen(tiny(5))": "Sequential has 5 outputs, but a label is",
    "seen(Pair())": "what Pair returns for 599 images must be logits",
    "recompute_batch_norm(norm, start, data.train)": "the weights must have the names of the model",
    "recompute_batch_norm(norm, wb.snapshot(norm), data)": "split must be one part of data, got a Data",
    "recompute_batch_norm(norm, wb.snapshot(norm), big.train)": "does not take images of the shape (1, 16, 16)",
    "recompute_batch_norm(norm, wb.snapshot(norm), data.train, examples=0)": "examples must be a whole number from 1",
    "wb.snapshot(5)": "model must be an nn.Module, got 5; wb.models.lenet(data) makes one",
    "wb.snapshot(start)": "model must be an nn.Module, got a dict",
    "wb.initialise(5)": "model must be an nn.Module, got 5",
    "wb.initialise(model, seed=1.5)": "seed must be an integer from 0",
    "wb.initialise(model, rule='he')": 'rule "he" is not known',
    "wb.initialise(model, rule='scaled_constant', density='a')": "density must be a number in (0, 1], got 'a'",
    "wb.mix(start, start, math.nan)": "alpha must be a finite number, got nan; 0 is the first weights, 1 the second",
    "wb.mix(start, start, '0.5')": "alpha must be a number, got '0.5'",
    "wb.mix(start, halves, 0.5)": "the second weights must have the dtypes of the first, but 1.weight is torch.float16",
    "wb.mix(start, 5, 0.5)": "the second weights must be a dict of tensors by name, got 5",
    "wb.mix(5, start, 0.5)": "the first weights must be a dict of tensors by name, got 5",
    "wb.save(start, 'nowhere')": "ticket must be a Ticket, got a dict; wb.Ticket(run.weights, mask) makes one",
    "wb.save(Ticket(start, mask), 5)": "path must be the path of a file, got 5; a ticket is saved there",
    "wb.save(Ticket(start, mask), '')": "path must be the path of a file, got ''",
    "wb.open(None)": "path must be the path of a file, got None; wb.save(ticket, path) writes one",
    "wb.open('a' + chr(0))": "path must be the path of a file, got",
    "seen(hardware='cpu')": "hardware must be a Hardware, got 'cpu'",
    "wb.open('nowhere')": "there is no ticket at nowhere",
    "Ticket(start, {})": "the mask names no weight",
    "Ticket(5, mask)": "weights must be a dict of tensors by name, got 5",
    "wb.models.lenet(5)": "data must be whole data, as wb.load gives it, got 5",
    "wb.models.lenet5(data.train)": "that is one part of it, so give the whole",
    "wb.models.conv4('digits')": "data must be whole data, as wb.load gives it, got 'digits'",
    "wb.models.resnet20(None)": "data must be whole data, as wb.load gives it, got None",
    "wb.models.lenet(data, norm='yes')": "norm must be True or False, got 'yes'",
    "wb.models.named(5, data)": "model must be the name of one, got 5",
}
MASKS = {
    "masks.full(5)": "model must be an nn.Module, got 5",
    "masks.full(model, keep='1.weight')": "keep must be several names, got '1.weight'",
    "masks.full(model, keep=5)": "keep must be several names, got 5",
    **{
        f"masks.{verb}({given})": words
        for verb in ("density", "kept", "total", "layers", "kept_by_layer", "collapsed", "connections_by_place")
        for given, words in (
            ("{}", "the mask names no weight, so there is nothing to keep; wb.masks.full(model) names all"),
            ("floats", "a mask must hold bool tensors, but 1.weight is torch.float32"),
            ("model", "mask must be a dict of tensors by name, got a Sequential"),
        )
    },
    "masks.connections_by_place(mask, (1, 8))": "image_shape must fit the first layer's 64 inputs, got (1, 8)",
    "masks.connections_by_place(mask, (1, 8, 8.0))": "image_shape[2] must be a whole number from 1, got 8.0",
    "masks.connections_by_place(mask, 64)": "image_shape must be several numbers, got 64; pass data.shape",
    "masks.connections_by_place({'b': torch.ones(3).bool()})": "the first layer must read images, got b of the",
    "masks.overlap(mask, {})": "the mask names no weight",
    "masks.overlap(mask, masks.full(conv))": "which this model does not have",
    "masks.overlap(mask, masks.full(model, keep=('1.weight',)))": "two masks must name the same weights, but the",
    "masks.apply(start, masks.full(conv))": "which this model does not have",
    "masks.share_out(5, None, mask)": "shares must be a number by layer, got None",
    "masks.keep_by_layer(saliency, mask, 5)": "quota must be a count by layer, got 5; wb.masks.kept_by_layer(mask)",
    "masks.survivors(mask, '0.1')": "density must be a number in (0, 1], got '0.1'",
    "masks.survivors(mask, math.nan)": "density must be in (0, 1], got nan",
    "masks.keep_largest(saliency, mask, 10**6)": "count must be a whole number from 0 to 296, got 1000000",
    "masks.keep_largest(saliency, mask, -1)": "count must be a whole number from 0 to 296, got -1",
    "masks.keep_largest(saliency, mask, 2.5)": "count must be a whole number from 0 to 296, got 2.5",
    "masks.keep_largest({}, mask, 5)": "the mask names '1.weight', which this model does not have",
    "masks.keep_largest(masks.full(conv), mask, 5)": "the mask names",
    "masks.keep_largest(5, mask, 5)": "saliency must be a dict of tensors by name, got 5",
    "masks.keep_largest({name: t[:1] for name, t in saliency.items()}, mask, 5)": "must have the shape of its weights",
    "masks.keep_by_layer(saliency, mask, {})": "quota must have a count for every layer, but lacks ['1.weight'",
    "masks.share_out(10, {name: -1 for name in mask}, mask)": "shares['1.weight'] must be at least 0, got -1",
    "masks.share_out(10, {}, mask)": "shares['1.weight'] must be a number of at least 0, got None",
    "masks.share_out(10, {name: math.nan for name in mask}, mask)": "shares['1.weight'] must be at least 0, got nan",
    "masks.share_out(10, {name: 0 for name in mask}, mask)": "shares must reach for 10 weights, but those above",
    "masks.share_out(2.5, {name: 1 for name in mask}, mask)": "count must be a whole number from 0 to 296, got 2.5",
}
NUMBERS = {
    "wb.intervals.mean('0.5')": "values must be several numbers, one a replica or example, got '0.5'",
    "wb.intervals.mean(['0.5', '0.6', '0.7'])": "values must be several numbers, one a replica or example, got a list",
    "wb.intervals.mean(0.5)": "values must be several numbers, one a replica or example, got 0.5",
    "wb.intervals.mean(None)": "values must be several numbers, one a replica or example, got None",
    "wb.intervals.mean([[0.5, 0.6]])": "values must be several numbers, one a replica or example, got a list",
    "wb.intervals.mean([0.5, None])": "the values must be finite, got [0.5, nan]",
    "wb.intervals.mean([0.5, 0.6], confidence='95 %')": "confidence must be a number in (0, 1), got '95 %'",
    "wb.intervals.mean([0.5, 0.6], confidence=1)": 'confidence must be in (0, 1), got 1; for "95 %" pass 0.95',
    "wb.intervals.mean([0.5, 0.6], confidence=math.nan)": "confidence must be in (0, 1), got nan",
    "wb.intervals.paired([0.5], 0.5)": "b must be several numbers",
    "wb.intervals.paired([], [])": "an interval needs at least one value, got none",
    "wb.intervals.matches(0.5)": "difference must be an Interval, got 0.5; wb.intervals.paired(a, b) makes one",
    "wb.intervals.matches(interval, margin=math.nan)": "margin must be at least 0, got nan; 0.01 is one point",
    "wb.intervals.matches(interval, margin='1')": "margin must be a number of at least 0, got '1'",
    "wb.intervals.equals(interval, margin=-0.01)": "margin must be at least 0, got -0.01",
    "wb.intervals.equals(None)": "difference must be an Interval, got None",
    "wb.intervals.power_of_equality('a', 5)": "spread must be a number of at least 0, got 'a'",
    "wb.intervals.power_of_equality(-0.1, 5)": "spread must be at least 0, got -0.1",
    "wb.intervals.power_of_equality(0.1, 2.5)": "n must be a whole number from 0, got 2.5",
    "wb.intervals.power_of_equality(0.1, -1)": "n must be a whole number from 0, got -1",
    "wb.intervals.power_of_equality(0.1, 5, margin=math.nan)": "margin must be at least 0, got nan",
    "wb.intervals.bootstrap(5, [0.1, 0.2])": "statistic must be a function, got 5; np.mean is one",
    "wb.intervals.bootstrap(np.mean)": "an interval needs at least one value, got none",
    "wb.intervals.bootstrap(np.mean, [0.1, 0.2, 0.3], draws=10**12)": "draws must be a whole number from 1 to 1000000",
    "wb.intervals.bootstrap(np.mean, [0.1, 0.2, 0.3], draws=2.5)": "draws must be a whole number from 1 to 1000000",
    "wb.intervals.bootstrap(np.mean, [0.1, 0.2, 0.3], seed=2.5)": "seed must be an integer from 0",
    "percent('a')": "share must be a number, got 'a'",
    "percent(math.nan)": "share must be a finite number, got nan",
    "wb.table(5)": "outcomes must be several dataclasses or dicts, got 5",
    "wb.table('abc')": "outcomes must be several dataclasses or dicts, got 'abc'",
    "wb.table([5])": "an outcome must be a dataclass or a dict, got 5",
    "wb.table([wb.Recipe])": "an outcome must be a dataclass or a dict, got the class Recipe",
    "wb.table({'a': 1})": "got a dict; put a single one into a list, [outcome]",
    "wb.table(interval)": "got an Interval; put a single one into a list, [outcome]",
    "robust_weights(losses, lam='1')": "lam must be a number of at least 0, got '1'",
    "robust_weights(losses, eta=[0.1])": "eta must be a number of at least 0, got a list",
    "lam_of(losses, None)": "give lam or eta, one of them",
    "cvar_weights(losses, '0.5')": "share must be a number in (0, 1], got '0.5'",
    "divergence([0.5, 0.5])": "p must be a tensor of floats, one an example, got a list",
    "divergence(torch.tensor([math.nan, 1.0]))": "weights must sum to 1, got a sum of nan",
    "effective_sample_size(torch.tensor([1, 0]))": "p must be a tensor of floats, one an example, got torch.int64",
    "along(losses * math.nan, lams=[1])": "losses must be finite numbers, got 2 that are not",
    "wb.robust.published_weights(5, 1.0)": "losses must be a tensor of floats, one an example, got 5",
    "wb.robust.negative_share(None, 1.0)": "losses must be a tensor of floats, one an example, got None",
    "along(losses, lams=5)": "what to go along must be several numbers, got 5",
    "along(losses, lams=['1'])": "lam must be a number of at least 0, got '1'",
    "along(losses, etas=[-1])": "eta must be at least 0, got -1",
    "wb.recorded(5)": "name must be a plain name",
}
DATA = {
    "wb.load(5)": "name must be the name of a dataset or the path of one's own, got 5",
    "wb.load(None)": "name must be the name of a dataset or the path of one's own, got None",
    "wb.load('')": "is not known",
    "wb.load('digits', train_size=2.5)": "train_size must be a whole number from 1, got 2.5",
    "wb.load('digits', train_size='40')": "train_size must be a whole number from 1, got '40'",
    "wb.load('digits', image_size=True)": "image_size must be a whole number of pixels from 1, got True",
    "wb.load('digits', image_size=(8, 8))": "image_size must be a whole number of pixels from 1, got a tuple",
    "wb.load('digits', validation='0.1')": "validation must be a number in [0, 1), got '0.1'",
    "wb.load('digits', validation=math.nan)": 'validation must be in [0, 1), got nan; for "10 %" pass 0.1',
    "wb.load('digits', validation=None)": "validation must be a number in [0, 1), got None",
    "wb.load('digits', label_noise=math.nan)": "label_noise must be in [0, 1], got nan",
    "wb.load('digits', label_noise='a')": "label_noise must be a number in [0, 1], got 'a'",
    "wb.load('digits', seed=1.5)": "seed must be an integer from 0",
    "split(images=torch.rand(2, 1, 4, 4))": "images must be a tensor of torch.uint8 and the shape (examples, channels",
    "split(images=np.zeros((2, 1, 4, 4)))": "got a ndarray of the shape (2, 1, 4, 4)",
    "split(images=torch.zeros(2, 4, 4).byte())": "got a Tensor of torch.uint8 and of the shape (2, 4, 4)",
    "split(labels=torch.zeros(3).long())": "labels must be a tensor of torch.int64 and the shape (2), got a Tensor",
    "split(labels=torch.zeros(2))": "labels must be a tensor of torch.int64 and the shape (2), got a Tensor of",
    "split(ids=[0, 1])": "ids must be a tensor of torch.int64 and the shape (2), got a list",
    "split(mean=0.5)": "mean must be a tensor of torch.float32 and the shape (1), got 0.5",
    "split(std=torch.ones(3))": "std must be a tensor of torch.float32 and the shape (1), got a Tensor",
    "split(std=torch.zeros(1))": "std must be above 0 and mean finite, got 0 and 0; a constant channel has std 1",
    "split(mean=torch.full((1,), math.nan))": "std must be above 0 and mean finite, got 1 and nan",
    "wb.Data('a', data.train, data.test, None, ('a',), torch.arange(0))": "test must be a Split, got None",
    "wb.Data('a', data.train, data.test, big.test, ('a',), torch.arange(0))": "the three parts must have images of one",
    "wb.Data('a', data.train, data.test, data.test, 'ab', torch.arange(0))": "classes must be several names, got 'ab'",
    "wb.Data(5, data.train, data.test, data.test, ('a',), torch.arange(0))": "name must be text, got 5",
    "wb.Data('a', data.train, data.test, data.test, (1, 2), torch.arange(0))": "classes must be several names, got a",
    "wb.Data('a', data.train, data.test, data.test, ('a',), None)": "flipped must be a tensor of torch.int64",
    "data.only([1, 2])": "ids must be a tensor of whole numbers (ids,), got a list",
    "wb.noisy(5, 0.1)": "data must be whole data, got 5",
    "wb.noisy(data, '0.1')": "std must be a number in [0, 100], got '0.1'",
    "wb.noisy(data, math.nan)": "std must be in [0, 100], got nan",
    "wb.noisy(data, 1e300)": "std must be in [0, 100], got 1e+300",
    "wb.noisy(data, 0.1, seed='a')": "seed must be an integer from 0",
    "wb.noisy_like(data, data.test, 0.1)": "split must be one part of data, got a Data",
    "wb.noisy_like(data.test, data, 0.1)": "shown must be one part of data, got a Data",
    "wb.noisy_like(data.test, data.test, 0.1, part=5)": 'part "5" is not known',
    "wb.seeds(0, 10**9)": "n must be a whole number from 1 to 100000, got 1000000000; one replica is seeds(seed, 1)",
    "wb.seeds(0, 2.5)": "n must be a whole number from 1 to 100000, got 2.5",
    "wb.seeds(0.5, 2)": "seed must be an integer from 0 to 2**53 - 1, got 0.5",
    "wb.seeds('0', 2)": "seed must be an integer from 0 to 2**53 - 1, got '0'",
    "list(wb.replicas(5, [1, 2]))": "f must be a function, got 5; give the function of a seed itself",
    "list(wb.replicas(print, 5))": "seeds must be several seeds, got 5; wb.seeds(0, 3) are three",
    "list(wb.replicas(print, [1, 1.5]))": "seed must be an integer from 0 to 2**53 - 1, got 1.5",
    "list(wb.replicas(print, [1], workers=1.5))": "workers must be a whole number from 1, got 1.5",
    "watched(5)": "f must be a function, got 5; wb.progress.bar() watches by itself",
    "barred(5)": "stream.write must be a function, got None",
}
CALLS = RECIPES | TRAINING | NETWORKS | MASKS | NUMBERS | DATA
SERVES = (
    "R(milestones=[0.5, 0.75])",
    "R(milestones=(m for m in (0.5, 0.75)))",
    "R(learning_rate=np.float32(0.1), batch_size=np.int64(8), momentum=np.array(0.9))",
    "R(device='cpu:0', nesterov=np.bool_(True))",
    "R(loss=lambda logits, batch: logits.sum(1))",
    "R(epochs=np.float64(0.5))",
    "wb.Robust(lam=math.inf)",
    "train(R(batch_size=100))",
    "train(R(batch_size=40, warmup=2))",
    "train(seed=np.int64(3))",
    "train(checkpoints=range(0, 3))",
    "train(checkpoints={1, 2})",
    "train(checkpoints=np.array([1, 2]))",
    "train(example_weights=[1] * 40)",
    "train(example_weights=np.ones(40))",
    "train(state=state, step=0)",
    "of(tiny(12))",
    "wb.weights_along(model, start, data, recipe, at=range(3))",
    "wb.weights_at(model, start, data, recipe, step=np.int64(1))",
    "seen(split=wb.Split(data.test.images, data.test.labels * 0 - 100, data.test.ids, data.test.mean, data.test.std))",
    "wb.mix(start, start, np.float64(0.5))",
    "wb.mix(start, start, 1.5)",
    "masks.keep_largest(saliency, mask, np.int64(5))",
    "masks.keep_largest(saliency, mask, 0)",
    "masks.full(model, keep=['1.weight'])",
    "masks.connections_by_place(mask, torch.Size((1, 8, 8)))",
    "wb.intervals.mean((0.5, 0.6, 0.7))",
    "wb.intervals.mean(np.array([0.5, 0.6]))",
    "wb.intervals.mean(torch.tensor([0.5, 0.6]))",
    "wb.intervals.mean(wb.table([{'a': 1.0}, {'a': 2.0}])['a'])",
    "wb.intervals.power_of_equality(math.nan, 5)",
    "wb.intervals.matches(wb.intervals.mean([0.1]))",
    "wb.table(iter([interval]))",
    "wb.table([])",
    "wb.load('digits', train_size=np.int64(40), validation=0)",
    "wb.seeds(np.int64(1), np.int64(2))",
    "list(wb.replicas(lambda seed: seed, (seed for seed in (1, 2))))",
    "list(wb.replicas(lambda seed: seed, np.arange(2)))",
    "list(wb.replicas(lambda seed: seed, []))",
    "watched(print)",
    "barred(io.StringIO())",
    "along(losses, lams=[0.5, math.inf, np.float64(2)])",
    "along(losses, etas=torch.tensor([0.1, 0.2]))",
)


@pytest.fixture(scope="module")
def words() -> dict[str, str]:
    """What each call said, all in one Python."""
    return words_of(BEGIN, [*CALLS, *SERVES])


@pytest.mark.parametrize("text", CALLS)
def test_nonsense_is_said_with_the_rule(text: str, words: dict[str, str]):
    assert CALLS[text] in words[text]


@pytest.mark.parametrize("text", SERVES)
def test_what_is_right_in_another_type_serves(text: str, words: dict[str, str]):
    assert words[text] == ""
