"""A call in the making: what the options of a panel hold, and the call that they make."""

from __future__ import annotations

import dataclasses
from typing import Any

from workbench.panels.declaration import Declaration
from workbench.panels.wording import in_words
from workbench.work import rules
from workbench.work.calls import Call
from workbench.work.calls import call as make_call
from workbench.work.nearest import unknown


class Draft:
    """The options of one panel. `values` are theirs by name; `arguments` is all that the function is called with.

    An option's name may be dotted: "recipe.epochs" is a part of the argument `recipe`, and may go by its last word, of
    two that end alike that of the first argument.
    """

    def __init__(self, name: str, declaration: Declaration) -> None:
        self.name, self.declaration = name, declaration
        self.arguments = make_call(declaration.function).arguments
        self.values = {option: self._held(option) for option in declaration.options}
        self.defaults = dict(self.values)
        self._archive: Any = None  # of a function that takes none
        self.set(**declaration.usual)

    @property
    def call(self) -> Call:
        """The call that the options make. Raises a ValueError in words where one of them will not do."""
        for name, option in self.declaration.options.items():
            if self.values[name] != self.defaults[name]:  # the defaults will do, and to try a model takes half a second
                option.check(self.values[name])
        arguments, parts = dict(self.arguments), {}
        for name, option in self.declaration.options.items():
            value, (head, _, part) = option.meant(self.values[name]), name.partition(".")
            if part:
                parts.setdefault(head, {})[part] = value
            else:
                arguments[name] = value
        try:
            arguments |= {head: dataclasses.replace(arguments[head], **changed) for head, changed in parts.items()}
            return make_call(self.declaration.function, **arguments)
        except ValueError as error:
            raise ValueError(in_words(str(error), self.declaration.options)) from error

    @property
    def archive(self) -> Any:
        """Where what is run is kept, also by the journal alone: a folder, an Archive, or None."""
        return self.arguments.get("archive", self._archive)

    @property
    def state(self) -> dict[str, Any]:
        """All that is held, as `set` takes it back: every argument, and every option."""
        return self.arguments | self.values

    def set(self, **options: Any) -> None:
        """Set options, a whole argument before its parts. Raises a ValueError for a name that is not known."""
        if "archive" in options and "archive" not in self.arguments:
            self._archive = options.pop("archive")
        backwards = sorted(self.values, key=lambda option: -[*self.arguments].index(option.partition(".")[0]))
        short = {option.rpartition(".")[2]: option for option in backwards}  # of two that of the first argument
        names = short | {full: full for full in self.values}
        for name in sorted(options, key=lambda name: name not in self.arguments):
            if name in names:
                self.values[names[name]] = options[name]
            elif name in self.arguments:
                held = self.arguments[name]
                if any(option.startswith(f"{name}.") for option in self.values):
                    rules.instance(
                        name, options[name], type(held), f"a {type(held).__name__}", "its fields are options too"
                    )
                self.arguments[name] = options[name]
                self.values |= {option: self._held(option) for option in self.values if option.startswith(f"{name}.")}
            else:
                raise unknown(f'option of the panel "{self.name}"', name, {*names, *self.arguments})

    def _held(self, option: str) -> Any:
        head, _, part = option.partition(".")
        return getattr(self.arguments[head], part) if part else self.arguments[head]
