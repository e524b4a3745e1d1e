"""Widgets whose other halves run in the browser: a slider that has a name, how wide the place of a chart is, and what
the fields of a form lack.

The handles of ipywidgets' sliders have the role but no name, and neither a description nor a tooltip gives them one;
the browser's own slider works by keyboard and says its value to a screen reader.
"""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets


class Range(anywidget.AnyWidget):
    """A slider from stop to stop; `value` is one of them, or what was set from Python."""

    _esm = Path(__file__).with_name("slider.js")
    description = traitlets.Unicode("").tag(sync=True)  # jupyter's own tooltip asks for it
    idle = traitlets.Bool(False).tag(sync=True)  # whether another counts in its place
    stops = traitlets.List(traitlets.Float()).tag(sync=True)
    value = traitlets.Float(0.0).tag(sync=True)


class Width(anywidget.AnyWidget):
    """A widget of no height; `value` is how many pixels wide its place is, 0 until a browser has told.

    The browser measures it, and tells whenever it changes.
    """

    _esm = Path(__file__).with_name("width.js")
    value = traitlets.Int(0).tag(sync=True)


class Fields(anywidget.AnyWidget):
    """A widget that is not seen: arrow keys step the numbers of its form, and every input says its help.

    Both are by label: `steps` are a number's step, least and most (None: no most), `help` a sentence.
    """

    _esm = Path(__file__).with_name("fields.js")
    steps = traitlets.Dict().tag(sync=True)
    help = traitlets.Dict().tag(sync=True)
