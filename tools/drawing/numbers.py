"""How numbers are written, and where the lines of a scale are."""

from __future__ import annotations

import math

SECONDS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
BYTES = ((2.0**40, "TiB"), (2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"), (1.0, "B"))
PLAIN = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))
RATES = {"ops": "/s", "reqps": "/s"}

TINY = 0.0005
"""What is smaller is written as 0, in whatever unit."""

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def written(value: float, unit: str) -> str:
    """Return a number as Grafana shows it in a unit of its own naming.

    >>> written(0.0125, "s"), written(3 * 2**20, "bytes"), written(0.5, "percentunit")
    ('12.5 ms', '3 MiB', '50 %')
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞"
    if unit == "percentunit":
        return f"{_digits(100 * value)} %"
    if unit in RATES:
        return f"{_digits(value)} {RATES[unit]}"
    parts = {"s": SECONDS, "bytes": BYTES}.get(unit, PLAIN)
    if value == 0:
        return "0"
    for size, name in parts:
        if abs(value) >= size:
            return f"{_digits(value / size)} {name}".strip()
    return f"{_digits(value / parts[-1][0])} {parts[-1][1]}".strip()


def _digits(value: float) -> str:
    """Return a number with three digits, without zeros at its end."""
    if abs(value) < TINY:
        return "0"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def ticks(most: float, unit: str = "short", wanted: int = 4) -> list[float]:
    """Return numbers from 0 on that reach ``most``, about as many as wanted, round in a unit."""
    if not most > 0 or math.isinf(most):
        return [0.0, 1.0]
    sizes = {"s": SECONDS, "bytes": BYTES}.get(unit, ())
    size = next((size for size, _ in sizes if most > size), 1.0)
    rough = most / size / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = size * next(power * one for one in STEPS if power * one >= rough * 0.999)
    return [step * number for number in range(math.ceil(most / step - 1e-9) + 1)]
