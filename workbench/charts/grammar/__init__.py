'''The grammar of the charts: a chart is declared over a function that gives numbers.

    """How does the loss fall as weights are pruned? Test loss by density."""

    from workbench.charts.grammar import DENSITY, RUNS, Axis, Means, Rows, records


    @Means(
        x=DENSITY,
        measures=[Axis("test_loss", "test loss (nats)", said=".3f")],
        looks=RUNS,                                     # by the field "kind", which `line` may change
        title="Loss by density",
    )
    def loss_by_density(table: Any) -> Rows:
        """Draw test loss by density, dense at the left, a line for the ticket and each of its controls.

        `table` is a data frame or an iterable of the outcomes of `experiments.winning_tickets`.
        """
        return records(table)                           # a dict a replica; what is averaged, and what it is of

With a line in `CHARTS` this is a chart: it averages over replicas, has intervals from three of them on, names its lines
at their ends, fits into every width, has tips, and takes outcomes as well as a table. `averages` says what else a
record may tell: a line across, a mark by itself, a difference that makes a mean hollow.

axes     a number as it is drawn: title, scale, labels that are told apart, and how it is said
looks    names as they are drawn: a colour, a shape, dashes, words; the one place for colours
means    a chart of means over replicas, declared (`averages`: its rows; `lines`: the layers of one of its pictures)
marks    what charts that are drawn by hand are put together from: labels at line ends, cells, bars to click, images
room     how wide words are, and how pictures share a width
rows     plain fields of outcomes, means with intervals, at most 500 rows, arithmetic that is done once
picture  a chart in two steps (`@picture`, its `.drawing`, its `.sentences`), its title, menus, legends
png      a chart as a small PNG, and as an image with an alternative text

A chart that is not of lines is a function that returns rows, at most 500 dicts, under `@picture(title="Weights",
holds="weights")`, and one under `@….drawing` that puts marks together for a width; one under `@….sentences` says either
kind in words. A screen reader reads the first paragraph of a docstring. What takes time is worked out by the
experiment, or `once`.
'''

from workbench.charts.grammar.axes import ACCURACY, BARRIER, DENSITY, PARTED, STEP, Axis
from workbench.charts.grammar.looks import RUNS, SUBSETS, THIRDS, TREATMENTS, Look, Looks, in_order, in_sequence
from workbench.charts.grammar.marks import aside, cells, floors, tips, up, where
from workbench.charts.grammar.means import Means
from workbench.charts.grammar.picture import AXIS, Picture, dress, legend, menu, picture, small
from workbench.charts.grammar.room import HEIGHT, LINE, SIDE, WIDTH, grid, widest
from workbench.charts.grammar.rows import ROWS, Rows, by_replica, first_of, grouped, kept, once, records, thin, tickets
