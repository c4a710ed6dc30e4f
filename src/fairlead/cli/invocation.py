"""What one call of the command line was told before its command: options of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from fairlead.sdk.backend import Backend


@dataclass
class Invocation:
    """Options that stand before the command.

    Attributes
    ----------
    debug
        Whether an error is shown with its traceback.
    backend_name
        ``local``, ``kubernetes``, or None for what the environment says.
    """

    debug: bool = False
    backend_name: str | None = None

    def backend(self) -> Backend:
        """Open the backend, which is the first thing here that costs time."""
        from fairlead.sdk.client import open_backend

        return open_backend(self.backend_name)


def open_backend(context: typer.Context) -> Backend:
    """Open the backend that the call asked for."""
    return context.ensure_object(Invocation).backend()
