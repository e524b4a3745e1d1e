"""Calls made in a Python of their own, where no checker of annotations refuses what is of another type first."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable

RUN = """
said = {}
for text in json.load(sys.stdin):
    try:
        eval(text)
        said[text] = ""
    except ValueError as error:
        said[text] = str(error)
    except Exception as error:
        said[text] = f"raw {type(error).__name__}: {error}"
print(json.dumps(said))
"""


def words_of(begin: str, calls: Iterable[str]) -> dict[str, str]:
    """Return the words of the ValueError of every call, all made after `begin`; "" where it went through."""
    command = [sys.executable, "-c", f"import json, sys\n{begin}\n{RUN}"]
    done = subprocess.run(command, input=json.dumps([*calls]), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])  # a call may print
