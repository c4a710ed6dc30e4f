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
from typing import Any

from fairlead.sdk.attempt import NO_UPSTREAM, AttemptOrder, AttemptOutcome, OutcomeKind, Upstream
from fairlead.sdk.backend import Failure, NewTask, Progress, Ref, TaskOptions

# driver to worker
TASK, TASK_STOPPED, EXIT, ANSWER = 1, 2, 3, 4
# worker to driver
OUTCOME, LOG, REPORT, BLOCKED, CACHE = 11, 12, 13, 14, 15
# driver to zygote, and back
CONFIG, FORK, KILL = 21, 22, 23
READY, BROKEN, STARTED, EXITED = 31, 32, 33, 34


class BadMessageError(ValueError):
    """A worker sent something that is not a message: its memory is damaged."""


# --- orders: driver to worker -----------------------------------------------------


def encode_order(order: AttemptOrder) -> bytes:
    """Return the order as bytes for :func:`decode_order` in a process of the same pool."""
    return marshal.dumps(
        (
            order.job_id,
            order.task_id,
            order.attempt,
            order.identifier,
            order.version,
            order.source,
            order.input,
            [(ref.path, ref.task, ref.kind) for ref in order.refs],
            [_plain_upstream(upstream) for upstream in order.upstream.values()],
            order.display,
            order.depth,
            order.max_depth,
            order.max_tasks,
            order.timeout,
        )
    )


def decode_order(data: bytes) -> AttemptOrder:
    """Return the order that :func:`encode_order` encoded."""
    job, task, attempt, identifier, version, source, value, refs, upstream, *rest = marshal.loads(
        data
    )
    return AttemptOrder(
        job,
        task,
        attempt,
        identifier,
        version,
        source,
        value,
        tuple(Ref(*ref) for ref in refs),
        {one[0]: _upstream(one) for one in upstream} if upstream else NO_UPSTREAM,
        *rest,
    )


def _plain_upstream(upstream: Upstream) -> tuple[Any, ...]:
    failure = None if upstream.failure is None else _plain_failure(upstream.failure)
    # A state may be a member of an enum that is also a string: marshal takes strings only.
    return (upstream.task_id, str.__str__(upstream.state), upstream.result, failure)


def _upstream(plain: tuple[Any, ...]) -> Upstream:
    task_id, state, result, failure = plain
    return Upstream(task_id, state, result, None if failure is None else Failure(*failure))


def _plain_failure(failure: Failure) -> tuple[Any, ...]:
    return (
        failure.kind,
        failure.type,
        failure.message,
        failure.module,
        failure.arguments,
        failure.traceback,
    )


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
    except (ValueError, TypeError, LookupError, AttributeError, struct.error) as error:
        raise BadMessageError(f"not an outcome: {error}") from error


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
) -> tuple[list[list[Any]], list[list[Any]]]:
    """Return the different options, and the tasks naming theirs by number."""
    numbers: dict[int, int] = {}
    options: list[list[Any]] = []
    plain = []
    for child in children:
        number = numbers.setdefault(id(child.options), len(options))
        if number == len(options):
            options.append(_plain_options(child.options))
        blobs.append(child.input)
        plain.append(_plain_child(child, number))
    return options, plain


def _plain_child(child: NewTask, options: int) -> list[Any]:
    return [
        child.id,
        child.identifier,
        child.version,
        child.source,
        len(child.input),
        _plain_refs(child.refs) if child.refs else (),
        child.depends_on,
        options,
        child.key,
        child.display,
    ]


def _children(
    plain_options: Sequence[list[Any]], plain: Sequence[list[Any]], blobs: _Blobs
) -> list[NewTask]:
    options = [TaskOptions(*one) for one in plain_options]
    return [_child(one, options, blobs) for one in plain]


def _child(plain: list[Any], options: list[TaskOptions], blobs: _Blobs) -> NewTask:
    identity, identifier, version, source, size, refs, after, number, key, display = plain
    return NewTask(
        identity,
        identifier,
        version,
        source,
        blobs.take(size),
        _refs(refs),
        tuple(after),
        options[number],
        key,
        display,
    )


def _plain_options(options: TaskOptions) -> list[Any]:
    return [getattr(options, name) for name in TaskOptions.__slots__]


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
    except ValueError as error:
        raise BadMessageError(f"not JSON: {error}") from error
    if not isinstance(values, list) or len(values) != length:
        raise BadMessageError(f"not a list of {length} values")
    return values
