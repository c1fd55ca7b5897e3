"""Language models over words and over characters, with carried state and truncated backpropagation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from derivations.errors import UsageError
from numeric.data.text import Text, vocabulary, word_numbers
from numeric.training.batches import Batch, Problem
from numeric.training.config import Config
from numeric.training.figures import learning_curves
from numeric.training.loop import Finished
from numeric.training.models import OneHot, Recurrent, Sizes, recurrent_only
from numeric.training.study import Findings, Study, Task, rebuilt
from numeric.training.tables import add_table

REPLACED = "\N{REPLACEMENT CHARACTER}"
"""Stands for characters that the training text does not have."""
SPREAD = 0.1
TEMPERATURES = (0.0, 0.5, 1.0, 2.0)
SAMPLE, CONTINUATION = 60, 200


class Stream:
    """Numbers of a text in parallel columns; a batch is the next steps of all, its targets one step on."""

    def __init__(self, numbers: Sequence[int], columns: int, steps: int, place: str) -> None:
        """Numbers that do not fill the columns are left out. Raises UsageError for a text that is too short."""
        rows = len(numbers) // columns
        if rows < 2:
            raise UsageError(f"{place}: {len(numbers)} tokens are too few for a batch of {columns}; use --batch")
        self.table = torch.tensor(numbers[: rows * columns]).view(columns, rows).T.contiguous()
        self.steps = steps
        self.batches = -(-(rows - 1) // steps)

    def __call__(self, epoch: int, index: int) -> Batch:
        start = index * self.steps
        end = min(start + self.steps, len(self.table) - 1)
        return Batch(self.table[start:end], self.table[start + 1 : end + 1])

    def all(self) -> Iterator[Batch]:
        """All batches in order."""
        return (self(0, index) for index in range(self.batches))


def _problem(config: Config, parts: dict[str, list[int]], build: Any, **options: Any) -> Problem:
    most = {"train": config.train_size, "valid": config.test_size, "test": config.test_size}
    streams = {
        split: Stream(numbers[: most[split] or None], config.batch, config.bptt, f"the {split} part")
        for split, numbers in parts.items()
    }

    def held_out(split: str) -> Iterable[Batch]:
        return streams[split].all()

    splits = {split: (lambda s=split: held_out(s)) for split in parts}
    train = streams["train"]
    return Problem(build, train, train.batches, splits, unit="tokens", carried=True, **options)


def words_problem(config: Config, data: Text) -> Problem:
    """The next word; the vocabulary is that of the training text."""
    recurrent_only(config, "words")
    words = vocabulary(data.train, config.vocabulary)
    parts = {split: word_numbers(getattr(data, split), words) for split in ("train", "valid", "test")}

    def build() -> nn.Module:
        n = config.shape[1]
        embedding = nn.Embedding(len(words), n)
        nn.init.uniform_(embedding.weight, -SPREAD, SPREAD)
        return Recurrent(config, Sizes(n, len(words), config.bptt, every=True), embedding)

    return _problem(config, parts, build, accuracy=False)


def words_report(study: Study, done: Sequence[Finished]) -> Findings:
    """Perplexities of the three parts, and the plot that shows over-fitting."""
    findings = Findings()
    add_table(findings, done, ("train_perplexity", "valid_perplexity", "test_perplexity", "best_epoch"))
    findings.pictures.append(
        learning_curves(study, done, (("loss", "cross-entropy (nats a word)"), ("perplexity", "perplexity")))
    )
    text: Text = study.data()
    words = vocabulary(text.train, done[0].config.vocabulary)
    numbers = word_numbers(text.test, words)
    findings.more["vocabulary"] = {"words": len(words), "unknown_in_test": numbers.count(0) / len(numbers)}
    return findings


def alphabet(text: str) -> list[str]:
    """The characters of a text in the order of Unicode, behind the one that stands for all others."""
    return [REPLACED, *sorted(set(text) - {REPLACED})]


def characters(text: str, known: Sequence[str]) -> list[int]:
    """A text as numbers of characters."""
    places = {one: number for number, one in enumerate(known)}
    return [places.get(one, 0) for one in text]


def chars_problem(config: Config, data: Text) -> Problem:
    """The next character; after every epoch a sample is written down."""
    recurrent_only(config, "chars")
    known = alphabet(data.train)
    parts = {split: characters(getattr(data, split), known) for split in ("train", "valid", "test")}

    def build() -> nn.Module:
        return Recurrent(config, Sizes(len(known), len(known), config.bptt, every=True), OneHot(len(known)))

    def samples(model: nn.Module, epoch: int) -> dict[str, str]:
        draw = torch.Generator().manual_seed(config.seed * 100_003 + epoch)
        return {"sample": continued(model, known, "\n", SAMPLE, 0.5, draw).strip("\n")}

    return _problem(config, parts, build, samples=samples)


def continued(
    model: nn.Module, known: Sequence[str], prompt: str, count: int, temperature: float, draw: torch.Generator
) -> str:
    """What a model writes after a prompt; temperature 0 takes the likeliest character every time (greedy)."""
    device = next(model.parameters()).device
    x = torch.tensor(characters(prompt, known), device=device).unsqueeze(1)
    state, written = None, []
    with torch.no_grad():
        for _ in range(count):
            logits, state = model(x, state)
            number = picked(logits[-1, 0].double().cpu(), temperature, draw)
            written.append(known[number])
            x = torch.tensor([[number]], device=device)
    return "".join(written)


def picked(logits: Tensor, temperature: float, draw: torch.Generator) -> int:
    """A class drawn from softmax(logits / temperature), at 0 the likeliest; class 0, the unknown, is never drawn."""
    logits = logits.clone()
    logits[0] = -torch.inf
    if temperature == 0:
        return int(logits.argmax())
    return int(torch.multinomial((logits / temperature).softmax(0), 1, generator=draw))


def chars_report(study: Study, done: Sequence[Finished]) -> Findings:
    """Bits a character, learning curves, samples by epoch and by temperature, and continued prompts."""
    findings = Findings()
    add_table(findings, done, ("train_bits", "valid_bits", "test_bits", "test_accuracy"))
    findings.pictures.append(learning_curves(study, done, (("bits", "bits a character"), ("accuracy", "accuracy"))))
    data: Text = study.data()
    known = alphabet(data.train)
    findings.more["samples"] = {
        one.label: [{"epoch": line["epoch"], "text": line["sample"]} for line in one.history] for one in done
    }
    findings.more["continuations"] = [row for one in done for row in _continuations(study, one, known, data)]
    return findings


def _continuations(study: Study, one: Finished, known: Sequence[str], data: Text) -> list[dict[str, Any]]:
    """The prompt of the settings, else the first words of the test text, at every temperature."""
    model = rebuilt(study, one)
    prompt = one.config.prompt or " ".join(data.test.split()[:4]) + " "
    found = []
    for temperature in TEMPERATURES:
        draw = torch.Generator().manual_seed(one.config.seed)
        text = continued(model, known, prompt, CONTINUATION, temperature, draw)
        found.append({"run": one.label, "prompt": prompt, "temperature": temperature, "text": text})
    return found


WORDS_COMMON: dict[str, Any] = {"size": "2x200", "batch": 20, "bptt": 25, "clip_norm": 5.0, "vocabulary": 10_000}
SGD = {"optimiser": "momentum", "momentum": 0.8, "rate": 1.0, "schedule": "after"}
WORDS = Task(
    "words",
    "a word-level language model, with and without dropout",
    "text",
    (
        WORDS_COMMON
        | SGD
        | {"cell": ("lstm", "gru"), "dropout": (0.0, 0.4), "epochs": 14, "decay_after": 3, "decay": 0.9},
    ),
    (
        WORDS_COMMON
        | {"cell": ("lstm", "gru"), "dropout": (0.0, 0.4), "size": "2x64", "epochs": 2, "train_size": 20_000}
        | {"test_size": 5000, "vocabulary": 2000, "optimiser": "adam", "rate": 0.005},
    ),
    (
        WORDS_COMMON
        | SGD
        | {"cell": ("lstm", "gru"), "dropout": (0.0, 0.4), "epochs": 70, "decay_after": 15, "decay": 0.98},
    ),
    words_problem,
    words_report,
)
CHARS_COMMON: dict[str, Any] = {
    "cell": "lstm",
    "size": "2x128",
    "batch": 64,
    "bptt": 30,
    "rate": 2e-3,
    "clip_norm": 5.0,
}
STEPS = {"schedule": "step", "decay": 0.95, "decay_every": 10_000}
CHARS = Task(
    "chars",
    "a character-level language model that writes",
    "text",
    (CHARS_COMMON | {"bptt": 50, "epochs": 8, "rate": 4e-3, "schedule": "after", "decay": 0.7, "decay_after": 4},),
    (CHARS_COMMON | {"size": "2x64", "epochs": 3, "train_size": 150_000, "test_size": 10_000, "rate": 1e-2},),
    (CHARS_COMMON | STEPS | {"dropout": 0.3, "epochs": 255, "optimiser": "rmsprop"},),
    chars_problem,
    chars_report,
)
