"""What is done with every ticket that is found at initialisation: its rate is chosen, it is trained, and checked."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.experiments.found_at_initialisation import (
    LOTTERIES,
    Found,
    can_invert,
    check_finders,
    check_reachable,
    find,
    rounds_to,
)
from workbench.experiments.given_names import are, check_names, told
from workbench.experiments.glimpses_of_searches import Foreseen, Glimpse
from workbench.experiments.replica import Experiment, Replica
from workbench.experiments.ticket_before_and_after import Tried, before_and_after
from workbench.lottery.sanity import ANOTHER_DRAW, CONTROLS
from workbench.nets import masks
from workbench.nets.batch_norm import recompute_batch_norm
from workbench.nets.initialisation import RULES, initialise
from workbench.nets.masks import Mask
from workbench.nets.weights import Ticket, Weights, snapshot
from workbench.pruning import SEARCHES
from workbench.training.entrance import check_recipe
from workbench.training.recipe import Recipe
from workbench.training.runs import Run
from workbench.training.steps import Diverged
from workbench.work import progress, rules
from workbench.work.nearest import check_known
from workbench.work.seeds import number

CHECKS = {  # the sanity checks, by their names in the table; "inverted" is a search of its own
    "shuffled": "shuffled",
    "shuffled_degrees": "shuffled_degrees",
    "reinitialised": "reinitialised",
    "signed": "signed",
    "sign_preserving": "sign_preserving",
    "random": "random_mask",
    "inverted": "",
}
TREATMENTS = ("recompute", "keep")
DRAWS = ("paper", *RULES)


@dataclass(frozen=True, eq=False)
class Trial:
    """What every method is tried with: the options of `tickets_at_initialisation`, under their names there."""

    experiment: Experiment
    search: Recipe
    controls: Sequence[str]
    learning_rates: Sequence[float]
    batch_norm: str
    rule: str
    rewind_step: int
    unflag: bool
    matched: bool
    glimpses: int

    def cells(self, methods: Sequence[str], densities: Sequence[float]) -> list[tuple[str, float]]:
        """Return every method at every density, the dense network once; a ValueError for what cannot be tried."""
        self._check(methods, densities)
        sparse = [(method, density) for density in densities for method in methods if method != "dense"]
        return [("dense", 1.0)] * ("dense" in methods) + sparse

    def _check(self, methods: Sequence[str], densities: Sequence[float]) -> None:
        """Raise a ValueError for a method, a density or an option that cannot be, before any work."""
        data, network = self.experiment.data, self.experiment.network
        check_finders(methods)
        if not are(densities, rules.number, above=0, most=1):
            raise ValueError(f'densities must be in (0, 1], each once, got {told(densities)}; for "5 % kept" pass 0.05')
        check_names("control", self.controls, CHECKS)
        if not are(self.learning_rates, rules.number, above=0):
            raise ValueError(f"learning_rates must be above 0, each once, got {told(self.learning_rates)}; (0.05, 0.2)")
        if len(self.learning_rates) > 1 and not len(data.validation):
            raise ValueError("a learning rate is chosen on validation images, and there are none; pass one rate alone")
        check_known("rule", self.rule, DRAWS)
        check_known("batch-norm treatment", self.batch_norm, TREATMENTS)
        for name in ("unflag", "matched"):
            rules.flag(name, getattr(self, name))
        rules.whole("glimpses", self.glimpses, most=10_000, way_on="0 shows nothing of a search before its end")
        check_recipe(self.search, len(data.train), name="search")
        for method, density in ((method, density) for density in densities for method in methods):
            check_reachable(method, density, network, data, self.search)
        if self.batch_norm == "recompute":
            recompute_batch_norm(network, snapshot(network), data.train)

    def tried(
        self, replica: Replica, method: str, density: float, rates: dict[str, float]
    ) -> Iterator[Glimpse | Foreseen | Tried]:
        """Yield a method's ticket, its controls, and itself with a matched budget; `rates` by budget are filled."""
        costs = self.costs(method, density, 1 if rates else len(self.learning_rates))
        chosen = self._chosen(replica, method, density, rates, "recipe")
        found, run = yield from progress.walk("part", chosen, costs, index=0)
        at_rate, row = _at(replica, rates["recipe"]), {"method": method, "asked": density, **replica.labels}
        yield self._outcome(at_rate, found, run, row | {"control": "none", "budget": "recipe"})
        for index, control in enumerate(self.controls, 1):
            if method == "dense" or (control == "inverted" and not can_invert(method)):
                continue
            checks = self._checked(at_rate, found, control, method, density)
            checked, run = yield from progress.walk(control, checks, costs, index=index)
            yield self._outcome(at_rate, checked, run, row | {"control": control, "budget": "recipe"})
        if spare := self._spare(method, found):
            longer = replace(replica, recipe=replace(replica.recipe, epochs=None, steps=self.experiment.length + spare))
            chosen = self._chosen(longer, method, density, rates, "matched", found)
            found, run = yield from progress.walk("part", chosen, costs, index=len(costs) - 1)
            yield self._outcome(
                _at(longer, rates["matched"]), found, run, row | {"control": "none", "budget": "matched"}
            )

    def costs(self, method: str, density: float, rates: int) -> list[float]:
        """Return what a method costs, in steps of training: itself at so many rates, each control, a matched budget."""
        train = self.experiment.length - self.rewind_step
        find = self._finding(method, density)
        itself = rates * (train + find) if method in LOTTERIES or self.rewind_step else rates * train + find
        possible = [method != "dense" and (control != "inverted" or can_invert(method)) for control in self.controls]
        each = [
            yes * (train + find * (control == "inverted")) for yes, control in zip(possible, self.controls, strict=True)
        ]
        spare = self.matched and method.partition("(")[0] not in (*SEARCHES, *LOTTERIES)
        search = self.search.length(len(self.experiment.data.train))
        return [itself, *each, rates * (train + search) if spare else 0.0]

    def _finding(self, method: str, density: float) -> float:
        """Return what it costs to find a ticket, in steps of training."""
        if method in LOTTERIES:
            return rounds_to(density) * (self.experiment.length - self.rewind_step)
        searches = method.partition("(")[0] in SEARCHES
        return self.search.length(len(self.experiment.data.train)) if searches else 1.0

    def _checked(
        self, replica: Replica, found: Found, control: str, method: str, density: float
    ) -> Generator[Glimpse | Foreseen, None, tuple[Found, Run]]:
        """Make a control, and train it."""
        costs = self._finding(method, density) * (control == "inverted"), self.experiment.length - self.rewind_step
        if control == "inverted":
            search = self._find(replica, method, density, invert=True)
            checked = yield from progress.walk("part", search, costs, index=0)
        else:
            with progress.within("part", 0, costs):
                checked = self._controlled(replica, found, control, method, density)
        with progress.within("part", 1, costs):
            return checked, checked.run or self._train(replica, checked)

    def _chosen(
        self,
        replica: Replica,
        method: str,
        density: float,
        rates: dict[str, float],
        budget: str,
        found: Found | None = None,
    ) -> Generator[Glimpse | Foreseen, None, tuple[Found, Run]]:
        """Find a ticket, unless it is given, and train it at the rate that is chosen, or choose it: by validation."""
        anew, best, diverged = found is None and (method in LOTTERIES or self.rewind_step), None, None
        tried = [rates[budget]] if budget in rates else self.learning_rates
        find, train = self._finding(method, density), replica.recipe.length(len(replica.data.train)) - self.rewind_step
        costs = [c for i in range(len(tried)) for c in (find * (anew or (found is None and not i)), train)]
        for place, rate in enumerate(tried):
            at_rate = _at(replica, rate)
            try:
                if found is None or anew:
                    search = self._find(at_rate, method, density)
                    found = yield from progress.walk("part", search, costs, index=2 * place)
                assert found is not None
                with progress.within("part", 2 * place + 1, costs):
                    run = found.run or self._train(at_rate, found)
            except Diverged as error:
                diverged = error
                continue
            if best is None or (run.validation_accuracy or 0) > (best[1].validation_accuracy or 0):
                best, rates[budget] = (found, run), rate
        if best is None:
            assert diverged is not None
            raise diverged
        return best

    def _find(
        self, replica: Replica, method: str, density: float, *, invert: bool = False
    ) -> Generator[Glimpse | Foreseen, None, Found]:
        start = self._draw(replica, method, density, replica.seed)
        options = {"rewind_step": self.rewind_step, "invert": invert, "glimpses": self.glimpses}
        return (yield from find(replica, start, method, self.search, density=density, **options))

    def _draw(self, replica: Replica, method: str, density: float, seed: int) -> Weights:
        """Draw initial weights by the rule."""
        rule = self._rule(method)
        return initialise(replica.model, seed=seed, rule=rule, density=density if rule == "scaled_constant" else None)

    def _rule(self, method: str) -> str:
        if self.rule != "paper":
            return self.rule
        return "signed_constant" if method.partition("(")[0] in SEARCHES else "kaiming_normal"

    def _controlled(self, replica: Replica, found: Found, control: str, method: str, density: float) -> Found:
        """Return the ticket that a control makes of the found one."""
        kind, weights = CHECKS[control], found.weights
        if CONTROLS[kind] in ANOTHER_DRAW:
            start = self._draw(replica, method, density, number(replica.seed, "another"))
            weights = replica.weights_at(start, self.rewind_step) if self.rewind_step else start
        drawn = replica.control(kind, Ticket(found.weights, self._mask(found)), weights, masks.kept(found.kept))
        return replace(found, kept=drawn.mask, rounded=drawn.mask, weights=drawn.weights, buffers={}, run=None)

    def _mask(self, found: Found) -> Mask:
        return found.kept if self.unflag else found.rounded

    def _train(self, replica: Replica, found: Found) -> Run:
        return replica.train(found.weights, mask=self._mask(found), step=self.rewind_step)

    def _spare(self, method: str, found: Found) -> int:
        """Return how many more passes a rival may have, until it had as many as a search and its training."""
        if not self.matched or method.partition("(")[0] in (*SEARCHES, *LOTTERIES):
            return 0
        return max(0, self.search.length(len(self.experiment.data.train)) - found.passes)

    def _outcome(self, replica: Replica, found: Found, run: Run, row: dict[str, Any]) -> Tried:
        settings = {"batch_norm": self.batch_norm, "rule": self._rule(row["method"])}
        with progress.within("evaluation", 0):
            return before_and_after(replica, found, run, self._mask(found), row | settings)


def _at(replica: Replica, rate: float) -> Replica:
    return replace(replica, recipe=replace(replica.recipe, learning_rate=rate))
