"""Every kind of input arrives as it was given, and bad input stores nothing."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead import Client

from .programs import inputs
from .programs.inputs import CASES, Bounded, Echoes, FetchNews


@pytest.mark.parametrize("name", CASES)
def test_it_arrives_with_its_type_and_comes_back(client: Client, name: str) -> None:
    task, value = CASES[name]
    job = client.jobs().submit(name, task(value)).wait(timeout=60)

    assert job.result == [True, type(value).__name__]


def test_a_protobuf_message(client: Client) -> None:
    from google.protobuf.struct_pb2 import Struct

    message = Struct()
    message.update({"a": 1.5, "b": ["x", None]})
    job = client.jobs().submit("protobuf", inputs.TakesMessage(message)).wait(timeout=60)

    assert job.result == {"a": 1.5, "b": ["x", None]}


def test_an_asynchronous_task(client: Client) -> None:
    job = client.jobs().submit("async", FetchNews(3)).wait(timeout=60)

    assert job.result == [0, 1, 2]


def test_defaults_are_copied_and_the_running_task_is_rebuilt(client: Client) -> None:
    task = Echoes(["given"])
    job = client.jobs().submit("rebuilt", task)
    task.value.append("later")

    assert job.wait(timeout=60).result == [["given"], []]
    assert Echoes([]).default is not Echoes([]).default


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"number": "5"}, ["Bounded.number", "int", "'5'"]),
        ({"number": 5.5}, ["Bounded.number"]),
        ({"number": True}, ["Bounded.number"]),
        ({}, ["number", "missing"]),
        ({"number": 1, "nummer": 2}, ["nummer"]),
        ({"number": 1, "ratio": float("nan")}, ["ratio", "nan"]),
        ({"number": 1, "anything": {"deep": [object()]}}, ["anything", "deep", "object"]),
    ],
)
def test_bad_input_names_the_field_and_stores_nothing(
    client: Client, bad: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        client.jobs().submit("bad", Bounded(**bad))

    message = str(caught.value)
    assert [word for word in words if word.lower() not in message.lower()] == [], message
    assert client.jobs().query() == []


def test_large_input_is_stored_and_arrives(client: Client) -> None:
    job = client.jobs().submit("large", inputs.Length("x" * 10_000_000)).wait(timeout=60)

    assert job.result == 10_000_000
