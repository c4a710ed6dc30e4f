"""Amounts of resources, as Kubernetes writes them: ``500m``, ``2``, ``1Gi``, ``1e3``."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal

_SUFFIXES = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", start=1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", start=1)},
}

_PATTERN = re.compile(
    r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:([eE][+-]?\d{1,3})|([KMGTPE]i|[numkMGTPE]|))", re.ASCII
)


def amount(text: str | int) -> Decimal:
    """Return an amount as a number.

    Raises
    ------
    ValueError
        If the text is no amount.
    """
    match = _PATTERN.fullmatch(str(text))
    if match is None:
        raise ValueError(f"{text!r} is not an amount such as 500m, 2 or 1Gi")
    number, exponent, suffix = match.groups()
    return Decimal(number + exponent) if exponent else Decimal(number) * _SUFFIXES[suffix or ""]


def whole(text: str | int) -> int:
    """Return an amount rounded up to a whole number, for example a number of bytes."""
    return int(amount(text).to_integral_value(ROUND_CEILING))
