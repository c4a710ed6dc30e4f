"""Text that comes from anywhere, made fit to be kept."""

from __future__ import annotations


def storable(text: str) -> str:
    r"""Return text with escapes, such as ``\udcff``, for what UTF-8 cannot hold.

    File names that are no UTF-8 contain such characters, and so do errors that name them.
    """
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def is_storable(text: str) -> bool:
    """Return whether UTF-8 can hold a text."""
    return text.isascii() or storable(text) == text
