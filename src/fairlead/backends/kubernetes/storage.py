"""The object store of an installation, as this process reaches it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from fairlead.backends.kubernetes.newtasks import no_store, stored_input
from fairlead.backends.kubernetes.words import Object
from fairlead.errors import BackendError, BackendUnavailableError
from fairlead.sdk import settings

if TYPE_CHECKING:
    from fairlead.sdk.objectstore import ObjectStore

_HOW = (
    "set FAIRLEAD_STORE to the URL of the object store that the installation uses, as this"
    " computer reaches it"
)


class Storage:
    """Opens the store when something is first asked of it; there may be none.

    Parameters
    ----------
    namespace
        The namespace whose inputs are kept.
    """

    def __init__(self, namespace: str, url: str | None = None) -> None:
        self._namespace = namespace
        self.url = url or settings.store()
        self._guard = threading.Lock()
        self._opened: ObjectStore | None = None
        self._told = False

    def __bool__(self) -> bool:
        return self.url is not None

    def store(self, what: str) -> ObjectStore:
        """Return the store.

        Raises
        ------
        BackendUnavailableError
            If there is none; ``what`` says what it was needed for.
        """
        if self.url is None:
            raise BackendUnavailableError(f"{what} are kept in an object store: {_HOW}")
        with self._guard:
            if self._opened is None:
                from fairlead.sdk.objectstore import open_store

                self._opened = open_store(self.url)
            return self._opened

    def noted(self, what: str) -> ObjectStore | None:
        """Return the store, or None if there is none; then say once what is not to be seen."""
        if not self and not self._told:
            self._told = True
            print(f"({what} are kept in an object store: {_HOW})", file=sys.stderr)
        return self.optional()

    def optional(self) -> ObjectStore | None:
        """Return the store, or None if there is none."""
        return self.store("values") if self else None

    def input_reference(self, data: bytes) -> dict[str, Any]:
        """Return the reference to an input that is going to be put into the store."""
        if not self:
            no_store(data)
        return stored_input(self._namespace, data)

    def put(self, key: str, data: bytes) -> None:
        """Keep a value."""
        self.store("large values").put(key, data)

    def value(self, reference: Object) -> bytes:
        """Return a value that an object refers to.

        Raises
        ------
        BackendError
            If it is gone, or not what it was.
        """
        key = reference["key"]
        try:
            data = self.store("large values").get(key)
        except KeyError:
            raise BackendError(
                f"the object store {self.url} has no {key}; it was removed, or FAIRLEAD_STORE is"
                " not the store of this installation"
            ) from None
        if sha256(data).hexdigest() != reference["sha256"]:
            raise BackendError(f"what the object store {self.url} holds under {key} was changed")
        return data


def text_or_value(
    holder: Object, text: str, reference: str, storage: Callable[[Object], bytes]
) -> bytes | None:
    """Return a value that stands in an object as text, or in the store; None if in neither."""
    if holder.get(text) is not None:
        return str(holder[text]).encode()
    if holder.get(reference) is not None:
        return storage(holder[reference])
    return None
