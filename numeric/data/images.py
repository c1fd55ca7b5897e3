"""Images with their classes, from IDX files or from the small set that is part of the package."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import numpy as np

from derivations.errors import UsageError
from numeric.data.idx import Bytes, read_idx

PARTS = ("train-images", "train-labels", "t10k-images", "t10k-labels")
EMBEDDED = "8×8 digits of scikit-learn (part of the package)"
EMBEDDED_TRAIN = 1437
"""Four fifths of the 1,797 embedded digits are for training."""


@dataclass(frozen=True)
class Images:
    """Images (examples, rows, columns) from 0 to ``highest``, and their classes."""

    name: str
    train_x: Bytes
    train_y: Bytes
    test_x: Bytes
    test_y: Bytes
    highest: int = 255

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(max(self.train_y.max(), self.test_y.max())) + 1

    def said(self) -> str:
        """Name and sizes, for a report."""
        rows, columns = self.train_x.shape[1:]
        return f"{self.name}: {len(self.train_x):,} train, {len(self.test_x):,} test, {rows}×{columns}"

    def first(self, train: int, test: int) -> Images:
        """The first examples only; 0 stands for all."""
        a, b = train or len(self.train_x), test or len(self.test_x)
        kept = replace(self, train_x=self.train_x[:a], train_y=self.train_y[:a])
        return replace(kept, test_x=self.test_x[:b], test_y=self.test_y[:b])


def embedded() -> Images:
    """The 8×8 digits: 64 grey values from 0 to 16 and the class in every row."""
    raw = files("numeric.data").joinpath("files", "digits.csv.gz").read_bytes()
    rows = np.loadtxt(gzip.decompress(raw).decode("ascii").splitlines(), delimiter=",").astype(np.uint8)
    x, y, cut = rows[:, :64].reshape(-1, 8, 8), rows[:, 64], EMBEDDED_TRAIN
    return Images(EMBEDDED, x[:cut], y[:cut], x[cut:], y[cut:], highest=16)


def in_folder(folder: Path) -> Images:
    """Images from the four IDX files of a folder. Raises UsageError: which is missing or damaged, where."""
    found = {part: _file(folder, part) for part in PARTS}
    arrays = {part: read_idx(path, 3 if "images" in part else 1) for part, path in found.items()}
    for part in ("train", "t10k"):
        x, y = arrays[f"{part}-images"], arrays[f"{part}-labels"]
        path = found[f"{part}-labels"]
        if len(x) != len(y):
            raise UsageError(f"{path}: {len(y)} labels for the {len(x)} images of {found[f'{part}-images'].name}")
        if not len(y):
            raise UsageError(f"{path}: byte 4: no examples at all")
        if int(y.max()) > 9:
            place = int(np.argmax(y > 9))
            raise UsageError(f"{path}: byte {8 + place}: label {y[place]} of example {place}; labels go from 0 to 9")
    shapes = {arrays[f"{part}-images"].shape[1:] for part in ("train", "t10k")}
    if len(shapes) > 1:
        raise UsageError(f"{folder}: the images for training and for testing are of different sizes")
    train_x, train_y, test_x, test_y = (arrays[part] for part in PARTS)
    return Images(folder.name, train_x, train_y, test_x, test_y)


def has_images(folder: Path) -> bool:
    """Whether a folder has any of the files."""
    return any(_found(folder, part) for part in PARTS)


def _file(folder: Path, part: str) -> Path:
    path = _found(folder, part)
    if path is None:
        wanted = _names(part)[0]
        raise UsageError(f"{folder}: {wanted} is missing; the four files are {', '.join(_names(p)[0] for p in PARTS)}")
    return path


def _found(folder: Path, part: str) -> Path | None:
    return next((folder / name for name in _names(part) if (folder / name).is_file()), None)


def _names(part: str) -> list[str]:
    stem = f"{part}-idx{3 if 'images' in part else 1}-ubyte"
    dotted = stem.replace("-idx", ".idx")
    return [f"{stem}.gz", stem, f"{dotted}.gz", dotted]
