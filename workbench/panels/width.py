"""How wide the place of a chart is: the browser measures it, and tells whenever it changes."""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets


class Width(anywidget.AnyWidget):
    """A widget of no height; `value` is how many pixels wide its place is, 0 until a browser has told."""

    _esm = Path(__file__).with_name("width.js")
    value = traitlets.Int(0).tag(sync=True)
