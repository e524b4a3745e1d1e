"""`workbench course`: what a lecturer hands out, in a folder of one's own."""

from __future__ import annotations

import argparse
import re

from workbench.course.editions import NBGRADER, STUDENT, TEACHER, editions
from workbench.terminal import lessons
from workbench.work import rules

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "out",
        metavar="OUT",
        help="the folder to write student/, teacher/ and nbgrader/ to; a file that you changed is never written over",
    )
    parser.add_argument("lessons", metavar="LESSON", nargs="*", help="such as 01_winning_tickets (default: all)")
    parser.add_argument("--hidden", action="store_true", help="learners do not see the checks that grade them")
    parser.add_argument(
        "--written",
        metavar="POINTS",
        type=int,
        default=0,
        help="points of each question's answer, which a person grades (default: 0, the checks give all)",
    )
    parser.add_argument("--repository", metavar="OWNER/REPO", help="on GitHub, for the links in the syllabus")


def run(arguments: argparse.Namespace) -> int:
    """Write the editions, and return 0."""
    out = rules.path("OUT", arguments.out, '"course" is a usual one')
    written = rules.whole("--written", arguments.written, unit="points", way_on="5 is a usual number")
    repository = arguments.repository
    if repository is not None and not _REPOSITORY.fullmatch(repository):
        rule = "the owner and the name of a repository"
        raise rules.refused("--repository", rule, repository, "as on GitHub: OWNER/REPO")
    files = editions(arguments.lessons, hidden=arguments.hidden, written=written, repository=repository or "")
    for line in lessons.bring(files, out):
        print(line)
    print(f"{out / STUDENT}: the lessons; hand these out")
    print(f"{out / TEACHER}: the same with solutions, answers, and mistakes that are common")
    print(f"{out / NBGRADER}: assignments; there, nbgrader generate_assignment NAME takes the solutions out")
    return 0
