"""Finding the results that a task's input refers to.

A result may itself refer to the results of subtasks (``execute`` returned a future, or
JSON with futures in it), and those again; the chain is followed here without recursion,
so that a result handed up through thousands of levels costs no stack.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from fairlead.backends.local.jsontext import load_failure, load_refs
from fairlead.sdk.attempt import Upstream
from fairlead.sdk.backend import Failure, Ref

_PART = 500
_Row = tuple[str, bytes | None, tuple[Ref, ...], Failure | None]


def resolve(connection: Any, ids: Iterable[str]) -> dict[str, Upstream]:
    """Return what each of these tasks ended with, their results whole.

    Parameters
    ----------
    connection
        An SQLite connection, or anything with its ``execute``.
    ids
        Ids of task objects; where a job has been retried, the newest object of the
        same node is taken.
    """
    wanted = set(ids)
    rows = _load(connection, wanted)
    inner = _referred(rows.values()) - rows.keys()
    while inner:
        rows |= _load(connection, inner)
        inner = _referred(rows.values()) - rows.keys()
    whole = _substitute(rows)
    return {
        id_: Upstream(id_, rows[id_][0], whole[id_], rows[id_][3]) for id_ in wanted if id_ in rows
    }


def owner(connection: Any, id_: str) -> str:
    """Return the id of the task whose result is that of a task: the end of its futures."""
    seen = {id_}
    while True:
        row = _load(connection, (id_,)).get(id_)
        refs = row[2] if row else ()
        if not refs or refs[0].path != () or str(refs[0].task) in seen:
            return id_
        id_ = str(refs[0].task)
        seen.add(id_)


def _referred(rows: Iterable[_Row]) -> set[str]:
    return {str(ref.task) for _, _, refs, _ in rows for ref in refs}


def _load(connection: Any, ids: Iterable[str]) -> dict[str, _Row]:
    names = list(ids)
    found: dict[str, _Row] = {}
    for start in range(0, len(names), _PART):
        part = names[start : start + _PART]
        marks = ",".join("?" * len(part))
        # The newest object of the node that the id belongs to: for a job that has
        # never been retried that is the row itself.
        for id_, state, result, refs, failure in connection.execute(
            "SELECT a.id, n.state, n.result, n.result_refs, n.failure FROM task a JOIN task n"
            " ON n.no = coalesce((SELECT max(r.no) FROM task r WHERE r.node = a.node"
            f" AND r.node <> r.no), a.no) WHERE a.id IN ({marks})",
            part,
        ):
            found[id_] = (state, result, load_refs(refs), load_failure(failure))
    return found


def _substitute(rows: dict[str, _Row]) -> dict[str, bytes | None]:
    """Return each row's result with the results it refers to in their places."""
    whole: dict[str, bytes | None] = {}
    for start in rows:
        stack = [start]
        while stack:
            id_ = stack[-1]
            state, result, refs, _ = rows[id_]
            open_ = [str(r.task) for r in refs if str(r.task) not in whole and str(r.task) in rows]
            if open_ and id_ not in whole:
                stack += open_
                continue
            stack.pop()
            if id_ not in whole:
                whole[id_] = _fill(result if state == "COMPLETED" else None, refs, whole)
    return whole


def _fill(
    result: bytes | None, refs: tuple[Ref, ...], whole: dict[str, bytes | None]
) -> bytes | None:
    if result is None or not refs:
        return result
    if refs[0].path == ():
        return whole.get(str(refs[0].task))
    value = json.loads(result)
    for ref in refs:
        inner = whole.get(str(ref.task))
        place = value
        for step in ref.path[:-1]:
            place = place[step]
        place[ref.path[-1]] = None if inner is None else json.loads(inner)
    return json.dumps(value).encode()
