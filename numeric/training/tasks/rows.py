"""Images line by line: which class, from the rows of pixels one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from numeric.data.images import Images
from numeric.training.batches import Problem, Shuffled, in_order, seeded
from numeric.training.config import Config
from numeric.training.figures import canvas, caption, dress, learning_curves, save
from numeric.training.loop import Finished
from numeric.training.models import Recurrent, Sizes, WholeImage
from numeric.training.study import Findings, Picture, Study, Task, rebuilt
from numeric.training.tables import add_table

HELD_OUT = 0.1
"""The share of the training images on which runs are validated."""
AT_ONCE = 500
SHOWN = 4


def tensors(images: Images, config: Config) -> dict[str, tuple[Tensor, Tensor]]:
    """Images from 0 to 1 (or binarised, for binary pixels) and classes of each split; a tenth is held out."""
    kept = images.first(config.train_size, config.test_size)

    def scaled(x: Any) -> Tensor:
        grey = torch.from_numpy(x.copy()).float() / images.highest
        return grey if config.pixels == "grey" else (grey > 0.5).float()

    x, y = scaled(kept.train_x), torch.from_numpy(kept.train_y.astype("int64"))
    order = torch.from_numpy(seeded(0, 4).permutation(len(x)))
    held, rest = order[: int(len(x) * HELD_OUT)], order[int(len(x) * HELD_OUT) :]
    test = scaled(kept.test_x), torch.from_numpy(kept.test_y.astype("int64"))
    return {"train": (x[rest], y[rest]), "valid": (x[held], y[held]), "test": test}


def problem(config: Config, data: Images) -> Problem:
    """Rows as steps, columns as features."""
    found = tensors(data, config)
    return classification(found, config, lambda: model(config, data))


def classification(found: dict[str, tuple[Tensor, Tensor]], config: Config, build: Any) -> Problem:
    """Shuffled batches of the training split; the others as they stand, in the precision of the run."""
    if config.precision == "float64":
        found = {split: (x.double(), y) for split, (x, y) in found.items()}
    train = Shuffled(*found["train"], config.batch, config.seed)
    splits = {split: (lambda s=split: in_order(*found[s], AT_ONCE)) for split in found}
    return Problem(build, train, train.batches, splits)


def model(config: Config, data: Images) -> nn.Module:
    """A recurrent network over rows, or one that sees the whole image."""
    rows, columns = data.train_x.shape[1:]
    if config.cell in ("mlp", "cnn"):
        return WholeImage(config, rows, columns, data.classes)
    return Recurrent(config, Sizes(columns, data.classes, rows))


def report(study: Study, done: Sequence[Finished]) -> Findings:
    """The table of the coursework, learning curves, and how the state of one network unfolds over some images."""
    findings = Findings()
    add_table(findings, done, ("test_loss", "test_accuracy"))
    curves = (("loss", "cross-entropy (nats)"), ("accuracy", "accuracy"))
    findings.pictures.append(learning_curves(study, done, curves))
    recurrent = [one for one in done if one.config.cell not in ("mlp", "cnn")]
    if recurrent:
        chosen = next((one for one in recurrent if (one.config.cell, one.config.size) == ("gru", "32")), recurrent[0])
        unfold(study, chosen, findings)
    return findings


def unfold(study: Study, chosen: Finished, findings: Findings) -> None:
    """Predictions of one run after every row, when they settle, and heat maps of its states."""
    x, y = tensors(study.data(), chosen.config)["test"]
    network = rebuilt(study, chosen)
    with torch.no_grad():
        states, _ = network.outputs(x.to(next(network.parameters()).dtype).transpose(0, 1))
        chances = network.read(states).softmax(-1)
    guesses = chances.argmax(-1)
    steps = settled(guesses)
    right = guesses[-1] == y
    picked = [
        int((y == digit).nonzero()[0, 0]) for digit in range(min(SHOWN, chances.shape[2])) if bool((y == digit).any())
    ]
    findings.more["decisions"] = {
        "run": chosen.label,
        "mean_step": float(steps.float().mean()),
        "mean_step_of_right": float(steps[right].float().mean()) if bool(right.any()) else None,
        "accuracy_after_row": [float((row == y).float().mean()) for row in guesses],
        "last_five": [
            {"example": k, "class": int(y[k]), "predictions": guesses[-5:, k].tolist(), "settled_at": int(steps[k])}
            for k in picked
        ],
    }
    findings.pictures.append(_heat_maps(study, chosen, x[picked], states[:, picked], chances[:, picked], steps[picked]))
    findings.pictures.append(_decision_curve(study, chosen, guesses, y, steps))


def settled(guesses: Tensor) -> Tensor:
    """The first step (from 1) after which the prediction (T, examples) does not change any more."""
    agrees = (guesses == guesses[-1]).flip(0).cumprod(0).sum(0)
    return len(guesses) - agrees + 1


def _heat_maps(study: Study, chosen: Finished, x: Tensor, states: Tensor, chances: Tensor, steps: Tensor) -> Picture:
    """A row for every image: the image, the states and the class probabilities, row by row of the image."""
    figure, panels = canvas(len(x), 3, (9.0, 2.5 * len(x)), squeeze=False, width_ratios=(1, 2, 1))
    rows = x.shape[1]
    for k, (image, states_over_time, over_classes) in enumerate(panels):
        image.imshow(x[k].numpy(), cmap="gray_r", aspect="auto", extent=(0, x.shape[2], rows + 0.5, 0.5))
        image.set_ylabel("row of the image = time step")
        shown = states_over_time.imshow(
            states[:, k].numpy(),
            cmap="RdBu_r",
            vmin=-1,
            vmax=1,
            aspect="auto",
            extent=(0.5, states.shape[2] + 0.5, rows + 0.5, 0.5),
        )
        extent = (-0.5, chances.shape[2] - 0.5, rows + 0.5, 0.5)
        chance = over_classes.imshow(chances[:, k].numpy(), cmap="Greens", vmin=0, vmax=1, aspect="auto", extent=extent)
        over_classes.axhline(float(steps[k]) - 0.5, color="C3", linewidth=1)
        over_classes.set_xticks(range(chances.shape[2]))
        figure.colorbar(shown, ax=states_over_time, fraction=0.04, label="h")
        figure.colorbar(chance, ax=over_classes, fraction=0.08, label="p")
    for axes, title in zip(panels[0], ("image", f"state of {chosen.label}", "prediction at each step"), strict=True):
        axes.set_title(title, fontsize=10)
    for axes, text in zip(panels[-1], ("column", "unit", "class (red: settled)"), strict=True):
        axes.set_xlabel(text)
    said = caption(study, [chosen], "Hidden state over time beside the image, and the class read off at every step")
    return save(figure, study.folder, "states-over-time", said)


def _decision_curve(study: Study, chosen: Finished, guesses: Tensor, y: Tensor, steps: Tensor) -> Picture:
    figure, axes = canvas()
    times = range(1, len(guesses) + 1)
    axes.plot(
        times,
        [float((row == y).float().mean()) for row in guesses],
        "o-",
        markersize=3,
        label="accuracy if read off here",
    )
    axes.plot(
        times,
        [float((steps <= t).float().mean()) for t in times],
        "s--",
        markersize=3,
        label="prediction settled by now",
    )
    axes.set_ylim(0, 1.02)
    dress(axes, "rows seen", "share of test images")
    return save(figure, study.folder, "when-decided", caption(study, [chosen], f"When {chosen.label} decides"))


CELLS = {"cell": ("lstm", "gru"), "size": ("32", "64", "128", "3x32")}
WHOLE = {"cell": ("mlp", "cnn"), "size": "128"}
COMMON = {"pixels": "grey", "batch": 100, "rate": 2e-3, "clip_norm": 1.0, "epochs": 20, "patience": 5}
QUICK = COMMON | {"epochs": 6, "train_size": 4000, "test_size": 1000, "rate": 5e-3}
TASK = Task(
    "rows",
    "images line by line: LSTM and GRU, and two networks that see all at once",
    "images",
    (COMMON | CELLS, COMMON | WHOLE),
    (QUICK | {"cell": ("lstm", "gru"), "size": ("32", "3x32")}, QUICK | WHOLE),
    (COMMON | CELLS | {"epochs": 30}, COMMON | WHOLE | {"epochs": 30}),
    problem,
    report,
)
