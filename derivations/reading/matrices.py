"""Matrices written out by their entries or blocks."""

from __future__ import annotations

from derivations.reading import grammar
from derivations.reading.calls import CallReader
from derivations.reading.slips import Slip
from derivations.reading.surface import Call, Concat, Matrix, Node, Norm
from derivations.reading.tokens import Token


class MatrixReader(CallReader):
    def matrix(self) -> Node:
        r"""``\begin{bmatrix} a & b \\ c & d \end{bmatrix}``; one column is parts on top of each other."""
        opener = self.token
        if self.partner[self.position] < 0:
            raise Slip(opener.span, rf"\begin{{{opener.text}}} without \end{{{opener.text}}}")
        if opener.text in grammar.CASES:
            return self.cases()
        if opener.text not in grammar.MATRICES:
            raise Slip(opener.span, f"the environment {opener.text} is not read here")
        self.take()
        bars, self.bars = self.bars, 0
        rows = self.matrix_rows(opener)
        self.bars = bars
        self.expect("end", f"\\end{{{opener.text}}}")
        entries, columns = tuple(entry for row in rows for entry in row), len(rows[0])
        span = self.since(opener.start)
        node = Matrix(span, entries, columns) if columns > 1 else Concat(span, entries, stacked=True)
        if opener.text == "vmatrix":
            return Call(span, opener.span, "det", (node,))
        return Norm(span, node) if opener.text == "Vmatrix" else node

    def matrix_rows(self, opener: Token) -> list[list[Node]]:
        """The rows up to the end of the environment, all of one length."""
        rows: list[list[Node]] = []
        while self.token.kind != "end" or not rows:
            row = [self.expression()]
            while self.skip("&"):
                row.append(self.expression())
            if rows and len(row) != len(rows[0]):
                raise Slip(row[0].span.join(row[-1].span), f"{len(row)} entries below a row of {len(rows[0])}")
            rows.append(row)
            if not self.skip_kind("newline") and self.token.kind != "end":
                raise self.unexpected("& or a new row")
        return rows
