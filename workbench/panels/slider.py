"""A slider that has a name: the browser's own, which works by keyboard and says its value to a screen reader.

The handles of ipywidgets' sliders have the role but no name, and neither a description nor a tooltip gives them one.
"""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets


class Range(anywidget.AnyWidget):
    """A slider from stop to stop; `value` is one of them, or what was set from Python."""

    _esm = Path(__file__).with_name("slider.js")
    description = traitlets.Unicode("").tag(sync=True)  # jupyter's own tooltip asks for it
    stops = traitlets.List(traitlets.Float()).tag(sync=True)
    value = traitlets.Float(0.0).tag(sync=True)
