"""The report as text for a terminal.

Written without a template: Jinja2 would take a twentieth of the time of a check of one line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import category, east_asian_width

from derivations.names import readable
from derivations.report import Counterexample, Repair, Report, StatementReport, Step, Verdict

if TYPE_CHECKING:
    from jinja2 import Environment

WIDTH = 80
STYLES = {"error": "1;31", "warning": "1;33", "good": "32", "note": "36", "dim": "2", "bold": "1"}
STYLE_OF = {
    "given": "dim",
    "proved": "good",
    "holds": "good",
    "wrong": "error",
    "undecided": "warning",
    "unclear": "warning",
}
CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]"
)


def template_folder() -> Path:
    """The folder of the templates: inside the installed package, or beside it in a checkout."""
    packaged = Path(__file__).parent / "templates"
    return packaged if packaged.is_dir() else packaged.parent.parent / "templates"


def render(report: Report, *, colour: bool = False, width: int = WIDTH) -> str:
    """The whole report as text of at most ``width`` columns where the sheet allows it."""
    return "".join(f"{line}\n" for line in _Page(report, colour, width).lines())


def environment() -> Environment:
    """Templates of plain text: nothing to escape but control characters, by the filter ``clean``."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(
        loader=FileSystemLoader(template_folder()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
        keep_trailing_newline=True,
    )
    found.filters["clean"] = lambda text: clean(str(text))
    return found


@dataclass(frozen=True, slots=True)
class _Page:
    """A report on a terminal of so many columns; the parts are lines, or several lines in one string."""

    report: Report
    colour: bool
    width: int

    def lines(self) -> Iterator[str]:
        report = self.report
        yield self.styled(clean(report.sheet), "bold")
        for name, value in report.conventions.items():
            ground = report.grounds[name]
            yield f"  {name}: {value}" + (f"   ({ground.text})" if ground.declared else "")
        yield from (f"  {shape}" for shape in _shapes(report, self.width))
        yield from self.diagnostics()
        yield ""
        for statement in report.statements:
            yield from self.row(statement)
        yield ""
        counts = [(_counted(name, count, report), STYLE_OF[name]) for name, count in report.summary.items() if count]
        yield f"{', '.join(self.styled(*count) for count in counts)}   (seed {report.seed})"

    def styled(self, text: str, style: str) -> str:
        return styled(text, style, self.colour)

    def diagnostics(self) -> Iterator[str]:
        followers = followers_of(self.report)
        for statement in self.report.statements:
            for number, step in enumerate(statement.steps, start=1):
                if step.verdict in (Verdict.WRONG, Verdict.UNDECIDED, Verdict.UNCLEAR) and step.follows_from is None:
                    of = f"   (step {number} of {len(statement.steps)})" if len(statement.steps) > 1 else ""
                    yield from self.diagnostic(step, of, followers.get(step.line, []))

    def diagnostic(self, step: Step, of: str, followers: list[int]) -> Iterator[str]:
        """What is the matter with a step, where, and how it is mended; ``of`` tells which step it is."""
        kind, code = "error" if step.verdict is Verdict.WRONG else "warning", step.code or step.verdict.value
        headline = wrapped(clean(step.headline), self.width - len(step.code) - 9, 0)
        gutter = " " * len(self.report.label(step.end_line))
        line, column, _ = place_of(step, self.report.lines)
        yield ""
        yield f"{self.styled(f'{kind}[{code}]', kind)}: {self.styled(headline, 'bold')}"
        yield f"{gutter}--> {clean(self.report.sheet)}:{self.report.label(line)}:{column}{of}"
        yield f"{gutter} |"
        yield from self.places(step, kind, gutter)
        yield from (f"{gutter} = {wrapped(fact, self.width, len(gutter) + 3)}" for fact in facts_of(step))
        if step.repair:
            yield f"{self.styled('help', 'good')}: {wrapped(help_of(step), self.width, 6)}"
        if followers and kind == "error":
            yield f"{self.styled('note', 'note')}: {wrapped(_follow_text(followers, self.report.label), self.width, 4)}"

    def places(self, step: Step, kind: str, gutter: str) -> Iterator[str]:
        """The line that the step rests on, where it stands above, and its own with carets."""
        lines, room = self.report.lines, self.width - len(gutter) - 3
        line, column, end = place_of(step, lines)
        if step.related is not None and step.line != step.related[0] < line:
            above, note = step.related
            yield f"{self.report.label(above):>{len(gutter)}} | {window(lines[above - 1], 1, 2, room)[0]}"
            yield f"{gutter} | {self.styled(f'- {clean(note)}', 'note')}"
        shown, caret = window(lines[line - 1], column, end, room)
        yield f"{self.report.label(line):>{len(gutter)}} | {shown}"
        yield f"{gutter} | {self.styled(caret, kind)}"

    def row(self, statement: StatementReport) -> Iterator[str]:
        """A statement in the list of all, with what is noted about it."""
        name, head = statement.verdict.value, 6 + 10
        verdict = self.styled(f"{name:<9}", STYLE_OF[name])
        yield f"{self.report.label(statement.line):>5} {verdict} {shortened(clean(statement.latex), self.width - head)}"
        for note in sorted({note for step in statement.steps for note in _notes(step)}):
            yield f"{'':{head}}└ {self.styled(wrapped(note, self.width, head + 2), 'note')}"


def _counted(name: str, count: int, report: Report) -> str:
    """``2 wrong (1 root cause)``; the causes are counted where they are fewer."""
    causes = report.roots
    if name != Verdict.WRONG.value or causes == count:
        return f"{count} {name}"
    return f"{count} {name} ({causes} root cause{'' if causes == 1 else 's'})"


def _shapes(report: Report, width: int) -> list[str]:
    """Every shape with the names that have it."""
    found: dict[str, list[str]] = {}
    for symbol in report.symbols:
        found.setdefault("×".join(symbol.shape) or "scalar", []).append(clean(symbol.name))
    return [wrapped(f"{shape}: {'  '.join(names)}", width, 4) for shape, names in found.items() if shape != "scalar"]


def followers_of(report: Report) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for statement in report.statements:
        for step in statement.steps:
            if step.follows_from is not None:
                found.setdefault(step.follows_from, []).append(step.line)
    return found


def place_of(step: Step, lines: list[str]) -> tuple[int, int, int]:
    """Line, column and end column of the caret: the slip where it was found, else the whole side."""
    line, column, end_line, end_column = step.caret
    end = end_column if end_line == line else len(lines[line - 1]) + 1
    return line, column, max(end, column + 1)


def facts_of(step: Step) -> list[str]:
    """What bears the headline of a step out, a sentence each."""
    facts = []
    if step.shapes and step.verdict is Verdict.WRONG:
        left, right = step.shapes
        facts.append(f"shapes: both {left}" if left == right else f"shapes: left {left}, right {right}")
    if step.counterexample is not None:
        facts.append(counterexample_text(step.counterexample))
    if step.why:
        facts.append(step.why)
    if step.reading and step.verdict is Verdict.WRONG:
        facts.append("read as: " + "; ".join(step.reading))
    if step.witnesses is not None:
        errors = step.witnesses
        facts.append(
            f"the true derivative agrees with torch autograd (relative error {errors.autograd:.0e}) "
            f"and finite differences ({errors.finite_differences:.0e})"
        )
    if step.expected:
        facts.append("expected: " + step.expected)
    return [clean(fact) for fact in facts]


def help_of(step: Step) -> str:
    """The repair of a step in words; empty where there is none."""
    repair = step.repair
    if repair is None:
        return ""
    told = ", and ".join(map(_edit_text, repair.edits))
    count = "one edit" if len(repair.edits) == 1 else "two edits, neither enough alone"
    with_root = f", with line {step.builds_on} as it stands" if step.builds_on is not None else ""
    return clean(f"{told}   [{count}, proved for all sizes{with_root}]")


def _edit_text(edit: Repair) -> str:
    old, new = edit.old.strip(), edit.new.strip()
    if not old:
        return f"put in {new} at column {edit.column}"
    return f"write {new} in place of {old}" if new else f"leave out {old}"


def _follow_text(lines: list[int], label: Callable[[int], str]) -> str:
    numbers = [label(line) for line in sorted(set(lines))]
    if len(numbers) == 1:
        return f"line {numbers[0]} follows from the same slip"
    return f"lines {', '.join(numbers)} follow from the same slip" if numbers else ""


def counterexample_text(found: Counterexample) -> str:
    """The point in one line: sizes, what is not zero, and the two values."""
    by_value: dict[int, list[str]] = {}
    for name, value in found.sizes.items():
        by_value.setdefault(value, []).append(name)
    parts = [_sizes_text(names, value) for value, names in by_value.items()]
    values = {name: _value_text(value) for name, value in found.values.items()}
    parts += [f"{readable(name)} = {value}" for name, value in values.items() if _not_zero(value)]
    if values and not all(map(_not_zero, values.values())):
        parts.append("all else 0" if any(map(_not_zero, values.values())) else "every value 0")
    if not values:
        parts.append("everywhere")
    entry = f" at entry ({', '.join(str(k + 1) for k in found.entry)})" if any(found.entry) else ""
    kind = "certified" if "." in found.left + found.right else "exact"
    return f"counterexample, {kind}: {', '.join(parts)}{entry}  →  left {found.left}, right {found.right}"


def _sizes_text(names: list[str], value: int) -> str:
    """Named sizes equal their value; sizes that are numbers on the sheet are replaced by it."""
    named, numbers = ([n for n in names if n.isdigit() is kind] for kind in (False, True))
    texts = [f"{' = '.join(named)} = {value}"] if named else []
    return ", ".join(texts + [f"size {value} in place of {' and '.join(numbers)}"] * bool(numbers))


def _value_text(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    return _value_text(value[0]) if len(value) == 1 else "[" + ", ".join(map(_value_text, value)) + "]"


def _not_zero(text: str) -> bool:
    return bool(re.search(r"[1-9]", text))


def _notes(step: Step) -> list[str]:
    found = [] if step.verdict is Verdict.WRONG else [clean(reading) for reading in step.reading]
    if step.verdict in (Verdict.PROVED, Verdict.HOLDS) and step.why:
        found.append(clean(step.why))
    if step.follows_from is not None:
        found.append(f"follows from line {step.follows_from}")
    return found


# Text


def clean(text: str) -> str:
    """Text in one line with control and invisible characters made visible."""
    return CONTROL.sub(lambda match: f"\\u{{{ord(match.group()):x}}}", text.replace("\n", " ").replace("\t", " "))


def styled(text: str, style: str, colour: bool) -> str:
    """Text in a style of the terminal, if it has colours."""
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if colour and text else text


def cells(text: str) -> int:
    """The columns that a text takes on a terminal."""
    return sum(0 if category(c) in ("Mn", "Me") else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def window(line: str, column: int, end: int, width: int) -> tuple[str, str]:
    """A line cut to ``width`` columns around the characters ``column`` to ``end``, and the carets below them."""
    line = line.rstrip("\r")
    before, marked, after = (clean(line[a:b]) for a, b in ((0, column - 1), (column - 1, end - 1), (end - 1, None)))
    room = max(width - 2, 10)
    if cells(marked) > room - 1:
        marked, after = _head(marked, room - 2) + "…", ""
    if cells(before) + cells(marked) > room:
        before = "…" + _tail(before, max(room - cells(marked) - 1, 0))
    if cells(before + marked + after) > room:
        after = _head(after, room - cells(before + marked) - 1) + "…"
    return before + marked + after, " " * cells(before) + "^" * max(cells(marked), 1)


def _head(text: str, room: int) -> str:
    while cells(text) > max(room, 0):
        text = text[:-1]
    return text


def _tail(text: str, room: int) -> str:
    while cells(text) > room:
        text = text[1:]
    return text


def shortened(text: str, room: int) -> str:
    """A text of at most ``room`` columns, its end given up."""
    return text if cells(text) <= room else _head(text, room - 1) + "…"


def wrapped(text: str, width: int, indent: int) -> str:
    """A text broken at spaces, following lines indented."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if cells(longer) > width - indent - 2 and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return ("\n" + " " * (indent + 2)).join(line.rstrip(" ") for line in lines)
