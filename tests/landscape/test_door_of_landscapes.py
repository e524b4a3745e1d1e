"""What paths, planes, curves, alignment and curvature refuse at the door, and that none of them hangs by a slip."""

from __future__ import annotations

from bare import doors

BEGIN = """
from workbench.landscape import *
training = {"model": model, "data": data, "recipe": recipe}
along_line = calling(path, model=model, a=w, b=w1, data=data, points=3)
line = along_line()
trained = curve(a=w, b=w1, **training)
bent = calling(curve, a=w, b=w1, **training)
measured = calling(along, model=model, curve=trained, data=data, points=3)
grid = {"coarse": 2, "levels": 2}
through = calling(plane, model=model, networks=[w, w1, w2], data=data, **grid)
around = calling(random_plane, model=model, centre=w, data=data, **grid)
surface, circle = through()[0], around()[0]
matched = calling(match, model=model, a=w, b=w1)
born = calling(children, starts={0: w}, **training)
few = {"examples": 20, "k": 2, "draws": 3, "steps": 4, "repeats": 1}
curved = calling(curvature, model=model, weights=w, data=data, **few)
layered = calling(curvature_by_layer, model=model, weights=w, data=data, **few)
second = calling(hessian, model=model, weights=w, data=data, examples=20)
H, bends = second(), curved(mask=half, layers=tuple(half))
rounds = list(wb.lottery.rounds(model, w, data, recipe, rounds=1))
paired = calling(pairs, model=model, networks=list(enumerate(rounds)), split=data.test)
logits = torch.rand(5, 3)
"""
CALLS = {
    "along_line(points=10**9)": "points must be a whole number from 0 to 10001, got 1000000000",
    "along_line(points=4)": "points must be odd and at least 3, so that both ends and the middle are in, got 4",
    "along_line(points=2.5)": "points must be a whole number",
    "along_line(a=elsewhere)": "must have the shapes of the model",
    "along_line(a=5)": "the first network must be a dict of tensors by name, got 5",
    "along_line(b=double)": "must have the dtypes of the first",
    "along_line(b=diverged)": "the second network is not finite in 1.weight",
    "along_line(data=data.test)": "that is one part of it, so give the whole",
    "along_line(data=small)": "does not take images of the shape (1, 6, 6)",
    "along_line(split='valid')": 'split "valid" is not known; did you mean "validation"',
    "along_line(split=[])": "split",
    "along_line(batch_norm='avarage')": 'batch-norm treatment "avarage" is not known; did you mean "average"',
    "along_line(mask=model)": "mask must be a dict of tensors by name, got a Sequential",
    **{
        f"{call}(mask={{name: torch.zeros_like(mask) for name, mask in full.items()}})": "the mask keeps no weight"
        for call in ("along_line", "around", "born", "layered")
    },
    "born(mask=5)": "mask must be a dict of tensors by name, got 5",
    "along_line(mask={})": "the mask names no weight",
    "along_line(examples=torch.tensor([10**9]))": "examples must be places in the split, whole numbers from 0 to 598",
    "along_line(examples=torch.tensor([-1]))": "examples must be places in the split, whole numbers from 0",
    "along_line(examples=torch.tensor([1.5]))": "examples must be places in the split",
    "along_line(examples=5)": "examples must be several numbers, got 5",
    "along_line(examples=[])": "this slice of test is empty",
    "along_line(hardware='cpu')": "hardware must be a Hardware, got 'cpu'",
    "line.barrier([])": "definition of a barrier",
    "line.barrier(of='accuracy')": 'risk "accuracy" is not known',
    "line.barrier(examples=[10**9])": "examples[0] must be a whole number from 0 to 598",
    "line.barrier(examples=[])": "examples must name one at least",
    "line.connected_share(math.nan)": "threshold must be a finite number, got nan",
    "line.connected_share('low')": "threshold must be a number, got 'low'",
    "line.score(data.test)": "data must be whole data",
    "list(paths(model, [w], data))": "networks must be at least 2, to have a path between them, got 1",
    "list(paths(model, w, data))": "networks must be a list of weights",
    "path_mask(half, {})": "the mask names no weight",
    "path_mask(half, wb.masks.full(other))": "must have the shape of its weights",
    "path_mask(half, {'1.weight': half['1.weight']})": "but the second lacks ['3.weight']",
    "path_mask(half, half, 'unoin')": 'did you mean "union"',
    "bent(bends=10**9)": "bends must be a whole number from 1 to 100",
    "bent(kind=5)": 'kind of curve "5" is not known',
    "bent(recipe=5)": "recipe must be a Recipe, got 5",
    "bent(mask=5)": "mask must be a dict of tensors by name, got 5",
    "trained.at(math.nan)": "t must be in [0, 1], got nan",
    "trained.at('middle')": "t must be a number in [0, 1], got 'middle'",
    "measured(curve=line)": "curve must be a Curve, got a Path",
    "through(networks=[w, w1])": "a plane is laid through 3 networks of 3 names, got 2",
    "through(networks=[w, w1, elsewhere])": "must have the shapes of the model",
    "through(names='abc')": "names must be three names, got 'abc'",
    "through(names=(1, 2, 3))": "names[0] must be text, got 1",
    "through(margin=math.nan)": "margin must be in [0, 1000], got nan",
    "through(margin=1e30)": "margin must be in [0, 1000], got 1e+30",
    "through(coarse=10**9)": "coarse must be a whole number of points a side from 2 to 257",
    "through(levels=2.5)": "levels must be a whole number from 1 to 8, got 2.5",
    "through(trajectories=5)": "trajectories must be a list of trajectories, got 5",
    "through(trajectories=[w1, [w]])": "must be a whole number from 0, got '1.weight'",
    "through(trajectories=[{2.5: w}])": 'a step of the trajectory of "first" must be a whole number from 0, got 2.5',
    "through(after=circle)": "after must be a surface of this same plane and grid",
    "through(after=surface, batch_norm='keep')": "after must be a surface of this same plane and grid",
    "through(after=dataclasses.replace(surface, level=7))": "after must be a surface of this same plane and grid",
    "through(after=line)": "after must be a Surface, the last one, got a Path",
    "around(radius=math.nan)": "radius must be in (0, 1000], got nan",
    "around(radius=0)": "radius must be in (0, 1000], got 0",
    "around(mask=w)": "a mask must hold bool tensors",
    "plane_table(line)": "surface must be a Surface, got a Path",
    "matched(orders=10**9)": "orders must be a whole number from 1 to 1000",
    "matched(model='lenet')": "model must be an nn.Module, got 'lenet'",
    "matched(a=None)": "the first network must be a dict of tensors by name, got None",
    "permute(model, w, {'1.weight': torch.arange(4).float()})": "must hold each of its 4 units once",
    "permute(model, w, {'1.weight': [0, 1, 2, 3]})": "permutations['1.weight'] must be a tensor, under its name",
    "permute(model, model, {})": "tensors must be a dict of tensors by name, got a Sequential",
    "permutations(nn := 5)": "model must be an nn.Module, got 5",
    "born(n=10**9)": "n must be a whole number from 2 to 1000",
    "born(starts={})": "starts must be a dict of weights by the step they stand at, one at least, got a dict",
    "born(starts=[w])": "starts must be a dict of weights by the step they stand at, one at least, got a list",
    "born(starts={2.5: w})": "a step in starts must be a whole number of steps from 0 to 2, got 2.5",
    "born(starts={-1: w})": "a step in starts must be a whole number of steps from 0 to 2, got -1",
    "born(starts={0: w, 99: w})": "a step in starts must be a whole number of steps from 0 to 2, got 99",
    "born(starts={0: elsewhere})": "must have the shapes of the model",
    "born(workers=2.5)": "workers must be a whole number from 1, got 2.5",
    "second(examples=2.5)": "examples must be a whole number from 1, got 2.5",
    "second(examples='all')": "examples must be a whole number from 1, got 'all'",
    "second(examples=torch.tensor([10**9]))": "examples must be places in the split",
    "second(layers='1.weight')": "layers must be several names",
    "second(layers=['2.weight'])": 'layer "2.weight" is not known',
    "second(loss='focal')": 'loss "focal" is not known',
    "second(loss=wb.losses.CrossEntropy)": "loss must be a loss",
    "second(loss=lambda logits, batch: logits.mean())": "loss must be a function that returns one number an example",
    "second(data=small)": "does not take images of the shape (1, 6, 6)",
    "second(weights=diverged)": "the network is not finite in 1.weight",
    "second(weights=elsewhere)": "must have the shapes of the model",
    "H.product(torch.rand(3))": "vector must be a tensor of",
    "curved(k=2.5)": "k must be a whole number from 1, got 2.5",
    "curved(draws='many')": "draws must be a whole number from 3, got 'many'",
    "curved(steps=1)": "steps must be a whole number from 2, got 1",
    "curved(repeats=10**9)": "repeats must be a whole number from 1 to 1000",
    "top_eigenvalues(H, k=2, tolerance=math.nan)": "tolerance must be in [1e-12, 1), got nan",
    "top_eigenvalues(H, k=2, tolerance=-1)": "tolerance must be in [1e-12, 1), got -1",
    "top_eigenvalues(H, k=2, which=None)": 'end of the spectrum "None" is not known',
    "top_eigenvalues(model)": "H must be a Hessian, got a Sequential",
    "trace(H, draws=True)": "draws must be a whole number from 3, got True",
    "local_dimension(torch.rand(5), math.nan, 1)": "epsilon must be above 0, got nan",
    "local_dimension(torch.full((5,), math.nan), 0.1, 1)": "eigenvalues must be a tensor of finite numbers",
    "local_dimension([1.0], 0.1, 1)": "eigenvalues must be a tensor of finite numbers, one an eigenvalue, got a list",
    "local_dimension(torch.rand(5), 0.1, 1, counts=torch.rand(4))": "counts must be a tensor of finite numbers",
    "local_dimension(torch.rand(5), 0.1, 1, counts=-torch.ones(5))": "counts must be at least 0",
    "prunable_share(H, w, half)": "found must be a Curvature, got a Hessian",
    "prunable_share(bends, diverged, half)": "the network is not finite",
    "angle(w, elsewhere, half, half)": "must have the shapes of the first",
    "angle(w, diverged, half, half)": "both networks must be finite",
    "angle(w, w1, half, w)": "a mask must hold bool tensors",
    "distance(w, diverged, half)": "both networks must be finite",
    "distance(w, w1, None)": "mask must be a dict of tensors by name, got None",
    "disagreement(logits, 5)": "b must be logits (examples, classes), none NaN, got 5",
    "disagreement(logits, torch.full((5, 3), math.nan))": "b must be logits (examples, classes), none NaN",
    "middle(model, rounds[0], w)": "b must be a round, or what has a density, a mask and a run, got a dict",
    "middle(None, *rounds)": "model must be an nn.Module, got None",
    "paired(networks=rounds)": "networks must be pairs of a name and a network, got a Round",
    "paired(networks=[(0, rounds[0]), (0, rounds[1])])": "networks must have names of their own, got 0 twice",
    "paired(networks=[(0, rounds[0]), ('x', rounds[1])])": "the names of networks must have an order, got [0, 'x']",
    "paired(networks=[(0, None)])": "network 0 must be a round",
    "paired(split=data)": "give one of its parts, data.test",
    "paired(mask=5)": 'mask on the path "5" is not known',
    "perturbed(w, half, length=math.nan)": "length must be in [0, 1e+30], got nan",
    "perturbed(full, half, length=1)": "weights must be floats, but 1.weight is torch.bool",
    "perturbed(diverged, half, length=1)": "the network is not finite in 1.weight",
}
SERVES = (
    "along_line(examples=[0, 1, 2])",
    "along_line(examples=range(3))",
    "along_line(examples=torch.arange(3).int())",
    "line.barrier(examples=line.labels == 1)",
    "second(weights=double)",
    "second(examples=torch.tensor(5).numpy()[()])",
    "second(layers=['1'], loss=lambda logits, batch: logits.square().sum(1))",
    "curved(k=10**6, draws=10**6, steps=10**6)",
    "born(starts={torch.tensor(1).numpy()[()]: w})",
    "trained.at(torch.tensor(0.5).numpy()[()])",
    "through(after=surface)",
    "through(networks=(w, w1, w2), names=['a', 'b', 'c'], margin=0)",
    "paired(networks=enumerate(rounds))",
    "paired(train=data.train)",
)

said, test_nonsense_is_refused_in_words, test_what_is_right_is_not_refused = doors(CALLS, SERVES, BEGIN)
