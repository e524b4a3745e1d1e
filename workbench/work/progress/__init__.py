"""Progress: what long work says of itself while it runs, and how it is stopped.

Work calls `report(done, of)`; whoever called it may `watch`. The watcher is the house's only ambient value (a
`ContextVar`, none by default) and never changes a number. It may raise `Stopped`: the work then ends at that step,
and what it had yielded is kept.

    with wb.progress.bar():
        run = wb.train(model, start, data, recipe)

reports  what is said, where on a path, and to whom
total    one share of a whole call, and the time left
words    what is being done, for people
bar      all of it as a line of text
"""

from workbench.work.progress.bar import bar
from workbench.work.progress.reports import (
    SIDE_BY_SIDE,
    TURN,
    Costs,
    Path,
    Progress,
    Stopped,
    Watcher,
    report,
    walk,
    watch,
    within,
)
from workbench.work.progress.total import Total
from workbench.work.progress.words import clock, describe
