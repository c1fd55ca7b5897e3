"""Surface trees as short text, so that a test can say what it expects on one line."""

from __future__ import annotations

from derivations.reading.surface import (
    Add,
    Big,
    Call,
    Comparison,
    Concat,
    Divide,
    Function,
    Group,
    Iverson,
    Mul,
    Neg,
    Node,
    Norm,
    Number,
    Partial,
    Raise,
    Sentence,
    Space,
    Symbol,
    Time,
    Transposed,
    Tuple,
    Unreadable,
)


def time_text(time: Time) -> str:
    if time.symbol is None:
        return str(time.offset)
    return time.symbol + (f"{time.offset:+d}" if time.offset else "")


def symbol_text(node: Symbol) -> str:
    text = ".".join((node.base, *node.marks)) + (f"_{{{node.name}}}" if node.name else "")
    text += f"@{time_text(node.time)}" if node.time is not None else ""
    return text + (f"<{listed(node.component)}>" if node.component else "")


def listed(nodes: tuple[Node, ...]) -> str:
    return ", ".join(map(tree, nodes))


def call_text(node: Call) -> str:
    power = f"^{tree(node.power)}" if node.power is not None else ""
    return f"{node.function}{chr(39) * node.order}{power}({listed(node.arguments)})"


def mul_text(node: Mul) -> str:
    parts = [tree(node.factors[0])]
    for operator, factor in zip(node.operators, node.factors[1:], strict=True):
        parts += [operator or "·", tree(factor)]
    return f"(mul {' '.join(parts)})"


def big_text(node: Big) -> str:
    limits = [tree(limit) if limit is not None else "-" for limit in (node.lower, node.upper)]
    return f"({node.kind} {node.index} {' '.join(limits)} {tree(node.body)})"


def add_text(node: Add) -> str:
    terms = (("+" if sign > 0 else "-") + tree(item) for sign, item in zip(node.signs, node.addends, strict=True))
    return f"(add {' '.join(terms)})"


def tree(node: Node) -> str:
    """A tree as an S-expression of sorts."""
    match node:
        case Number():
            return str(node.value)
        case Symbol():
            return symbol_text(node)
        case Neg():
            return f"(neg {tree(node.argument)})"
        case Add():
            return add_text(node)
        case Mul():
            return mul_text(node)
        case Divide():
            return f"(div {tree(node.numerator)} {tree(node.denominator)})"
        case Raise():
            return f"(pow {tree(node.base)} {tree(node.exponent)})"
        case Transposed():
            return f"{tree(node.argument)}^T"
        case Call():
            return call_text(node)
        case Function():
            return f"fn:{node.function}" + "'" * node.order
        case Partial():
            return f"D[{node.style} {tree(node.of)} / {tree(node.by)}]"
        case Concat():
            return f"cat[{listed(node.parts)}]"
        case Tuple():
            return f"tup({listed(node.items)})"
        case Group():
            return f"[{tree(node.inner)}]"
        case Norm():
            return f"norm{node.order}({tree(node.argument)})"
        case Big():
            return big_text(node)
        case Space():
            return f"R({listed(node.dims)})"
        case Comparison():
            return f"({tree(node.left)} {node.sign} {tree(node.right)})"
        case Iverson():
            return f"one{tree(node.condition)}"
    return f"{type(node).__name__}({listed(tuple(node.children()))})"


def sentence(found: Sentence) -> str:
    """A sentence: lead and arrow, the chain, the unit; ``! message`` for an unreadable one."""
    if isinstance(found, Unreadable):
        return f"! {found.message}"
    text = "".join(f"<{word}> " for word in found.lead) + ("=> " if found.follows else "") + tree(found.items[0])
    for link, item in zip(found.links, found.items[1:], strict=True):
        text += f" {link.relation.value} {tree(item)}"
    return text + (f" #{found.unit}" if found.unit else "")
