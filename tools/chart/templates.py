"""``templates/generated``: what Python builds for an installation, as templates of helm.

The builders are called with marks in place of the release's name, its namespace and the
namespaces that it looks after; in what they return the marks become helm's expressions.
What differs between an installation for all namespaces and one for some stands in a
condition, and what is there for each namespace in a loop.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import yaml

from fairlead.api import labels
from fairlead_operator.manifests.fence import fence
from fairlead_operator.manifests.install import Install, Manifest
from fairlead_operator.manifests.rbac import people, rbac, runner_access

NOTE = "{{- /* Generated from fairlead_operator.manifests by `make generate`; do not edit. */}}\n"

RELEASE, NAMESPACE, EACH = "RELEASE-MARK", "NAMESPACE-MARK", "EACH-MARK"
"""The release's name, its namespace, and the namespace that a loop is at."""
LABELS, NOTES = "LABELS-MARK", "NOTES-MARK"
"""Lines that become the labels of every object, and the annotations of an account."""

SOME = Install(RELEASE, NAMESPACE, (EACH,))
ALL = Install(RELEASE, NAMESPACE)

EXPRESSIONS = {
    RELEASE: "{{ $.Release.Name }}",
    NAMESPACE: "{{ $.Release.Namespace }}",
    EACH: "{{ . }}",
}
NAMESPACED = "{{- if $.Values.watch.namespaces }}\n"
OTHERWISE = "{{- else }}\n"
END = "{{- end }}\n"
EACH_WATCHED = "{{- range $.Values.watch.namespaces }}\n"
EACH_WITH_JOBS = '{{- range include "fairlead.jobNamespaces" $ | fromJsonArray }}\n'


def fence_text() -> str:
    """Return the template of the admission policies."""
    return NOTE + "".join(_either(some, all_) for some, all_ in zip(*_fences(), strict=True))


def operator_text() -> str:
    """Return the template of the operator's account and roles."""
    some = [one for one in rbac(SOME) if not _is_runners(one)]
    common = [one for one in rbac(ALL) if one in some]
    inside = [one for one in some if one["metadata"].get("namespace") == EACH]
    rest = [one for one in some if one not in common and one not in inside]
    everywhere = [one for one in rbac(ALL) if one not in common]
    return "".join(
        [
            NOTE,
            _texts(common),
            NAMESPACED,
            _texts(rest),
            EACH_WATCHED,
            _texts(inside),
            END,
            OTHERWISE,
            _texts(everywhere),
            END,
        ]
    )


def runners_text() -> str:
    """Return the template of the runners' account and roles, in each namespace with jobs."""
    return NOTE + EACH_WITH_JOBS + _texts(runner_access(SOME, EACH)) + END


def people_text() -> str:
    """Return the template of the roles of people."""
    return NOTE + "{{- if $.Values.rbac.aggregate }}\n" + _texts(people(ALL)) + END


FOLDER = "charts/fairlead/templates/generated"

FILES: Mapping[str, Callable[[], str]] = {
    f"{FOLDER}/fence.yaml": fence_text,
    f"{FOLDER}/operator-roles.yaml": operator_text,
    f"{FOLDER}/runner-roles.yaml": runners_text,
    f"{FOLDER}/people-roles.yaml": people_text,
}
"""Path from the repository's root -> the function that makes the file's text."""


def _fences() -> tuple[list[Manifest], list[Manifest]]:
    return fence(SOME), fence(ALL)


def _is_runners(manifest: Manifest) -> bool:
    return manifest in runner_access(SOME, EACH)


def _either(some: Manifest, everywhere: Manifest) -> str:
    """Return one object, in a condition where the two ways to install differ in it."""
    if some == everywhere:
        return _text(some)
    return NAMESPACED + _text(some) + OTHERWISE + _text(everywhere) + END


def _texts(manifests: Iterable[Manifest]) -> str:
    return "".join(_text(one) for one in manifests)


def _text(manifest: Manifest) -> str:
    """Return one object as a document of a template."""
    text = yaml.dump(_marked(manifest), Dumper=_Dumper, sort_keys=False, width=10_000)
    if "{{" in text or "}}" in text:
        raise ValueError(f"{manifest['metadata']['name']} has what helm takes for its own")
    for pattern, lines in _LINES:
        text = re.sub(pattern, lines, text, flags=re.MULTILINE)
    for mark, expression in EXPRESSIONS.items():
        text = text.replace(mark, expression)
    return "---\n" + text


_LINES = (
    (rf"^ *{LABELS}: .*\n", '    {{- include "fairlead.labels" $ | nindent 4 }}\n'),
    (
        rf"^ *{NOTES}: (\w+)\n",
        '  {{- with include "fairlead.accountAnnotations" (list $ "\\1") }}\n'
        "  annotations:\n"
        "    {{- . | nindent 4 }}\n"
        "  {{- end }}\n",
    ),
    # The list of the watched namespaces, which is not of one only.
    (rf'values:\n *- "{EACH}"\n', "values: {{ toJson $.Values.watch.namespaces }}\n"),
)
"""Lines of an object, and what becomes of them."""


def _marked(manifest: Manifest) -> Manifest:
    """Return an object whose common labels are a mark; an account's annotations are another."""
    metadata = dict(manifest["metadata"])
    common = ALL.labels
    own = {key: value for key, value in metadata["labels"].items() if key not in common}
    if {key: metadata["labels"][key] for key in common} != dict(common):
        raise ValueError(f"{metadata['name']} does not have the labels of its installation")
    metadata["labels"] = {LABELS: "", **own}
    if manifest["kind"] == "ServiceAccount":
        metadata[NOTES] = "runners" if labels.RUNNER_ACCOUNT in own else "operator"
    return {**manifest, "metadata": metadata}


class _Dumper(yaml.SafeDumper):
    """Writes texts with marks in quotes, for what is put there may look like a number."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    marked = any(mark in text for mark in EXPRESSIONS)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if marked else None)


_Dumper.add_representer(str, _quoted)
