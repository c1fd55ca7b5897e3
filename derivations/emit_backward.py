"""The backward pass of an emitted function: the derived recursion of the cotangents.

A slope ∂source/∂target does not depend on any cotangent. The slopes of all times are made before the loop; those of the
slots in the memory of δ itself, where the loop multiplies the cotangent in. (The recursion is that of backpropagation
through time: Werbos 1990; for the LSTM see Greff et al. 2017, appendix A.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from derivations.emit_layout import Layout, Run, columns, is_one, maps_of, runs
from derivations.emit_plan import Flow, Slot
from derivations.emit_text import Part, Writer, common, statement
from derivations.errors import InternalError
from derivations.terms import Term


class Backward:
    """Writes the body of the method ``backward``; ``saved`` are the names of the tensors that it is handed."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.plan = layout.plan
        guests: dict[Term, str] = {slot.variable: layout.memory(slot.variable) for slot in layout.slots}
        self.names = {**layout.names, **guests}
        self.cotangents = self._cotangents()
        self.hoisted: dict[Term, str] = {}
        self.views: dict[str, str] = {}
        self.copies: dict[Term, str] = {}
        self.saved: list[str] = []

    def lines(self) -> list[str]:
        """The statements, without indentation of their own."""
        loop = self._loop()
        slopes = self._slopes()
        body = [*self._memory(), *slopes, *self._starts(), *loop, *self._weights(), *self._biases(), *self._returned()]
        return [*self._unpacked("\n".join(body)), *body]

    # Names

    def _cotangents(self) -> dict[Term, str]:
        """The name of the cotangent of every cut; a state's is that of the running time alone."""
        found = {cut: f"grad_{self.layout.names[cut]}" for cut in self.plan.cuts if cut not in self.plan.heads}
        found |= {after: f"grad_{self.layout.base(before)}" for before, after in self.plan.states}
        return found | {head: self._delta(slot) for head, slot in self.plan.heads.items()}

    def _delta(self, slot: Slot) -> str:
        return f"delta_{self.layout.names[slot.variable].removeprefix('a_')}"

    def _row(self, cut: Term) -> str:
        """The cotangent of a cut in the loop."""
        return self.copies.get(cut) or self.cotangents[cut] + ("" if cut in self.layout.after else "[t]")

    def _whole(self, cut: Term) -> str:
        """The cotangents of a cut at all times."""
        return f"{self.cotangents[cut]}_at" if cut in self.layout.after else self.cotangents[cut]

    def _recorded(self) -> list[Term]:
        """The states whose cotangents are all needed after the loop."""
        return [s for s in self.layout.after if any(f.source is s and self._is_late(f) for f in self.plan.flows)]

    def _is_late(self, flow: Flow) -> bool:
        """Whether a flow goes to a parameter or an input."""
        return flow.target not in self.plan.cuts and flow.target not in self.layout.before

    # What is made before the loop

    def _memory(self) -> list[str]:
        slots = self.layout.slots
        lines = ["delta = torch.empty_like(a)"]
        if len(slots) > 1 or self._delta(slots[0]) != "delta":
            lines.append(f"{', '.join(map(self._delta, slots))} = {self.layout.split('delta')}")
        lines += [f"{name} = {text}.unbind()" for name, text in self.views.items()]
        others = [c for c in self.plan.cuts if c not in self.plan.heads and c not in self.layout.after]
        names = [self.cotangents[cut] for cut in others] + [self._whole(state) for state in self._recorded()]
        return lines + [f"{name} = delta.new_empty(T, batch, n)" for name in names]

    def _slopes(self) -> list[str]:
        """The slopes of all times; common parts get a name."""
        firsts = {slot: self._first(head) for head, slot in self.plan.heads.items()}
        late = [flow.slope for flow in self.plan.flows if self._is_late(flow)]
        written = [flow.slope for flow in firsts.values() if flow] + list(self.hoisted) + late
        lines = []
        for k, term in enumerate(common(written, self.names)):
            lines.append(f"u{k + 1} = {Writer(self.names).text(term)}")
            self.names[term] = f"u{k + 1}"
        for slot in self.layout.slots:
            lines += self._slot_slope(slot, firsts[slot], Writer(self.names))
        return lines + self._hoisted()

    def _hoisted(self) -> list[str]:
        writer = Writer(self.names)
        return [f"{name} = {self._at_times(slope, writer.text(slope))}" for slope, name in self.hoisted.items()]

    def _at_times(self, slope: Term, text: str) -> str:
        if self.layout.is_parameter(slope):
            return text
        simple = text.isidentifier() or text.startswith("torch.ops")
        return f"{text}.unbind()" if simple else f"({text}).unbind()"

    def _first(self, head: Term) -> Flow | None:
        sources = self.layout.sources(head)
        return self.layout.flow(sources[0], head) if sources else None

    def _slot_slope(self, slot: Slot, flow: Flow | None, writer: Writer) -> list[str]:
        if flow is None:
            return [f"{self._delta(slot)}.zero_()"]
        formula = Writer(self.layout.names, formula=True).text(flow.slope)
        lines = writer.assign(self._delta(slot), flow.slope)
        return [f"# {self._slope_name(flow.source, self.layout.names[slot.variable])} = {formula}", *lines]

    def _starts(self) -> list[str]:
        starts = ["grad_output = grad_output.unbind()"]
        return starts + [
            f"{name} = {name}_T.clone()" for name in (self.cotangents[after] for after in self.layout.after)
        ]

    # One step

    def _loop(self) -> list[str]:
        output = self.plan.states[0][1]
        body = [f"{self.cotangents[output]}.add_(grad_output[t])"]
        done: set[Term] = set()
        while ready := [c for c in reversed(self.plan.cuts) if c not in done and self._needs(c) <= done]:
            body += self._vectors([cut for cut in ready if cut not in self.plan.heads])
            body += self._deltas([cut for cut in ready if cut in self.plan.heads])
            done |= set(ready)
        if len(done) < len(self.plan.cuts):
            raise InternalError("the cotangents of a step wait for each other")
        return ["for t in reversed(range(T)):", *("    " + line for line in [*body, *self._carried()])]

    def _needs(self, cut: Term) -> set[Term]:
        slots = self.layout.applied_to(cut)
        return set(self.layout.sources(cut)) | {head for head, slot in self.plan.heads.items() if slot in slots}

    def _vectors(self, cuts: Sequence[Term]) -> list[str]:
        """States, operands and quantities, the states on top of what came from the step after."""
        lines = []
        for cut in cuts:
            parts = [*self._products(cut), *self._parts(cut, self.layout.sources(cut))]
            if parts:
                lines.append(f"# {self._formula(cut, self._delta_of(cut), '+=' if cut in self.layout.after else '=')}")
            lines += statement(self._row(cut), parts, cut in self.layout.after)
            if cut in self._recorded():
                lines.append(f"{self._whole(cut)}[t].copy_({self._row(cut)})")
        return lines

    def _delta_of(self, cut: Term) -> str:
        """The cotangent of a cut in a formula."""
        slot = self.plan.heads.get(cut)
        return f"δ{self.layout.names[slot.variable if slot else cut]}"

    def _formula(self, target: Term, left: str, sign: str = "=") -> str:
        """The equation that the statement for a target implements."""
        addends = [f"{weight}ᵀ δa" for operand, _, weight in self.layout.products() if operand is target]
        writer = Writer(self.layout.names, formula=True)
        for source in self.layout.sources(target):
            slope = self.layout.flow(source, target).slope
            addends.append(self._delta_of(source) + ("" if is_one(slope) else f" ⊙ {writer.factor(slope)}"))
        return f"{left} {sign} {' + '.join(addends) or '0'}"

    def _parts(self, target: Term, sources: Iterable[Term]) -> list[Part]:
        return [Part(self._row(s), self._slope_row(self.layout.flow(s, target))) for s in sources]

    def _products(self, operand: Term) -> list[Part]:
        found = [(run, weight) for o, run, weight in self.layout.products() if o is operand]
        return [Part(f"{self._flat(run)}[t]", weight, matrix=True) for run, weight in found]

    def _flat(self, run: Run) -> str:
        """The name of δ of neighbouring slots, side by side."""
        if run == self.layout.whole():
            return "delta"
        if run.stop - run.start == 1:
            return self._delta(self.layout.slots[run.start])
        return self._view(self.layout.run_name(run, "delta_"), self.layout.view("delta", run))

    def _view(self, name: str, text: str) -> str:
        self.views[name] = text
        return name

    def _slope_row(self, flow: Flow) -> str:
        """A slope in the loop; empty where it is one."""
        slope = flow.slope
        if is_one(slope):
            return ""
        name = self.names.get(slope) or self.hoisted.get(slope)
        if name is None:
            target = self.layout.names.get(flow.target) or self.cotangents[flow.target]
            name = f"slope_{target}"
            if name in self.hoisted.values():
                name += f"_from_{self.cotangents[flow.source].removeprefix('grad_')}"
            self.hoisted[slope] = name
        return name if self.layout.is_parameter(slope) else f"{name}[t]"

    def _deltas(self, heads: Sequence[Term]) -> list[str]:
        """δ of the slots: the cotangent that they come from times the slope that stands there."""
        lines: list[str] = []
        for source in self.layout.firsts(heads):
            fed = {self.plan.heads[head] for head in heads if self.layout.sources(head)[:1] == [source]}
            for run in runs(self.layout.slots, fed):
                names = [self.layout.names[slot.variable] for slot in self.layout.slots[run.start : run.stop]]
                ways = "; ".join(f"δ{a} = {self._delta_of(source)} ⊙ {self._slope_name(source, a)}" for a in names)
                lines.append(f"# {ways}")
                lines.append(self._scaled(run, self._row(source)))
        for head in heads:
            parts = self._parts(head, self.layout.sources(head)[1:])
            lines += statement(self._row(head), parts, True)
        return lines

    def _slope_name(self, source: Term, target: str) -> str:
        return f"∂{self._delta_of(source).removeprefix('δ')}/∂{target}"

    def _scaled(self, run: Run, row: str) -> str:
        count = run.stop - run.start
        if count == 1:
            return f"{self._delta(self.layout.slots[run.start])}[t].mul_({row})"
        parts = f"delta.unflatten(2, ({len(self.layout.slots)}, n))"
        if run != self.layout.whole():
            parts += f"[:, :, {run.start or ''}:{run.stop if run.stop < len(self.layout.slots) else ''}]"
        return f"{self._view(self.layout.run_name(run, 'each_'), parts)}[t].mul_({row}.unsqueeze(1))"

    def _carried(self) -> list[str]:
        """The cotangents of the states before the step, in the memory of those after it."""
        order = self._carrying_order()
        lines = [f"{copy} = {self.cotangents[after]}.clone()" for after, copy in self.copies.items()]
        for state in order:
            after = self.layout.before[state]
            sources = self.layout.sources(state)
            own = self._parts(state, [s for s in sources if s is after])
            rest = [*self._products(state), *self._parts(state, [s for s in sources if s is not after])]
            target = self.cotangents[after]
            lines.append(f"# {self._formula(state, f'δ{self.layout.names[state]}')}")
            if own and own[0].right:
                lines.append(f"{target}.mul_({own[0].right})" + "".join(part.added() for part in rest))
            else:
                lines += statement(target, rest, bool(own))
        return lines

    def _carrying_order(self) -> list[Term]:
        """A state that reads the cotangent of another comes before that is overwritten; in a circle, one is copied."""
        left = list(self.layout.before)
        order: list[Term] = []
        while left:
            free = [s for s in left if not any(self._reads(other, s) for other in left if other is not s)]
            if not free:
                after = self.layout.before[left[0]]
                self.copies[after] = f"{self.cotangents[after]}_t"
            order.append((free or left)[0])
            left.remove(order[-1])
        return order

    def _reads(self, state: Term, other: Term) -> bool:
        return self.layout.before[other] in self.layout.sources(state)

    # What is made after the loop

    def _weights(self) -> list[str]:
        """∂W = Σ_t δ_t v_tᵀ for all slots that share the operand v."""
        lines = [f"delta = delta.view(T * batch, {columns(len(self.layout.slots))})"]
        for operand, run, _ in self.layout.products():
            slots = self.layout.slots[run.start : run.stop]
            width = "d" if operand in self.plan.inputs else "n"
            rows = f"{self.names[operand]}.reshape(T * batch, {width})"
            split = ".split(n)" if len(slots) > 1 else ""
            product = f"{self.layout.view('delta', run)}.T @ {rows}"
            lines.append(
                f"{', '.join(self._share(s, operand) for s in slots)} = {f'({product})' if split else product}{split}"
            )
        return lines

    def _share(self, slot: Slot, operand: Term) -> str:
        """The name of the gradient of the weights that lead from an operand to a slot."""
        m = next(maps_of(slot, operand))
        others = [o for s in self.layout.slots for o in s.maps if o.weight is m.weight]
        name = f"grad_{self.layout.names[m.weight]}"
        if len(others) == 1:
            return name
        name += f"_{self.layout.base(operand)}"
        alone = sum(o.operand is operand for o in others) == 1
        return name if alone else name + self._delta(slot).removeprefix("delta")

    def _biases(self) -> list[str]:
        if not any(slot.biases for slot in self.layout.slots):
            return []
        names = [self._bias(slot) if slot.biases else "_" for slot in self.layout.slots]
        return [f"{', '.join(names)} = delta.sum(0){'.split(n)' if len(names) > 1 else ''}"]

    def _bias(self, slot: Slot) -> str:
        alone = len(slot.biases) == 1 and sum(slot.biases[0] in s.biases for s in self.layout.slots) == 1
        return f"grad_{self.layout.names[slot.biases[0]]}" if alone else self._delta(slot).replace("delta", "sum")

    def _returned(self) -> list[str]:
        lines, results = [], []
        for place, v in enumerate(self.plan.inputs):
            lines.append(f"grad_{self.layout.names[v]} = {self._input(v)} if ctx.needs_input_grad[{place}] else None")
            results.append(f"grad_{self.layout.names[v]}")
        results += [self.cotangents[self.layout.before[state]] for state in self.layout.before]
        for v in self.plan.parameters:
            name, text = f"grad_{self.layout.names[v]}", self._parameter(v)
            lines += [f"{name} = {text}"] if name != text else []
            results.append(name)
        return [*lines, f"return {', '.join(results)}"]

    def _input(self, v: Term) -> str:
        name = self.layout.names[v]
        found = [(run, weight) for operand, run, weight in self.layout.products() if operand is v]
        parts = [f"({self.layout.view('delta', run)} @ {weight}).view_as({name})" for run, weight in found]
        parts += [self._late(flow, "" if v.rank else ".sum(2)") for flow in self._late_flows(v)]
        return " + ".join(parts) or f"torch.zeros_like({name})"

    def _parameter(self, v: Term) -> str:
        """The gradient of a parameter as Python: the sum of what it gets as a weight, as a bias and entry by entry."""
        pieces: dict[int, list[str]] = {}
        for slot in self.layout.slots:
            for m in slot.maps:
                if m.weight is v:
                    share = self._share(slot, m.operand) + (".T" if m.flipped else "")
                    pieces.setdefault(m.place.place if m.place else 0, []).append(share)
        joined = [" + ".join(pieces[k]) for k in sorted(pieces)]
        parts = [f"torch.cat(({', '.join(joined)}), 1)"] if len(joined) > 1 else joined
        parts += [self._bias(slot) for slot in self.layout.slots if v in slot.biases]
        parts += [self._late(flow, ".sum((0, 1))" if v.rank else ".sum()") for flow in self._late_flows(v)]
        return " + ".join(parts) or "None"

    def _late_flows(self, v: Term) -> list[Flow]:
        variables = {v, *(wide for wide, scalar in self.plan.widened.items() if scalar is v)}
        return [flow for flow in self.plan.flows if flow.target in variables]

    def _late(self, flow: Flow, total: str) -> str:
        slope = "" if is_one(flow.slope) else f" * {Writer(self.names).factor(flow.slope)}"
        return f"({self._whole(flow.source)}{slope}){total}"

    # What the forward pass hands over

    def _unpacked(self, body: str) -> list[str]:
        """The tensors that the body reads, taken out of the context, and the views of them."""
        used = set(re.findall(r"\w+", re.sub("#.*", "", body)))
        views = [f"{', '.join(self._guests(used))} = {self.layout.split('a')}"] if self._guests(used) else []
        lines, kept = [], []
        for before, after in self.plan.states:
            pair = [self.layout.names[before], self.layout.names[after]]
            rows = f"{self.layout.base(before)}s"
            if used & set(pair):
                kept.append(rows)
                names = [name if name in used else "_" for name in pair]
                lines.append(f"{', '.join(names)} = {rows}[:-1], {rows}[1:]")
        x = self.layout.names[self.plan.inputs[0]]
        candidates = [self.layout.names[v] for v in (*self.plan.inputs, *self.layout.values, *self.plan.parameters)]
        candidates += [weight for *_, weight in self.layout.products()]
        taken = {*self.layout.slot_names(), *(self.layout.names[after] for after in self.layout.after)}
        kept = [x, "a", *kept, *(c for c in dict.fromkeys(candidates) if c in used - taken and c != x)]
        self.saved = kept
        sizes = [
            "T, batch, d = " + f"{x}.shape",
            f"n = a.shape[2]{f' // {len(self.layout.slots)}' if len(self.layout.slots) > 1 else ''}",
        ]
        return [f"{', '.join(kept)} = ctx.saved_tensors", *sizes, *lines, *views]

    def _guests(self, used: set[str]) -> list[str]:
        names = self.layout.slot_names()
        return [name if name in used else "_" for name in names] if used & set(names) else []
