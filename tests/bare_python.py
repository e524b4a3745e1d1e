"""Calls made in a Python of their own, where no checker of annotations refuses what is of another type first."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable

RUN = """
import signal

class Hung(BaseException):
    pass

def hang(*_):
    raise Hung

signal.signal(signal.SIGALRM, hang)
said = {}
for text in json.load(sys.stdin):
    signal.alarm(20)  # of a busy machine; alone each takes well under five seconds
    try:
        eval(text)
        said[text] = ""
    except ValueError as error:
        said[text] = str(error)
    except Hung:
        said[text] = "hung"
    except Exception as error:
        said[text] = f"raw {type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
print(json.dumps(said))
"""


def words_of(begin: str, calls: Iterable[str]) -> dict[str, str]:
    """Return the words of the ValueError of every call, made after `begin`: "" where it went through, or "hung"."""
    command = [sys.executable, "-c", f"import json, sys\n{begin}\n{RUN}"]
    done = subprocess.run(command, input=json.dumps([*calls]), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])  # a call may print
