"""What a chart is to those who do not see it: every picture that a notebook stores has an alternative text."""

from __future__ import annotations

import re
from pathlib import Path

import altair as alt
import nbconvert
import nbformat
from nbclient import NotebookClient

from workbench.charts.grammar.png import alternative, image


def test_the_alternative_text_is_the_title_what_stands_below_and_the_description() -> None:
    marks = alt.Chart(alt.Data(values=[{"x": 1}])).mark_point()
    titled = marks.properties(title=alt.TitleParams(["One", "line"], subtitle="of three"), description="A dot")
    assert alternative(titled.to_dict()) == "One line. of three. A dot."
    assert alternative(marks.properties(title="What?").to_dict()) == "What?"
    assert alternative((titled | marks.properties(description="Another.")).to_dict()) == (
        "One line. of three. A dot. Another."
    )
    assert ' alt="&quot;&lt;b&gt;&quot;." ' in image(marks.properties(title='"<b>"').to_dict())


def test_every_picture_of_an_executed_notebook_has_an_alternative_text_in_html(tmp_path: Path) -> None:
    sources = ["import altair as alt, workbench as wb, workbench.charts"]
    sources += ["wb.charts.accuracy_by_density([])", "a = wb.charts.error_along_path([]); display(a); a"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(notebook, resources={"metadata": {"path": tmp_path}}).execute()
    page, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    texts = re.findall(r"<img[^>]* alt=\"([^\"]*)\"", page)
    assert len(texts) == page.count("<img") == 3
    assert texts[0].startswith("Accuracy")
    assert not any("No description" in text or len(text) < 40 for text in texts)
