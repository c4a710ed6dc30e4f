"""From a pydantic model to the structural schema of a CustomResourceDefinition.

pydantic makes a JSON schema.  Kubernetes wants a stricter form: no references, no
``anyOf`` with null, no titles, and defaults only where the server is to fill them in.
The descriptions are the strings below the fields, which are read from the source.
"""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from itertools import pairwise
from typing import Any

from fairlead.api.model import SERVER_DEFAULT, Extra, Model

KEPT = frozenset(
    {"type", "format", "pattern", "enum", "nullable", "required", "minimum", "maximum"}
    | {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}
)
"""The keywords that mean the same in both forms."""


def structural(model: type[Model]) -> Extra:
    """Return the structural schema of a model, with everything it holds written out."""
    whole = model.model_json_schema(by_alias=True, mode="validation")
    return _Writer(whole.get("$defs", {})).model(model, whole)


class _Writer:
    def __init__(self, definitions: Extra) -> None:
        self._definitions = definitions
        self._models = _models_by_name(Model)

    def model(self, model: type[Model], schema: Extra) -> Extra:
        """Return the schema of an object whose fields a model declares."""
        made = self.plain(schema)
        made["description"] = _sentence(inspect.getdoc(model) or "")
        notes = _field_notes(model)
        for name, field in model.model_fields.items():
            alias = field.alias or name
            if alias in made.get("properties", {}) and name in notes:
                made["properties"][alias] = {
                    "description": notes[name],
                    **_without(made["properties"][alias], "description"),
                }
        return {"description": made.pop("description"), **made}

    def plain(self, schema: Extra) -> Extra:
        """Return any schema in Kubernetes' form."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return {**self.model(self._models[name], self._definitions[name]), **_extras(schema)}
        if "const" in schema:
            return {"type": "string", "enum": [schema["const"]]}
        if schema.get("x-kubernetes-int-or-string"):
            return dict(schema)
        if "anyOf" in schema:
            return {**self.plain(_not_null(schema["anyOf"])), **_extras(schema)}
        made: Extra = {key: value for key, value in schema.items() if key in KEPT}
        if "properties" in schema:
            made["properties"] = {
                name: self.plain(inner) for name, inner in schema["properties"].items()
            }
        if isinstance(schema.get("additionalProperties"), dict):
            made["additionalProperties"] = self.plain(schema["additionalProperties"])
        if "items" in schema:
            made["items"] = self.plain(schema["items"])
        return made | _extras(schema)


def _extras(schema: Extra) -> Extra:
    """Return what only Kubernetes knows, and the default if the server is to fill it in."""
    made = {key: value for key, value in schema.items() if key.startswith("x-kubernetes-")}
    if SERVER_DEFAULT in schema:
        made["default"] = schema["default"]
    return made


def _not_null(choices: list[Extra]) -> Extra:
    [real] = [choice for choice in choices if choice.get("type") != "null"]
    return real


def _without(schema: Extra, key: str) -> Extra:
    return {name: value for name, value in schema.items() if name != key}


def _models_by_name(base: type[Model]) -> dict[str, type[Model]]:
    found = {}
    for model in base.__subclasses__():
        found[model.__name__] = model
        found |= _models_by_name(model)
    return found


def _sentence(text: str) -> str:
    """Return the first paragraph in one line, with the quotes of Markdown."""
    return " ".join(inspect.cleandoc(text).split("\n\n")[0].split()).replace("``", "`")


@cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _field_notes(model: type[Model]) -> dict[str, str]:
    """Return, by field, the string that stands below it in the source."""
    notes: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, Model):
            body: list[Any] = _classes(base.__module__)[base.__name__].body
            for field, note in pairwise(body):
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    text = _text(note)
                    notes |= {field.target.id: _sentence(text)} if text else {}
    return notes


def _text(node: ast.AST) -> str:
    """Return the string that a statement consists of, or nothing."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return str(node.value.value)
    return ""
