"""Widgets whose other halves run in the browser: a slider that has a name, the place where a panel stands, and what the
fields of a form lack.

The handles of ipywidgets' sliders have the role but no name, and neither a description nor a tooltip gives them one;
the browser's own slider works by keyboard and says its value to a screen reader.
"""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets

GONE = "The kernel of this panel is gone. Run its cell again: what was finished is kept, and is offered there."
CUT_OFF = "There is no connection to the kernel. What runs there goes on, and is shown when the connection is back."


class Range(anywidget.AnyWidget):
    """A slider from stop to stop; `value` is one of them, or what was set from Python."""

    _esm = Path(__file__).with_name("slider.js")
    description = traitlets.Unicode("").tag(sync=True)  # jupyter's own tooltip asks for it
    idle = traitlets.Bool(False).tag(sync=True)  # whether another counts in its place
    stops = traitlets.List(traitlets.Float()).tag(sync=True)
    value = traitlets.Float(0.0).tag(sync=True)


class Place(anywidget.AnyWidget):
    """A widget of no height that stands in a panel once: what the panel knows of its place, and does there.

    `width` is how many pixels wide the place is, 0 until a browser has told; it tells whenever that changes. What is
    `said` is read out by a screen reader when it has come to rest. While the focus is in the panel, no key is a
    shortcut of JupyterLab's but the one that saves. When its kernel is `gone`, or the connection to it `cut_off`, the
    panel says so at its top. The first panel of a notebook comes into view after all cells were run.
    """

    _esm = Path(__file__).with_name("place.js")
    width = traitlets.Int(0).tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)
    gone = traitlets.Unicode(GONE).tag(sync=True)
    cut_off = traitlets.Unicode(CUT_OFF).tag(sync=True)
    inserted = traitlets.Unicode("").tag(sync=True)

    def insert(self, text: str) -> None:
        """Put a code cell below the panel's, or the text into the clipboard where there is no notebook.

        `inserted` is then "cell", "clipboard" or "nothing".
        """
        self.inserted = ""  # so that doing it again is told again
        self.send({"insert": text})


class Fields(anywidget.AnyWidget):
    """A widget that is not seen: arrow keys step the numbers of its form, and every input says its help.

    Both are by label: `steps` are a number's step, least and most (None: no most), `help` a sentence.
    """

    _esm = Path(__file__).with_name("fields.js")
    steps = traitlets.Dict().tag(sync=True)
    help = traitlets.Dict().tag(sync=True)
