"""The data sets that are known: licence, size, files with their sums, and where they are looked for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from derivations.errors import UsageError
from numeric.data import images, text
from numeric.data.images import Images
from numeric.data.text import Text

Kind = Literal["images", "text"]


@dataclass(frozen=True, slots=True)
class Published:
    """A file to be had: its size in bytes and its SHA-256."""

    url: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """Its name without the folder."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Source:
    """A data set."""

    name: str
    kind: Kind
    about: str
    licence: str
    files: tuple[Published, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files to download."""
        return sum(file.size for file in self.files)


def _mnist(base: str, rows: tuple[tuple[str, int, str], ...]) -> tuple[Published, ...]:
    return tuple(Published(f"{base}/{name}-ubyte.gz", size, digest) for name, size, digest in rows)


MNIST = _mnist(
    "https://storage.googleapis.com/cvdf-datasets/mnist",
    (
        ("train-images-idx3", 9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        ("train-labels-idx1", 28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        ("t10k-images-idx3", 1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        ("t10k-labels-idx1", 4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    ),
)
FASHION = _mnist(
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    (
        ("train-images-idx3", 26421880, "08dc20ab1689590a0bcd66e874647b6ee8464e2d501b5a3f1f78831db19a3fdc"),
        ("train-labels-idx1", 29515, "b0197879cbda89f3dc7b894f9fd52b858e68ea4182b6947c9d8c2b67e5f18dcc"),
        ("t10k-images-idx3", 4422102, "78dcbbfb5a27efaf1b6c1d616caca68560be8766c5bffcb2791df9273a534229"),
        ("t10k-labels-idx1", 5148, "42bd18137a62d5998cdeae52bf3a0676ac6b706f5cf8439b47bb5b151ae3dccf"),
    ),
)
SOURCES: Final[dict[str, Source]] = {
    source.name: source
    for source in (
        Source("digits", "images", "1,797 digits, 8×8 (UCI optical recognition, after scikit-learn)", "CC BY 4.0"),
        Source("mnist", "images", "60,000 + 10,000 digits, 28×28", "not stated; see its authors", MNIST),
        Source("fashion-mnist", "images", "60,000 + 10,000 pieces of clothing, 28×28", "MIT", FASHION),
        Source("generated", "text", f"{text.SENTENCES:,} sentences of a small grammar", "MIT, as gradproof"),
        Source("ptb", "text", "Penn Treebank, ptb.train/valid/test.txt: 929k/73k/82k words", "LDC; give the files"),
        Source("own", "text", "train/valid/test.txt, or one .txt file of a folder", "yours"),
    )
}
EMBEDDED: Final[dict[str, str]] = {"images": "digits", "text": "generated"}


def cache() -> Path:
    """Where downloads are kept: GRADPROOF_CACHE, else gradproof in the user's cache directory."""
    own = os.environ.get("GRADPROOF_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(own) if own else Path(base) / "gradproof"


def find_images(where: str) -> Images:
    """Images by a folder, by the name of a source that was downloaded, or, for an empty name, the embedded ones.

    Raises UsageError where they are not there, with what to do.
    """
    if where in ("", "digits"):
        return images.embedded()
    return images.in_folder(_folder(where, "images"))


def find_text(where: str) -> Text:
    """A text by a folder or a file, by the name of a source, or, for an empty name, the generated one.

    Raises UsageError where it is not there, with what to do.
    """
    if where in ("", "generated"):
        return text.generated()
    return text.in_file(Path(where)) if Path(where).is_file() else text.in_folder(_folder(where, "text"))


def _folder(where: str, kind: Kind) -> Path:
    folder = Path(where)
    if folder.is_dir():
        return folder
    source = SOURCES.get(where)
    if source is None:
        raise UsageError(f"--data: {where} is no folder, nor the name of a data set; see gradproof data")
    if source.kind != kind:
        raise UsageError(f"--data: {where} is of {source.kind}, this task needs {kind}")
    if not source.files:
        raise UsageError(f"--data: {where} cannot be downloaded; give the folder with its files")
    if not (cache() / where).is_dir():
        raise UsageError(f"--data: {where} has not been downloaded; run gradproof data fetch {where}")
    return cache() / where
