"""One setting, and how each kind of value is read from what was given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fairlead.errors import InvalidRequestError


class Setting(NamedTuple):
    """One setting.

    Attributes
    ----------
    variable
        The environment variable; the flag is made from it.
    default
        What holds where it is unset or empty, in words for the reference.
    meaning
        What it does, in a sentence or two.
    """

    variable: str
    default: str
    meaning: str

    @property
    def flag(self) -> str:
        """Its flag on the command line, which takes precedence."""
        return "--" + self.variable.removeprefix("FAIRLEAD_OPERATOR_").removeprefix(
            "FAIRLEAD_"
        ).lower().replace("_", "-")


class Given:
    """What was given, by variable, and how each kind of value is read."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def text(self, setting: Setting) -> str:
        """Return what was given; nothing, if that is unset."""
        return self._texts.get(setting.variable, "").strip()

    def name(self, setting: Setting) -> str:
        """Return the name of an object."""
        text = self.text(setting)
        if text and not re.fullmatch(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?", text):
            raise unfit(setting, text, "the name of an object: small letters, digits and dashes")
        return text

    def names(self, setting: Setting) -> tuple[str, ...]:
        """Return several names, each once; none of them may be empty."""
        if not self.text(setting):
            return ()
        parts = [part.strip() for part in self.text(setting).split(",")]
        one = [Given({setting.variable: part}).name(setting) for part in parts]
        if not all(one):
            raise unfit(setting, self.text(setting), "names with commas between them")
        return tuple(dict.fromkeys(one))

    def number(self, setting: Setting, default: int, least: int, most: int) -> int:
        """Return a whole number."""
        text = self.text(setting)
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise unfit(setting, text, f"a whole number from {least} to {most}")
        return int(text)

    def numbers(self, setting: Setting, least: int, most: int) -> tuple[int | None, dict[str, int]]:
        """Return the number for all, if there is one, and those for which it is another."""
        general: int | None = None
        special: dict[str, int] = {}
        text = self.text(setting)
        wanted = f"whole numbers from {least} to {most}, each namespace once: 50,research=20"
        for part in text.split(",") if text else ():
            name, equals, number = part.rpartition("=")
            name, number = name.strip(), number.strip()
            known = name in special if equals else general is not None
            fits = re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name) or not equals
            if known or not fits or not re.fullmatch(r"[0-9]{1,9}", number):
                raise unfit(setting, text, wanted)
            if not least <= int(number) <= most:
                raise unfit(setting, text, wanted)
            if equals:
                special[name] = int(number)
            else:
                general = int(number)
        return general, special

    def one_of(self, setting: Setting, allowed: Sequence[str]) -> str:
        """Return one of a few words."""
        text = self.text(setting)
        if text and text not in allowed:
            raise unfit(setting, text, f"one of {', '.join(allowed)}")
        return text


def unfit(setting: Setting, text: str, wanted: str) -> InvalidRequestError:
    """Return the error that says what a setting takes."""
    return InvalidRequestError(
        f"{setting.variable} ({setting.flag}) is {text!r}, but it takes {wanted}."
    )
