"""What a panel shows is what it does: its script gives the same result, and its papermill line runs as it stands."""

from __future__ import annotations

import html
import random
import re
import subprocess
from pathlib import Path
from typing import Any

import pandas
import pytest
import torch
from small import shake, small

import workbench as wb
from workbench.panels import PANELS
from workbench.panels.panel import Panel

DRAWS = 2  # random settings of every panel
OF_THE_CLOCK = re.compile("second|memory|_ms$|over_dense")


def shown(panel: Panel, place: int) -> str:
    """The text of a block of code in the panel: the script, or the papermill line."""
    return html.unescape(re.findall(r"<pre[^>]*>(.*?)</pre>", panel.view.text["code"].value, re.DOTALL)[place])


def fields(values: Any) -> pandas.DataFrame:
    """The plain fields of outcomes, in one order, without times."""
    values = values if isinstance(values, list) else [values]
    frame = pandas.DataFrame([wb.table([value]).iloc[0].to_dict() for value in values])
    frame: Any = frame[[name for name in sorted(frame) if not OF_THE_CLOCK.search(name)]]  # replicas end in any order
    return frame.sort_values(list(frame), key=lambda column: column.astype(str)).reset_index(drop=True)


@pytest.mark.parametrize("name", PANELS)
def test_the_script_that_a_panel_shows_gives_its_result_for_any_settings(name: str):
    panel = wb.panel(name, archive=None)
    panel.set(**small(name))
    draw = random.Random(name)
    for _ in range(DRAWS):
        shake(panel, draw)
        typed: dict[str, Any] = {}
        torch.manual_seed(draw.randrange(100))  # nothing depends on it
        try:
            exec(shown(panel, 0), typed)
        except ValueError as error:  # it is said only once the data are there
            panel.run()
            with pytest.raises(ValueError, match=re.escape(str(error)[:40])):
                panel.wait(120)
            continue
        panel.run()
        result = panel.wait(120)
        pandas.testing.assert_frame_equal(fields(result), fields(typed["result"]))
        assert wb.panel(panel.call).call == panel.call


@pytest.mark.notebook
@pytest.mark.parametrize("name", PANELS)
def test_the_papermill_line_runs_from_where_a_person_stands(name: str, tmp_path: Path):
    panel = wb.panel(name, **small(name))
    line = shown(panel, 1)
    elsewhere = tmp_path / "some where"
    elsewhere.mkdir()
    ended = subprocess.run(["bash", "-c", line], cwd=elsewhere, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert len(pandas.read_parquet(elsewhere / "out" / "outcomes.parquet"))
    assert (elsewhere / "out.ipynb").stat().st_size < 200_000
    if not panel.declaration.live:
        (job,) = wb.jobs(panel.archive)
        assert (job.state, job.call) == ("finished", panel.call)
