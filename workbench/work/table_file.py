"""A Parquet file as a table: how much it says that it holds is seen before any of it is read."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.work.memory import check_room

if TYPE_CHECKING:
    import pandas

CELL = 8  # bytes; a few kilobytes of Parquet may say a number a billion times


def read_table(file: Path | BytesIO, title: str) -> pandas.DataFrame:
    """Return the table; its `title` is named in errors. A ValueError for one that does not fit the memory."""
    import pandas
    import pyarrow.parquet

    about = pyarrow.parquet.read_metadata(file)
    check_room(title, about.num_rows * about.num_columns * CELL, "read it in parts, with pyarrow")
    return pandas.read_parquet(file)
