"""In-painting: what missing pixels were, from those before and behind them, by Bayes' rule.

The network gives p(x_{t+1} | x_1 … x_t), hence log p of a whole image as a sum. The posterior of K missing pixels is
that of each of the 2^K ways to fill them in, over the sum of all (``gradproof inpaint`` derives and proves it).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch
from matplotlib.patches import Rectangle
from torch import Tensor
from torch.nn import functional

from numeric.data.images import Images
from numeric.training.batches import seeded
from numeric.training.figures import caption, image_grid, save
from numeric.training.loop import Finished
from numeric.training.study import Findings, Picture, Study, Task, rebuilt
from numeric.training.tasks.pixels import COMMON, QUICK, RUN, next_problem, next_report
from numeric.training.tasks.rows import tensors

PATCHES: Final[dict[str, int]] = {"1×1": 1, "2×2": 2}
IMAGES = 200
AT_ONCE = 800
"""Sequences that go through the network together."""
SHOWN, SAMPLES = 6, 2
MISSING = 0.5
COLUMNS = ["run", "patch", "method", "log_likelihood", "pixel_accuracy", "patch_accuracy"]


def log_joint(model: Any, pixels: Tensor) -> Tensor:
    """log p(x_2 … x_T | x_1) of sequences of binary pixels (N, T), in nats."""
    kind = next(model.parameters()).dtype
    found = []
    with torch.no_grad():
        for start in range(0, len(pixels), AT_ONCE):
            part = pixels[start : start + AT_ONCE]
            logits, _ = model(part[:, :-1].T.unsqueeze(-1).to(kind))
            each = functional.cross_entropy(logits.flatten(0, 1), part[:, 1:].T.flatten(), reduction="none")
            found.append(-each.view(-1, len(part)).double().sum(0))
    return torch.cat(found)


def fillings(count: int) -> Tensor:
    """All ways to fill in so many pixels (2^K, K), the first one white everywhere."""
    numbers = torch.arange(2**count).unsqueeze(1)
    return (numbers >> torch.arange(count - 1, -1, -1)) & 1


def posterior(model: Any, pixels: Tensor, missing: Tensor) -> Tensor:
    """log p(filling | the others) of all fillings (N, 2^K), for pixels (N, T) and the places missing of them (N, K).

    The first pixel of a sequence must not be missing: the network says nothing of it.
    """
    count, ways = missing.shape[1], fillings(missing.shape[1])
    filled = pixels.unsqueeze(1).repeat(1, len(ways), 1)
    filled.scatter_(2, missing.unsqueeze(1).expand(-1, len(ways), count), ways.expand(len(pixels), -1, -1))
    joint = log_joint(model, filled.flatten(0, 1)).view(len(pixels), len(ways))
    return joint - joint.logsumexp(1, keepdim=True)


def places(count: int, rows: int, columns: int, side: int, seed: int) -> Tensor:
    """Square patches at random in the middle three fifths of images, as places in the row of pixels (count, side²)."""
    draw = seeded(seed, 6, side)
    tops, lefts = (
        torch.from_numpy(draw.integers(max(1, size // 5), size - size // 5 - side + 1, count))
        for size in (rows, columns)
    )
    within = torch.arange(side)
    square = (tops.view(-1, 1, 1) + within.view(1, -1, 1)) * columns + lefts.view(-1, 1, 1) + within.view(1, 1, -1)
    return square.flatten(1)


def left_of(missing: Tensor, side: int) -> Tensor:
    """For every missing pixel the nearest known one to its left in its row."""
    return missing - torch.arange(side).repeat(side) - 1


def independent(guess: Tensor, sure: float) -> Tensor:
    """log p of all fillings (N, 2^K) where every pixel is as guessed (N, K) with one probability, by itself."""
    agrees = fillings(guess.shape[1]).unsqueeze(0) == guess.unsqueeze(1)
    chances = torch.tensor([1 - sure, sure], dtype=torch.float64).clamp(1e-6, 1 - 1e-6).log()
    return chances[agrees.long()].sum(2)


def baselines(train: Tensor, test: Tensor, missing: Tensor, side: int, within: Tensor) -> dict[str, Tensor]:
    """All white, and as the pixel to the left; how sure each is comes from the training images, at the same places."""
    white = float((train[:, within.flatten()] == 0).double().mean())
    neighbours = left_of(within, side)
    same = float((train[:, within.flatten()] == train[:, neighbours.flatten()]).double().mean())
    known = test.gather(1, left_of(missing, side))
    return {"all white": independent(torch.zeros_like(missing), white), "copy neighbour": independent(known, same)}


def scores(log_chances: Tensor, truth: Tensor) -> list[float]:
    """Mean log-likelihood in nats a patch, share of pixels right, share of patches right."""
    ways = fillings(truth.shape[1])
    true_way = (truth * 2 ** torch.arange(truth.shape[1] - 1, -1, -1)).sum(1)
    likelihood = log_chances.gather(1, true_way.unsqueeze(1)).mean()
    guess = ways[log_chances.argmax(1)]
    right = guess == truth
    return [float(likelihood), float(right.double().mean()), float(right.all(1).double().mean())]


def report(study: Study, done: Sequence[Finished]) -> Findings:
    """The table of the network, a table of in-painting beside two baselines, and pictures."""
    trained = next_report(study, done)
    findings = Findings(COLUMNS, [], trained.pictures, {**trained.more, "network": _table(trained)})
    for one in done:
        for name, side in PATCHES.items():
            _fill(study, one, name, side, findings)
    return findings


def _table(findings: Findings) -> dict[str, Any]:
    return {"columns": findings.columns, "rows": findings.rows}


def _fill(study: Study, one: Finished, name: str, side: int, findings: Findings) -> None:
    data: Images = study.data()
    rows, columns = data.test_x.shape[1:]
    splits = {split: x.flatten(1).long() for split, (x, _) in tensors(data, one.config).items()}
    test = splits["test"][: one.config.test_size or IMAGES]
    missing = places(len(test), rows, columns, side, one.config.seed)
    truth = test.gather(1, missing)
    network = rebuilt(study, one)
    log_chances = posterior(network, test, missing)
    methods = {"network": log_chances, **baselines(splits["train"], test, missing, side, missing.unique(dim=0))}  # type: ignore[no-untyped-call]
    findings.rows += [[one.label, name, method, *scores(found, truth)] for method, found in methods.items()]
    off = float((log_chances.exp().sum(1) - 1).abs().max())
    findings.more.setdefault("sums_to_one", []).append({"run": one.label, "patch": name, "largest_error": off})
    findings.pictures.append(_pictures(study, one, name, test, missing, log_chances, (rows, columns)))


def _pictures(
    study: Study, one: Finished, name: str, test: Tensor, missing: Tensor, log_chances: Tensor, shape: tuple[int, int]
) -> Picture:
    """Original, masked, most probable and samples, of the images of which the network is least sure."""
    unsure = (-(log_chances.exp() * log_chances).sum(1)).argsort(descending=True)[:SHOWN]
    ways = fillings(missing.shape[1])
    draw = torch.Generator().manual_seed(one.config.seed)
    best = log_chances.argmax(1)
    drawn = torch.multinomial(log_chances.exp(), SAMPLES, replacement=True, generator=draw)
    figure, panels = image_grid(
        (1.5 * (3 + SAMPLES), 1.62 * len(unsure) + 0.4), len(unsure) * (3 + SAMPLES), 3 + SAMPLES
    )
    for row, k in enumerate(unsure.tolist()):
        cells = panels[row * (3 + SAMPLES) : (row + 1) * (3 + SAMPLES)]
        way = [None, None, int(best[k]), *drawn[k].tolist()]
        for column, axes in enumerate(cells):
            image = test[k].double()
            if column:
                image[missing[k]] = MISSING if way[column] is None else ways[way[column]].double()
            title = "" if way[column] is None else f"p = {float(log_chances[k, way[column]].exp()):.2f}"
            _show(axes, image.view(shape), missing[k], shape[1], title)
    heads = ("original", "missing", "most probable", *("sample" for _ in range(SAMPLES)))
    for axes, head in zip(panels, heads, strict=False):
        axes.set_title(f"{head}\n{axes.get_title()}".rstrip(), fontsize=8)
    said = caption(
        study, [one], f"In-painting of {name} pixels: the {len(unsure)} images of which the network is least sure"
    )
    return save(figure, study.folder, f"inpaint-{name.replace('×', 'x')}-{one.label}", said)


def _show(axes: Any, image: Tensor, missing: Tensor, columns: int, title: str) -> None:
    axes.imshow(image.numpy(), cmap="gray_r", vmin=0, vmax=1)
    side = int(len(missing) ** 0.5)
    corner = (int(missing[0]) % columns - 0.5, int(missing[0]) // columns - 0.5)
    axes.add_patch(Rectangle(corner, side, side, fill=False, edgecolor="C3", linewidth=1.2))
    axes.set_title(title, fontsize=8)


TASK = Task(
    "inpaint",
    "missing pixels by Bayes' rule: one, and 2×2 with all 16 states",
    "images",
    (RUN | {"cell": "gru", "size": "64", "clip_value": 0.0},),
    (QUICK | {"cell": "gru", "clip_value": 0.0, "test_size": 60},),
    (COMMON | {"cell": "gru", "size": "3x32", "batch": 400, "rate": 0.004, "epochs": 10, "clip_value": 0.0},),
    next_problem,
    report,
)
