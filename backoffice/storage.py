"""Content-addressed document store: what is put in is found again under its sha256, unchanged or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from backoffice.errors import N_, BackofficeError, Invalid, Message, NotFound, Unavailable

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PIECE = 256 * 1024
# How files are named that are no documents yet, or none any more.
_NEW, _OLD = ".new-", ".old-"


class DocumentStore:
    """Documents in a folder, fanned out by the first two digits of their hash."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        """Where the document with this hash lives. Raises NotFound when it is no hash at all."""
        if _SHA256.fullmatch(sha256) is None:
            raise NotFound
        return self.root / sha256[:2] / sha256

    def put(self, content: bytes) -> str:
        """Keep `content`, durably, and return its sha256. Putting the same bytes again changes nothing.

        The order temp file, fsync, rename, fsync of the folder means that a kill leaves the whole document or none.
        What is there already is held: `let_go` leaves it alone for as long as if it were new.
        Raises Unavailable when the disk refuses.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        target = self.path(sha256)
        with _writing():
            if self.hold(sha256) and target.read_bytes() == content:
                return sha256
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=_NEW)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(target)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            _fsync_folder(target.parent)
            _fsync_folder(self.root)
        return sha256

    def put_file(self, file: BinaryIO, sha256: str) -> None:
        """Keep a whole file, read in pieces, under its known sha256; durable as `put`.

        Raises Invalid when the bytes are not those of the hash, Unavailable when the disk refuses.
        """
        target = self.path(sha256)
        with _writing():
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=_NEW)
            try:
                with os.fdopen(handle, "w+b") as kept:
                    file.seek(0)
                    shutil.copyfileobj(file, kept, _PIECE)
                    kept.flush()
                    os.fsync(kept.fileno())
                    kept.seek(0)
                    if hashlib.file_digest(kept, "sha256").hexdigest() != sha256:
                        raise Invalid({"file": [Message(N_("The file changed while it was read. Send it again."))]})
                Path(name).replace(target)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
            _fsync_folder(target.parent)
            _fsync_folder(self.root)

    def open(self, sha256: str) -> BinaryIO:
        """The document with this hash as a file; whoever reads it verifies it. Raises NotFound or Unavailable."""
        try:
            return self.path(sha256).open("rb")
        except FileNotFoundError:
            raise self._missing() from None
        except OSError as error:
            raise Unavailable(Message(N_("The document store cannot be read now."))) from error

    def get(self, sha256: str) -> bytes:
        """The document with this hash, verified.

        Raises NotFound, or Unavailable when its bytes were altered or the store has nothing at all.
        """
        try:
            content = self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise self._missing() from None
        except OSError as error:
            raise Unavailable(Message(N_("The document store cannot be read now."))) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Unavailable(Message(N_("The stored document is damaged.")), code="document-damaged")
        return content

    def _missing(self) -> BackofficeError:
        """A store without anything is one whose disk is not there: what is missing comes back with it."""
        try:
            holds_something = any(self.root.iterdir())
        except OSError:
            holds_something = False
        if holds_something:
            return NotFound(Message(N_("The document is not in the store.")))
        return Unavailable(Message(N_("The document store cannot be read now.")))

    def size_of(self, sha256: str) -> int | None:
        """How long the stored document is; None where it is not there. Its bytes are not looked at."""
        try:
            return self.path(sha256).stat().st_size
        except OSError:
            return None

    def hold(self, sha256: str) -> bool:
        """Whether the document is there, to be referred to from now on. Raises Unavailable."""
        with _writing():
            try:
                os.utime(self.path(sha256))
            except FileNotFoundError:
                return False
        return True

    def unheld(self, before: datetime) -> Iterator[tuple[str, int]]:
        """Hash and length of each document that nobody put or held since that moment, in the order of the hashes."""
        for folder in sorted(self.root.glob("[0-9a-f][0-9a-f]")):
            for file in sorted(folder.iterdir()):
                with suppress(FileNotFoundError):
                    seen = file.stat()
                    if _SHA256.fullmatch(file.name) and seen.st_mtime < before.timestamp():
                        yield file.name, seen.st_size

    def let_go(self, sha256: str, before: datetime) -> bool:
        """Remove a document that nothing refers to, unless somebody put or held it since that moment.

        It is moved aside first: whoever puts it meanwhile writes it anew, and whoever did so just before is seen by the
        time on the file, so it is moved back. Raises Unavailable.
        """
        target = self.path(sha256)
        aside = target.with_name(f"{_OLD}{sha256}")
        with _writing():
            try:
                target.rename(aside)
                if aside.stat().st_mtime >= before.timestamp():
                    aside.rename(target)
                    return False
                aside.unlink()
            except FileNotFoundError:
                return False
        return True

    def begun(self, before: datetime) -> Iterator[tuple[Path, int]]:
        """What processes that were killed left half done before that moment, with its length: the beginning of a
        document, or one that was moved aside to be let go."""
        for file in sorted(self.root.glob("[0-9a-f][0-9a-f]/.*")):
            with suppress(FileNotFoundError):
                seen = file.stat()
                # A rename leaves the time of the bytes: only that of the entry says since when it is aside.
                if file.name.startswith((_NEW, _OLD)) and max(seen.st_mtime, seen.st_ctime) < before.timestamp():
                    yield file, seen.st_size

    def clear(self, begun: Path) -> bool:
        """End what a killed process began; whether anything was removed. Raises Unavailable.

        What was moved aside goes back to its place where that is empty: somebody may have held it just before.
        """
        target = begun.with_name(begun.name.removeprefix(_OLD))
        with _writing():
            try:
                if begun.name.startswith(_OLD) and not target.exists():
                    begun.rename(target)
                    return False
                begun.unlink()
            except FileNotFoundError:
                return False
        return True

    def discard(self, sha256: str) -> None:
        """Let go of a document that nothing refers to; one that is not there is fine. Raises Unavailable."""
        with _writing():
            self.path(sha256).unlink(missing_ok=True)


_store: DocumentStore | None = None


def configure(root: Path) -> None:
    """Say where documents live, once, when the application is created."""
    global _store
    _store = DocumentStore(root)


def put(content: bytes) -> str:
    """Keep `content` in the installation's store; see `DocumentStore.put`."""
    return _configured().put(content)


def put_file(file: BinaryIO, sha256: str) -> None:
    """Keep a large file in the installation's store; see `DocumentStore.put_file`."""
    _configured().put_file(file, sha256)


def open_file(sha256: str) -> BinaryIO:
    """A large document of the installation's store as a file; see `DocumentStore.open`."""
    return _configured().open(sha256)


def get(sha256: str) -> bytes:
    """A document of the installation's store; see `DocumentStore.get`."""
    return _configured().get(sha256)


def exists(sha256: str) -> bool:
    """Whether the store holds a document under this hash (its bytes are verified when it is read)."""
    return _configured().path(sha256).exists()


def size_of(sha256: str) -> int | None:
    """The length of a document of the installation's store; see `DocumentStore.size_of`."""
    return _configured().size_of(sha256)


def hold(sha256: str) -> bool:
    """Whether the installation's store has a document, to be referred to from now on; see `DocumentStore.hold`."""
    return _configured().hold(sha256)


def unheld(before: datetime) -> Iterator[tuple[str, int]]:
    """What nobody put into the installation's store or held since that moment; see `DocumentStore.unheld`."""
    return _configured().unheld(before)


def let_go(sha256: str, before: datetime) -> bool:
    """Remove an unused document from the installation's store; see `DocumentStore.let_go`."""
    return _configured().let_go(sha256, before)


def begun(before: datetime) -> Iterator[tuple[Path, int]]:
    """What was left half done in the installation's store before that moment; see `DocumentStore.begun`."""
    return _configured().begun(before)


def clear(begun: Path) -> bool:
    """End what was left half done in the installation's store; see `DocumentStore.clear`."""
    return _configured().clear(begun)


def discard(sha256: str) -> None:
    """Let go of a document of the installation's store; see `DocumentStore.discard`."""
    _configured().discard(sha256)


def _configured() -> DocumentStore:
    if _store is None:
        raise RuntimeError("storage.configure() was not called")
    return _store


@contextmanager
def _writing() -> Iterator[None]:
    """Say what a disk refuses in words that people can be shown."""
    try:
        yield
    except OSError as error:
        raise Unavailable(Message(N_("The document store cannot be written now."))) from error


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
