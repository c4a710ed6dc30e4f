"""The job's cache as a worker process reads it: by asking the driver, which has it.

A worker asks one question at a time.  It never writes: what a task writes is staged in
the task's process and published by the commit of its attempt.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from fairlead.errors import BackendError
from fairlead.runner.protocol import load_json
from fairlead.sdk.cache import JobCache

_VALUE, _NOTHING, _KEYS, _ERROR = b"v", b"n", b"k", b"e"


class RemoteCache(JobCache):
    """A cache that lives in the driver.

    Parameters
    ----------
    ask
        Sends a question and returns the answer.
    """

    def __init__(self, ask: Callable[[bytes], bytes]) -> None:
        self._ask = ask

    def get(self, key: str) -> bytes:
        """Return the value under a full key."""
        kind, content = self._question("get", key)
        if kind == _NOTHING:
            raise KeyError(key)
        return content

    def set(self, key: str, value: bytes) -> None:
        """Refuse: a task's writes are published with its outcome."""
        raise BackendError("A worker process cannot write to the cache except by its outcome.")

    def keys(self) -> Iterator[str]:
        """Yield every full key."""
        return iter(json.loads(self._question("keys", "")[1]))

    def _question(self, what: str, key: str) -> tuple[bytes, bytes]:
        answer = self._ask(json.dumps([what, key]).encode())
        kind, content = answer[:1], answer[1:]
        if kind == _ERROR:
            raise BackendError(content.decode())
        return kind, content


def answer_cache(find: Callable[[], JobCache], question: bytes) -> bytes:
    """Return the driver's answer to a worker's question.

    Raises
    ------
    BadMessageError
        If it is not a question.
    """
    what, key = load_json(question, 2)
    try:
        cache = find()
        if what == "get":
            return _VALUE + cache.get(key)
        return _KEYS + json.dumps(list(cache.keys())).encode()
    except KeyError:
        return _NOTHING
    except Exception as error:
        # Whatever is wrong with the cache fails the task that asked, not the driver.
        return _ERROR + f"The job's cache cannot be read: {error}".encode()
