"""Sweeps: a grid over the parameters of notebooks, on this machine's cores or on a cluster, and one table of it all.

plan = wb.sweep.plan("01_winning_tickets", {"fraction": [0.2, 0.5], "seed": range(3)}, out="sweep")
for point in wb.sweep.run(plan, workers=2):
    print(point)                          # killed at any moment and called again: goes on
rounds = wb.sweep.table("sweep", "rounds")
"""

from workbench.sweep.line import line
from workbench.sweep.plan import Plan, plan
from workbench.sweep.points import points
from workbench.sweep.review.failures import failures
from workbench.sweep.review.overview import overview
from workbench.sweep.review.report import report
from workbench.sweep.review.seconds import seconds
from workbench.sweep.review.sections import section
from workbench.sweep.review.summaries import summary
from workbench.sweep.run import Ended, run
from workbench.sweep.tables import dataset, table, tables
