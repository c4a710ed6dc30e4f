"""Protobuf messages as fields and results, without loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf import struct_pb2, timestamp_pb2
from google.protobuf.message import Message

from fairlead import Client, ExecutionContext, FutureTask, Task, TaskInputError
from fairlead.sdk.results import ResultCodec
from fairlead.sdk.schema import result_schema


@dataclass
class Event:
    name: str
    at: timestamp_pb2.Timestamp


class Store(Task):
    at: timestamp_pb2.Timestamp
    events: list[Event]
    extra: struct_pb2.Struct | None = None

    def execute(self, context: ExecutionContext) -> timestamp_pb2.Timestamp:
        return self.at


def round_trip(task: Task) -> dict[str, Any]:
    codec = Store.__fairlead__.codec
    data, _ = codec.encode(task.__dict__)
    return codec.decode(data)


def test_messages_survive_also_inside_dataclasses():
    at = timestamp_pb2.Timestamp(seconds=2**40, nanos=5)
    extra = struct_pb2.Struct()
    extra.update({"pi": 3.25, "deep": {"x": [1, None]}})
    back = round_trip(Store(at, [Event("one", at)], extra))
    assert back == {"at": at, "events": [Event("one", at)], "extra": extra}


def test_fields_that_this_version_does_not_know_survive():
    unknown = bytes([0x7A, 0x03]) + b"abc"  # field 15, which a Timestamp does not have
    at = timestamp_pb2.Timestamp.FromString(unknown)
    assert round_trip(Store(at, []))["at"].SerializeToString() == unknown


@pytest.mark.parametrize("wrong", [3, struct_pb2.Struct(), {"seconds": 3}], ids=repr)
def test_another_message_is_refused(wrong: Any):
    with pytest.raises(TaskInputError, match=r"Store\.at wants an instance of Timestamp"):
        Store(wrong, [])


def test_what_is_no_message_in_json_is_refused():
    with pytest.raises(TaskInputError, match=r"Store\.at wants .*not a Timestamp message"):
        Store.__fairlead__.codec.decode(b'{"at": "!!", "events": []}')


def test_a_message_as_result():
    codec = ResultCodec("Store", lambda: result_schema(timestamp_pb2.Timestamp))
    at: Message = timestamp_pb2.Timestamp(seconds=3)
    data, _ = codec.encode(at)
    assert codec.decode(data) == at


class Plain(Task):
    depth: int

    def execute(self, context: ExecutionContext):  # type: ignore[no-untyped-def]
        stored = Store(timestamp_pb2.Timestamp(seconds=7), [])
        return context.submit_subtask(Plain(self.depth - 1) if self.depth else stored)


class Annotated(Task):
    def execute(self, context: ExecutionContext) -> FutureTask[timestamp_pb2.Timestamp]:
        return context.submit_subtask(Store(timestamp_pb2.Timestamp(seconds=7), []))


class WronglyAnnotated(Task):
    def execute(self, context: ExecutionContext) -> FutureTask[int]:
        future: FutureTask[Any] = context.submit_subtask(Plain(0))
        return future


@pytest.mark.parametrize("root", [Plain(0), Plain(3), Annotated(), WronglyAnnotated()], ids=repr)
def test_a_message_that_is_the_result_of_a_subtask(root: Task):
    job = Client().jobs().submit("root", root).wait()
    assert job.result == timestamp_pb2.Timestamp(seconds=7)


class Several(Task):
    def execute(self, context: ExecutionContext) -> list[timestamp_pb2.Timestamp]:
        stored = [Store(timestamp_pb2.Timestamp(seconds=number), []) for number in (7, 8)]
        return [context.submit_subtask(one) for one in stored]  # type: ignore[misc]


def test_messages_of_several_subtasks_are_told_by_the_annotation():
    job = Client().jobs().submit("several", Several()).wait()
    assert job.result == [timestamp_pb2.Timestamp(seconds=number) for number in (7, 8)]
