"""What an exported ticket saves: what the network takes under its mask, beside what the smaller one takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.nets.footprint import Footprint
from workbench.work import html


@dataclass(frozen=True, eq=False)
class Exported:
    """What was written to `folder`, and what the network takes `dense` (under its mask) and `compact`.

    `difference` is the largest between a logit of the exported model and of the masked one, over `images` images.
    Times are medians of `turns` passes of each network in alternation (of one image at once, ten times as many), on
    the CPU with as many `threads`, of the modules as they are, not of the program.
    """

    folder: str
    model: str
    density: float
    dense: Footprint
    compact: Footprint
    difference: float
    images: int
    turns: int
    threads: int
    processor: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What is measured, dense, compact, and compact over dense: `wb.table(exported.rows)` is a data frame."""
        pairs: dict[str, tuple[float, float]] = {
            "bytes": (self.dense.bytes, self.compact.bytes),
            "parameters": (self.dense.parameters, self.compact.parameters),
            "multiply-adds for an image": (self.dense.multiply_adds, self.compact.multiply_adds),
        }
        for n, milliseconds in self.dense.milliseconds.items():
            title = f"milliseconds for {n} image{'s' * (n > 1)}"
            pairs[title] = (milliseconds, self.compact.milliseconds[n])
        return [
            {"measured": title, "dense": dense, "compact": compact, "ratio": compact / dense if dense else 1.0}
            for title, (dense, compact) in pairs.items()
        ]

    def __repr__(self) -> str:
        ratios = ", ".join(f"{row['measured']} × {row['ratio']:.3g}" for row in self.rows)
        return f"Exported({self.folder!r}, density={self.density:.4g}: {ratios})"

    def _repr_html_(self) -> str:
        lines = [(r["measured"], _number(r["dense"]), _number(r["compact"]), f"{r['ratio']:.3g}") for r in self.rows]
        caption = (
            f"{self.model} at density {self.density:.3g}, in {self.folder}; logits differ by {self.difference:.2g} at "
            f"most on {self.images} images. Times: median of {self.turns} passes, in alternation, {self.threads} "
            f"thread{'s' * (self.threads != 1)}, {self.processor}"
        )
        return html.table(lines, head=("", "dense", "compact", "compact / dense"), caption=caption)


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"
