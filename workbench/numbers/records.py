"""Recorded tables of runs that take longer than a lesson, each with the call, seeds, date and machine that made it.

They lie in `notebooks/recorded/`, which the package has with it, as Parquet with a JSON of the same name beside it.
"""

from __future__ import annotations

import datetime
import json
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from workbench.work import rules
from workbench.work.disk import whole
from workbench.work.nearest import unknown
from workbench.work.shipped import shipped
from workbench.work.table_file import read_table

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, eq=False)
class Recorded:
    """A recorded table and what is known of its making."""

    table: pandas.DataFrame
    about: dict[str, Any]

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in self.about.items())


def recorded(name: str) -> Recorded:
    """Read the recorded table of that name; a ValueError names those that there are."""
    _check_name(name)
    folders = _folders()
    path = next((path for folder in folders if (path := folder / f"{name}.parquet").is_file()), None)
    if path is None:
        known = [file.stem for folder in folders for file in folder.glob("*.parquet")]
        raise unknown("recorded table", name, known, f"they lie in {' and '.join(map(str, folders))}")
    return Recorded(read_table(path, str(path)), json.loads(path.with_suffix(".json").read_text()))


def record(
    name: str, table: pandas.DataFrame, folder: Path | str, *, made_by: str, note: str = "", replicas: int | None = None
) -> None:
    """Write a table to a folder of recorded ones, with the command that made it, the date and the machine.

    `table` has a column `seed`, and `replica` unless the number of `replicas` is given. A table of that name that was
    there is as it was until the new one is whole. A ValueError for a name that is not plain.
    """
    _check_name(name)
    folder = rules.path("folder", folder, '"recorded" is one')
    for argument, text in (("made_by", made_by), ("note", note)):
        rules.instance(argument, text, str, "text", 'made_by="papermill 01_winning_tickets.ipynb …" is usual')
    if replicas is not None:
        rules.whole("replicas", replicas, least=1, way_on="leave it out where the table has a column `replica`")
    needed = ("seed",) if replicas else ("seed", "replica")
    if lacking := [name for name in needed if name not in getattr(table, "columns", ())]:
        way_on = "wb.table(outcomes) has them; replicas= says how many where there is no column of them"
        raise rules.refused("table", f"a data frame with the columns {', '.join(lacking)}", table, way_on)
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "made_by": made_by,
        "seeds": f"{sorted(set(table['seed']))}, {replicas or table['replica'].nunique()} replicas",
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}, {torch.get_num_threads()} thread",
        "torch": str(torch.__version__),
        "note": note,
    }
    text = json.dumps(about, indent=1, ensure_ascii=False) + "\n"
    with whole(folder / f"{name}.json") as beside, whole(folder / f"{name}.parquet") as part:  # both, or neither
        Path(beside).write_text(text)
        Path(part).write_bytes(table.to_parquet(index=False))


def _check_name(name: str) -> None:
    if not isinstance(name, str) or not name.isprintable() or name[:1] in ("", ".") or {*name} & {*"/\\:"}:
        way_on = '"rewinding-resnet8-cifar10" is one, and the folder is given apart'
        raise rules.refused("name", "a plain name, without a separator or a leading dot", name, way_on)


def _folders() -> list[Path]:
    """`recorded/` beside the notebook that runs, where there is one, then the tables that came with the package."""
    beside = [folder for folder in (Path("recorded"), Path("notebooks/recorded")) if folder.is_dir()]
    return [*beside, shipped() / "recorded"]
