"""Tickets and scores by name: kept, listed, taken again, and which names and things are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import same

import workbench as wb
from workbench.experiments import Scored, example_scores, kept_part, scores_of, ticket_of, tickets_of, winning_tickets
from workbench.experiments.kept_by_name import by_name

TINY: dict[str, Any] = {
    "train_size": 120,
    "model": "lenet(hidden=(16,))",
    "recipe": wb.Recipe(steps=6, batch_size=30),
    "replicas": 1,
}


def but(**changes: Any) -> dict[str, Any]:
    return TINY | changes


DATA = wb.load("digits", train_size=120)
SCORE = wb.scores.by_id("mine", torch.arange(120), DATA)


@pytest.fixture(scope="module")
def outcomes() -> list[Any]:
    return list(winning_tickets(**TINY, rounds=1, fraction=0.5, controls=("random_mask",)))


def test_an_outcome_is_kept_as_its_ticket_and_found_by_its_name(tmp_path: Path, outcomes: list[Any]):
    path = wb.keep(outcomes[1], "half of it", archive=tmp_path)
    assert path == tmp_path / "named" / "ticket" / "half of it.safetensors"
    ticket = by_name("ticket", "half of it", tmp_path)
    assert same(ticket.weights, wb.open(path).weights)
    assert same(ticket.mask, outcomes[1].mask)
    assert same(ticket.weights, wb.masks.apply(outcomes[1].rewound, outcomes[1].mask))


def test_names_are_listed_by_kind_and_in_order(tmp_path: Path, outcomes: list[Any]):
    assert wb.kept("ticket", archive=tmp_path) == wb.kept("ticket", archive=None) == []
    for name in ("b", "a", "b"):
        wb.keep(outcomes[1], name, archive=tmp_path)
    wb.keep(SCORE, "c", archive=wb.Archive(tmp_path))
    assert wb.kept("ticket", archive=tmp_path) == ["a", "b"]
    assert wb.kept("score", archive=str(tmp_path)) == ["c"]


def test_the_folder_runs_is_meant_where_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert wb.keep(SCORE, "c") == Path("runs/named/score/c.safetensors")
    assert wb.kept("score") == ["c"]
    assert torch.equal(by_name("score", "c").values, SCORE.values)


def test_the_sparse_tickets_of_outcomes_have_names_and_scores_are_means(outcomes: list[Any]):
    tickets = tickets_of(outcomes)
    assert list(tickets) == ["ticket, 50 % kept, replica 0", "random mask, 50 % kept, replica 0"]
    assert ticket_of(outcomes[0]) is not None
    assert ticket_of(DATA) is None
    scored = list(example_scores(**but(replicas=2), scores=("el2n",)))
    assert isinstance(scored[0], Scored)
    assert scores_of(scored)["el2n"].replicas == 2
    assert scores_of(outcomes) == {}


def test_a_kept_score_sorts_the_examples_as_the_score_itself_does(tmp_path: Path):
    wb.keep(SCORE, "mine", archive=tmp_path)
    parts: dict[str, Any] = {"subsets": ("hardest",), "shares": (0.5,), "balanced": False}
    (*_, named), (*_, given) = (
        list(kept_part(**TINY, **parts, score=score, archive=archive))
        for score, archive in (("mine", tmp_path), (SCORE, None))
    )
    assert same(named.run.weights, given.run.weights)


def test_a_kept_score_of_other_data_or_of_no_name_is_refused(tmp_path: Path):
    wb.keep(SCORE, "mine", archive=tmp_path)
    with pytest.raises(ValueError, match="this mine was computed on other data than this digits; score it anew"):
        next(iter(kept_part(**but(train_size=100), score="mine", archive=tmp_path)))
    with pytest.raises(ValueError, match='score "mime" is not known; did you mean "mine"'):
        next(iter(kept_part(**TINY, score="mime", archive=tmp_path)))


@pytest.mark.parametrize(
    "name",
    ["", " a", "a ", ".a", "../a", "a/b", "a\\b", "a\0", "a\nb", "x" * 81, "a.safetensors", "C:a", "-rf", "~a", "ä"],
)
def test_a_name_is_no_path_and_nothing_that_a_disk_reads_otherwise(tmp_path: Path, name: str):
    with pytest.raises(ValueError, match="name must be a name of up to 80 letters"):
        wb.keep(SCORE, name, archive=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_name_of_a_score_or_of_a_beginning_is_taken(tmp_path: Path, outcomes: list[Any]):
    for thing, name in ((SCORE, "el2n"), (outcomes[1], "fresh")):
        with pytest.raises(ValueError, match=f'name must be one that is free, got "{name}"'):
            wb.keep(thing, name, archive=tmp_path)


def test_what_is_neither_ticket_nor_score_and_a_folder_elsewhere_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="a Ticket, a Score, or an outcome that holds a ticket, got a Data"):
        wb.keep(DATA, "it", archive=tmp_path)
    with pytest.raises(ValueError, match="names are kept in a folder of this machine"):
        wb.kept("score", archive="memory://runs")


def test_no_call_from_json_keeps_anything():
    for name in ("wb.keep", "wb.experiments.keep"):
        with pytest.raises(ValueError, match=r"cannot be called from JSON|is not a public name"):
            wb.Call.from_json(f'{{"call": "{name}", "arguments": {{"thing": 1, "name": "a"}}}}')
