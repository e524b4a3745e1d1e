"""What the methods refuse at the door: masks, scores, densities and options that are none."""

from __future__ import annotations

from bare import doors

BEGIN = """
named = calling(wb.pruning.prune, model=model, weights=w, density=0.5)
prune = lambda method="magnitude", **how: named(method=method, **how)
magnitude = calling(wb.pruning.magnitude, weights=w, mask=full, density=0.5)
given = {"model": model, "weights": w, "data": data, "density": 0.5}
scored = lambda method, **how: calling(getattr(wb.pruning, method), **given)(**how)
random = calling(wb.pruning.random_mask, mask=full)
training = {"model": model, "weights": w, "data": data, "recipe": recipe, "density": 0.5}
popup = calling(wb.pruning.edge_popup_search, **training)
dynamic = calling(wb.pruning.dynamic_search, **training)
filters = calling(wb.pruning.filter_popup, **training)
by_norm = calling(wb.pruning.filters, model=model, weights=w)
last = {name: mask for name, mask in full.items() if name == list(full)[-1]}
by_filter = {name: torch.ones(len(mask)) for name, mask in full.items() if name not in last}
few = full | {name: mask & (torch.arange(len(mask)) < 1)[:, None] for name, mask in full.items() if name not in last}
scores = {name: w[name] for name in full}
searched, evolved = next(wb.pruning.edge_popup_search(**training)), next(wb.pruning.dynamic_search(**training))
halved = next(wb.pruning.dynamic_search(**training | {"density": 0.25}))
"""
CALLS = {
    "prune(5)": "method must be the name of a pruning method, got 5",
    "prune('random_mask(layers=5)')": 'rule for layers "5" is not known',
    "prune('random_mask(layerwise=5)')": 'option of random_mask "layerwise" is not known',
    "prune('random_mask(layers={})')": "counts by layer must name every layer",
    "prune('edge_popup(invert=5)', data=data, recipe=recipe)": "invert must be True or False, got 5",
    "prune(model='lenet')": "model must be an nn.Module, got 'lenet'",
    "prune(weights=double)": "must have the dtypes of the model",
    "prune(weights=model)": "weights must be a dict of tensors by name, got a Sequential",
    "prune(data='digits')": "data must be whole data, as wb.load gives it, got 'digits'",
    "prune(data=data.train)": "that is one part of it, so give the whole",
    "prune(recipe=wb.Recipe)": "recipe must be a Recipe, got the class Recipe",
    "prune(seed=None)": "seed must be an integer from 0",
    "magnitude(invert='yes')": "invert must be True or False, got 'yes'; True is the control",
    "magnitude(weights=full)": "weights must be floats, but 1.weight is torch.bool",
    "magnitude(weights=None)": "weights must be a dict of tensors by name, got None",
    "magnitude(mask={})": "the mask names no weight",
    "magnitude(mask={name: mask.float() for name, mask in full.items()})": "a mask must hold bool tensors",
    "magnitude(scope=5)": 'scope "5" is not known; known: global, layer',
    "magnitude(scope=[])": "scope",
    "magnitude(invert=1)": "invert must be True or False, got 1",
    **{
        f"scored({name!r}, {how})": words
        for name in ("snip", "grasp", "synflow")
        for how, words in {
            "invert='yes'": "invert must be True or False, got 'yes'",
            "data=data.train": "that is one part of it, so give the whole",
            "weights=diverged": "is not finite in 1.weight",
            "weights=double": "must have the dtypes of the model",
            "mask=5": "mask must be a dict of tensors by name, got 5",
            "density='half'": "density must be a number in (0, 1]",
            "seed=2.5": "seed must be an integer from 0",
        }.items()
    },
    "scored('snip', batches=2.5)": "batches must be a whole number from 1 to 10000, got 2.5",
    "scored('grasp', batch_size=-1)": "batch_size must be a whole number from 1 to 10000, got -1; 128 is the usual one",
    "scored('grasp', temperature='200')": "temperature must be a number above 0, got '200'",
    "scored('synflow', rounds=2.5)": "rounds must be a whole number from 1",
    "wb.pruning.smart_ratio(full, density=0.5, last='0.3')": "last must be a number in [0, 1], got '0.3'",
    "wb.pruning.smart_ratio(5, density=0.5)": "mask must be a dict of tensors by name, got 5",
    "wb.live_paths(model, full, 28)": "shape must be several numbers, got 28; pass data.shape",
    "wb.live_paths(model, None, data.shape)": "mask must be a dict of tensors by name, got None",
    "random(layers={name: 2.5 for name in full})": "counts by layer must name every layer, each from 0",
    "random(layers={name: True for name in full})": "counts by layer must name every layer",
    "random(layers={name: 0 for name in full})": "keep no weight at all",
    "random(density=0.5, layers=None)": "rule for layers",
    "random(mask=model, density=0.5)": "mask must be a dict of tensors by name, got a Sequential",
    "popup(data=data.test)": "data must be whole data",
    "popup(recipe=None)": "recipe must be a Recipe, got None",
    "popup(every=2.5)": "every must be a whole number of steps from 1, got 2.5; None yields about 20 times",
    "popup(every=-1)": "every must be a whole number of steps from 1, got -1",
    "popup(after=evolved)": "after must be the last Search, got an Evolved",
    "popup(after={})": "after must be the last Search",
    "popup(invert='yes')": "invert must be True or False, got 'yes'",
    "popup(scores=list(scores))": "scores must be a dict of tensors by name, got a list",
    "popup(scores=5)": "scores must be a dict of tensors by name, got 5",
    "popup(mask=5)": "mask must be a dict of tensors by name, got 5",
    "popup(weights=elsewhere)": "must have the shapes of the model",
    "popup(selection=None)": 'selection "None" is not known; known: carried, exact',
    "popup(order_seed=2.5)": "order_seed must be an integer from 0 to 2**53 - 1, got 2.5",
    "filters(density=5)": 'density must be in (0, 1], got 5; for "5 % kept" pass 0.05',
    "filters(density='5 %')": "density must be a number in (0, 1], got '5 %'",
    "filters(mask=half)": "mask must keep filters whole or not at all, but keeps 1.weight in part",
    "filters(mask=last)": "the mask names none but the last",
    "filters(mask=few)": "filters of 1.weight, but the mask keeps 1; pass a denser mask",
    "filters(mask=full | {name: ~mask for name, mask in last.items()})": "mask must keep all of the last layer",
    "filters(mask={})": "the mask names no weight",
    "filters(scores=scores)": "scores must name what may be pruned, ['1.weight']",
    "filters(scores={'1.weight': w['1.weight']})": "the scores of 1.weight must be finite floats of the shape (4,)",
    "filters(scores={})": "scores must name what may be pruned",
    "filters(invert=1)": "invert must be True or False, got 1",
    "filters(recipe=wb.Recipe(steps=0))": "a search takes one step at least, and the recipe has 0",
    "by_norm(share='half')": "share must be a number in [0, 1), got 'half'; for \"30 % removed\" pass 0.3",
    "by_norm(share=None)": "share must be a number in [0, 1), got None",
    "by_norm(keep='1.weight')": "keep must be several names, got '1.weight'",
    "by_norm(keep=5)": "keep must be several names, got 5",
    "by_norm(keep=['fc'])": 'name in keep "fc" is not known',
    "by_norm(weights=double)": "must have the dtypes of the model",
    "by_norm(mask=5)": "mask must be a dict of tensors by name, got 5",
    "by_norm(mask={})": "the mask names no weight",
    "by_norm(model=wb.models.lenet)": "model must be an nn.Module, got the function lenet",
    "by_norm(seed=2.5)": "seed must be an integer from 0",
    "dynamic(augment_seed=-1)": "augment_seed must be an integer from 0 to 2**53 - 1, got -1",
    "dynamic(data=None)": "data must be whole data",
    "dynamic(weights=diverged)": "is not finite in 1.weight",
    "dynamic(after=searched)": "after must be the last Evolved, got a Search",
    "dynamic(after=halved)": "must keep as many weights as it",
    "dynamic(drop=math.nan)": "drop must be in (0, 1), got nan",
    "dynamic(drop='0.3')": "drop must be a number in (0, 1), got '0.3'",
    "dynamic(until=-0.5)": "until must be in (0, 1], got -0.5",
    "dynamic(rewire_every=2.5)": "rewire_every must be a whole number of steps from 1, got 2.5; 100 is RigL's",
    "dynamic(grow=[])": "way to grow",
    "dynamic(layers=5)": 'rule for layers "5" is not known',
}
SERVES = (
    "scored('snip', batches=torch.tensor(2).numpy()[()])",
    "scored('synflow', mask=half, rounds=3)",
    "wb.live_paths(model, half, torch.Size(data.shape))",
    "wb.live_paths(model, half, list(data.shape))",
    "popup(every=10**9)",
    "dynamic(rewire_every=10**9)",
    "popup(scores={name: score.double() for name, score in scores.items()})",
    "random(layers={name: torch.tensor(3).numpy()[()] for name in full})",
    "dynamic(after=evolved)",
    "filters(scores=by_filter)",
    "filters(mask=few, density=1e-9)",
    "popup(after=searched)",
    "by_norm(mask=half, share=torch.tensor(0.5).numpy()[()])",
    "by_norm(mask=last)",
    "by_norm(keep=[*full])",
)

said, test_nonsense_is_refused_in_words, test_what_is_right_is_not_refused = doors(CALLS, SERVES, BEGIN)
