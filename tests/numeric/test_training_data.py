"""Data files: read whole or refused with name, place and remedy; downloads are checked and resumed."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from derivations.errors import UsageError
from numeric.data.fetch import fetch
from numeric.data.idx import read_idx
from numeric.data.images import embedded, in_folder
from numeric.data.sources import SOURCES, Published, Source, find_images, find_text
from numeric.data.text import cut, generated, in_file, vocabulary, word_numbers


def _idx(entries: np.ndarray) -> bytes:
    sizes = b"".join(n.to_bytes(4, "big") for n in entries.shape)
    return bytes([0, 0, 8, entries.ndim]) + sizes + entries.astype(np.uint8).tobytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    draw = np.random.default_rng(0)
    for part, count in (("train", 30), ("t10k", 10)):
        images, labels = draw.integers(0, 256, (count, 4, 3)), draw.integers(0, 10, count)
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(_idx(images)))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(_idx(labels))
    return tmp_path


def test_plain_and_compressed_files_are_read(folder: Path) -> None:
    found = in_folder(folder)
    assert found.train_x.shape == (30, 4, 3)
    assert found.test_y.shape == (10,)
    assert "30 train, 10 test, 4×3" in found.said()


def _shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def _garble(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    path.write_bytes(raw)


def _mislabel(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[8 + 5] = 17
    path.write_bytes(raw)


def _exchange(path: Path) -> None:
    path.write_bytes((path.parent / "train-labels-idx1-ubyte").read_bytes())


@pytest.mark.parametrize(
    ("name", "damage", "told"),
    [
        ("train-labels-idx1-ubyte", _shorten, "too short: 30 entries end at byte 38, the file at byte 35"),
        ("train-images-idx3-ubyte.gz", _shorten, "damaged"),
        ("train-images-idx3-ubyte.gz", _garble, "damaged"),
        ("t10k-labels-idx1-ubyte", _mislabel, "byte 13: label 17 of example 5"),
        ("train-images-idx3-ubyte.gz", _exchange, "byte 3: it holds labels, not images"),
        ("t10k-labels-idx1-ubyte", _exchange, "30 labels for the 10 images"),
        ("t10k-labels-idx1-ubyte", Path.unlink, "t10k-labels-idx1-ubyte.gz is missing"),
        ("t10k-labels-idx1-ubyte", lambda path: path.write_bytes(b"<html>"), "byte 0: an IDX file starts with 00 00"),
        ("t10k-labels-idx1-ubyte", lambda path: path.write_bytes(b""), "nothing"),
        ("t10k-labels-idx1-ubyte", lambda path: path.write_bytes(b"\0\0\x0d\x01"), "byte 2: numbers of kind 0x0d"),
        ("t10k-labels-idx1-ubyte", lambda path: path.write_bytes(b"\0\0\x08\x01\0"), "inside its header"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(folder: Path, name: str, damage: object, told: str) -> None:
    damage(folder / name)  # type: ignore[operator]
    with pytest.raises(UsageError, match=told) as caught:
        in_folder(folder)
    assert name.removesuffix(".gz") in str(caught.value)


def test_labels_are_not_taken_for_images(folder: Path) -> None:
    with pytest.raises(UsageError, match="it holds images, not labels"):
        read_idx(folder / "train-images-idx3-ubyte.gz", 1)


def test_the_embedded_digits_are_all_there() -> None:
    found = embedded()
    assert len(found.train_x) + len(found.test_x) == 1797
    assert found.classes == 10
    assert found.train_x.max() == found.highest == 16
    assert found.train_x[0].sum() == 294
    assert find_images("").name == found.name


def test_the_generated_text_is_the_same_every_time() -> None:
    assert generated() == generated()
    assert generated() != generated(seed=8)
    assert len(vocabulary(generated().train, 10_000)) < 100


def test_words_become_numbers_with_unknown_ones_and_ends() -> None:
    words = vocabulary("b a b c\nb <unk> a\n", 4)
    assert words == ["<unk>", "<eos>", "b", "a"]
    assert word_numbers("b c\n\na\n", words) == [2, 0, 1, 3, 1]


def test_texts_are_refused_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes(b"abc \xff def")
    with pytest.raises(UsageError, match="byte 4: no UTF-8"):
        in_file(path)
    path.write_bytes(b"abc\n\0")
    with pytest.raises(UsageError, match="byte 4: a zero byte"):
        in_file(path)
    with pytest.raises(UsageError, match="at least 20"):
        cut("t", ["a\n"] * 19, "t")
    assert [
        len(part.splitlines()) for part in (cut("t", ["a\n"] * 40, "t").train, cut("t", ["a\n"] * 40, "t").test)
    ] == [36, 2]
    with pytest.raises(UsageError, match="no folder, nor the name"):
        find_text(str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="this task needs images"):
        find_images("ptb")
    (tmp_path / "ptb.train.txt").write_text("a b\n")
    with pytest.raises(UsageError, match=r"ptb\.valid\.txt cannot be read"):
        find_text(str(tmp_path))


class _Half(BaseHTTPRequestHandler):
    """Serves a file; every first answer to a request without a range breaks off in the middle."""

    content = bytes(range(256)) * 1000
    ranges: tuple[str, ...] = ()

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        type(self).ranges += (asked,)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        self.send_response(206 if asked else 200)
        self.end_headers()
        self.wfile.write(self.content[start:] if asked else self.content[: len(self.content) // 2])

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    _Half.ranges = ()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Half) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_address[1]}"
        made.shutdown()


def _source(url: str, digest: str) -> Source:
    return Source("half", "text", "", "", (Published(f"{url}/half.bin", len(_Half.content), digest),))


def test_a_download_goes_on_where_it_broke_off(server: str, tmp_path: Path) -> None:
    source = _source(server, hashlib.sha256(_Half.content).hexdigest())
    with pytest.raises(UsageError, match="broke off at byte 128000 of 256000"):
        fetch(source, tmp_path)
    (path,) = fetch(source, tmp_path)
    assert path.read_bytes() == _Half.content
    assert _Half.ranges == ("", "bytes=128000-")
    fetch(source, tmp_path)
    assert len(_Half.ranges) == 2


def test_a_file_with_another_sum_is_thrown_away(server: str, tmp_path: Path) -> None:
    source = _source(server, "0" * 64)
    with pytest.raises(UsageError, match="broke off"):
        fetch(source, tmp_path)
    with pytest.raises(UsageError, match="SHA-256"):
        fetch(source, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be fetched"):
        fetch(_source("http://127.0.0.1:9", "0" * 64), tmp_path)
    with pytest.raises(UsageError, match="cannot be downloaded"):
        fetch(SOURCES["ptb"], tmp_path)


def test_every_published_file_has_a_sum_and_a_size() -> None:
    for source in SOURCES.values():
        assert all(len(file.sha256) == 64 and file.size > 0 for file in source.files)
