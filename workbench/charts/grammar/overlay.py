"""One line of a chart for several jobs: the same means over replicas, a colour a job, on one pair of axes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from workbench.charts.grammar.looks import in_order, looks_of
from workbench.charts.grammar.picture import Picture
from workbench.charts.grammar.rows import Rows


def line_names(picture: Picture[...], outcomes: Any) -> dict[str, str]:
    """Return the lines that a chart of means has for these outcomes, with their words; none for another chart."""
    if picture.means is None:
        return {}
    records = [record for record in picture.records(outcomes) if _is_point(record)]
    lines = list(dict.fromkeys(str(record[picture.means.line]) for record in records))
    looks = looks_of(picture.means.looks, [str(r.get("look", r[picture.means.line])) for r in records])
    words = {str(r[picture.means.line]): r.get("words") for r in reversed(records)}
    return {line: words[line] or (looks[line].words if line in looks else "") or line for line in lines}


def overlay(picture: Picture[...], line: str, words: str = "") -> Picture[...]:
    """Return the chart that has this line alone, of several jobs: it takes their outcomes by the jobs' names.

    Intervals are of each job's own replicas. A ValueError for a chart that is not of means.
    """
    if picture.means is None:
        raise ValueError(f"{picture.__name__} must be a chart of means to be laid over one another; draw it job by job")
    title = f"{picture.means.title}: {words or line}, by job"
    means = replace(picture.means, line="job", looks=in_order, legend=None, packed=False, title=title)

    def rows(jobs: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> Rows:
        """Draw one line of several jobs."""
        records = [
            {**record, "job": job, "look": job, "words": job}
            for job, outcomes in dict(jobs).items()
            for record in picture.records(outcomes)
            if _is_point(record) and str(record[picture.means.line]) == line
        ]
        return means.rows(records)

    return Picture(rows, means.draw, needs=picture.needs)


def _is_point(record: dict[str, Any]) -> bool:
    return record.get("role", "point") == "point"
