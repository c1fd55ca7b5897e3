"""Figures: one canvas, one look, a caption with settings and seeds, as PNG and PDF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil
from pathlib import Path
from textwrap import fill
from typing import Any

from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from derivations.errors import UsageError
from numeric.training.config import FIELDS, Config, flag, telling, varied
from numeric.training.loop import Finished
from numeric.training.study import Picture, Study
from numeric.training.tables import measure

PER_INCH = 14
"""Characters of a caption that fit on an inch."""
MARKS = "osD^vP"


def canvas(
    rows: int = 1, columns: int = 1, size: tuple[float, float] = (7.2, 4.6), **options: Any
) -> tuple[Figure, Any]:
    """A figure with its axes."""
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, **options)


def save(figure: Figure, folder: Path, name: str, caption: str) -> Picture:
    """Write ``name``.png and ``name``.pdf with a caption below. Raises UsageError where that cannot be done."""
    text = fill(caption, int(figure.get_figwidth() * PER_INCH), break_on_hyphens=False)
    figure.supxlabel(text.replace("$", r"\$"), fontsize=8, x=0.02, ha="left")
    try:
        figure.savefig(folder / f"{name}.png", dpi=140)
        figure.savefig(folder / f"{name}.pdf", metadata={"CreationDate": None})
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder / name}.png cannot be written: {error}") from error
    return Picture(name, caption)


def caption(study: Study, done: Sequence[Finished], said: str) -> str:
    """What is shown, the data, the settings in common that matter, and the seeds."""
    found = [one.config for one in done]
    seeds = ", ".join(str(seed) for seed in sorted({config.seed for config in found}))
    data = study.about_data().get("said", "")
    common = ", ".join(_in_common(found))
    return f"{said}. {data + '. ' if data else ''}{common}; seed {seeds}."


ALWAYS = ("cell", "size", "optimiser", "rate", "batch")
UNSAID = ("epochs", "epoch_steps", "patience", "target", "seed", "compile", "weights", "prompt")
"""Settings of a run's length, which curves show, and such as change nothing in what is learnt."""


def _in_common(found: Sequence[Config]) -> list[str]:
    """What all runs have in common and a reader needs: a few settings always, the others where they are not usual."""
    different, default = set(varied(list(found))), Config()
    names = [name for name, one in FIELDS.items() if name not in UNSAID and not one.metadata["free"]]
    shared = {name: getattr(found[0], name) for name in names if name not in different}
    return [f"{flag(n)} {value}" for n, value in shared.items() if n in ALWAYS or value != getattr(default, n)]


def dress(axes: Any, x: str, y: str, legend: bool = True) -> None:
    """Labels, a faint grid, a legend; shares go from 0 to 1, epochs are whole."""
    axes.set_xlabel(x)
    if "accuracy" in y:
        axes.set_ylim(-0.03, 1.03)
    if x == "epoch":
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if legend:
        axes.legend(fontsize="small")


def learning_curves(
    study: Study, done: Sequence[Finished], measures: Sequence[tuple[str, str]], name: str = "curves"
) -> Picture:
    """A panel for every measure (without its split, with its label): validation drawn through, training dotted."""
    figure, panels = canvas(1, len(measures), (4.4 * len(measures) + 0.6, 4.4), squeeze=False)
    for axes, (kind, text) in zip(panels[0], measures, strict=True):
        for number, one in enumerate(done):
            _curve(axes, one, f"valid_{kind}", colour(number, len(done)), "-", one.label)
            _curve(axes, one, f"train_{kind}", colour(number, len(done)), ":", None)
        dress(axes, "epoch", text, legend=False)
    columns = min(len(done), 1 + int(figure.get_figwidth() / 2.2))
    figure.legend(
        *panels[0][0].get_legend_handles_labels(), loc="outside upper center", ncols=columns, fontsize="small"
    )
    said = caption(study, done, "Learning curves: validation (line) and training (dotted)")
    return save(figure, study.folder, name, said)


def colour(number: int, count: int) -> Any:
    """A colour of its own for each of up to twenty lines."""
    return f"C{number}" if count <= 10 else colormaps["tab20"](number % 20)


def _curve(axes: Any, one: Finished, name: str, ink: Any, line: str, text: str | None) -> None:
    points = [(x["epoch"], measure(x, name)) for x in one.history]
    known = [(x, y) for x, y in points if y is not None]
    mark = "o" if len(known) < 3 else ""
    axes.plot([x for x, _ in known], [y for _, y in known], line, color=ink, label=text, marker=mark, markersize=3)


def against(
    study: Study, done: Sequence[Finished], field: str, measured: str, labels: tuple[str, str], name: str
) -> Picture:
    """A measure against a setting, one line for each kind of run; the mean over seeds, with their range."""
    figure, axes = canvas()
    others = [x for x in telling([one.config for one in done]) if x not in (field, "seed")]
    groups = grouped(done, lambda one: ", ".join(str(getattr(one.config, x)) for x in others) or one.config.cell)
    for number, (text, members) in enumerate(groups.items()):
        points = grouped(members, lambda one: getattr(one.config, field))
        values = {x: [measure(one.metrics, measured) for one in runs] for x, runs in sorted(points.items())}
        means = [sum(found) / len(found) for found in values.values()]
        mark = MARKS[number % len(MARKS)]
        axes.plot(list(values), means, f"{mark}-", color=f"C{number}", label=text, markersize=5, alpha=0.8)
        axes.fill_between(
            list(values),
            [min(v) for v in values.values()],
            [max(v) for v in values.values()],
            color=f"C{number}",
            alpha=0.15,
        )
    dress(axes, *labels)
    return save(figure, study.folder, name, caption(study, done, f"{labels[1].capitalize()} against {labels[0]}"))


def grouped(done: Sequence[Finished], key: Callable[[Finished], Any]) -> dict[Any, list[Finished]]:
    """Runs by what a key says of them, in order."""
    found: dict[Any, list[Finished]] = {}
    for one in done:
        found.setdefault(key(one), []).append(one)
    return found


def image_grid(figure_size: tuple[float, float], count: int, columns: int) -> tuple[Figure, list[Any]]:
    """Panels for pictures, without axes."""
    figure, panels = canvas(ceil(count / columns), columns, figure_size, squeeze=False)
    flat = list(panels.flat)
    for axes in flat:
        axes.set_axis_off()
    return figure, flat
