"""What scores and subsets refuse at the door: networks, data, steps, ids and numbers that are none."""

from __future__ import annotations

from bare import doors

BEGIN = """
diet, scores = wb.data_diet, wb.scores
el2n = calling(diet.el2n, model=model, networks=[w, w1], data=data)
grand = calling(diet.grand, model=model, networks=[w, w1], data=data)
forgetting = calling(diet.forgetting, model=model, start=w, data=data, recipe=recipe)
agreement = calling(diet.agreement, model=model, weights=w, data=data, batches=2, batch_size=8)
mine = scores.by_id("mine", torch.rand(40), data)
theirs = scores.by_id("mine", torch.rand(40), small)
subset = calling(diet.subset, data=data, kind="hardest", size=20, score=mine)
score = calling(wb.Score, name="mine", values=torch.rand(5), ids=torch.arange(5), dataset="digits")
by_id = lambda values, name="mine", **how: scores.by_id(name, values, data, **how)
first = int(data.train.ids[0])
"""
CALLS = {
    "el2n(model=None)": "model must be an nn.Module, got None",
    "el2n(networks=w)": "networks must be a list of weights, each a dict of tensors by name, got a dict",
    "el2n(networks=iter([w]))": "networks must be a list of weights",
    "el2n(networks=[])": "el2n is a mean over networks, and there is none",
    "el2n(networks=[w, elsewhere])": "must have the shapes of the model",
    "el2n(networks=[w, None])": "networks[1] must be a dict of tensors by name, got None",
    "el2n(networks=[double])": "must have the dtypes of the model",
    "el2n(data=data.train)": "that is one part of it, so give the whole",
    "el2n(data=small)": "does not take images of the shape (1, 6, 6)",
    "el2n(split='valid')": 'split "valid" is not known; did you mean "validation"',
    "el2n(split='fingerprint')": 'split "fingerprint" is not known',
    "el2n(split=5)": 'split "5" is not known',
    "el2n(step=2.5)": "step must be a whole number of steps from 0, got 2.5",
    "el2n(step=-1)": "step must be a whole number of steps from 0, got -1",
    "el2n(step='early')": "step must be a whole number of steps from 0, got 'early'",
    "grand(variant=None)": 'variant of GraNd "None" is not known',
    "grand(data=small)": "does not take images of the shape (1, 6, 6)",
    "grand(networks=[diverged])": "none may be NaN; 40 are",
    "diet.random(data, split='all')": 'split "all" is not known',
    "diet.random(data, seed=2.5)": "seed must be an integer from 0",
    "diet.input_norm('digits')": "data must be whole data, as wb.load gives it, got 'digits'",
    "forgetting(recipe='short')": "recipe must be a Recipe, got 'short'",
    "forgetting(data=data.train)": "data must be whole data",
    "forgetting(recipe=wb.Recipe(steps=2, mixup=0.2))": "this recipe mixes them; set mixup=0",
    "diet.Memory(5)": "data must be whole data",
    "diet.Memory(data).add(5)": "step must be a Step, as wb.steps yields it, got 5",
    "diet.together([5])": "several[0] must be a Forgetting, got 5",
    "diet.together(5)": "several must be a list of what replicas forgot, got 5",
    "agreement(batches=10**9)": "batches must be a whole number from 2 to 10000, got 1000000000",
    "agreement(batches=2.5)": "batches must be a whole number from 2",
    "agreement(batch_size=0)": "batch_size must be a whole number from 1",
    "agreement(batch_size=10**9)": "batch_size must be a whole number from 1 to 10000",
    "agreement(weights=diverged)": "is not finite in 1.weight",
    "subset(kind=5)": "kind must be the name of a kind of subset, got 5",
    "subset(kind='easyest')": 'did you mean "easiest"',
    "subset(kind='window(skip=2.5)')": "skip must be a number of examples, at least 0, got 2.5",
    "subset(kind='window(skip=39)')": "size must be from 1 to 1",
    "subset(size=41)": "size must be from 1 to 40",
    "subset(size='all')": "size must be from 1 to 40",
    "subset(kind='all', size=-1)": "size must be a whole number from 1, got -1",
    "subset(score='el2n')": "score must be a Score, got 'el2n'",
    "subset(kind='random', score=5)": "score must be a Score, got 5",
    "subset(score=theirs)": "was computed on other data",
    "subset(balanced='yes')": "balanced must be True or False, got 'yes'",
    "subset(kind='all', seed=-1)": "seed must be an integer from 0",
    "score(values=[1.0] * 5)": "values must be a tensor of numbers in a row, got a list",
    "score(values=torch.rand(5, 5))": "values must be a tensor of numbers in a row, got a Tensor of torch.float32",
    "score(values=torch.full((5,), math.nan))": "none may be NaN; 5 are",
    "score(ids=torch.rand(5))": "ids must be a tensor of numbers in a row, of torch.int64",
    "score(split='valid')": 'split "valid" is not known',
    "score(step=-1)": "step must be a whole number of steps from 0, got -1",
    "score(replicas=0)": "replicas must be a whole number from 1, got 0",
    "score(name=None)": "name must be text, got None",
    "mine.on([first])": "ids must be a tensor of numbers in a row",
    "mine.on(torch.tensor([10**9]))": "1 of these examples have no mine, id 1000000000 for one",
    "mine.of('digits')": "data must be whole data",
    "mine.of(small)": "was computed on other data",
    "by_id(torch.rand(5))": "mine has values of shape (5,)",
    "by_id([0.5] * 40)": "values must be a dict from id to number, or a tensor, got a list",
    "by_id({'a': 1.0})": "the ids of values[0] must be a whole number from 0, got 'a'",
    "by_id({2.5: 1.0})": "the ids of values[0] must be a whole number from 0, got 2.5",
    "by_id({first: 'hard'})": "values must be a number for every id, got 'hard'",
    "by_id({first: math.nan})": "none may be NaN",
    "by_id(torch.rand(40), split='valid')": 'split "valid" is not known',
    "scores.mean(mine)": "scores must be a list of scores, got a Score",
    "scores.mean([mine, 5])": "scores[1] must be a Score, got 5",
    "scores.correlation(mine, torch.rand(40))": "score must be a Score, got a Tensor of torch.float32",
    "scores.terciles(torch.full((9,), math.nan))": "some are NaN",
    "scores.terciles([1.0, 2.0, 3.0])": "values must be a tensor of numbers in a row, got a list",
    "scores.save(5, 'score')": "score must be a Score, got 5",
    "scores.save(mine, 5)": "path must be the path of a file, got 5",
    "scores.save(mine, '')": "path must be the path of a file, got ''",
    "scores.open(None)": "path must be the path of a file, got None",
}
SERVES = (
    "el2n(step=torch.tensor(500).numpy()[()])",
    "el2n(networks=(w,), split='test')",
    "agreement(batch_size=128)",
    "subset(kind='all', size=10**6)",
    "subset(size=torch.tensor(10).numpy()[()])",
    "by_id({first: math.inf})",
    "by_id({first: torch.tensor(0.5).numpy()[()]})",
    "scores.mean((mine, mine))",
)

said, test_nonsense_is_refused_in_words, test_what_is_right_is_not_refused = doors(CALLS, SERVES, BEGIN)
