"""Ids of tasks and jobs: 25 lower-case letters and digits that roughly sort by time.

The first 9 characters are the time of the attempt that made the id, the other 16 are 80
bits of a hash over that attempt and the id's place in it.  Nothing is drawn at random, so
an attempt that is replayed makes the same ids again and can be recognised.
"""

from __future__ import annotations

from hashlib import shake_128

ID_LENGTH = 25
TIME_LENGTH = 9
HASH_LENGTH = 16

TICKS_PER_SECOND = 8_000
"""Resolution of the time in an id; nine characters of five bits last until 2109."""

_BLOCK = 16
"""How many ids one hash yields; hashing is the dear part."""

_SORTABLE = "0123456789abcdefghijklmnopqrstuv"
"""Digits of the time, in the order of their character codes, so that text order is time order."""

_BASE32 = b"abcdefghijklmnopqrstuvwxyz234567"
_FIVE_BITS = bytes(_BASE32[byte & 31] for byte in range(256))
"""Turns each byte into the character for its lowest five bits."""


def _hash_text(seed: bytes, length: int) -> str:
    return shake_128(seed).digest(length).translate(_FIVE_BITS).decode("ascii")


def time_text(time: float) -> str:
    """Return a time (seconds since the epoch) as nine characters that sort like it."""
    ticks = max(int(time * TICKS_PER_SECOND), 0)
    return "".join(_SORTABLE[ticks >> shift & 31] for shift in range(40, -1, -5))


class IdSequence:
    """The ids an attempt of one task, or a job, gives to what it makes.

    Parameters
    ----------
    parent
        Id of the task or job that makes them.
    attempt
        Its attempt; 0 for a job.
    time
        When that attempt started, in seconds since the epoch.
    """

    __slots__ = ("_block", "_number", "_prefix", "_seed")

    def __init__(self, parent: str, attempt: int, time: float) -> None:
        self._prefix = time_text(time)
        self._seed = f"{parent}|{attempt}|"
        self._number = -1
        self._block = ""

    def _hashes(self, number: int) -> str:
        if number != self._number:
            seed = f"{self._seed}{number}".encode()
            self._block = _hash_text(seed, _BLOCK * HASH_LENGTH)
            self._number = number
        return self._block

    def id(self, ordinal: int) -> str:
        """Return the id of the child made as number ``ordinal``, counted from 0."""
        block = self._hashes(ordinal // _BLOCK)
        start = ordinal % _BLOCK * HASH_LENGTH
        return self._prefix + block[start : start + HASH_LENGTH]

    def ids(self, start: int, count: int) -> list[str]:
        """Return ``count`` ids in a row, the first of them for ordinal ``start``."""
        first, last = start // _BLOCK, (start + count - 1) // _BLOCK
        text = "".join([self._hashes(number) for number in range(first, last + 1)])
        begin = (start - first * _BLOCK) * HASH_LENGTH
        prefix = self._prefix
        return [
            prefix + text[at : at + HASH_LENGTH]
            for at in range(begin, begin + count * HASH_LENGTH, HASH_LENGTH)
        ]


def job_id(time: float, entropy: bytes) -> str:
    """Return the id of a job submitted at that time; ``entropy`` makes it unique."""
    return time_text(time) + _hash_text(b"job|" + entropy, HASH_LENGTH)
