"""Releases: which published code runs a task.

* A job that names a Release takes its tasks from that one alone, development releases and
  identifiers that are only a class's name included.
* Else only what is Published counts, and only identifiers that are meant for everybody.
  The highest compatible version wins; of several Releases that publish it, the newest,
  so that publishing again under the same version replaces what was there.
* A Release that is known to be unusable counts only if there is no other, and so does one
  that was published just now, until somebody has looked whether it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from fairlead.core import versions
from fairlead_operator.runners.failures import explained
from fairlead_operator.runners.refusal import Refusal
from fairlead_operator.runners.release_record import (
    Archive,
    Definition,
    Package,
    Published,
    parse_release,
)
from fairlead_operator.runners.seen import DELETED, Seen, name_of


@dataclass(frozen=True, slots=True)
class ChosenRelease:
    """The Release that runs a task, and the definition in it that does.

    Attributes
    ----------
    version
        The version that runs, which may be above the submitted one.
    image
        None where the installation's runner image does.
    tasks
        All definitions in it: a kept runner may get any of them next.
    definition
        The one that runs the task; its defaults hold where the task says nothing.
    """

    name: str
    version: str
    image: str | None
    image_pull_policy: str | None
    package: Package | None
    archive: Archive | None
    tasks: tuple[Definition, ...] = field(repr=False)
    definition: Definition


Refs = dict[str, list[tuple[Published, Definition]]]


class ReleaseIndex:
    """All Releases of the watched namespaces."""

    def __init__(self) -> None:
        self._releases: dict[tuple[str, str], Published] = {}
        self._by_identifier: dict[tuple[str, str], Refs] = {}
        self._chosen: dict[tuple[str, str, str, str | None], ChosenRelease | Refusal] = {}

    # --- what is there ------------------------------------------------------------

    def observe(self, event: Seen) -> tuple[str, str]:
        """Take note of an event; return namespace and name of the Release it is about."""
        key = name_of(event.object)
        before = self._releases.get(key)
        if event.type == DELETED:
            self._forget(before)
            return key
        uid = event.object["metadata"].get("uid", "")
        # A Release never changes; one that was made anew under the name is another.
        if before is None or before.uid != uid:
            self._forget(before)
            self._remember(parse_release(event.object))
        else:
            before.status.clear()
            before.status.update(event.object.get("status") or {})
        return key

    def get(self, namespace: str, name: str) -> Published | None:
        """Return a Release, or None."""
        return self._releases.get((namespace, name))

    def all(self) -> list[Published]:
        """Return all Releases."""
        return list(self._releases.values())

    def whole(self, name: str, namespace: str) -> ChosenRelease | Refusal:
        """Return a Release for a runner that is not made for any task of it in particular."""
        found = self._releases.get((namespace, name))
        if found is None or not found.tasks:
            message = f"Release {name} does not exist in namespace {namespace}."
            return _refusal("NoCompatibleRelease", message)
        if found.faults:
            message = f"Release {name} cannot be used: {'; '.join(found.faults)}."
            return _refusal("ReleaseBroken", message)
        return _chosen(found, found.tasks[0])

    def found_faults(self, namespace: str, name: str, faults: Iterable[str]) -> bool:
        """Take note of what is wrong with a Release, such as a missing ConfigMap.

        Returns whether that, or that there is nothing, is news.
        """
        before = self._releases.get((namespace, name))
        if before is None:
            return False
        after = replace(before, found_faults=tuple(faults), checked=True)
        if after == before:
            return False
        self._forget(before)
        self._remember(after)
        return True

    def _remember(self, release: Published) -> None:
        self._releases[release.namespace, release.name] = release
        for task in release.tasks:
            refs = self._by_identifier.setdefault((release.namespace, task.identifier), {})
            refs.setdefault(task.version, []).append((release, task))
        self._chosen.clear()

    def _forget(self, release: Published | None) -> None:
        if release is None:
            return
        del self._releases[release.namespace, release.name]
        for task in release.tasks:
            key = release.namespace, task.identifier
            refs = self._by_identifier[key]
            refs[task.version] = [ref for ref in refs[task.version] if ref[0] is not release]
            if not refs[task.version]:
                del refs[task.version]
            if not refs:
                del self._by_identifier[key]
        self._chosen.clear()

    # --- choosing -------------------------------------------------------------------

    def choose(
        self, identifier: str, version: str, release: str | None, namespace: str
    ) -> ChosenRelease | Refusal:
        """Return what runs a task, or why nothing does.

        Parameters
        ----------
        identifier, version
            What was submitted.
        release
            The only Release that will do; None for any that is published.
        """
        key = namespace, identifier, version, release
        found = self._chosen.get(key)
        if found is None:
            found = self._chosen[key] = self._choose(identifier, version, release, namespace)
        return found

    def _choose(
        self, identifier: str, version: str, release: str | None, namespace: str
    ) -> ChosenRelease | Refusal:
        if release is not None and (namespace, release) not in self._releases:
            return _refusal(
                "NoCompatibleRelease",
                f"{identifier} {version} is to run from Release {release}, which does not exist"
                f" in namespace {namespace}.",
            )
        refs = list(self._eligible(identifier, release, namespace))
        fitting = [ref for ref in refs if versions.compatible(ref[1].version, version)]
        if not fitting:
            return self._none_compatible(identifier, version, release, refs, namespace)
        sound = [ref for ref in fitting if not ref[0].faults]
        if not sound:
            worst = max(fitting, key=_preference)[0]
            return _refusal(
                "ReleaseBroken",
                f"{identifier} {version} would run from Release {worst.name}, which cannot be"
                f" used: {'; '.join(worst.faults)}.",
            )
        # What nobody has looked at yet may turn out to be broken a moment later.
        looked_at = [ref for ref in sound if ref[0].checked]
        return _chosen(*max(looked_at or sound, key=_preference))

    def _eligible(
        self, identifier: str, release: str | None, namespace: str
    ) -> Iterator[tuple[Published, Definition]]:
        """Yield the definitions under an identifier that a task may mean, of any version."""
        for refs in self._by_identifier.get((namespace, identifier), {}).values():
            for published, task in refs:
                if release is not None:
                    if published.name == release:
                        yield published, task
                elif not published.development and task.scope == "Global":
                    yield published, task

    def _none_compatible(
        self,
        identifier: str,
        version: str,
        release: str | None,
        refs: list[tuple[Published, Definition]],
        namespace: str,
    ) -> Refusal:
        where = f"Release {release}" if release is not None else f"namespace {namespace}"
        there = sorted({task.version for _, task in refs}, key=versions.parse)
        if not there:
            hint = self._hidden(identifier, release, namespace)
            return _refusal(
                "NoCompatibleRelease", f"{identifier} is not published in {where}.{hint}"
            )
        return Refusal(
            "NoCompatibleRelease",
            f"{identifier} {version} needs {versions.wanted(version)}; published in {where}:"
            f" {', '.join(there)}. Publish v{versions.parse(version).major}.x, or submit"
            f" {there[-1]}.",
        )

    def _hidden(self, identifier: str, release: str | None, namespace: str) -> str:
        """Say where an identifier is that only jobs which name a Release may use."""
        refs = self._by_identifier.get((namespace, identifier), {})
        names = sorted({published.name for some in refs.values() for published, _ in some})
        if release is not None or not names:
            return ""
        return (
            f" Only jobs that name one of these in spec.release may use it: {', '.join(names[:5])}."
        )


def _preference(ref: tuple[Published, Definition]) -> tuple[versions.Version, tuple[str, str]]:
    return versions.parse(ref[1].version), ref[0].rank


def _chosen(release: Published, task: Definition) -> ChosenRelease:
    return ChosenRelease(
        name=release.name,
        version=task.version,
        image=release.image,
        image_pull_policy=release.image_pull_policy,
        package=release.package,
        archive=release.archive,
        tasks=release.tasks,
        definition=task,
    )


def _refusal(reason: str, message: str) -> Refusal:
    return Refusal(reason, explained(reason, message))
