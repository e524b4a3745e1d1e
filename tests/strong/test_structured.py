"""A random network becomes a trained one by removing whole blocks and filters, and nothing else happens to it."""

from __future__ import annotations

import pytest
import torch
from strong.targets import apart, trained
from tiny import last, same

import workbench as wb
from workbench import strong
from workbench.strong.pair import dense_block, draw_block
from workbench.strong.structures import STRUCTURES
from workbench.work import progress

PLAIN = {"signed": False}
TARGETS = [PLAIN, {"signed": True}, {"bias": True}, {"norm": True}, {"signed": True, "bias": True}]
NAMES = ["plain", "signed", "bias", "norm", "signed-bias"]
BLOCKED = [name for name, structure in STRUCTURES.items() if structure.blocked]


def ticket_of(ratio: float = 6.0, structure: str = "filter", seed: int = 0, **target: bool) -> strong.StrongTicket:
    return strong.structured(*trained(**target), ratio=ratio, structure=structure, beyond="nearest", seed=seed)


@pytest.mark.parametrize("target", TARGETS, ids=NAMES)
@pytest.mark.parametrize("structure", STRUCTURES)
def test_masked_compact_and_collapsed_compute_the_same(target: dict[str, bool], structure: str) -> None:
    ticket, x = ticket_of(structure=structure, **target), trained(**target)[2].test.inputs()[:30].double()
    masked, views = ticket.masked().double()(x), [ticket.compact()]
    if STRUCTURES[structure].blocked:
        views += [ticket.masked(grouped=True), ticket.collapse()]
    assert len(masked.unique()) > 30  # it says something
    for view in views:
        assert apart(view.double()(x), masked) < 1e-5


def test_a_ticket_is_the_target_with_20_candidates_a_dimension() -> None:
    model, weights, data = trained()
    ticket = strong.structured(model, weights, data, ratio=20)
    beside = strong.compare(ticket, model, weights, data)
    assert beside.target_accuracy > 0.95
    assert abs(beside.ticket_accuracy - beside.target_accuracy) <= 0.005
    assert beside.agreement >= 0.99
    assert ticket.kernel_error < 0.05


def test_with_11_candidates_a_dimension_it_still_says_nearly_the_same() -> None:  # n = 400 of the dossier's C = 4
    model, weights, data = trained()
    beside = strong.compare(strong.structured(model, weights, data, ratio=11), model, weights, data)
    assert beside.ticket_accuracy >= 0.9


@pytest.mark.parametrize("structure", STRUCTURES)
def test_no_random_weight_is_changed(structure: str) -> None:
    pruned, untouched = ticket_of(structure=structure), strong.unpruned(*trained(), structure=structure, ratio=6.0)
    for pair, drawn in zip(pruned.pairs, untouched.pairs, strict=True):
        for j in range(pair.shape.blocks):
            (u, V), (u0, V0) = pair.block(j), drawn.block(j)
            assert torch.equal(u, u0)
            assert torch.allclose(V / pair.scale, V0 / drawn.scale, atol=1e-6)  # one draw, at two scales
    network, mask = pruned.random(), pruned.mask()
    before, masked = wb.snapshot(network), wb.snapshot(pruned.masked())
    assert same(before, wb.snapshot(pruned.random()))  # the same bits from the same seed
    for name, kept in mask.items():
        assert torch.equal(masked[name][kept], before[name][kept])
        assert not masked[name][~kept].any()
    small = wb.snapshot(pruned.compact())
    for place, pair in zip((0, 3, 7), pruned.pairs, strict=True):
        rows, kept = pair.filters.flatten(), mask[f"{place}.V.weight"]
        assert torch.equal(small[f"{place}.V.weight"], (before[f"{place}.V.weight"] * kept)[:, rows])


def test_masks_are_whole_blocks_and_whole_filters() -> None:
    ticket = ticket_of()
    mask, random = ticket.mask(), wb.snapshot(ticket.random())
    for place, pair in ((0, ticket.pairs[0]), (3, ticket.pairs[1]), (7, ticket.pairs[2])):
        u, V = mask[f"{place}.u.weight"], mask[f"{place}.V.weight"]
        assert u.shape == random[f"{place}.u.weight"].shape
        kept = pair.filters.flatten()
        assert torch.equal(V.flatten(2).transpose(0, 1).flatten(1).any(1), kept)
        assert torch.equal(V.flatten(2).transpose(0, 1).flatten(1).all(1), kept)  # a slab whole, or not at all
        block = torch.arange(pair.shape.blocks).repeat_interleave(pair.candidates)
        reads = u[:, :, 0, 0].nonzero()
        assert torch.equal(reads[:, 0], kept.nonzero()[:, 0])  # every kept filter reads one channel
        assert torch.equal(reads[:, 1], block[kept])  # its own block's


def test_filters_that_die_in_the_relu_are_removed() -> None:
    for pair in ticket_of().pairs:
        for j in range(pair.shape.blocks):
            assert not (pair.kept[j] & (pair.block(j)[0] <= 0)).any()


def test_images_with_signs_take_both_halves_of_a_block() -> None:
    ticket = ticket_of(ratio=20.0, signed=True)
    first, second = ticket.pairs[0], ticket.pairs[1]
    u, _ = first.block(0)
    plus, minus = int((first.kept[0] & (u > 0)).sum()), int((first.kept[0] & (u < 0)).sum())
    assert min(plus, minus) > 0.3 * first.kept[0].sum()
    for kernel in first.kernels():
        target = strong.target_of(*trained(signed=True)).kernels["0"]
        assert apart(kernel, target) < 0.1  # the same kernel, twice
    assert not (second.kept[0] & (second.block(0)[0] < 0)).any()  # behind a ReLU there are no signs


def test_one_side_alone_is_not_the_target_for_images_with_signs() -> None:
    model, weights, data = trained(signed=True)
    target = strong.target_of(model, weights, data)
    unsigned = [strong.Shape(**{**vars(shape), "signed": False}) for shape in target.shapes]
    pair = strong.prune_pair(unsigned[0], target.kernels["0"], candidates=1440, scale=0.05)
    x = data.test.inputs()[:20].double()
    made = strong.StrongTicket((pair,)).compact().double()(x)
    wanted = torch.nn.functional.conv2d(x, target.kernels["0"], padding=1)
    assert apart(made, wanted) > 0.3


def test_a_layer_resumes_behind_the_last_with_the_same_bits() -> None:
    given = {"ratio": 3.0, "beyond": "nearest", "seed": 5}
    whole = list(strong.structured_search(*trained(), **given))
    first = next(strong.structured_search(*trained(), **given))
    rest = list(strong.structured_search(*trained(), **given, after=first))
    assert [pair.index for pair in (first, *rest)] == [0, 1, 2]
    assert all(torch.equal(a.kept, b.kept) for a, b in zip(whole, (first, *rest), strict=True))


def test_a_stopped_search_goes_on_in_its_archive(tmp_path) -> None:
    call = wb.call(strong.structured_search, *trained(), ratio=3.0, beyond="nearest")
    archive = wb.Archive(tmp_path / "runs")
    values = archive.each(call)
    stored = next(values)
    values.close()
    began: list[int] = []
    with progress.watch(lambda report: began.append({name: i for name, i, _ in report.path}.get("layer", -1))):
        pairs = list(archive.each(call))
    assert 0 not in began  # the first layer is read
    assert set(began) >= {1, 2}
    assert torch.equal(pairs[0].kept, stored.kept)
    again = list(archive.each(call))
    assert all(torch.equal(a.kept, b.kept) and a.error == b.error for a, b in zip(pairs, again, strict=True))


def test_progress_ends_at_all_of_the_layers() -> None:
    total = progress.Total()
    with progress.watch(total):
        last(strong.structured_search(*trained(), ratio=3.0, beyond="nearest"))
    assert total.share == pytest.approx(1.0)


def test_a_stop_ends_the_search() -> None:
    def stop(report: progress.Progress) -> None:
        if ("layer", 1, 3) in report.path:
            raise progress.Stopped

    with pytest.raises(progress.Stopped), progress.watch(stop):
        list(strong.structured_search(*trained(), ratio=3.0, beyond="nearest"))


def test_another_seed_draws_another_network_and_the_same_seed_the_same() -> None:
    a, b, c = ticket_of(seed=1), ticket_of(seed=1), ticket_of(seed=2)
    assert all(torch.equal(p.kept, q.kept) for p, q in zip(a.pairs, b.pairs, strict=True))
    assert not torch.equal(a.pairs[0].block(0)[0], c.pairs[0].block(0)[0])


def test_streams_of_layers_and_blocks_are_their_own() -> None:
    pairs = ticket_of().pairs
    draws = [pair.block(j)[0] for pair in pairs for j in range(pair.shape.blocks)]
    firsts = {float(u[0]) for u in draws}
    assert len(firsts) == len(draws)
    drawn = {"index": 0, "candidates": 10, "seed": 0}
    shape = strong.Shape("x", 3, 2)
    U = dense_block(shape, 1, **drawn)
    assert torch.equal(U[:, 1], draw_block(shape, 1, scale=1.0, **drawn)[0])


def test_of_several_margins_a_layer_keeps_the_best_of_one_draw() -> None:
    margins = (0.8, 1.25, 3.0)
    each = [strong.structured(*trained(), ratio=8.0, margin=m, beyond="nearest").pairs for m in margins]
    best = strong.structured(*trained(), ratio=8.0, margin=margins, beyond="nearest").pairs
    for layer, pair in enumerate(best):
        in_reach = [pairs[layer] for pairs in each if not pairs[layer].out_of_reach] or [p[layer] for p in each]
        assert pair.error == min(p.error for p in in_reach)


def test_a_scale_far_from_the_formula_is_worse_on_both_sides() -> None:
    target = strong.target_of(*trained())
    shape, kernel = target.shapes[1], target.kernels["3"]
    least = strong.least_scale(kernel, "filter", 400)
    errors = [
        strong.prune_pair(shape, kernel, candidates=800, scale=times * least).error for times in (0.1, 1.25, 20.0)
    ]
    assert errors[1] < 0.5 * min(errors[0], errors[2])


@pytest.mark.parametrize("structure", BLOCKED)
def test_what_is_counted_as_kept_is_what_the_compact_network_holds(structure: str) -> None:
    ticket = ticket_of(structure=structure)
    kept, drawn = (sum(counts) for counts in zip(*(pair.parameters for pair in ticket.pairs), strict=True))
    assert kept == sum(int(p.count_nonzero()) for p in ticket.compact().parameters())
    assert drawn == sum(p.numel() for p in ticket.random().parameters())


def test_a_layer_of_zeros_is_the_empty_sum() -> None:
    shape, kernel = strong.Shape("dead", 2, 3, (3, 3)), torch.zeros(3, 2, 3, 3, dtype=torch.float64)
    kernel[:, 1] = torch.randn(3, 3, 3, generator=torch.Generator().manual_seed(0))
    pair = strong.prune_pair(shape, kernel, candidates=540, scale=0.1)
    assert not pair.filters[0].any()
    assert pair.errors[0] == 0
    nothing = strong.prune_pair(shape, 0 * kernel, candidates=540, scale=0.1)
    x = torch.rand(2, 2, 5, 5)
    for view in (strong.StrongTicket((nothing,)).compact(), strong.StrongTicket((nothing,)).masked()):
        assert not view(x).any()
