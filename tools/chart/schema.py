"""``values.schema.json``: what helm refuses before anything is installed."""

from __future__ import annotations

import json
from typing import Any

from chart.values import Values

NOTE = "Generated from tools/chart/values.py by `make generate`; do not edit."


def text() -> str:
    """Return the file."""
    return json.dumps(schema(), indent=2) + "\n"


def schema() -> dict[str, Any]:
    """Return the schema, each section where it is used: messages then name its path alone."""
    made = Values.model_json_schema(by_alias=True)
    definitions = made.pop("$defs")
    whole: dict[str, Any] = _inlined(made, definitions)
    # What a chart that has this one as a part shares with all its parts; nothing here reads it.
    whole["properties"]["global"] = {"type": "object"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Values of the chart fairlead",
        "$comment": NOTE,
        **{key: value for key, value in whole.items() if key not in ("title", "description")},
    }


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        found = definitions[schema["$ref"].rpartition("/")[2]]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return _inlined({**found, **beside}, definitions)
    if isinstance(schema.get("properties"), dict):
        return {
            **_rest(schema, definitions),
            **_required(schema),
            "properties": {
                key: _inlined(item, definitions) for key, item in schema["properties"].items()
            },
        }
    return _rest(schema, definitions)


def _required(schema: dict[str, Any]) -> dict[str, Any]:
    """Return that all values of a section must be there: templates read them without asking."""
    if "title" not in schema:
        # Of the definitions' own; nothing of it need be set.
        return {key: schema[key] for key in ("required",) if key in schema}
    entries = schema["properties"].items()
    return {"required": [name for name, entry in entries if entry.get("default", 0) is not None]}


def _rest(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    # Defaults stand in values.yaml.
    left_out = {"title", "default", "required", "properties"}
    if [one.get("type") for one in schema.get("anyOf", ())][1:] == ["null"]:
        # Two types in one: a message then says what is wrong, not that neither of two fits.
        number = schema["anyOf"][0]
        schema = {**schema, **number, "type": [number["type"], "null"]}
        left_out.add("anyOf")
    return {
        key: _inlined(value, definitions) for key, value in schema.items() if key not in left_out
    }
