"""Pages as people see them, in a real browser: no fault that axe-core finds, no network, no sideways scrolling."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import gradproof
from gradproof.rendering import Form, render, write
from gradproof.reporting import report_document

pytestmark = pytest.mark.usefixtures("browser")

ROOT = Path(__file__).parent.parent.parent
AXE = ROOT / "tests" / "vendor" / "axe-core-4.14.1" / "axe.min.js"
SHEETS = ("examples/gru.md", "tests/sheets/dl-softmax-temperature.tex", "tests/sheets/rec-dl-course.ipynb")
WIDE, NARROW = (1200, 900), (360, 740)
WAYS = [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for sheet in SHEETS:
        found[sheet] = folder / f"{Path(sheet).name}.html"
        write(report_document(gradproof.check(ROOT / sheet, torch=False)), found[sheet])
    return found


class View:
    """A page in a window of some size, and what it said and asked for."""

    def __init__(self, browser: Any, address: str, size: tuple[int, int], scheme: str) -> None:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
        self.page = context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.refused: list[str] = []
        self.page.on("requestfailed", lambda request: self.refused.append(request.failure))
        self.page.goto(address)

    def faults(self) -> list[str]:
        """What axe-core finds wrong with the page, everything unfolded."""
        self.page.evaluate("document.querySelectorAll('details').forEach(x => { x.open = true })")
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [f"{fault['id']}: {node['html']}" for fault in found["violations"] for node in fault["nodes"]]

    def sideways(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.mark.parametrize("sheet", SHEETS)
@pytest.mark.parametrize(("size", "scheme"), WAYS)
def test_a_report_is_without_fault(
    sheet: str, size: tuple[int, int], scheme: str, browser: Any, pages: dict[str, Path], tmp_path: Path
) -> None:
    view = View(browser, pages[sheet].as_uri(), size, scheme)
    picture = view.page.screenshot(path=tmp_path / "page.png", full_page=True)
    assert picture.startswith(b"\x89PNG")
    assert not view.faults()
    assert view.sideways() <= 0
    assert not view.said
    assert [address for address in view.asked if not address.startswith("data:")] == [pages[sheet].as_uri()]


def test_the_oracles_see_faults(browser: Any, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        '<html><h3 style="color:#eee">faint words</h3><img src="x.png"><div style="width:2000px">y</div></html>'
    )
    view = View(browser, page.as_uri(), NARROW, "light")
    assert {fault.split(":")[0] for fault in view.faults()} >= {"color-contrast", "document-title", "image-alt"}
    assert view.sideways() > 0
    assert len(view.asked) > 1


def test_scripts_and_the_network_are_shut_out(browser: Any, pages: dict[str, Path], tmp_path: Path) -> None:
    """Even a page that somebody has put a script, a picture and a style into runs and fetches none of them."""
    text = pages[SHEETS[0]].read_text(encoding="utf-8")
    added = (
        "<script>document.title = 'hacked'</script><img src='http://localhost:1/x.png' alt=''>"
        "<style>body { color: red }</style>"
    )
    page = tmp_path / "page.html"
    page.write_text(text.replace("</main>", f"{added}</main>"), encoding="utf-8")
    view = View(browser, page.as_uri(), WIDE, "light")
    assert view.page.title() == "Report on gru.md"
    assert view.refused == ["csp"]
    assert view.page.evaluate("getComputedStyle(document.body).color") != "rgb(255, 0, 0)"


def test_the_keyboard_reaches_everything(browser: Any, pages: dict[str, Path]) -> None:
    page = View(browser, pages[SHEETS[0]].as_uri(), WIDE, "light").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector('details').open")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_link_leads_to_the_place(browser: Any, pages: dict[str, Path]) -> None:
    page = View(browser, pages[SHEETS[0]].as_uri(), WIDE, "light").page
    page.locator(".mend a").first.click()
    assert page.evaluate("document.querySelector(':target').id") == "line-25"
    box = page.locator("#line-25").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < WIDE[1]


def test_formulas_are_there_for_those_who_listen(browser: Any, pages: dict[str, Path]) -> None:
    page = View(browser, pages[SHEETS[0]].as_uri(), WIDE, "light").page
    count = page.locator(".katex").count()
    assert count > 50
    assert page.locator(".katex math").count() == count
    assert page.evaluate("[...document.fonts].filter(x => x.status === 'loaded').length") >= 3


def test_verdicts_are_told_by_words_too(browser: Any, pages: dict[str, Path]) -> None:
    page = View(browser, pages[SHEETS[0]].as_uri(), WIDE, "light").page
    for name in ("wrong", "proved", "given"):
        words = page.locator(f".beside .verdict.{name}").all_inner_texts()
        assert words
        assert all(name in text for text in words)


def test_a_printed_report_is_the_same_every_time_and_unfolds_its_details(tmp_path: Path) -> None:
    from pypdf import PdfReader

    document = report_document(gradproof.check(ROOT / SHEETS[0], torch=False))
    for name in ("a.pdf", "b.pdf"):
        write(document, tmp_path / name, "chromium")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    text = "".join(page.extract_text() for page in PdfReader(tmp_path / "a.pdf").pages)
    assert "Report on gru.md" in text
    assert "Details" in text
    assert "import torch" not in text


def test_a_wide_formula_scrolls_by_itself(browser: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    document = report_document(
        gradproof.check("$$y = " + " + ".join(f"x_{{{k}}}" for k in range(60)) + "$$\n", torch=False)
    )
    page.write_text(render(document, Form.HTML).text, encoding="utf-8")
    view = View(browser, page.as_uri(), NARROW, "light")
    assert view.sideways() <= 0
    assert view.page.evaluate("(x => x.scrollWidth > x.clientWidth)(document.querySelector('.display'))")
