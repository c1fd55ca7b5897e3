// The page: sends the sheet as one types, shows what comes back. Text becomes text nodes, formulas go through KaTeX,
// which builds elements; nothing here makes HTML from a string, and the policy of the page forbids it.

const PAUSE = 250; // milliseconds after the last key before a sheet is sent
const IDLE = 400; // and so many more before what was left open is checked
const MOST_TYPESET = 4000; // characters of a formula that is typeset
const SIGNS = { given: "·", proved: "✓", holds: "≈", wrong: "✗", undecided: "?", unclear: "⁇" };
const ORDER = ["wrong", "unclear", "undecided", "holds", "proved", "given"];
const KATEX = { throwOnError: true, strict: "ignore", trust: false, maxExpand: 1000, maxSize: 20 };
const session = Array.from(crypto.getRandomValues(new Uint8Array(12)), (x) => x.toString(16).padStart(2, "0")).join("");

const $ = (id) => document.getElementById(id);
const text = $("text"), gutter = $("gutter"), list = $("verdicts"), summary = $("summary"), message = $("message");
const state = { name: "sheet", report: null, checked: null, timer: 0, busy: false, open: new Set(), shown: new Map() };

// ---- small things

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false && value !== null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

function button(label, press, kind = "") {
  return element("button", { type: "button", class: kind, click: press }, label);
}

const typeset = new Map();

/** A formula, typeset where KaTeX can read it; otherwise as it is written. */
function formula(latex, display = false) {
  const key = `${display}|${latex}`;
  if (!typeset.has(key)) {
    if (typeset.size > 2000) typeset.clear();
    typeset.set(key, rendered(latex, display));
  }
  return typeset.get(key).cloneNode(true);
}

function rendered(latex, display) {
  if (latex.length <= MOST_TYPESET && window.katex) {
    for (const source of [latex, `\\begin{aligned}${latex}\\end{aligned}`]) {
      const made = element(display ? "div" : "span");
      try {
        window.katex.render(source, made, { ...KATEX, displayMode: display });
        return made;
      } catch {
        continue; // shown as it is written
      }
    }
  }
  return element("code", {}, latex.length > MOST_TYPESET ? `${latex.slice(0, MOST_TYPESET)} …` : latex);
}

// ---- asking

class Refused extends Error {
  constructor(words, wait) {
    super(words);
    this.wait = wait;
  }
}

async function ask(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: body ? "POST" : "GET",
      headers: body ? { "Content-Type": "application/json" } : {},
      body: body ? JSON.stringify(body) : undefined,
    });
  } catch {
    throw new Refused("gradproof does not answer; is it still running?", 3);
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => null);
  throw new Refused(said?.error?.message ?? `gradproof answered ${answer.status}`, Number(answer.headers.get("Retry-After")));
}

function sheet() {
  return { text: text.value, name: state.name + $("kind").value, strict: $("strict").checked };
}

function say(words) {
  message.textContent = words;
  message.hidden = !words;
}

// ---- checking as one types: one request at a time, and always the newest text

function changed() {
  lines();
  schedule(PAUSE, true);
}

function schedule(pause, quick) {
  clearTimeout(state.timer);
  state.timer = setTimeout(() => check(quick), pause);
}

async function check(quick) {
  clearTimeout(state.timer);
  if (state.busy) {
    schedule(50, quick);
    return;
  }
  const sent = sheet(), key = JSON.stringify(sent);
  if (!sent.text.trim()) {
    state.report = state.checked = null;
    show({ statements: [], summary: {}, conventions: {} }, "Nothing to check yet.");
    say("");
    return;
  }
  if (state.checked === key && state.report?.settled !== false && message.hidden) return;
  state.busy = true;
  document.body.setAttribute("aria-busy", "true");
  try {
    const report = await (await ask("/api/check", { ...sent, session, quick })).json();
    say(report.statements.length ? "" : "No formula was found; write formulas between $ and $, or between $$ and $$.");
    state.report = report;
    state.checked = key;
    show(report, counted(report));
    if (key !== JSON.stringify(sheet())) schedule(0, true);
    else if (!report.settled) schedule(IDLE, false);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say(error.message);
    for (const item of list.children) item.classList.add("stale");
    if (error.wait) schedule(1000 * error.wait, quick);
  } finally {
    state.busy = false;
    document.body.removeAttribute("aria-busy");
  }
}

function counted(report) {
  const parts = ORDER.filter((name) => report.summary[name]).map((name) => `${report.summary[name]} ${name}`);
  const slips = report.summary.wrong > report.roots ? ` (${report.roots} root causes)` : "";
  return parts.join(", ").replace(/(\d+ wrong)/, `$1${slips}`) || "No formula was found.";
}

// ---- showing

function show(report, words) {
  summary.textContent = words;
  const conventions = Object.entries(report.conventions).map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  $("conventions").replaceChildren(...conventions);
  const focused = document.activeElement?.closest?.("#verdicts > li")?.dataset.key;
  const before = state.shown;
  state.shown = new Map();
  const counts = new Map();
  const items = report.statements.map((statement) => {
    const count = (counts.get(statement.line) ?? 0) + 1;
    counts.set(statement.line, count);
    const key = `${statement.line}.${count}`;
    const open = report.settled === false && statement.verdict === "wrong";
    const content = JSON.stringify(statement) + open;
    const old = before.get(key);
    const item = old?.content === content ? old.item : shownStatement(statement, key, open);
    item.classList.remove("stale");
    state.shown.set(key, { content, item });
    return item;
  });
  list.replaceChildren(...items);
  for (const box of list.querySelectorAll(".formula, .inline")) {
    if (box.scrollWidth > box.clientWidth) box.setAttribute("tabindex", "0");
    else box.removeAttribute("tabindex");
  }
  if (focused) state.shown.get(focused)?.item.querySelector(".head").focus({ preventScroll: true });
  lines();
}

/** What is shown of a statement; `pending` where it is still being looked for why it is wrong. */
function shownStatement(statement, key, pending) {
  const open = state.open.has(key);
  const detail = element("div", { class: "detail", id: `detail-${key}`, hidden: !open });
  const where = statement.line === statement.end_line ? `line ${statement.line}` : `lines ${statement.line}–${statement.end_line}`;
  const toggle = () => {
    detail.hidden = !detail.hidden;
    head.setAttribute("aria-expanded", String(!detail.hidden));
    if (detail.hidden) state.open.delete(key);
    else state.open.add(key);
    if (!detail.hidden && !detail.childElementCount) detail.append(...details(statement, pending));
  };
  const head = element("button",
    { type: "button", class: "head", "aria-expanded": String(open), "aria-controls": `detail-${key}`, click: toggle },
    element("span", { "aria-hidden": "true" }, SIGNS[statement.verdict]), statement.verdict,
    element("span", { class: "where" }, where));
  if (open) detail.append(...details(statement, pending));
  const box = element("div", { class: "formula", role: "group", "aria-label": `formula, ${where}`, click: toggle },
    formula(statement.latex));
  const item = element("li", { class: statement.verdict }, head, box, detail);
  item.dataset.key = key;
  return item;
}

function details(statement, pending) {
  const steps = statement.steps.map((step) => element("div", { class: "step" }, ...facts(step, statement)));
  return [...steps, pending ? line("Looking for why, and for a repair …") : "", element("p", {}, button("Show it in the sheet", () => select(statement.line, statement.column, statement.latex)))];
}

/** A headline, with the name at its end typeset. */
function headline(words) {
  const [, said, name] = words.match(/^(.*(?:derivative|definition) of )(\S.*)$/s) ?? [];
  return said ? [said, element("span", { class: "inline" }, formula(name))] : [words];
}

function facts(step, statement) {
  const several = statement.steps.length > 1;
  return [
    several ? line("", element("div", { class: "inline" }, formula(`${step.lhs} ${step.relation === "=" ? "=" : ""} ${step.rhs}`)), `: ${step.verdict}`) : null,
    step.headline ? element("p", { class: "headline" }, ...headline(step.headline)) : null,
    step.why ? line("Why: ", step.why) : null,
    step.reading.length ? line("Read as: ", step.reading.join("; ")) : null,
    step.shapes ? line("Shapes: ", step.shapes[0] === step.shapes[1] ? `both ${step.shapes[0]}` : step.shapes.join(" and ")) : null,
    step.follows_from ? line("It follows from ", goTo(step.follows_from), ".") : null,
    step.builds_on ? line("It carries on ", goTo(step.builds_on), " and has a slip of its own.") : null,
    step.expected ? element("p", {}, "Right would be: ", element("span", { class: "inline" }, formula(step.expected))) : null,
    step.repair ? mend(step.repair) : null,
    step.counterexample ? counterexample(step.counterexample) : null,
    step.proof ? line("Proved by: ", step.proof.rules.join("; ")) : null,
    step.proof?.conditions.length ? line("Provided that ", step.proof.conditions.join(", ")) : null,
    step.code && step.verdict === "wrong" ? about(step.code) : null,
    statement.verdict === "given" && !step.headline ? line("A definition: only its shapes are checked.") : null,
  ].filter(Boolean);
}

const line = (...parts) => element("p", {}, ...parts);
const goTo = (number) => button(`line ${number}`, () => reveal(number), "link");

function mend(repair) {
  return element("div", { class: "mend" },
    button("Apply the repair", () => apply(repair)),
    element("span", { class: "inline" }, "write ", formula(repair.to), " in place of ", formula(repair.from)));
}

function counterexample(found) {
  const sizes = Object.entries(found.sizes).map(([name, value]) => `${name} = ${value}`).join(", ");
  const told = Object.entries(found.values).filter(([, value]) => [value].flat(Infinity).some((x) => x !== "0"));
  const rest = told.length < Object.keys(found.values).length ? (told.length ? "all else is 0" : "every value is 0") : "";
  const values = told.map(([name, value]) =>
    element("tr", {}, element("td", {}, ...named(name)), element("td", {}, nested(value))));
  const entry = found.entry.length ? ` (entry ${found.entry.map((k) => k + 1).join(", ")})` : "";
  const program = element("details", {}, element("summary", {}, "as a program"),
    element("pre", { tabindex: "0", role: "region", "aria-label": "the counterexample as a program" }, found.python));
  return element("div", {},
    line(element("strong", {}, "Counterexample: "), `left ${found.left}, right ${found.right}${entry}${sizes ? ` at ${sizes}` : ""}`),
    values.length ? element("table", { "aria-label": "the values" }, element("tbody", {}, ...values)) : "",
    rest ? line(rest) : "",
    found.python ? program : "");
}

/** A name of a counterexample: h@t-1 is h at time t-1. */
function named(name) {
  const [, plain, words] = name.match(/^(.*?)( \(.*\))?$/s);
  const [symbol, time] = plain.split("@");
  return [formula(time ? `{${symbol}}_{${time}}` : symbol), words ?? ""];
}

const nested = (value) => (Array.isArray(value) ? `[${value.map(nested).join(", ")}]` : String(value));

function about(code) {
  const box = element("div", {});
  const tell = async () => {
    const found = await ask(`/api/explain/${encodeURIComponent(code)}`).then((x) => x.json(), () => null);
    box.replaceChildren(...(found
      ? [line(element("strong", {}, found.title)), line(found.rule), line("Source: ", found.source)]
      : [line("There is no page behind this code.")]));
  };
  return element("div", {}, element("p", {}, button(`About “${code}”`, tell, "link")), box);
}

// ---- the editor

/** Line numbers, with the sign of the worst verdict of what begins on the line. */
function lines() {
  const marks = new Map();
  for (const statement of state.report?.statements ?? []) {
    const old = marks.get(statement.line);
    if (!old || ORDER.indexOf(statement.verdict) < ORDER.indexOf(old)) marks.set(statement.line, statement.verdict);
  }
  const count = text.value.split("\n").length;
  const fresh = state.checked === JSON.stringify(sheet());
  const rows = Array.from({ length: Math.min(count, 20000) }, (_, k) => {
    const mark = fresh ? marks.get(k + 1) : undefined;
    const row = element("div", {}, `${mark ? SIGNS[mark] : " "} ${k + 1}`);
    if (mark) row.style.color = `var(--${{ undecided: "open", unclear: "open" }[mark] ?? mark})`;
    return row;
  });
  gutter.replaceChildren(...rows);
  gutter.scrollTop = text.scrollTop;
}

/** Where a place is in the text; lines and columns count from 1, columns in characters, not in UTF-16 units. */
function offset(row, column) {
  const rows = text.value.split("\n");
  const before = rows.slice(0, row - 1).reduce((sum, x) => sum + x.length + 1, 0);
  return before + Array.from(rows[row - 1] ?? "").slice(0, column - 1).join("").length;
}

function select(row, column, words) {
  const start = offset(row, column);
  const rest = text.value.slice(start);
  const length = rest.startsWith(words) ? words.length : rest.split("\n")[0].length;
  text.focus();
  text.setSelectionRange(start, start + length);
  text.scrollTop = Math.max(0, (row - 4) * parseFloat(getComputedStyle(text).lineHeight));
}

function apply(repair) {
  const start = offset(repair.line, repair.column);
  if (!text.value.startsWith(repair.from, start)) {
    say("The sheet has changed since; it is checked again.");
    check(false);
    return;
  }
  text.focus();
  text.setSelectionRange(start, start + repair.from.length);
  // execCommand keeps the edit in the history of the editor, so that it can be undone
  if (!document.execCommand("insertText", false, repair.to)) text.setRangeText(repair.to, start, start + repair.from.length, "end");
  lines();
  check(true);
}

/** Open what is said of a line, of its wrong statement where it has one. */
function reveal(number) {
  const found = [...state.shown].filter(([key]) => key.startsWith(`${number}.`)).map(([, shown]) => shown.item);
  unfold(found.find((item) => item.classList.contains("wrong")) ?? found[0]);
}

function unfold(item) {
  if (!item) return;
  if (list.scrollHeight > list.clientHeight && getComputedStyle(list).overflowY === "auto") {
    list.scrollTop = item.offsetTop - list.offsetTop - 12; // the list alone, not the whole page
  } else item.scrollIntoView({ block: "start" });
  const head = item.querySelector(".head");
  if (head.getAttribute("aria-expanded") === "false") head.click();
  head.focus({ preventScroll: true });
}

function nextProblem() {
  const items = [...list.querySelectorAll("li.wrong, li.unclear, li.undecided")];
  const at = items.indexOf(document.activeElement?.closest?.("#verdicts > li"));
  unfold(items[(at + 1) % items.length]);
}

// ---- files

/** The text cells of a notebook, as Markdown. */
function cells(source) {
  try {
    const found = JSON.parse(source).cells.filter((cell) => cell.cell_type === "markdown");
    return found.map((cell) => [cell.source].flat().join("")).join("\n\n");
  } catch {
    return null;
  }
}

async function opened(file) {
  if (file.size > 1_000_000) {
    say(`${file.name} is larger than 1 MB; split the sheet.`);
    return;
  }
  const content = await file.text();
  const ending = file.name.toLowerCase().match(/\.(md|markdown|tex|txt|ipynb)$/)?.[0];
  const found = ending === ".ipynb" ? cells(content) : content;
  if (!ending || found === null || found.includes("\0")) {
    say(`${file.name} cannot be read; a sheet is Markdown, LaTeX, a notebook or plain text.`);
    return;
  }
  load(found, file.name.slice(0, -ending.length), { ".tex": ".tex", ".txt": ".txt" }[ending] ?? ".md");
}

function load(content, name, kind) {
  state.name = name || "sheet";
  $("kind").value = kind;
  state.open.clear();
  text.value = content;
  text.scrollTop = 0;
  text.setSelectionRange(0, 0);
  lines();
  check(false);
}

async function save(format) {
  try {
    const answer = await ask("/api/report", { ...sheet(), format });
    const name = answer.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/)?.[1] ?? `report.${format}`;
    const address = URL.createObjectURL(await answer.blob());
    const link = element("a", { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say(error.message);
  }
}

// ---- the forms

function form(id, body) {
  const made = $(id), answer = made.querySelector(".answer");
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    answer.hidden = false;
    answer.textContent = "…";
    try {
      answer.textContent = (await (await ask(`/api/${id}`, body(new FormData(made)))).json()).text;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      answer.textContent = error.message;
    }
  });
}

form("derive", (data) => {
  const subject = data.get("subject").trim();
  const steps = data.get("steps");
  return {
    subject: subject === "sheet" ? text.value : subject,
    by: data.get("by") || "all",
    format: data.get("format"),
    ...(steps ? { steps: Number(steps) } : {}),
  };
});
form("count", (data) => ({ subject: data.get("subject") }));

// ---- beginning

text.addEventListener("input", changed);
text.addEventListener("scroll", () => { gutter.scrollTop = text.scrollTop; });
$("strict").addEventListener("change", () => check(false));
$("kind").addEventListener("change", () => check(false));
$("file").addEventListener("change", (event) => { if (event.target.files[0]) opened(event.target.files[0]); event.target.value = ""; });
$("page-report").addEventListener("click", () => save("html"));
$("tex-report").addEventListener("click", () => save("tex"));
document.addEventListener("keydown", (event) => {
  if (event.key === "F8") { event.preventDefault(); nextProblem(); }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target === text) { event.preventDefault(); check(false); }
});

lines();
const examples = await ask("/api/examples").then((x) => x.json(), () => []);
$("examples").append(...examples.map((x) => element("option", { value: x.name }, x.title)));
$("examples").addEventListener("change", (event) => {
  const found = examples.find((x) => x.name === event.target.value);
  if (found) load(found.text, found.name.replace(/\.\w+$/, ""), found.name.endsWith(".tex") ? ".tex" : ".md");
});
document.documentElement.dataset.ready = "true";
