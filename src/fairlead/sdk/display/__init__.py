"""Pictures of a job's task tree: text for terminals, SVG for notebooks and pages.

Everything here is a pure function of the records in :mod:`fairlead.sdk.backend`.  The
renderers are loaded when first asked for, because others only want the words.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fairlead.sdk.display.svg import render_svg
    from fairlead.sdk.display.text import render_text

__all__ = ["render_svg", "render_text"]

_HOMES = {"render_svg": "svg", "render_text": "text"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
