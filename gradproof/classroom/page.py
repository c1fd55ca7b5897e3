"""The page on a class: what went wrong how often, what a person has to look at, what several sheets have alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from derivations.slips import TABLE
from gradproof.classroom.bars import Bar, bar_chart
from gradproof.classroom.store import REPORTS, Store
from gradproof.classroom.tally import BINS, Alike, Points, Row, Tally
from gradproof.rendering.model import (
    Block,
    Code,
    Document,
    Inline,
    Inlines,
    Items,
    Link,
    Note,
    Paragraph,
    Part,
    Table,
    Text,
)
from gradproof.reporting.wording import formula, stated

MOST_ROWS = 40
"""Rows of a table of what was asked, or written, and slips that are shown side by side."""
MOST_LISTED = 2000
"""Students in one list; the others are in marks.csv."""
EXPLAIN = "gradproof explain CODE"
TITLES = {slip.code: slip.title for slip in TABLE}


def class_page(tally: Tally, store: Store, title: str, not_asked: Sequence[str] = ()) -> Document:
    """The document of a class; ``not_asked`` are questions whose answers only a person can look for."""
    page = _Page(tally, store, not_asked)
    return Document((Text(title),), tuple(page.parts()), page.headline(), name="class")


class _Page:
    def __init__(self, tally: Tally, store: Store, not_asked: Sequence[str]) -> None:
        self.tally = tally
        self.store = store
        self.not_asked = not_asked

    def headline(self) -> Inlines:
        tally = self.tally
        total = tally.marked + len(tally.aside)
        said = f"{counted(total, 'sheet')}: {tally.marked} marked, {len(tally.aside)} put aside for a person"
        left = len(self.store.students) - total
        more = f"; {counted(left, 'sheet')} not marked yet" if left else ""
        return (Text(said + more),)

    def parts(self) -> Iterator[Block]:
        """The parts that there is something to say in."""
        for name, heading, blocks in (
            ("aside", "For a person", self.aside),
            ("marks", "Marks", self.marks),
            ("asked", "What was asked", self.asked),
            ("written", "Statements", self.statements),
            ("slips", "Slips", self.slips),
            ("alike", "The same unusual slip", self.alike),
        ):
            found = tuple(blocks())
            if found:
                yield Part(name, (Text(heading),), found)

    def student(self, name: str) -> Inline:
        """A student's name, which leads to the page where there is one."""
        if not self.store.pages or not self.store.page(name).is_file():
            return Text(name)
        return Link((Text(name),), f"{REPORTS}/{quote(self.store.page(name).name, safe='')}")

    # For a person

    def aside(self) -> Iterator[Block]:
        tally = self.tally
        if tally.aside:
            yield Paragraph(
                (Text("These sheets were put aside, since they could not be marked. None of them counts as zero."),)
            )
            yield self.listed(("student", "why"), tally.aside)
        if tally.open:
            yield Paragraph((Text("The marks of these sheets are a range that a person has to settle."),))
            yield self.listed(("student", "marks"), tally.open)
        if self.not_asked:
            yield Note(
                "note",
                (Text("Questions whose answers were not looked for"),),
                (Items(tuple((Paragraph((Text(x),)),) for x in self.not_asked)),),
            )

    def listed(self, header: tuple[str, str], rows: Sequence[tuple[str, str]]) -> Table:
        shown = [((self.student(name),), (Text(said),)) for name, said in rows[:MOST_LISTED]]
        caption = more_text(len(rows), MOST_LISTED, "the others are in marks.csv")
        return Table(_header(*header), tuple(shown), caption, wide=True)

    # What went wrong

    def marks(self) -> Iterator[Block]:
        tally = self.tally
        if tally.totals:
            bars = [Bar(f"{10 * k}–{10 * (k + 1)} %", {"": tally.totals[k]}) for k in range(BINS)]
            yield bar_chart(bars, "Sheets by their marks, in tenths, of those whose marks are settled")
        if tally.questions:
            header = _header("question", "mean", "of", "full marks", "no marks", "for a person")
            yield Table(header, tuple(_question(name, points) for name, points in tally.questions.items()))

    def asked(self) -> Iterator[Block]:
        """The results that must appear, in the order of the reference."""
        rows = [row for (_, row) in sorted(self.tally.results.items(), key=lambda x: x[0][0])]
        yield from _counts(rows, ("present", "wrong", "missing", "open"), "Results that must appear")

    def statements(self) -> Iterator[Block]:
        """What was written, by left sides; what went wrong most often first."""
        rows = sorted(self.tally.statements.values(), key=lambda x: (-x.counts["wrong"], -x.counts["open"], x.latex))
        wrong = [row for row in rows if row.counts["wrong"] or row.counts["open"]]
        yield from _counts(wrong, ("wrong", "open", "right"), "Statements by what stands on their left side")

    def slips(self) -> Iterator[Block]:
        found = sorted(self.tally.slips.items(), key=lambda x: (-x[1].sheets, -x[1].times, x[0]))
        rows = [
            (
                (Code(code),),
                (Text(TITLES.get(code, "")),),
                (Text(str(slip.sheets)),),
                (Text(str(slip.times)),),
                (self.student(slip.example[0]), Text(f", {line(slip.example[1])}")),
            )
            for code, slip in found
        ]
        if rows:
            told = (
                Text("Slips of their own, not what follows from them. The rule behind one: "),
                Code(EXPLAIN),
                Text("."),
            )
            yield Paragraph(told)
            yield bar_chart([Bar(str(k), {"": x.sheets}) for k, (_, x) in enumerate(found, 1)], "Sheets with each slip")
            header = _header("", "code", "what it is", "sheets", "times", "for example")
            yield Table(header, tuple(((Text(str(k)),), *row) for k, row in enumerate(rows, 1)))

    # Alike

    def alike(self) -> Iterator[Block]:
        found = self.tally.unusual
        if found:
            said = "Few sheets have these slips, and have them alike. Why that is, this page does not say."
            yield Paragraph((Text(said),))
        for alike in found[:MOST_ROWS]:
            yield from self.beside(alike)
        if len(found) > MOST_ROWS:
            yield Paragraph((Text(f"{len(found) - MOST_ROWS} more are not shown."),))

    def beside(self, alike: Alike) -> Iterator[Block]:
        rows = [((self.student(x.student),), (Text(line(x.where)),), (formula(x.formula),)) for x in alike.places]
        expected = (Text("; expected "), formula(alike.expected)) if alike.expected else ()
        caption = (Code(alike.code), Text(f" on {counted(len(alike.students), 'sheet')}"), *expected)
        yield Table(_header("student", "where", "as it is written"), tuple(rows), caption, wide=True)


def counted(number: int, thing: str) -> str:
    """``1 sheet``, ``2 sheets``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def line(where: str) -> str:
    """``line 14``, ``cell 3:5``, ``b.md:14``."""
    return f"line {where}" if where.isdigit() else where


def more_text(number: int, most: int, where: str) -> Inlines:
    """What is said where a list is cut."""
    return (Text(f"{number - most:,} more; {where}"),) if number > most else ()


def _header(*names: str) -> tuple[Inlines, ...]:
    return tuple((Text(name),) if name else () for name in names)


def _question(name: str, points: Points) -> tuple[Inlines, ...]:
    ends = [f"{value / points.sheets:.2f}" for value in (points.least, points.most)]
    mean = "–".join(dict.fromkeys(ends))
    numbers = (points.full, points.none, points.open)
    return (Text(name),), (Text(mean),), (Text(f"{points.of:g}"),), *((Text(str(x)),) for x in numbers)


def _counts(rows: Sequence[Row], names: Sequence[str], alt: str) -> Iterator[Block]:
    """A chart and a table with the same numbers in front."""
    shown = rows[:MOST_ROWS]
    if not shown:
        return
    yield bar_chart([Bar(str(k), {name: row.counts[name] for name in names}) for k, row in enumerate(shown, 1)], alt)
    table = []
    for k, row in enumerate(shown, 1):
        numbers = [(Text(str(row.counts[name])),) for name in names]
        table.append(((Text(str(k)),), (stated(row.latex),), *numbers))
    caption = more_text(len(rows), MOST_ROWS, "those that went wrong most often are shown")
    yield Table(_header("", "statement", *names), tuple(table), caption)
