"""What a class handed in: a folder or a zip file with one file a student, or one folder or zip file a student.

Nothing is ever unpacked onto the disk, and only names are kept: a sheet is read when it is marked. What cannot be
used is told with its reason; the sheets of others do not suffer.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Final

from derivations.errors import UsageError
from gradproof import SUFFIXES
from gradproof.sheets import MOST_BYTES

ZIP: Final = ".zip"
MOST_FILES: Final = 200_000
"""Files in one folder or zip file."""
MOST_OF_A_STUDENT: Final = 100
MOST_ZIPPED: Final = 50_000_000
"""Bytes of a zip file that one student handed in."""
HIDDEN: Final = ("__MACOSX", "Thumbs.db", "desktop.ini")
DOCUMENTS: Final = frozenset(
    ".pdf .doc .docx .odt .rtf .pages .html .htm .rst .org .jpg .jpeg .png .heic .rar .7z .gz .tar .xz".split()
)
"""What a student may hand in alone that is no sheet: it is put aside, not passed over."""
LINK: Final = "this is a link; hand in the file itself"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file by its name within the folder or zip file; ``refused`` says why it is not read."""

    name: PurePosixPath
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """What one student handed in, in the order of the names: a ``folder``, or one file."""

    student: str
    entries: tuple[Entry, ...]
    folder: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was handed in; ``refused`` says why it was not read."""

    name: str
    data: bytes
    refused: str = ""

    @property
    def is_sheet(self) -> bool:
        return PurePosixPath(self.name).suffix.lower() in SUFFIXES


class Folder:
    """A folder of what was handed in; links are never followed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> Iterator[Entry]:
        for folder, below, names in os.walk(self.path, onerror=_unreadable):
            here = Path(folder).relative_to(self.path)
            links = [name for name in below if (Path(folder) / name).is_symlink()]
            below[:] = sorted(set(below) - set(links))
            for name in (*names, *links):
                yield Entry(PurePosixPath(*here.parts, name), self._refused(Path(folder) / name))

    @staticmethod
    def _refused(path: Path) -> str:
        if path.is_symlink():
            return LINK
        return "" if path.is_file() else "this is no ordinary file"

    def read(self, name: PurePosixPath, most: int) -> bytes:
        """At most so many bytes of a file."""
        with (self.path / name).open("rb") as file:
            return file.read(most)


class Archive:
    """A zip file of what was handed in. Raises UsageError where it is none, or where a name leads out of it."""

    def __init__(self, file: Path | IO[bytes], name: str) -> None:
        self.name = name
        with self._blamed():
            self._zip = zipfile.ZipFile(file)
        found = [x for x in self._zip.infolist() if not x.is_dir()]
        self._inside = {self._path(x.filename): x for x in found}
        if len(self._inside) < len(found):
            raise UsageError(f"{name}: several files in it have one name; pack it anew")

    def _path(self, name: str) -> PurePosixPath:
        path = PurePosixPath(name)
        if not path.parts or path.is_absolute() or ".." in path.parts or "\\" in name or PureWindowsPath(name).drive:
            raise UsageError(f"{self.name}: the name {name!r} leads out of the zip file; pack it anew")
        return path

    @contextmanager
    def _blamed(self) -> Iterator[None]:
        try:
            yield
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
            raise UsageError(f"{self.name}: the zip file cannot be read: {error}; pack it anew") from error

    def entries(self) -> Iterator[Entry]:
        for path, info in self._inside.items():
            yield Entry(path, self._refused(info))

    @staticmethod
    def _refused(info: zipfile.ZipInfo) -> str:
        if stat.S_ISLNK(info.external_attr >> 16):
            return LINK
        return "it is encrypted; pack it without a password" if info.flag_bits & 1 else ""

    def read(self, name: PurePosixPath, most: int) -> bytes:
        """At most so many bytes of a file, whatever the zip file says of its size."""
        with self._blamed(), self._zip.open(self._inside[name]) as file:
            return file.read(most)


class Submissions:
    """A class by students, in the order of their names."""

    def __init__(self, path: Path, single: bool = False) -> None:
        """``single`` takes all of it for what one student handed in. Raises UsageError for what is no class."""
        self.path = path
        self._store = self._opened(path)
        shown = [x for x in self._entries() if not _is_hidden(x.name)]
        self.students = tuple(_one(path, shown) if single else _by_student(shown, isinstance(self._store, Archive)))
        if not self.students:
            endings = ", ".join(sorted(SUFFIXES))
            raise UsageError(
                f"{path}: there is no sheet in it; sheets end in {endings}, alone or in a folder a student"
            )

    @staticmethod
    def _opened(path: Path) -> Folder | Archive:
        if path.is_dir():
            return Folder(path)
        if not path.exists():
            raise UsageError(f"{path}: there is no such folder or zip file; check the spelling")
        if path.suffix.lower() in SUFFIXES:
            return Folder(path.parent)
        return Archive(path, str(path))

    def _entries(self) -> list[Entry]:
        lone = self.path.suffix.lower() in SUFFIXES and self.path.is_file()
        every = [Entry(PurePosixPath(self.path.name))] if lone else []
        for entry in () if lone else self._store.entries():
            every.append(entry)
            if len(every) > MOST_FILES:
                raise UsageError(f"{self.path}: more than {MOST_FILES:,} files; split the class")
        return sorted(every, key=lambda x: x.name.parts)

    def files(self, submission: Submission) -> list[File]:
        """What a student handed in, read. Raises UsageError for a zip file that cannot be used."""
        if len(submission.entries) > MOST_OF_A_STUDENT:
            raise UsageError(f"{len(submission.entries)} files; at most {MOST_OF_A_STUDENT} are read")
        return [file for entry in submission.entries for file in self._read(entry, self._within(submission, entry))]

    @staticmethod
    def _within(submission: Submission, entry: Entry) -> str:
        """The name of a file as its student knows it: without the folder of the student."""
        parts = entry.name.parts
        k = next((k for k, part in enumerate(parts[:-1]) if legible(part) == submission.student), -1)
        return legible("/".join(parts[k + 1 :]))

    def _read(self, entry: Entry, name: str) -> Iterator[File]:
        zipped = entry.name.suffix.lower() == ZIP
        try:
            data = b"" if entry.refused else self._store.read(entry.name, (MOST_ZIPPED if zipped else MOST_BYTES) + 1)
        except OSError as error:
            yield File(name, b"", f"the file cannot be read: {error.strerror}")
            return
        if zipped and not entry.refused:
            yield from unpacked(name, data)
        else:
            yield File(name, data, entry.refused)


def unpacked(name: str, data: bytes) -> Iterator[File]:
    """The files in a zip file that a student handed in. Raises UsageError where it cannot be used."""
    if len(data) > MOST_ZIPPED:
        raise UsageError(f"{name}: larger than {MOST_ZIPPED // 1_000_000} MB; hand in the sheets alone")
    archive = Archive(BytesIO(data), name)
    entries = sorted((x for x in archive.entries() if not _is_hidden(x.name)), key=lambda x: x.name.parts)
    if len(entries) > MOST_OF_A_STUDENT:
        raise UsageError(f"{name}: {len(entries)} files in it; at most {MOST_OF_A_STUDENT} are read")
    for entry in entries:
        nested = "a zip file within a zip file is not opened" if entry.name.suffix.lower() == ZIP else ""
        refused = entry.refused or nested
        yield File(str(entry.name), b"" if refused else archive.read(entry.name, MOST_BYTES + 1), refused)


def legible(name: str) -> str:
    """The name of a file as text, also where its bytes are none."""
    return name.encode("utf-8", "backslashreplace").decode()


def _unreadable(error: OSError) -> None:
    raise UsageError(f"{error.filename}: the folder cannot be read: {error.strerror}") from error


def _is_hidden(name: PurePosixPath) -> bool:
    """What systems leave behind, and nobody handed in."""
    return any(part.startswith((".", "~$")) or part in HIDDEN for part in name.parts)


def _one(path: Path, entries: Sequence[Entry]) -> Iterator[Submission]:
    if entries:
        yield Submission(legible(path.resolve().stem), tuple(entries))


def _by_student(entries: Sequence[Entry], is_archive: bool) -> Iterator[Submission]:
    """One student for every folder and for every file that may be a sheet, or was meant to be one.

    A folder that was zipped as a whole is no student.
    """
    top = {x.name.parts[0] for x in entries}
    wrapped = is_archive and len(top) == 1 and all(len(x.name.parts) > 1 for x in entries)
    folders: dict[str, list[Entry]] = {}
    lone: list[Entry] = []
    for entry in entries:
        _, *parts = entry.name.parts if wrapped else ("", *entry.name.parts)
        if len(parts) > 1:
            folders.setdefault(parts[0], []).append(entry)
        else:
            lone.append(entry)
    sheets = [x for x in lone if x.name.suffix.lower() in (ZIP, *SUFFIXES)]
    named = Counter([*folders, *(x.name.stem for x in sheets)])
    sheets += [x for x in lone if x.name.suffix.lower() in DOCUMENTS and not named[x.name.stem]]
    named.update(x.name.stem for x in sheets if x.name.suffix.lower() in DOCUMENTS)
    alone = {x.name.stem if named[x.name.stem] == 1 else x.name.name: [x] for x in sheets}
    for student, found in sorted({**folders, **alone}.items()):
        folder = student in folders or found[0].name.suffix.lower() == ZIP
        yield Submission(legible(student), tuple(found), folder)
