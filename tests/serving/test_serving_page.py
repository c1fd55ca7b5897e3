"""The page as a person uses it, in a real browser: type, see verdicts, apply the repair, see it turn right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serving import running

from gradproof.serving.limits import Limits

pytest.importorskip("uvicorn", reason="uvicorn is not installed (pip install gradproof[web])")
pytestmark = pytest.mark.usefixtures("browser")

ROOT = Path(__file__).parent.parent.parent
AXE = ROOT / "tests" / "vendor" / "axe-core-4.14.1" / "axe.min.js"
WIDE, NARROW = (1280, 860), (360, 740)
PATIENCE = 60_000
WRONG, RIGHT = "$$\\sigma'(x) = \\sigma(x)(1 - \\sigma(x)^2)$$", "$$\\sigma'(x) = \\sigma(x)(1 - \\sigma(x))$$"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running(Limits(rate=1000, burst=1000, pending=100, seconds=60)) as found:
        yield found


class View:
    """The page in a window of some size, and what it said, asked for and stumbled over."""

    def __init__(self, browser: Any, address: str, size: tuple[int, int] = WIDE, scheme: str = "light") -> None:
        viewport = {"width": size[0], "height": size[1]}
        # the testing tools evaluate scripts of their own, which the policy of the page would refuse
        self.context = browser.new_context(viewport=viewport, color_scheme=scheme, bypass_csp=False)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append(dialog.message) or dialog.dismiss())
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(address)
        self.page.wait_for_selector("html[data-ready]")

    def write(self, text: str) -> None:
        """Put a sheet into the editor at once, as pasting does."""
        self.page.locator("#text").fill(text)

    def settle(self, verdict: str, count: int = 1) -> None:
        """Wait until so many statements have a verdict, and nothing is being checked."""
        self.page.wait_for_function(
            "([verdict, count]) => document.querySelectorAll(`#verdicts > li.${verdict}:not(.stale)`).length === count",
            arg=[verdict, count],
        )

    def example(self, name: str) -> None:
        self.page.select_option("#examples", name)
        self.page.wait_for_function("() => document.querySelectorAll('#verdicts > li.wrong').length > 0")


def test_type_see_the_verdict_apply_the_repair_see_it_turn_right(browser: Any, address: str) -> None:
    view = View(browser, address)
    page = view.page
    page.locator("#text").press_sequentially(WRONG, delay=5)
    view.settle("wrong")
    assert page.locator("#summary").inner_text() == "1 wrong"
    page.keyboard.press("F8")
    detail = page.locator("#verdicts .detail")
    assert "left 1/4, right 3/8" in detail.inner_text()
    assert "this" not in page.locator("#message").inner_text()
    page.get_by_role("button", name="Apply the repair").click()
    view.settle("proved")
    assert page.locator("#text").input_value() == RIGHT
    assert page.locator("#summary").inner_text() == "1 proved"
    page.keyboard.press("Control+z")
    view.settle("wrong")
    assert page.locator("#text").input_value() == WRONG
    assert not view.said


def test_a_repair_lands_in_its_place_behind_letters_of_two_units(browser: Any, address: str) -> None:
    view = View(browser, address)
    view.write(f"# 𝒢𝓇𝒶𝒹\n\n𝒳𝒴 is a word, $y = \\sigma(x)$ 𝒵, and {WRONG.replace('$$', '$')}\n")
    view.settle("wrong")
    view.page.keyboard.press("F8")
    view.page.get_by_role("button", name="Apply the repair").click()
    view.settle("wrong", 0)
    assert "𝒵, and $\\sigma'(x) = \\sigma(x)(1 - \\sigma(x))$\n" in view.page.locator("#text").input_value()


def test_only_verdicts_of_the_text_that_is_there_are_shown(browser: Any, address: str) -> None:
    """However answers and keys interleave, in the end the verdict is that of the last text."""
    view = View(browser, address)
    for number in range(12):
        view.write(WRONG if number % 2 else RIGHT)
        view.page.wait_for_timeout(40 * number)
    view.settle("wrong")
    view.write("")
    view.page.wait_for_function("() => document.querySelectorAll('#verdicts > li').length === 0")
    assert view.page.locator("#summary").inner_text() == "Nothing to check yet."
    view.write("no formula at all")
    view.page.wait_for_function("() => !document.getElementById('message').hidden")
    assert "No formula was found" in view.page.locator("#message").inner_text()


def test_a_slip_is_explained_and_what_follows_leads_to_its_root(browser: Any, address: str) -> None:
    view = View(browser, address)
    view.example("gru.md")
    page = view.page
    page.locator("li.wrong").first.locator(".head").click()
    page.get_by_role("button", name="About “sigma-derivative”").click()
    page.get_by_text("Source:").wait_for()
    follower = page.locator("li.wrong").nth(1)
    follower.locator(".head").click()
    follower.get_by_role("button", name="line 25").first.click()
    assert page.evaluate("document.activeElement.innerText").split() == ["✗", "wrong", "line", "25"]
    assert page.locator("#summary").inner_text() == "6 wrong (4 root causes), 7 proved, 5 given"


@pytest.mark.parametrize(("button", "suffix", "begins"), [("Save report", "html", "<!"), ("Save .tex", "tex", "%")])
def test_reports_can_be_saved(browser: Any, address: str, button: str, suffix: str, begins: str) -> None:
    view = View(browser, address)
    view.write(WRONG)
    with view.page.expect_download() as download:
        view.page.get_by_role("button", name=button).click()
    assert download.value.suggested_filename == f"sheet-report.{suffix}"
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert text.startswith((begins, "\\"))
    assert "sigma" in text


def test_files_are_opened(browser: Any, address: str, tmp_path: Path) -> None:
    view = View(browser, address)
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": [WRONG + "\n"]},
        {"cell_type": "code", "metadata": {}, "source": ["print('$x = 1$')"], "outputs": [], "execution_count": None},
    ]
    notebook = tmp_path / "n.ipynb"
    notebook.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    view.page.set_input_files("#file", notebook)
    view.settle("wrong")
    assert view.page.locator("#text").input_value() == WRONG + "\n"
    latex = tmp_path / "t.tex"
    latex.write_text(RIGHT.replace("$$", "$"), encoding="utf-8")
    view.page.set_input_files("#file", latex)
    view.settle("proved")
    assert view.page.locator("#kind").input_value() == ".tex"
    for name, data in (("x.bin", b"\0\1"), ("y.ipynb", b"{}"), ("z.md", b"a\0b")):
        (tmp_path / name).write_bytes(data)
        view.page.set_input_files("#file", tmp_path / name)
        view.page.wait_for_function(
            "(name) => document.getElementById('message').textContent.startsWith(name)", arg=name
        )


def test_the_forms_derive_and_count(browser: Any, address: str) -> None:
    view = View(browser, address)
    page = view.page
    page.locator("#count button").click()
    page.locator("#count .answer", has_text="12(d + 4)").or_(page.locator("#count .answer", has_text="6,272")).or_(
        page.locator("#count .answer", has_text="6272")
    ).first.wait_for()
    page.locator("#derive [name=subject]").fill("rnn")
    page.keyboard.press("Enter")
    page.locator("#derive .answer", has_text="Elman").wait_for()
    page.locator("#derive [name=subject]").fill("rnm")
    page.keyboard.press("Enter")
    page.locator("#derive .answer", has_text="there is no such cell").wait_for()
    view.write("$$h_t = \\tanh(V h_{t-1} + U x_t)$$")
    page.locator("#derive [name=subject]").fill("sheet")
    page.locator("#derive button").click()
    page.locator("#derive .answer", has_text="Vᵀ").wait_for()


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")])
def test_the_page_is_without_fault(browser: Any, address: str, size: tuple[int, int], scheme: str) -> None:
    view = View(browser, address, size, scheme)
    view.example("rnn.md")
    for head in view.page.locator("#verdicts .head").all():
        head.click()
    for _ in range(2):
        view.page.locator("#count button").click()
    view.page.locator("#count .answer", has_text="parameters").wait_for()
    assert not view.said
    assert int(view.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")) <= 0
    assert not faults(view.page)
    assert all(url.startswith((address, "blob:")) for url in view.asked)


def faults(page: Any) -> list[str]:
    """What axe-core finds wrong with the page."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{fault['id']}: {node['html']}" for fault in found["violations"] for node in fault["nodes"]]


def test_the_oracle_of_faults_sees_them(browser: Any, address: str) -> None:
    view = View(browser, address)
    view.page.evaluate("document.body.append(document.createElement('img'))")
    view.page.evaluate("document.querySelector('#summary').style.color = '#ddd'")
    assert {fault.split(":")[0] for fault in faults(view.page)} >= {"image-alt", "color-contrast"}


def test_the_keyboard_reaches_everything(browser: Any, address: str) -> None:
    view = View(browser, address)
    page = view.page
    view.write(WRONG)
    view.settle("wrong")
    page.locator("body").click(position={"x": 1, "y": 1})
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                "document.activeElement.id || document.activeElement.className || "
                "document.activeElement.name || document.activeElement.textContent.trim()"
            )
        )
    wanted = {"skip", "examples", "file", "kind", "text", "strict", "page-report", "tex-report", "head", "subject"}
    assert wanted <= set(seen)
    page.locator("#verdicts .head").focus()
    page.keyboard.press("Enter")
    assert page.locator("#verdicts .head").get_attribute("aria-expanded") == "true"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.get_by_role("button", name="Apply the repair").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    view.settle("proved")


SCRIPTS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\\href{javascript:alert(1)}{x}",
    "\\htmlStyle{position:fixed}{x}",
    "\\includegraphics{http://localhost:1/x.png}",
    "\\url{javascript:alert(1)}",
    "</textarea><svg onload=alert(1)>",
)


@pytest.mark.parametrize("words", SCRIPTS)
def test_nothing_that_is_written_runs(browser: Any, address: str, words: str, tmp_path: Path) -> None:
    view = View(browser, address)
    page = view.page
    view.write(f"{words}\n\n$$q = {words}$$\n\n{WRONG}\n\n${words} = 1$\n")
    page.wait_for_function("() => document.querySelectorAll('#verdicts > li').length > 1")
    for head in page.locator("#verdicts .head").all():
        if head.get_attribute("aria-expanded") == "false":
            head.click()
    for form in ("derive", "count"):
        page.locator(f"#{form} [name=subject]").fill(words)
        page.locator(f"#{form} button").click()
        page.wait_for_function(f"() => document.querySelector('#{form} .answer').textContent.length > 3")
    page.locator("#derive [name=by]").fill(words)
    page.locator("#derive button").click()
    named = tmp_path / "<img src=x onerror=alert(1)>.md"
    named.write_text(WRONG, encoding="utf-8")
    page.set_input_files("#file", named)
    view.settle("wrong")
    page.wait_for_timeout(200)
    assert not [x for x in view.said if "422" not in x]
    assert (
        page.evaluate("document.querySelectorAll('#verdicts script, #verdicts img, #verdicts a, .answer *').length")
        == 0
    )
    assert all(url.startswith((address, "blob:")) for url in view.asked)


def test_the_policy_stops_scripts_that_are_put_in(browser: Any, address: str) -> None:
    """The oracle of the test before: what it looks for does happen where the policy does not stand."""
    run = "const s = document.createElement('script'); s.textContent = 'alert(7)'; document.body.append(s)"
    view = View(browser, address)
    view.page.evaluate(f"try {{ {run} }} catch (error) {{ console.log(error.name) }}")
    assert "7" not in view.said
    assert view.said
    view.page.goto("about:blank")
    view.page.evaluate(run)
    assert "7" in view.said


def test_what_the_service_refuses_is_said_and_tried_again(browser: Any) -> None:
    with running(Limits(rate=0.2, burst=2, seconds=60), processes=1) as address:
        view = View(browser, address)
        for number in range(5):
            view.write(f"{WRONG}\n{number}")
            view.page.keyboard.press("Control+Enter")
            view.page.wait_for_timeout(400)
        view.page.wait_for_function(
            "() => document.getElementById('message').textContent.includes('too many requests')"
        )
        view.settle("wrong")
        assert view.page.locator("#message").is_hidden()
