"""`workbench data`: fetch data sets, check them, and say where they lie and what they are."""

from __future__ import annotations

import argparse
from pathlib import Path

from workbench.data import data, sources
from workbench.work import progress


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    known = ", ".join(sources.DATASETS)
    help_text = f"{known}, or one of your own by its name or path; without one, all are listed"
    parser.add_argument("names", metavar="NAME", nargs="*", help=help_text)


def run(arguments: argparse.Namespace) -> int:
    """Fetch every data set that is named, or list those that there are."""
    if not arguments.names:
        print(f"in {sources.data_folder()}:")
        for name, source in sources.DATASETS.items():
            print(f"  {name:14} {there(name):12} {source.__doc__}")
    for name in arguments.names:
        with progress.bar():
            loaded = data.load(name)
        print(described(name, loaded))
    return 0


def there(name: str) -> str:
    """Say whether a data set is on the disk."""
    present = [file.exists() for file in sources.files(name)]
    return "there" if all(present) else "in part" if any(present) else "not there"


def described(name: str, loaded: data.Data) -> str:
    """Say where a data set lies, how much it is, and its fingerprint."""
    parts = {"training": loaded.train, "validation": loaded.validation, "test": loaded.test}
    counts = " + ".join(f"{len(part)} {part_name}" for part_name, part in parts.items())
    files = sources.files(name)
    size = sum(map(_bytes, files)) / 1e6
    lies = f"{_place(files)} ({size:.1f} MB)" if files else "scikit-learn, which brings it"
    channels, height, width = loaded.shape
    classes = f"{', '.join(loaded.classes[:10])}{', …' * (len(loaded.classes) > 10)}"
    return "\n".join(
        (
            f"{loaded.name}",
            f"  lies in      {lies}",
            f"  images       {counts}",
            f"  shape        {channels} × {height} × {width}",
            f"  classes      {len(loaded.classes)}: {classes}",
            f"  fingerprint  {loaded.fingerprint}",
        )
    )


def _place(files: list[Path]) -> Path:
    """The file, or the folder of several."""
    return files[0].absolute() if len(files) == 1 else files[0].parent.absolute()


def _bytes(path: Path) -> int:
    inside = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in inside if file.is_file())
