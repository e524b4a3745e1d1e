"""Calls with one spoiled argument, and what became of each: clear, raw, accepted, a hang, a crash.

*clear* is a ValueError or TypeError (of a path, an OSError that names it) that the house itself raised, in words.
*raw* is anything else that was raised. A call that is not back after five seconds of the
processor, or twenty by the clock, hangs.
"""

from __future__ import annotations

import contextlib
import fnmatch
import inspect
import io
import itertools
import json
import multiprocessing
import os
import resource
import signal
import traceback
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from accepted import RIGHT, RIGHT_IN_ANOTHER_TYPE
from spoiled import Spoiled, spoiled
from world import World, functions, good_call

import workbench

HOUSE = str(Path(str(workbench.__file__)).parent)
SECONDS, CLOCK, MEMORY = 5, 20, 6 * 2**30
OPTIONAL = {  # a good value of a parameter whose default is None, by its name or by a word of its annotation
    "order_seed": "1",
    "augment_seed": "1",
    "train_size": "60",
    "image_size": "8",
    "example_weights": "torch.ones(60)",
    "archive": "folder + '/archive'",
    "hardware": "evaluation",
    "mask": "mask",
    "rewind_step": "1",
    "after": "rounds[0]",
    "state": "rounds[0]",
    "scores": "saliency",
    "train": "data.train",
    "split": "data.test",
    "score": "score",
    "Recipe": "recipe",
    "int": "2",
    "float": "0.5",
    "Tensor": "score.ids",
    "Sequence": "(1, 2)",
    "bool": "True",
    "str": "'nonsense'",
}


@dataclass(frozen=True)
class Trial:
    """One call: the function, the argument, how it was spoiled, whether by a value of the right type, and the end."""

    function: str
    argument: str
    words: str
    right_type: bool
    verdict: str  # clear, raw, accepted, hang, crash; right: it is accepted, and should be
    message: str = ""

    def __str__(self) -> str:
        return f"{self.function}({self.argument}: {self.words}) {self.verdict}: {self.message}"


class TookTooLongError(BaseException):
    """Five seconds are over; no `except Exception` may hold it up."""


def trials(paths: list[str], keep: Callable[[str, str, str], bool] = lambda *_: True) -> Iterator[Trial]:
    """Try every argument of these functions with every wrong value that `keep(function, argument, words)` keeps.

    Each function is tried in a process of its own, so that one that never returns, or ends the process, is told too.
    """
    world = World()
    everything = functions()
    for path in paths:
        cases = [c for c in _cases(path, everything[path], world) if keep(path, c[0], c[1].words)]
        begin = 0
        while begin < len(cases):
            for trial in _in_a_process(path, everything[path], cases[begin:], world):
                begin += 1
                yield trial


def all_trials(paths: list[str], share: float = 1.0) -> list[Trial]:
    """`trials` as a list, for another process; of a `share` of the wrong values, always the same ones."""
    warnings.simplefilter("ignore")
    return list(trials(paths, lambda *names: zlib.crc32(" ".join(names).encode()) < share * 2**32))


def _cases(path: str, function: Callable[..., Any], world: World) -> list[tuple[str, Spoiled]]:
    good = good_call(path, function)
    cases = []
    for name, parameter in inspect.signature(function).parameters.items():
        nullable = parameter.default is None or "None" in str(parameter.annotation)
        if name in good:
            value = eval(good[name], world)
        elif parameter.default is None:
            source = OPTIONAL.get(name) or next((OPTIONAL[w] for w in OPTIONAL if w in str(parameter.annotation)), None)
            value = eval(source, world) if source else "nonsense"
        elif parameter.default is not parameter.empty:
            value = parameter.default
        else:
            continue
        if isinstance(value, tuple) and parameter.kind is parameter.VAR_POSITIONAL:
            cases += [(name, s._replace(value=(s.value, *value[1:]))) for s in spoiled(value[0], world, False)]
        elif parameter.kind is not parameter.VAR_KEYWORD:
            cases += [(name, s) for s in spoiled(value, world, nullable)]
        else:
            options: Any = value
            cases.append((name, Spoiled("an unknown option", {**options, "nonsense": 1}, True)))
    return cases


def _in_a_process(path: str, function: Callable[..., Any], cases: list[Any], world: World) -> Iterator[Trial]:
    """Yield the trials of the cases; ends early, with a hang or a crash, where the process does."""
    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_try_all, args=(path, function, cases, world, send))
    process.start()
    send.close()
    for name, wrong in cases:
        verdict = "hang"
        with contextlib.suppress(EOFError):
            verdict = "crash"
            if receive.poll(CLOCK):
                yield Trial(**json.loads(receive.recv()))
                continue
            verdict = "hang"
        process.kill()
        yield _judged(Trial(path, name, wrong.words, wrong.right_type, verdict))
        break
    process.join(5)
    process.kill()


def _try_all(path: str, function: Callable[..., Any], cases: list[Any], world: World, send: Any) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGPROF, _late)
    os.chdir(world["folder"])
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    for name, wrong in cases:
        send.send(json.dumps(asdict(_tried(path, function, name, wrong, world))))


def _late(*_: object) -> None:
    raise TookTooLongError


def _tried(path: str, function: Callable[..., Any], name: str, wrong: Spoiled, world: World) -> Trial:
    arguments = {key: eval(source, world) for key, source in good_call(path, function).items()} | {name: wrong.value}
    verdict, message = "accepted", ""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            _call(function, arguments)
    except TookTooLongError:
        verdict = "hang"
    except BaseException as error:
        verdict, message = _sorted(error), f"{type(error).__name__}: {str(error)[:160]}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return _judged(Trial(path, name, wrong.words, wrong.right_type, verdict, message))


def _call(function: Callable[..., Any], arguments: dict[str, Any]) -> None:
    lead: list[Any] = []
    kinds = inspect.signature(function).parameters
    if any(kind.kind is kind.VAR_POSITIONAL for kind in kinds.values()):
        for name, kind in kinds.items():
            if kind.kind is kind.POSITIONAL_OR_KEYWORD and name in arguments:
                lead.append(arguments.pop(name))
            elif kind.kind is kind.VAR_POSITIONAL:
                lead += arguments.pop(name, ())
    options = next((arguments.pop(n, {}) for n, kind in kinds.items() if kind.kind is kind.VAR_KEYWORD), {})
    result = function(*lead, **arguments, **options)
    if hasattr(result, "__enter__"):
        with result:
            return
    if inspect.isgenerator(result):
        list(itertools.islice(result, 3))


def _sorted(error: BaseException) -> str:
    """Clear where the house itself raised it, in words; else raw."""
    frames = [f.filename for f in traceback.extract_tb(error.__traceback__)]
    house = bool(frames) and frames[-1].startswith(HOUSE)
    words = len(str(error)) >= 20
    kinds = (ValueError, TypeError, FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError)
    return "clear" if isinstance(error, kinds) and words and house else "raw"


def _judged(trial: Trial) -> Trial:
    if trial.verdict != "accepted":
        return trial
    right = RIGHT if trial.right_type else RIGHT_IN_ANOTHER_TYPE
    for pattern, reason in right.items():
        function, argument, words = pattern.split(" | ")
        if all(map(fnmatch.fnmatchcase, (trial.function, trial.argument, trial.words), (function, argument, words))):
            return Trial(**{**asdict(trial), "verdict": "right", "message": reason})
    return trial
