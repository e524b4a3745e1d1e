"""The tables of a sweep: what every run wrote, joined with its parameters, as one Parquet dataset.

Each point's table is a file of its own; finished ones are packed by the hundreds into larger files beside them, so that
ten thousand points open in seconds. What is packed stays: a pack is a copy, read in place of its files.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.sweep.store import Store, store_of
from workbench.work import rules
from workbench.work.nearest import check_known

if TYPE_CHECKING:
    import pandas
    import pyarrow
    import pyarrow.dataset

PACK = 256  # points in a packed file
PACKED = "packed"
POINTS = b"workbench.points"  # of a packed file's metadata: whose tables it holds
PREFIX = "parameter_"


def table(
    folder: str | os.PathLike[str],
    name: str,
    notebook: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    where: pyarrow.dataset.Expression | None = None,
) -> pandas.DataFrame:
    """Return what all finished points wrote to the table of this name, with the parameters of each point.

    Parameters that the table has no column of are `parameter_<name>`, a list as text; `notebook` and `point` say whose
    a row is. Points are in the order of their names, rows of a point in their own. With `columns`, or `where`, an
    expression of pyarrow.dataset, only that is read. A ValueError names the tables that there are.
    """
    whole = dataset(folder, name, notebook)
    if columns is not None:
        rules.names("columns", columns, f"the table has {', '.join(whole.schema.names)}")
        for column in columns:
            check_known(f"column of {name}", column, whole.schema.names)
    read = whole.to_table(columns=None if columns is None else list({*columns, "point"}), filter=where)
    rows = read.to_pandas().sort_values("point", kind="stable", ignore_index=True)
    return rows if columns is None else rows[list(columns)]


def dataset(folder: str | os.PathLike[str], name: str, notebook: str | None = None) -> pyarrow.dataset.Dataset:
    """Return the same as a dataset of pyarrow's: nothing is read yet but where its columns lie."""
    import pyarrow
    import pyarrow.dataset
    import pyarrow.parquet

    store, there = store_of(folder), tables(folder)
    check_known("table", name, {table for _, table in there}, f"they are what notebooks wrote to {store.out}")
    if notebook is not None:
        notebook = rules.path("notebook", notebook, "it is the name of one that wrote to the folder").stem
        check_known(f'notebook with a table "{name}"', notebook, {book for book, table in there if table == name})
    chosen = [(book, table) for book, table in there if table == name and notebook in (None, book)]
    system, root = store.filesystem()
    paths = [f"{root}/{path}" for book, table in chosen for path in _read_from(store, book, table)]
    schemas = [pyarrow.parquet.read_schema(path, filesystem=system).remove_metadata() for path in paths]
    joined = pyarrow.unify_schemas(schemas, promote_options="permissive")
    return pyarrow.dataset.dataset(paths, schema=joined, filesystem=system, format="parquet")


def tables(folder: str | os.PathLike[str]) -> list[tuple[str, str]]:
    """Return the notebook and the name of every table in the folder of a sweep."""
    return _tables(store_of(folder))


def _tables(store: Store) -> list[tuple[str, str]]:
    return [(book, name) for book in store.folder.names("tables") for name in store.folder.names(f"tables/{book}")]


def keep_tables(store: Store, made: Path, notebook: str, point: str, parameters: Mapping[str, Any]) -> dict[str, int]:
    """Keep the tables that a run wrote, with whose they are and its parameters; return the rows of each by name."""
    import pyarrow
    import pyarrow.parquet

    kept = {}
    for path in sorted(made.glob("*.parquet")):
        own = pyarrow.parquet.read_table(path).replace_schema_metadata(None)
        told = {f"{PREFIX}{name}": _plain(value) for name, value in parameters.items() if name not in own.column_names}
        for name, value in {"notebook": notebook, "point": point, **told}.items():
            if name not in own.column_names:
                own = own.append_column(name, pyarrow.array([value] * len(own)))
        _write(store, f"tables/{notebook}/{path.stem}/{point}.parquet", own)
        kept[path.stem] = len(own)
    return kept


def pack(store: Store) -> None:
    """Copy tables of finished points into packed files, where enough are in none; harmless if done twice at once."""
    import pyarrow

    for book, name in _tables(store):
        place = f"tables/{book}/{name}"
        loose = [path for path in _read_from(store, book, name) if PACKED not in path]
        for first in range(0, len(loose) - PACK + 1, PACK):
            paths = loose[first : first + PACK]
            parts = [_read(store, path) for path in paths]
            whole = pyarrow.concat_tables(parts, promote_options="permissive")
            points = json.dumps([Path(path).stem for path in paths])
            file = f"{place}/{PACKED}/{hashlib.sha256(points.encode()).hexdigest()[:16]}.parquet"
            _write(store, file, whole.replace_schema_metadata({POINTS: points.encode()}))


def _read_from(store: Store, book: str, name: str) -> list[str]:
    """The files that together have every point once: packed ones, and what is in none of them."""
    import pyarrow.parquet

    place, packed = f"tables/{book}/{name}", set[str]()
    system, root = store.filesystem()
    paths = []
    for file in store.folder.names(f"{place}/{PACKED}"):
        path = f"{place}/{PACKED}/{file}"
        about = pyarrow.parquet.read_schema(f"{root}/{path}", filesystem=system).metadata or {}
        points = json.loads(about.get(POINTS, b"[]"))
        if packed.isdisjoint(points):  # two sweeps that pack at once may copy a point twice
            packed |= set(points)
            paths.append(path)
    files = store.folder.names(place)
    return paths + [f"{place}/{file}" for file in files if file.endswith(".parquet") and Path(file).stem not in packed]


def _read(store: Store, path: str) -> pyarrow.Table:
    import pyarrow.parquet

    return pyarrow.parquet.read_table(io.BytesIO(store.folder.read(path)))


def _write(store: Store, path: str, rows: pyarrow.Table) -> None:
    import pyarrow.parquet

    data = io.BytesIO()
    pyarrow.parquet.write_table(rows, data)
    store.put(path, data.getvalue())


def _plain(value: Any) -> Any:
    """A parameter as a cell of a table: a list or a dict as text, so that rows can be grouped by it."""
    return json.dumps(value) if isinstance(value, (list, tuple, dict)) else value
