"""Smart ratio: random places, of which every layer has a share that was chosen by hand, ever fewer with its depth.

Su et al. 2020, "Sanity-Checking Pruning Methods: Random Tickets can Win the Jackpot" (recalled, not verified; as it is
in the code of Sreenivasan et al. 2022, "Rare Gems"). Of L layers, the last one included, layer l = 1 … L has a density

    p_l ∝ (L - l + 1)² + (L - l + 1)          divided by l² for networks like VGG

but the last one 0.3. It shows how far layer-wise densities go without any choice of weights.
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.nets import masks
from workbench.nets.masks import Mask
from workbench.pruning.places import random_places
from workbench.work import rules

LAYERS = ("resnet", "vgg")


def smart_ratio(mask: Mask, *, density: float, layers: str = "resnet", last: float | None = 0.3, seed: int = 0) -> Mask:
    """Keep random places among those that `mask` keeps, exactly round(density × prunable), layers by their ratio.

    Layers are in the mask's order, the model's: shortcuts count as they come. `layers` is "resnet" (MobileNet and
    LeNet too) or "vgg". `last` is the density of the last layer, None for that of the rule; it has half of all that is
    kept at most, which matters below about 0.2 % (LeNet-300-100). The rest is scaled to the exact sum. What a full
    layer cannot take spills to the next one, and behind the last of them to the first that has room. Raises a
    ValueError for a density out of range.
    """
    count, room = masks.survivors(mask, density), masks.kept_by_layer(mask)
    rules.choice("rule for layers", layers, LAYERS)
    if last is not None:
        rules.share("last", last, way_on="0.3 is the paper's, None takes the rule of the other layers")
    names, end, fixed = list(room), "", 0
    if last is not None:
        end = names.pop()
        fixed = min(round(last * mask[end].numel()), room[end], count // 2)
    rest = min(count - fixed, sum(room[name] for name in names))
    shares = {name: _ratio(i, len(room), layers) * mask[name].numel() for i, name in enumerate(names, 1)}
    quota = masks.share_out(rest, _spilled(rest, shares, room), {name: mask[name] for name in names}) if names else {}
    if end:
        quota[end] = count - rest
    return random_places(mask, quota, seed=seed, tag="smart_ratio")


def _ratio(layer: int, of: int, layers: str) -> float:
    """Return what the density of layer l = 1 … L is proportional to."""
    left = of - layer + 1
    return (left**2 + left) / (layer**2 if layers == "vgg" else 1)


def _spilled(count: int, shares: Mapping[str, float], room: Mapping[str, int]) -> dict[str, float]:
    """Scale the shares to `count`, and hand on what a layer has no room for to the next; the first follows the last."""
    scale, spill, wanted = count / sum(shares.values()), 0.0, dict[str, float]()
    for name in (*shares, *shares):
        asked = wanted.get(name, scale * shares[name]) + spill
        wanted[name] = min(asked, room[name])
        spill = asked - wanted[name]
    return wanted
