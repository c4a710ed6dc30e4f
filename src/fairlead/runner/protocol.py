"""What the messages between driver and worker mean, and how they become bytes.

Driver to worker: ``marshal`` of plain tuples.  Both sides are the same interpreter, the
driver is trusted, and it is the fastest there is; it makes no objects of a user's class.

Worker to driver: fixed numbers, JSON and raw bytes, nothing else.  A worker has run a
user's code, which may have trampled on its memory; ``pickle`` would let it run code in
the driver and ``marshal`` could crash it, while a malformed JSON or length is an
ordinary :class:`BadMessageError`.  The common answer (a result and nothing else) needs
no JSON at all.  Values of any size are appended raw, their lengths in the JSON.
"""

from __future__ import annotations

import json
import marshal
import struct
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from fairlead.runner.wire import BadMessageError as BadMessageError
from fairlead.sdk.attempt import NO_UPSTREAM, AttemptOrder, AttemptOutcome, OutcomeKind, Upstream
from fairlead.sdk.backend import Failure, NewTask, Progress, Ref, TaskOptions

# driver to worker
TASK, TASK_STOPPED, EXIT, ANSWER = 1, 2, 3, 4
# worker to driver
OUTCOME, LOG, REPORT, BLOCKED, CACHE = 11, 12, 13, 14, 15
# driver to zygote, and back
CONFIG, FORK, KILL = 21, 22, 23
READY, BROKEN, STARTED, EXITED = 31, 32, 33, 34


# --- orders: driver to worker -----------------------------------------------------

_order_fields = attrgetter(*AttemptOrder.__slots__)
_ORDER_REFS = AttemptOrder.__slots__.index("refs")
_ORDER_UPSTREAM = AttemptOrder.__slots__.index("upstream")


def encode_order(order: AttemptOrder) -> bytes:
    """Return the order as bytes for :func:`decode_order` in a process of the same pool."""
    plain = list(_order_fields(order))
    plain[_ORDER_REFS] = _plain_refs(order.refs)
    plain[_ORDER_UPSTREAM] = [_plain_upstream(upstream) for upstream in order.upstream.values()]
    return marshal.dumps(plain)


def decode_order(data: bytes) -> AttemptOrder:
    """Return the order that :func:`encode_order` encoded."""
    plain = marshal.loads(data)
    plain[_ORDER_REFS] = _refs(plain[_ORDER_REFS])
    upstream = plain[_ORDER_UPSTREAM]
    plain[_ORDER_UPSTREAM] = {one[0]: _upstream(one) for one in upstream} or NO_UPSTREAM
    return AttemptOrder(*plain)


def _plain_upstream(upstream: Upstream) -> tuple[Any, ...]:
    failure = None if upstream.failure is None else _plain_failure(upstream.failure)
    # A state may be a member of an enum that is also a string: marshal takes strings only.
    return (upstream.task_id, str.__str__(upstream.state), upstream.result, failure)


def _upstream(plain: tuple[Any, ...]) -> Upstream:
    task_id, state, result, failure = plain
    return Upstream(task_id, state, result, None if failure is None else Failure(*failure))


_plain_failure = attrgetter(*Failure.__slots__)


# --- outcomes: worker to driver ----------------------------------------------------

_OUTCOME = struct.Struct("=BHIq")
_KINDS = tuple(OutcomeKind)
_KIND_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}
_NO_RESULT = -1


def encode_outcome(outcome: AttemptOutcome) -> bytes:
    """Return the outcome as bytes for :func:`decode_outcome`."""
    version = outcome.version.encode()
    details, blobs = _details(outcome)
    result = outcome.result
    size = _NO_RESULT if result is None else len(result)
    head = _OUTCOME.pack(_KIND_NUMBERS[outcome.kind], len(version), len(details), size)
    return b"".join((head, version, details, result or b"", *blobs))


def decode_outcome(data: bytes) -> AttemptOutcome:
    """Return the outcome; raises BadMessageError where ``data`` is none."""
    try:
        return _decode_outcome(data)
    except _MALFORMED as error:
        raise BadMessageError(f"not an outcome: {error}") from error


_MALFORMED = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    RecursionError,
    struct.error,
)


def details_size(data: bytes) -> int:
    """Return how much of an encoded outcome is JSON, whatever the rest of it is."""
    return int(_OUTCOME.unpack_from(data)[2]) if len(data) >= _OUTCOME.size else 0


def _decode_outcome(data: bytes) -> AttemptOutcome:
    kind, version_size, details_size, result_size = _OUTCOME.unpack_from(data)
    details_at = _OUTCOME.size + version_size
    result_at = details_at + details_size
    blobs_at = result_at + max(result_size, 0)
    if blobs_at > len(data) or result_size < _NO_RESULT:
        raise BadMessageError("not an outcome: it is cut off")
    outcome = AttemptOutcome(
        _KINDS[kind],
        None if result_size == _NO_RESULT else data[result_at:blobs_at],
        version=data[_OUTCOME.size : details_at].decode(),
    )
    if details_size:
        details = json.loads(data[details_at:result_at])
        _add_details(outcome, details, _Blobs(data, blobs_at))
    return outcome


def _details(outcome: AttemptOutcome) -> tuple[bytes, list[bytes]]:
    """Return everything but kind, version and result, as JSON and as raw values."""
    details: dict[str, Any] = {}
    blobs: list[bytes] = []
    if outcome.result_refs:
        details["refs"] = _plain_refs(outcome.result_refs)
    if outcome.children:
        details["options"], details["children"] = _plain_children(outcome.children, blobs)
    if outcome.cache_writes:
        details["cache"] = [(key, len(value)) for key, value in outcome.cache_writes.items()]
        blobs.extend(outcome.cache_writes.values())
    if outcome.display is not None:
        details["display"] = outcome.display
    if outcome.progress:
        details["progress"] = _plain_progress(outcome.progress)
    if outcome.status_text is not None:
        details["status"] = outcome.status_text
    if outcome.failure is not None:
        details["failure"] = _plain_failure(outcome.failure)
    if outcome.ended:
        details["ended"] = outcome.ended
    return (json.dumps(details).encode() if details else b""), blobs


def _add_details(outcome: AttemptOutcome, details: dict[str, Any], blobs: _Blobs) -> None:
    outcome.result_refs = _refs(details.get("refs", ()))
    outcome.children = _children(details.get("options", ()), details.get("children", ()), blobs)
    outcome.cache_writes = {key: blobs.take(size) for key, size in details.get("cache", ())}
    outcome.display = details.get("display")
    outcome.progress = _progress(details.get("progress", ()))
    outcome.status_text = details.get("status")
    failure = details.get("failure")
    outcome.failure = None if failure is None else Failure(*failure)
    outcome.ended = float(details.get("ended", 0.0))


class _Blobs:
    """Hands out the raw values that follow a message, in order."""

    def __init__(self, data: bytes, start: int) -> None:
        self._data = data
        self._at = start

    def take(self, size: int) -> bytes:
        end = self._at + size
        if size < 0 or end > len(self._data):
            raise BadMessageError("not an outcome: a value is cut off")
        value = self._data[self._at : end]
        self._at = end
        return value


def _plain_children(
    children: Sequence[NewTask], blobs: list[bytes]
) -> tuple[list[Any], list[list[Any]]]:
    """Return the different options, and the tasks naming theirs by number."""
    numbers: dict[int, int] = {}
    options: list[Any] = []
    plain = []
    for child in children:
        number = numbers.setdefault(id(child.options), len(options))
        if number == len(options):
            options.append(_plain_options(child.options))
        blobs.append(child.input)
        plain.append(_plain_child(child, number))
    return options, plain


_child_fields = attrgetter(*NewTask.__slots__)
_CHILD_INPUT, _CHILD_REFS, _CHILD_AFTER, _CHILD_OPTIONS = (
    NewTask.__slots__.index(name) for name in ("input", "refs", "depends_on", "options")
)


def _plain_child(child: NewTask, options: int) -> list[Any]:
    plain = list(_child_fields(child))
    plain[_CHILD_INPUT] = len(child.input)
    plain[_CHILD_REFS] = _plain_refs(child.refs)
    plain[_CHILD_OPTIONS] = options
    return plain


def _children(
    plain_options: Sequence[list[Any]], plain: Sequence[list[Any]], blobs: _Blobs
) -> list[NewTask]:
    options = [TaskOptions(*one) for one in plain_options]
    return [_child(one, options, blobs) for one in plain]


def _child(plain: list[Any], options: list[TaskOptions], blobs: _Blobs) -> NewTask:
    plain[_CHILD_INPUT] = blobs.take(plain[_CHILD_INPUT])
    plain[_CHILD_REFS] = _refs(plain[_CHILD_REFS])
    plain[_CHILD_AFTER] = tuple(plain[_CHILD_AFTER])
    plain[_CHILD_OPTIONS] = options[plain[_CHILD_OPTIONS]]
    return NewTask(*plain)


_plain_options = attrgetter(*TaskOptions.__slots__)


def _plain_refs(refs: Sequence[Ref]) -> list[Any]:
    return [(ref.path, ref.task, ref.kind) for ref in refs]


def _refs(plain: Sequence[Any]) -> tuple[Ref, ...]:
    return tuple(Ref(tuple(path), task, kind) for path, task, kind in plain)


def _plain_progress(progress: Sequence[Progress]) -> list[Any]:
    return [(one.label, one.done, one.total) for one in progress]


def _progress(plain: Sequence[Any]) -> tuple[Progress, ...]:
    return tuple(Progress(*one) for one in plain)


# --- what a running task says ------------------------------------------------------


def encode_log(level: str, message: str, fields: dict[str, Any]) -> bytes:
    """Return a log line as bytes; values that JSON does not know become their ``repr``."""
    return json.dumps((level, message, fields), default=repr).encode()


def decode_log(data: bytes) -> tuple[str, str, dict[str, Any]]:
    """Return level, message and fields."""
    level, message, fields = load_json(data, 3)
    return level, message, fields


def encode_report(
    display: str | None, progress: Sequence[Progress], status_text: str | None
) -> bytes:
    """Return a progress report as bytes."""
    return json.dumps((display, _plain_progress(progress), status_text)).encode()


def decode_report(data: bytes) -> tuple[str | None, tuple[Progress, ...], str | None]:
    """Return display, progress and status text."""
    display, progress, status_text = load_json(data, 3)
    try:
        return display, _progress(progress), status_text
    except TypeError as error:
        raise BadMessageError(f"not a report: {error}") from error


def load_json(data: bytes, length: int) -> list[Any]:
    """Return the JSON list of that length, or raise BadMessageError."""
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadMessageError(f"not JSON: {error}") from error
    if not isinstance(values, list) or len(values) != length:
        raise BadMessageError(f"not a list of {length} values")
    return values
