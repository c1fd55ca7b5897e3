"""The forward pass of an emitted function."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from derivations.emit_layout import Layout, Run, columns, maps_of, runs
from derivations.emit_plan import Map, Slot
from derivations.emit_text import Writer, torch_name
from derivations.terms import Apply, Block, Term, dim_text


class Forward:
    """Writes the body of the method ``forward``."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.plan = layout.plan
        self.names = layout.names
        self.x = self.names[self.plan.inputs[0]]
        self.views: dict[str, Run] = {}
        guests: dict[Term, str] = {slot.variable: layout.memory(slot.variable) for slot in layout.slots}
        known = {**self.names, **guests}
        self.rows = {term: self._row(term, name) for term, name in known.items()}

    def _row(self, term: Term, name: str) -> str:
        fixed = self.layout.is_parameter(term) or self.layout.is_local(term)
        return name if fixed else f"{name}[t]"

    def lines(self) -> list[str]:
        """The statements, without indentation of their own."""
        loop = self._loop()
        return [*self._sizes(), *self._weights(), *self._input_products(), *self._memory(), *self._statics(), *loop]

    def _sizes(self) -> list[str]:
        first = f"{self.layout.base(self.plan.states[0][0])}_0"
        scalars = [self.names[v] for v in self.plan.inputs if not v.rank]
        lines = [f"T, batch, d = {self.x}.shape", f"n = {first}.shape[1]"]
        return lines + [f"{name} = {name}.unsqueeze(2)  # the same for all n" for name in scalars]

    def _weights(self) -> list[str]:
        """The matrices of all slots that share an operand, one below the other."""
        lines = []
        for operand, run, name in self.layout.products():
            pieces = [self._piece(slot, operand) for slot in self.layout.slots[run.start : run.stop]]
            lines.append(f"{name} = {cat(pieces)}")
        return lines

    def _piece(self, slot: Slot, operand: Term) -> str:
        return " + ".join(map(self._weight, maps_of(slot, operand)))

    def _weight(self, m: Map) -> str:
        name = self.names[m.weight] + (".T" if m.flipped else "")
        return f"{name}[:, {span(m.place)}]" if m.place else name

    def _bias(self, slot: Slot) -> str:
        return " + ".join(self.names[b] for b in slot.biases)

    def _input_products(self) -> list[str]:
        """The pre-activations as far as inputs and biases make them, for all times at once."""
        width = columns(len(self.layout.slots))
        found = [(operand, run, w) for operand, run, w in self.layout.products() if operand in self.plan.inputs]
        if [run for _, run, _ in found] == [self.layout.whole()]:
            return [f"a = {self._product(*found[0])}).view(T, batch, {width})"]
        lines = [f"a = {self.x}.new_empty(T, batch, {width})"]
        for operand, run, weight in found:
            place = self.layout.view(f"a.view(T * batch, {width})", run)
            lines.append(f"{self._product(operand, run, weight)}, out={place})")
        covered = {k for _, run, _ in found for k in range(run.start, run.stop)}
        for k in (k for k in range(len(self.layout.slots)) if k not in covered):
            lines.append(f"{self.layout.view('a', Run(k, k + 1))} = {self._bias(self.layout.slots[k]) or '0'}")
        return lines

    def _product(self, operand: Term, run: Run, weight: str) -> str:
        """The call that makes W x + b for some slots, without its closing bracket."""
        biases = [self._bias(slot) for slot in self.layout.slots[run.start : run.stop]]
        flat = f"{self.names[operand]}.reshape(T * batch, d)"
        if not any(biases):
            return f"torch.mm({flat}, {weight}.T"
        return f"torch.addmm({cat([bias or f'{self.x}.new_zeros(n)' for bias in biases])}, {flat}, {weight}.T"

    def _memory(self) -> list[str]:
        lines = []
        for state, after in self.plan.states:
            rows, first = f"{self.layout.base(state)}s", f"{self.layout.base(state)}_0"
            lines += [f"{rows} = {self.x}.new_empty(T + 1, batch, n)", f"{rows}[0] = {first}"]
            lines.append(f"{self.names[state]}, {self.names[after]} = {rows}[:-1].unbind(), {rows}[1:].unbind()")
        lines += [f"{self.names[v]} = {self.x}.new_empty(T, batch, n)" for v in self.layout.own_memory()]
        if len(self.layout.slots) > 1:
            lines.append(f"{', '.join(self.layout.slot_names())} = (part.unbind() for part in a.split(n, 2))")
        else:
            lines.append(f"{self.layout.slot_names()[0]} = a.unbind()")
        return lines + [f"{name} = {self.layout.view('a', run)}.unbind()" for name, run in self.views.items()]

    def _statics(self) -> list[str]:
        """Values that do not depend on the states, for all times at once."""
        lines = []
        for value in filter(self.layout.is_static, self.layout.values):
            without = {term: name for term, name in self.names.items() if term is not value}
            lines.append(f"{self.names[value]} = {Writer(without).text(value)}")
        return lines

    # One step

    def _loop(self) -> list[str]:
        body: list[str] = []
        for level in range(self.layout.depth() + 1):
            body += self._values(level)
            body += self._products(level)
        return ["for t in range(T):", *("    " + line for line in body)]

    def _products(self, level: int) -> list[str]:
        lines = []
        for operand, run, weight in self.layout.products():
            if operand in self.plan.inputs or self.layout.level.get(operand, 0) != level:
                continue
            slots = self.layout.slots[run.start : run.stop]
            lines.append(f"# {', '.join(self.names[s.variable] for s in slots)} += {weight} {self.names[operand]}")
            lines.append(f"{self._view(run, 'a_', 'a')}[t].addmm_({self.rows[operand]}, {weight}.T)")
        return lines

    def _view(self, run: Run, prefix: str, whole: str) -> str:
        """The name of a run, as a view that is made before the loop."""
        if run == self.layout.whole():
            return whole
        if run.stop - run.start == 1:
            return self.layout.slot_names()[run.start]
        name = self.layout.run_name(run, prefix)
        self.views[name] = run
        return name

    def _values(self, level: int) -> list[str]:
        values = self.layout.at_level(level)
        hosted = [value for value in values if value in self.layout.host]
        lines = self._activated([value for value in hosted if isinstance(value, Apply)])
        for value in values:
            if value not in self.layout.host:
                lines.append(f"# {self._equation(value)}")
                lines += self._computed(value)
        return lines

    def _equation(self, value: Term) -> str:
        return f"{self.names[value]} = {Writer(self._without(self.names, value), formula=True).text(value)}"

    def _without(self, names: dict[Term, str], value: Term) -> dict[Term, str]:
        return {term: name for term, name in names.items() if term is not value}

    def _computed(self, value: Term) -> list[str]:
        writer = Writer(self._without(self.rows, value))
        if self.layout.is_local(value):
            return [f"{self.names[value]} = {writer.text(value)}"]
        return writer.assign(self.rows[value], value)

    def _activated(self, values: Sequence[Apply]) -> list[str]:
        """Values that take the place of their pre-activations, neighbours with the same function in one operation."""
        lines: list[str] = []
        for function in dict.fromkeys(value.function for value in values):
            group = {self.layout.host[value]: value for value in values if value.function == function}
            for run in runs(self.layout.slots, set(group)):
                members = [group[slot] for slot in self.layout.slots[run.start : run.stop]]
                lines += self._activated_run(run, members, function)
        return lines

    def _activated_run(self, run: Run, values: Sequence[Apply], function: str) -> list[str]:
        lines = [f"# {'; '.join(map(self._equation, values))}"]
        for value in values:
            lines += Writer(self._without(self.rows, value)).assign(self.rows[value], value.argument)
        act = f".{torch_name(function).removeprefix('torch.')}_()"
        if len(values) == 1 and len(lines) == 2:
            return [lines[0], lines[1] + act]
        return [*lines, f"{self._view(run, '', 'a')}[t]{act}"]


def cat(parts: Iterable[str]) -> str:
    """Tensors one below the other."""
    listed = list(parts)
    return f"torch.cat(({', '.join(listed)}))" if len(listed) > 1 else listed[0]


def span(place: Block) -> str:
    """The columns of one part of a concatenation as a Python slice."""
    before = [dim_text(dim) for dim in place.parts[: place.place]]
    stop = [*before, dim_text(place.parts[place.place])]
    return (
        f"{' + '.join(before)}:{' + '.join(stop)}" if place.place + 1 < len(place.parts) else f"{' + '.join(before)}:"
    )
