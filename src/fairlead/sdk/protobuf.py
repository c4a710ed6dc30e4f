"""Protobuf messages as fields and results, kept without loss.

A message is written as base64 of its own wire format: its JSON form would drop
unknown fields.  Nothing here imports protobuf: where a program has message classes,
it has imported it.
"""

from __future__ import annotations

import base64
import binascii
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

_HOOK = "__get_pydantic_core_schema__"


def enable() -> None:
    """Teach pydantic about protobuf messages, if this process has imported protobuf.

    The hook is pydantic's own extension point, set on the one base class of all
    messages so that they work inside nested dataclasses and models as well.
    """
    module = sys.modules.get("google.protobuf.message")
    message = getattr(module, "Message", None)
    if message is not None and not hasattr(message, _HOOK):
        setattr(message, _HOOK, classmethod(_schema))


def _schema(cls: type[Message], source: type[Message], handler: GetCoreSchemaHandler) -> CoreSchema:
    from pydantic_core import core_schema

    def from_text(text: str) -> Message:
        try:
            return cls.FromString(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError) as error:
            raise ValueError(f"not a {cls.__name__} message in base64: {error}") from error

    instance = core_schema.is_instance_schema(cls)
    return core_schema.json_or_python_schema(
        json_schema=core_schema.no_info_after_validator_function(
            from_text, core_schema.str_schema()
        ),
        python_schema=instance,
        serialization=core_schema.plain_serializer_function_ser_schema(
            _to_text, when_used="json-unless-none"
        ),
    )


def _to_text(value: Any) -> Any:
    if not hasattr(value, "SerializeToString"):
        return value
    return base64.b64encode(value.SerializeToString(deterministic=True)).decode("ascii")
