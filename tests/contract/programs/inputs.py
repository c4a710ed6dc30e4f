"""Tasks with every kind of field."""

from __future__ import annotations

import asyncio
import enum
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any

from google.protobuf.struct_pb2 import Struct
from pydantic import BaseModel

from fairlead import ExecutionContext, Task


class Color(enum.Enum):
    RED = "red"
    BLUE = 2


@dataclass
class Point:
    x: float
    y: float = 0.0


@dataclass
class Line:
    ends: list[Point]
    color: Color | None = None


class Model(BaseModel):
    name: str
    tags: dict[str, list[int]] = {}


class Check(Task):
    """Says whether its value is what it should be, and of which type."""

    def check(self, name: str) -> list[Any]:
        value = self.__dict__["value"]
        return [value == CASES[name][1], type(value).__name__]


class TakesText(Check):
    value: str

    def execute(self, context: ExecutionContext) -> list[Any]:
        return self.check("text")


class TakesFloat(Check):
    value: float

    def execute(self, context: ExecutionContext) -> list[Any]:
        return self.check("float")


class TakesLargeInt(Check):
    value: int

    def execute(self, context: ExecutionContext) -> list[Any]:
        return self.check("large int")


class TakesEnum(Check):
    value: Color

    def execute(self, context: ExecutionContext) -> list[Any]:
        return self.check("enum")


class TakesDatetime(Check):
    value: datetime

    def execute(self, context: ExecutionContext) -> list[Any]:
        return self.check("datetime")


class TakesDate(Check):
    value: date

    def execute(self, context: ExecutionContext) -> list[Any]:
        return self.check("date")


class TakesDataclass(Check):
    value: Line

    def execute(self, context: ExecutionContext) -> list[Any]:
        return self.check("dataclass")


class TakesModel(Check):
    value: Model

    def execute(self, context: ExecutionContext) -> list[Any]:
        return self.check("pydantic")


class TakesDict(Check):
    value: dict[str, list[Point]]

    def execute(self, context: ExecutionContext) -> list[Any]:
        return self.check("dict")


class TakesTuple(Check):
    value: tuple[int, str]

    def execute(self, context: ExecutionContext) -> list[Any]:
        return self.check("tuple")


class TakesNone(Check):
    value: int | None

    def execute(self, context: ExecutionContext) -> list[Any]:
        return self.check("none")


CASES: dict[str, tuple[Any, Any]] = {
    "text": (TakesText, 'ü\n\u2028\0"'),
    "float": (TakesFloat, 0.1),
    "large int": (TakesLargeInt, 2**80),
    "enum": (TakesEnum, Color.BLUE),
    "datetime": (
        TakesDatetime,
        datetime(2026, 11, 21, 9, 30, 15, 123456, timezone(timedelta(hours=2))),
    ),
    "date": (TakesDate, date(2026, 11, 21)),
    "dataclass": (TakesDataclass, Line([Point(1.5), Point(2.0, 3.0)], Color.RED)),
    "pydantic": (TakesModel, Model(name="m", tags={"a": [1, 2]})),
    "dict": (TakesDict, {"a": [Point(0.0)], "": []}),
    "tuple": (TakesTuple, (1, "one")),
    "none": (TakesNone, None),
}


class TakesMessage(Task):
    message: Struct

    def execute(self, context: ExecutionContext) -> dict[str, Any]:
        from google.protobuf.json_format import MessageToDict

        found: dict[str, Any] = MessageToDict(self.message)
        return found


class Echoes(Task):
    value: list[str]
    default: list[str] = field(default_factory=list)

    def execute(self, context: ExecutionContext) -> Any:
        return [self.value, self.default]


class Bounded(Task):
    number: int
    ratio: float = 0.5
    anything: Any = None

    def execute(self, context: ExecutionContext) -> None: ...


class Length(Task):
    text: str

    def execute(self, context: ExecutionContext) -> int:
        return len(self.text)


class FetchOne(Task):
    number: int

    async def execute(self, context: ExecutionContext) -> int:
        await asyncio.sleep(0)
        return self.number


class FetchNews(Task):
    count: int

    async def execute(self, context: ExecutionContext) -> Any:
        await asyncio.sleep(0.001)
        return context.submit_subtasks([FetchOne(number) for number in range(self.count)])
