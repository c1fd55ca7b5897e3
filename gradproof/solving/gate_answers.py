"""The answers to ``gates`` and ``compare``: what gates can do, and whether one cell is a case of another.

What a setting of gates does is written as a claim under a supposition, which the checker proves again from the
equations of the cell; the search, its counterexamples and its words are those of ``gradproof gates``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from derivations.cells import cell as cell_named
from derivations.gate_goals import Answer, Behaviour, Residual, Solution
from derivations.latex import Printer
from derivations.solutions.document import (
    Block,
    Chain,
    Equations,
    Heading,
    Items,
    Line,
    Paragraph,
    Sheet,
    Text,
    named,
    text,
)
from derivations.solutions.writing import Scribe, bare
from derivations.tape import record
from derivations.terms import Term, Var
from derivations.traverse import free_variables
from gradproof.text import counterexample_text

if TYPE_CHECKING:
    from derivations.cell import Cell
    from derivations.solutions.notation import Notation
    from derivations.special_cases import Comparison, Reduction


class Writer:
    """Writes about one step of a cell in a notation; internal names in words are replaced by shown ones."""

    def __init__(self, cell: Cell, notation: Notation) -> None:
        self.tape = record(cell, 1)
        self.scribe = Scribe(self.tape, notation, "denominator", {0: "t-1", 1: "t"}.__getitem__)
        shown = {name: self.scribe.name(v) for v, (name, _) in self.tape.places.items()}
        shown |= {name: self.scribe.name(v) for name, v in self.tape.parameters.items()}
        self.shown = dict(sorted(shown.items(), key=lambda pair: (-len(pair[0]), pair[0])))
        choices = "|".join(map(re.escape, self.shown))
        self.internal = re.compile(rf"(?<![\\\w}}])(?:{choices})(?![\w{{])" if choices else r"(?!)")

    def latex(self, words: str) -> str:
        """LaTeX with internal names as LaTeX with shown ones."""
        return self.scribe.notation.signs(self.internal.sub(lambda m: self.shown[m[0]], words))

    def words(self, words: str) -> str:
        """Words with the names in them between dollars, as shown; what is said of the names stays words."""
        shown = self.scribe.notation.signs
        return self.internal.sub(lambda m: f"${shown(self.shown[m[0]])}$", words)

    def term(self, term: Term) -> str:
        """A term over the cell's own names."""
        names: dict[Term, str] = {v: self.shown[v.name] for v in free_variables([term]) if isinstance(v, Var)}
        return self.scribe.notation.signs(bare(Printer(names).latex(term)))

    def equations(self) -> Equations:
        """One step of the cell."""
        return Equations(tuple((self.scribe.name(e.variable), self.scribe.term(e.term)) for e in self.tape.equations))


def gates_answer(found: Behaviour, notation: Notation) -> tuple[Sheet, ...]:
    """What the gates of a cell do for the goals that were asked for."""
    writer = Writer(found.cell, notation)
    blocks: list[Block] = [Paragraph(text(f"One step of the {found.cell.title}:")), writer.equations()]
    if any(not gate.clock for gate in found.gates):
        said = "A gate reaches 0 and 1 only in the limit of a large pre-activation a, off by at most e^(−|a|)."
        blocks.append(Paragraph(text(said)))
    for answer in found.answers:
        blocks += _goal(answer, found, writer)
    return (Sheet(tuple(blocks)),)


def _goal(answer: Answer, found: Behaviour, writer: Writer) -> list[Block]:
    question = answer.goal.question
    head = Heading(text(f"Can it {question}?"))
    if not answer.solutions:
        return [head, Paragraph(text(_refused(answer)))]
    return [head, *(block for solution in answer.solutions for block in _solution(solution, answer, found, writer))]


def _refused(answer: Answer) -> str:
    if not answer.impossible:
        return "This was not decided."
    nearest = f" The nearest that can be reached is to {answer.goal.nearest}." if answer.goal.nearest else ""
    ways = f"Each of the {answer.tried} ways to set the gates to 0 or 1, or to leave them, is refuted."
    return f"No. {ways if answer.tried > 1 else 'A certified point refutes it.'}{nearest}"


def _solution(solution: Solution, answer: Answer, found: Behaviour, writer: Writer) -> Iterator[Block]:
    supposed = " and ".join(f"${writer.latex(name)} = {value}$" for name, value in solution.setting.items())
    head = f"Yes. If {supposed} then" if supposed else "Yes, always:"
    yield Paragraph(text(head))
    yield _claim(solution, answer, found, writer)
    notes: list[Text] = [text(_residual(residual, writer)) for residual in solution.residuals]
    notes += [
        text(f"Without {writer.words(f'{x.gate} = {solution.setting[x.gate]}')} it fails, for example "
             f"{writer.words(counterexample_text(x.counterexample).removeprefix('counterexample, '))}.")
        for x in solution.ablations if x.counterexample
    ]  # fmt: skip
    if notes:
        yield Items(tuple(notes))


def _claim(solution: Solution, answer: Answer, found: Behaviour, writer: Writer) -> Chain:
    """What a goal means as an equation; what does not depend on something is written out without it."""
    if " = " in answer.meaning:
        left, _, right = answer.meaning.partition(" = ")
        return Chain(writer.latex(left), (Line(writer.latex(right)),))
    gated = found.gated
    written = writer.term(gated.step(solution.setting)[gated.memory])
    return Chain(writer.latex(gated.memory), (Line(written),))


def _residual(residual: Residual, writer: Writer) -> str:
    name = writer.words(residual.name)
    through = f" through {_listed([writer.words(x) for x in residual.through])}" if residual.through else ""
    shut = " or ".join(_setting(setting, writer) for setting in residual.closed_by)
    before = " or ".join(_setting(setting, writer) for setting in residual.silenced_by)
    said = f"The candidate still sees {name}{through}"
    if shut:
        return f"{said}; {shut} shuts it out."
    return f"{said}; no gate of this step shuts it out{f', but {before} in the step before does' if before else ''}."


def _setting(setting: object, writer: Writer) -> str:
    pairs = dict(setting).items()  # type: ignore[call-overload]
    return " and ".join(writer.words(f"{name} = {value}") for name, value in pairs)


def _listed(parts: Sequence[str]) -> str:
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last


def compare_answer(first: str, second: str, notation: Notation) -> tuple[Sheet, ...]:
    """Whether one cell is a special case of another, in both directions, a sheet each."""
    from gradproof.commands.comparing import comparisons

    return tuple(sheet for found in comparisons(first, second) for sheet in _comparison(found, notation))


def _comparison(found: Comparison, notation: Notation) -> Iterator[Sheet]:
    """One direction: the answer, every reduction as a sheet of its own, and what refutes the general claim."""
    from gradproof.commands.comparing import page

    said = page(found)
    head = Heading(text(f"Is {said['special']} a special case of {said['general']}?"))
    yield Sheet((head, Paragraph(text(f"{said['answer'][:1].upper()}{said['answer'][1:]}."))))
    for reduction, shown in zip(found.reductions, said["reductions"], strict=True):
        needed = [f"without {name} it fails, {example}" for name, example in shown["needed"]]
        words = shown["head"].replace("   [proved for all sizes]", ", proved for all sizes:")
        remarks = Items(tuple(named(line) for line in [*shown["lines"], *needed]))
        yield Sheet((Paragraph(named(words)), *_linked(found, reduction, notation), remarks))
    if not said["reductions"]:
        yield Sheet((Paragraph(text("No setting of the gates, to 0, 1, a gate a or 1 − a, makes them equal.")),))
    against = tuple(named(line.replace(" [proved]", "").replace(" [certified]", "")) for line in said["against"])
    if against:
        yield Sheet((Items(against),))


def _linked(found: Comparison, reduction: Reduction, notation: Notation) -> list[Block]:
    """The memory of the general cell with the gates of the special one put in, where the two have names apart."""
    from derivations.terms import number, subtract, var
    from derivations.traverse import substitute

    links = {name: link for name, link in reduction.links.items() if name != link[0]}
    general = Writer(found.general, notation)
    memory = next(e for e in general.tape.equations if e.name == found.general.states[-1][1])
    by_name = {e.name: e.variable for e in general.tape.equations}
    if not links or any(link in by_name for link, _ in links.values()):
        return []
    special = Writer(found.special, notation)
    for e in special.tape.equations:
        general.scribe.names[var(f"special {e.name}", *e.variable.shape)] = special.scribe.name(e.variable)
    put_in = {}
    for name, (link, inverse) in links.items():
        shape = by_name[name].shape
        one = number(int(link), shape) if link.isdigit() else var(f"special {link}", *shape)
        put_in[by_name[name]] = subtract(number(1, shape), one) if inverse else one
    rows = [(general.scribe.name(gate), general.scribe.term(value)) for gate, value in put_in.items()]
    written = general.scribe.term(substitute([memory.term], put_in)[0])
    name = general.scribe.name(memory.variable)
    return [
        Equations((*rows, (name, general.scribe.term(memory.term)))),
        Chain(name, (Line(written, text("the gates put in")),)),
    ]


def behaviour_of(name: str, goals: tuple[str, ...]) -> Behaviour:
    """What the gates of a cell of the library do. Raises UsageError for names that do not exist."""
    from derivations.gate_goals import behaviour

    return behaviour(cell_named(name), goals)
