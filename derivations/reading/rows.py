"""From the tokens of a formula to rows, and from rows to the pieces that are statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile

from derivations.reading import grammar
from derivations.reading.tokens import (
    OPENERS,
    Token,
    bad,
    is_arrow,
    is_connective,
    is_infix,
    is_prose,
    is_relation,
    is_wide,
    partners,
    words_of,
)
from derivations.reading.wrapping import holders

MAP = "a map between spaces is not read"
LONE_ROW = "it is unclear whether this row continues the row above"
LONE_MINUS = "it is unclear whether this is a minus or a sign"
SYSTEMS = grammar.CASES | grammar.ALIGNMENTS | {"array"}
EQUATIONS = ("=", ":=", "equiv")
NO_RIGHT = r"\right needs a bracket"
NUMBERED = "it is unclear whether this numbers the formula or is a factor"
DECIMAL = "a comma between digits: write 1.5, or 1, 5 with a space"


@dataclass(slots=True)
class Piece:
    """A statement to be: its tokens, what stood before it, and whether only a comma parts it from the one before."""

    tokens: list[Token] = field(default_factory=list)
    lead: list[str] = field(default_factory=list)
    follows: bool = False
    comma: bool = False
    unit: list[Token] = field(default_factory=list)

    @property
    def unit_text(self) -> str:
        """The words behind the statement, with spaces where the author has them."""
        text = ""
        for before, token in zip([None, *self.unit], self.unit, strict=False):
            text += (" " if before is not None and token.start > before.end else "") + token.text
        return text


def top_level(tokens: Sequence[Token]) -> set[int]:
    """The indices of the tokens outside all brackets that are closed."""
    pairs, depth, found = partners(tokens), 0, set[int]()
    for k, token in enumerate(tokens):
        if pairs[k] >= 0:
            depth += 1 if token.kind in OPENERS else -1
        elif not depth:
            found.add(k)
    return found


def system(tokens: Sequence[Token]) -> list[Token]:
    r"""A display that is one brace with equations behind it, as the equations: ``\begin{cases} a = b \\ c = d …``."""
    open_brace = len(tokens) > 2 and tokens[0].kind == "left" and tokens[0].text == r"\{"
    start = int(open_brace)
    if start >= len(tokens) or tokens[start].kind != "begin" or tokens[start].text not in SYSTEMS:
        return list(tokens)
    end = partners(tokens)[start]
    tail = list(tokens[end + 1 :])
    if end < 0 or (open_brace and not (tail and tail.pop(0).text.startswith(NO_RIGHT))):
        return list(tokens)
    if not all(token.at(",", ".", ";") for token in tail) or not _are_equations(tokens[start + 1 : end]):
        return list(tokens)
    begin, finish = (tokens[k]._replace(text="aligned") for k in (start, end))
    return [begin, *tokens[start + 1 : end], finish]


def _are_equations(tokens: Sequence[Token]) -> bool:
    """Whether every row holds an equation, and no second column, which would be a condition."""
    top = sorted(top_level(tokens))
    lines = [[]] if top else []  # type: list[list[int]]
    for k in top:
        lines += [[]] if tokens[k].kind == "newline" else []
        lines[-1] += [] if tokens[k].kind == "newline" else [k]
    columns = [k for k in top if tokens[k].at("&")]
    beside = all(any(is_relation(tokens[j]) for j in (k - 1, k + 1) if 0 <= j < len(tokens)) for k in columns)
    return beside and all(any(tokens[k].at(*EQUATIONS) for k in line) for line in lines if line)


# -- rows ------------------------------------------------------------------------------------------------------


def rows(tokens: Sequence[Token]) -> list[list[Token]]:
    r"""The rows of a display: cut at ``\\`` outside braces, with the marks of alignment as wide spaces.

    Rows that go on with an operator, or stop with one, are joined.
    """
    found: list[list[Token]] = []
    for row in _cut(tokens):
        if found and (link := _joint(found[-1], row)) is not None:
            found[-1] += [*link, *(dropwhile(is_wide, row))]
        elif row:
            found.append(row)
    return found


def _cut(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    pairs = partners(tokens)
    related = holders(tokens, pairs)
    row: list[Token] = []
    aligned: list[int] = []
    hard = soft = 0
    for k, token in enumerate(tokens):
        paired = pairs[k] >= 0
        aligns = token.text in grammar.ALIGNMENTS or (token.text == "array" and min(k, pairs[k]) in related)
        if paired and not hard and not soft and token.kind in ("begin", "end") and aligns:
            aligned = [*aligned, k] if token.kind == "begin" else aligned[:-1]
            continue
        if token.kind == "newline" and not hard:
            if not soft:
                yield row
                row = []
            continue
        if token.at("&") and aligned and not hard:
            row += [Token("wide", "&", token.start, token.end)] if not soft else []
            continue
        if paired:
            step = 1 if token.kind in OPENERS else -1
            hard += step if token.kind in ("{", "}", "begin", "end") else 0
            soft += step if token.kind not in ("{", "}", "begin", "end") else 0
        row.append(token)
    yield row


def _joint(above: list[Token], row: list[Token]) -> list[Token] | None:
    """What joins a row to the row above: nothing, or a token that makes both unreadable; None where they are apart."""
    core = [token for token in row if token.kind != "wide"]
    last = next((token for token in reversed(above) if token.kind != "wide"), None)
    if not core or last is None:
        return None
    first = core[0]
    related = any(is_relation(token) for token in core)
    if is_infix(last) or is_relation(last) or is_arrow(last):
        return []
    if first.at("-") and related and row[0].text != "&":
        return None
    if is_infix(first):
        return []
    if related or is_arrow(first) or first.kind in ("text", "unit") or last.at(",", ";") or is_prose(last):
        return None
    return [bad(LONE_ROW, first)] if any(is_relation(token) for token in above) else None


# -- pieces ----------------------------------------------------------------------------------------------------


def pieces(row: Sequence[Token]) -> list[Piece]:
    """The statements of a row, parted by commas, semicolons, wide spaces, words and arrows outside all brackets."""
    found = [_unbracketed(piece, k > 0) for k, piece in enumerate(_Cutter(row).run()) if piece.tokens]
    return _merged([piece for k, piece in enumerate(found) if not k or not is_equation_number(piece.tokens)])


def is_equation_number(tokens: Sequence[Token]) -> bool:
    """``(7)`` behind an equation."""
    return [token.kind for token in tokens] == ["open", "number", "close"] and tokens[0].text == "("


def _unbracketed(piece: Piece, behind: bool) -> Piece:
    """``(x > 0)`` behind a statement is a condition of it; ``(3) a = b`` may be numbered."""
    tokens = piece.tokens
    top = top_level(tokens)
    if len(tokens) > 2 and not top and partners(tokens)[0] == len(tokens) - 1 and tokens[0].text == "(":
        if behind and any(is_relation(tokens[k + 1]) for k in top_level(tokens[1:-1])):
            return Piece(tokens[1:-1], [*piece.lead, "if"], False, False, piece.unit)
    elif is_equation_number(tokens[:3]) and not behind and not (is_infix(tokens[3]) or is_relation(tokens[3])):
        return Piece([bad(NUMBERED, tokens[0]), *tokens[1:]], piece.lead, piece.follows, piece.comma, piece.unit)
    return piece


class _Cutter:
    def __init__(self, row: Sequence[Token]) -> None:
        self.row = row
        self.pairs = partners(row)
        self.top = top_level(row)
        self.last_relation = max((k for k in self.top if is_relation(row[k])), default=-1)
        self.broken = self.counting = False
        self.done: list[Piece] = []
        self.piece = Piece()

    def run(self) -> list[Piece]:
        depth = 0
        for k, token in enumerate(self.row):
            if self.pairs[k] >= 0:
                depth += 1 if token.kind in OPENERS else -1
                self.piece.tokens.append(token)
            elif depth:
                self.piece.tokens += [] if token.kind == "wide" else [token]
            else:
                self.outside(k, token)
        self.finish()
        return self.done

    def outside(self, k: int, token: Token) -> None:
        """One token outside all brackets; behind one that is never closed nothing is cut."""
        self.broken |= token.kind in OPENERS
        if self.broken:
            self.piece.tokens.append(token)
        elif token.at(",", ";"):
            self.comma(k, token)
        elif token.kind == "wide":
            self.wide(k, token)
        elif is_arrow(token):
            self.arrow(token)
        elif token.kind == "unit" or (self.counting and token.kind in ("letter", "text", "number")):
            self.unit(token)
        elif is_prose(token) or token.at("forall", "wedge"):
            self.words(token)
        elif token.at(":") and self.is_punctuation(k):
            self.finish()
        else:
            self.counting = False
            self.piece.tokens.append(token)

    def unit(self, token: Token) -> None:
        """What is counted: ``\\# parameters`` takes the words behind it, a remark only itself; a name is none."""
        last = self.piece.tokens[-1] if self.piece.tokens else None
        if token.kind == "unit" and token.text != "#" and (last is None or is_relation(last) or is_infix(last)):
            self.piece.tokens.append(token._replace(kind="text"))
        else:
            self.counting |= token.text == "#"
            self.piece.unit.append(token)

    def finish(self, comma: bool = False) -> None:
        """End the piece here and begin the next; a full stop at its end goes."""
        piece = self.piece
        if piece.tokens and piece.tokens[-1].at("."):
            piece.tokens.pop()
        self.counting = False
        if piece.tokens or piece.unit:
            self.done.append(piece)
            self.piece = Piece(comma=comma)

    def is_punctuation(self, k: int) -> bool:
        """Whether a colon only introduces: behind words, or before a statement with a relation of its own."""
        if not self.piece.tokens:
            return True
        later = (self.row[j] for j in range(k + 1, len(self.row)) if j in self.top)
        for token in later:
            if is_relation(token) or token.at(",", ";") or token.kind in ("wide", "text", "unit") or is_arrow(token):
                return is_relation(token) and not token.at(":", "in")
        return False

    def comma(self, k: int, token: Token) -> None:
        around = self.row[max(k - 1, 0) : k + 2]
        digits = len(around) == 3 and around[0].kind == around[2].kind == "number"
        if token.text == "," and digits and around[0].end == token.start and token.end == around[2].start:
            self.piece.tokens.append(bad(DECIMAL, token))
        else:
            self.finish(comma=True)

    def wide(self, k: int, token: Token) -> None:
        """A wide space or alignment mark parts two statements only where neither side waits for the other."""
        if k and is_wide(self.row[k - 1]):
            return
        before = self.piece.tokens[-1] if self.piece.tokens else None
        after = next((self.row[j] for j in range(k + 1, len(self.row)) if not is_wide(self.row[j])), None)
        if before is None or after is None or is_infix(before) or is_relation(before) or is_relation(after):
            return
        if after.at("-") and token.text != "&" and self.last_relation > k:
            self.piece.tokens.append(bad(LONE_MINUS, after))
        elif not is_infix(after):
            self.finish()

    def arrow(self, token: Token) -> None:
        if any(earlier.at(":") for earlier in self.piece.tokens):
            self.piece.tokens.append(bad(MAP, token))
            return
        self.finish()
        self.piece.comma = False
        self.piece.lead.append(grammar.ARROWS[token.text])
        self.piece.follows = True

    def words(self, token: Token) -> None:
        """Connecting words lead the next statement; a remark belongs to the statement it stands behind."""
        names = {"forall": "for", "wedge": "and"}
        if token.kind == "text" and not is_connective(token) and self.piece.tokens:
            self.piece.unit.append(token)
            self.finish()
        else:
            self.finish()
            self.piece.comma = False
            words = [names[token.text]] if token.kind == "command" else list(words_of(token))
            self.piece.lead += [grammar.CONDITIONAL.get(words[0], words[0])] if len(words) == 1 else words


def _merged(found: list[Piece]) -> list[Piece]:
    """Put together what commas part but belongs together: ``t = 1, …, T`` and ``x, y \\in …``."""
    runs: list[list[Piece]] = []
    for piece in found:
        if piece.comma and not piece.lead and runs:
            runs[-1].append(piece)
        else:
            runs.append([piece])
    return [piece for run in runs for piece in _merged_run(run)]


def _merged_run(run: list[Piece]) -> list[Piece]:
    """The pieces of a list with commas, put together; a list that ends in dots is made unreadable."""
    relations = [[k for k in sorted(top_level(piece.tokens)) if is_relation(piece.tokens[k])] for piece in run]
    dotted = [len(piece.tokens) == 1 and piece.tokens[0].at("dots") for piece in run]
    if start := _range_start(relations, dotted):
        return [*_merged_run(run[:start]), *_merged_run(run[start:])]
    numbers = len(run) > 1 and all([token.kind for token in piece.tokens] == ["number"] for piece in run[1:])
    only_first = len(relations[0]) == 1 and not any(relations[1:])
    if dotted[-1] and only_first:
        return [_with(run, [*run[0].tokens, run[-1].tokens[0]])]
    if (numbers or any(dotted)) and only_first and 0 < relations[0][0] < len(run[0].tokens) - 1:
        return [_ranged(run, relations[0][0], dotted)]
    with_member = next((k for k, found in enumerate(relations) if found), 0)
    sign = relations[with_member][0] if with_member else 0
    if sign and not dotted[with_member] and run[with_member].tokens[sign].at("in", ":"):
        listed = [piece for piece, dots in zip(run, dotted, strict=True) if not dots or piece is run[0]]
        return [_listed(listed[: listed.index(run[with_member]) + 1], sign), *run[with_member + 1 :]]
    return run


def _range_start(relations: list[list[int]], dotted: list[bool]) -> int:
    """Where the range begins in ``a_t = b_t, t = 1, …, T``; 0 where nothing stands before it."""
    dots = dotted.index(True) if any(dotted) else 0
    start = next((k for k in range(dots - 1, 0, -1) if relations[k]), 0)
    return start if not any(relations[dots:]) and any(relations[:start]) else 0


def _ranged(run: list[Piece], relation: int, dotted: list[bool]) -> Piece:
    """``t = 1, …, T`` says that t is one of the values listed."""
    first = run[0].tokens
    sign = first[relation]._replace(kind="command", text="in")
    later = (piece.tokens for piece, dots in zip(run[1:], dotted[1:], strict=True) if not dots)
    values = [first[relation + 1 :], *later]
    return _with(run, [*first[:relation], sign, *_bracketed(values)])


def _listed(run: list[Piece], relation: int) -> Piece:
    """``x, y \\in …`` declares both."""
    last = run[-1].tokens
    return _with(run, [*_bracketed([*(piece.tokens for piece in run[:-1]), last[:relation]]), *last[relation:]])


def _with(run: list[Piece], tokens: list[Token]) -> Piece:
    return Piece(tokens, run[0].lead, run[0].follows, run[0].comma, run[-1].unit)


def _bracketed(values: Sequence[Sequence[Token]]) -> list[Token]:
    """The values as a list in round brackets that take no room."""
    found: list[Token] = []
    for value in values:
        start = value[0].start
        found += [Token("sign", ",", start, start) if found else Token("open", "(", start, start), *value]
    return [*found, Token("close", ")", found[-1].end, found[-1].end)]
