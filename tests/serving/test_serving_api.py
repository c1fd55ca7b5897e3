"""The JSON API: what it answers, whom it refuses and how, and that nobody is kept waiting by anybody else."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from serving import HOST, running

import gradproof
from gradproof.serving.bodies import while_connected
from gradproof.serving.desk import Desk
from gradproof.serving.limits import MIB, Limits, Rates, RefusedError

httpx = pytest.importorskip("httpx", reason="httpx is not installed (pip install gradproof[dev])")
testclient = pytest.importorskip(
    "starlette.testclient", reason="starlette is not installed (pip install gradproof[web])"
)

Request = pytest.importorskip("starlette.requests").Request

ROOT = Path(__file__).parent.parent.parent
RIGHT = "$$\\frac{d}{dx} \\tanh(x) = 1 - \\tanh(x)^2$$\n"
SLIP = "$$\\sigma'(x) = \\sigma(x)(1 - \\sigma(x)^2)$$\n"
LIMITS = Limits(rate=1000, burst=1000, pending=1000, queue=1000, seconds=60, seconds_to_send=2)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running(LIMITS) as found:
        yield found


@pytest.fixture
def client(address: str) -> Iterator[Any]:
    with httpx.Client(base_url=address, timeout=60) as found:
        yield found


def test_checks_as_the_command_does(client: Any) -> None:
    text = (ROOT / "examples" / "gru.md").read_text(encoding="utf-8")
    found = client.post("/api/check", json={"text": text, "name": "gru.md"}).json()
    expected = gradproof.check(ROOT / "examples" / "gru.md", torch=False).to_json()
    assert found.pop("exit_code") == 1
    assert found.pop("settled") is True
    assert found == {**expected, "sheet": "gru.md"}


@pytest.mark.parametrize("name", ["a.md", "a.tex", "a.txt", "C:\\sheets\\a.md", "../../a.md"])
def test_every_kind_of_sheet(client: Any, name: str) -> None:
    found = client.post("/api/check", json={"text": RIGHT, "name": name}).json()
    assert found["summary"]["proved"] == 1
    assert found["sheet"] == f"a.{name[-3:].lstrip('.')}"


def test_declarations_and_strictness_reach_the_checker(client: Any) -> None:
    sheet = {"text": "$$y = W x$$\n\n$$\\frac{\\partial y}{\\partial x} = W^\\top$$\n"}
    plain = client.post("/api/check", json=sheet).json()
    strict = client.post("/api/check", json={**sheet, "declarations": "W: m x n"}).json()
    assert plain["statements"][1]["steps"][0]["reading"] or strict != plain
    assert client.post("/api/check", json={**sheet, "declarations": "gibberish: %"}).status_code == 422


def test_a_session_checks_only_what_changed_and_says_the_same(client: Any) -> None:
    text = (ROOT / "examples" / "rnn.md").read_text(encoding="utf-8")
    for change in ("", "o_t + y_t", "o_t - y_t", "o_t * y_t", "o_t - y_t"):
        sheet = {"text": text.replace("(o_t - y_t) h", f"({change}) h") if change else text, "name": "rnn.md"}
        fresh = client.post("/api/check", json=sheet).json()
        quick = client.post("/api/check", json={**sheet, "session": "a", "quick": True}).json()
        whole = client.post("/api/check", json={**sheet, "session": "a"}).json()
        assert whole == fresh
        assert quick["summary"] == fresh["summary"]
        assert quick["settled"] or "wrong" in {x["verdict"] for x in quick["statements"]}
        assert client.post("/api/check", json={**sheet, "session": "a", "quick": True}).json() == fresh


def test_reports_are_files(client: Any) -> None:
    page = client.post("/api/report", json={"text": SLIP, "name": "my sheet.md", "format": "html"})
    assert page.headers["content-disposition"] == 'attachment; filename="my-sheet-report.html"'
    assert page.text.startswith("<!DOCTYPE html>") or page.text.lower().startswith("<!doctype html>")
    tex = client.post("/api/report", json={"text": SLIP, "format": "tex"})
    assert tex.headers["content-disposition"] == 'attachment; filename="sheet-report.tex"'
    assert "\\begin{document}" in tex.text


def test_derives_and_counts(client: Any) -> None:
    derived = client.post("/api/derive", json={"subject": "lstm", "by": "W_f, b_f", "steps": 2}).json()["text"]
    assert "b_f" in derived
    sheet = "$$h_t = \\tanh(W h_{t-1} + U x_t)$$\n"
    assert "U" in client.post("/api/derive", json={"subject": sheet, "format": "latex"}).json()["text"]
    assert client.post("/api/count", json={"subject": "lstm(n=32, d=16)"}).json()["parameters"] == "6272"
    code = "model = nn.Sequential(nn.Linear(4, 3), nn.ReLU())"
    assert client.post("/api/count", json={"subject": code}).json()["parameters"] == "15"


@pytest.mark.parametrize("subject", ["/etc/passwd", "../pyproject.toml", "pyproject.toml", "-", "examples/gru.md"])
def test_no_name_of_a_file_is_ever_opened(client: Any, subject: str) -> None:
    """The commands take paths; the API takes names of the tables, and text."""
    for call in ("derive", "count"):
        answer = client.post(f"/api/{call}", json={"subject": subject})
        assert answer.status_code == 422
        assert "version" not in answer.text
        assert "root:" not in answer.text


def test_explains_codes_and_lists_them(client: Any) -> None:
    assert client.get("/api/explain/sigma-derivative").json()["title"]
    assert client.get("/api/explain/nonsense").status_code == 404
    codes = [slip["code"] for slip in client.get("/api/explain").json()]
    assert "sigma-derivative" in codes


def test_every_example_is_there_and_can_be_checked(client: Any) -> None:
    found = client.get("/api/examples").json()
    assert {x["name"] for x in found} == {"gru.md", "gru-corrected.md", "rnn.md"}
    for example in found:
        answer = client.post("/api/check", json={"text": example["text"], "name": example["name"]})
        assert answer.status_code == 200, answer.text
        assert answer.json()["exit_code"] == (0 if example["name"] == "gru-corrected.md" else 1)


def test_health_says_how_much_there_is_to_do(client: Any) -> None:
    found = client.get("/health").json()
    assert found["status"] == "ok"
    assert found["processes"] == 2
    assert found["waiting"] == 0


def test_the_openapi_document_lists_every_call_with_its_fields(client: Any) -> None:
    found = client.get("/openapi.json").json()
    assert found["openapi"].startswith("3.1")
    assert {path for path in found["paths"] if "post" in found["paths"][path]} == {
        "/api/check", "/api/report", "/api/derive", "/api/count",
    }  # fmt: skip
    for path, methods in found["paths"].items():
        if "post" in methods:
            schema = methods["post"]["requestBody"]["content"]["application/json"]["schema"]
            sent = dict.fromkeys(schema["required"], "x")
            assert client.post(path, json=sent).status_code in (200, 422)
            assert client.post(path, json={}).json()["error"]["code"] == "missing-field"
        else:
            assert client.get(path.replace("{code}", "sigma-derivative")).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "bad-json"),
        (b"\xff\xfe", 400, "bad-json"),
        (b"[" * 100_000, 400, "bad-json"),
        (b"[]", 400, "not-an-object"),
        (b'{"text": 1}', 422, "bad-field"),
        (b'{"text": null}', 422, "missing-field"),
        (b'{"text": "\\ud800"}', 422, "bad-field"),
        (b'{"text": ""}', 422, "unusable"),
        (b'{"text": "a\\u0000b"}', 422, "unusable"),
        (b'{"text": "x", "name": "x.exe"}', 422, "bad-field"),
        (b'{"text": "x", "colour": "red"}', 422, "unknown-field"),
        (b'{"text": "x", "time_limit": NaN}', 422, "bad-field"),
        (b'{"text": "x", "time_limit": 1e9}', 422, "bad-field"),
        (b'{"text": "x", "seed": true}', 422, "bad-field"),
        (b'{"text": "x", "seed": 1.5}', 422, "bad-field"),
        (b'{"text": "' + b"x" * MIB + b'"}', 413, "too-large"),
    ],
)
def test_a_body_that_cannot_be_used_is_refused(client: Any, body: bytes, status: int, code: str) -> None:
    answer = client.post("/api/check", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["message"]


def test_a_body_without_a_length_is_bounded_too(client: Any) -> None:
    endless = (b"x" * 65536 for _ in range(1000))
    answer = client.post("/api/check", content=endless, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_what_is_not_there_says_so_in_json(client: Any) -> None:
    assert client.get("/api/nothing").json()["error"]["code"] == "http-404"
    assert client.get("/api/check").json()["error"]["code"] == "http-405"
    assert client.post("/api/check", content=b"text=x").json()["error"]["code"] == "not-json"
    assert client.get("/page/../application.py").status_code == 404
    assert client.get("/page/%2e%2e/application.py").status_code == 404


def test_only_loopback_names_are_answered(client: Any) -> None:
    """Another site's name that is led to this address is refused, so that no page there can use the service."""
    assert client.get("/health", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/health", headers={"Host": "localhost:80"}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/health", "/page/page.js", "/katex/katex.min.css", "/nothing", "/api/check"])
def test_every_answer_carries_the_policy(client: Any, path: str) -> None:
    policy = client.get(path).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


BRACES = "$$" + "{" * 100_000 + "x" + "}" * 100_000 + "$$"
HOSTILE = {
    "braces": BRACES,
    "open braces": "$$" + "{" * 100_000,
    "fractions": "$$" + "\\frac{" * 20_000 + "$$",
    "sums": "$$x = " + " + ".join(f"a_{{{k}}}^2" for k in range(3000)) + "$$",
    "powers": "$$y = (a + b + c + d)^{200} (a + b)^{300}$$",
    "macro bomb": "\\newcommand{\\a}{\\b\\b}\\newcommand{\\b}{\\a\\a}$$\\a = 1$$",
    "long line": "x" * 900_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_sheets_are_answered_and_others_go_on(client: Any, name: str) -> None:
    answer = client.post("/api/check", json={"text": HOSTILE[name], "time_limit": 2})
    assert answer.status_code in (200, 422, 503)
    if answer.status_code == 200:
        assert not answer.json()["summary"]["wrong"]
    assert client.post("/api/check", json={"text": RIGHT}).json()["summary"]["proved"] == 1


def test_a_client_that_sends_slowly_is_cut_off_while_others_are_answered(address: str, client: Any) -> None:
    port = int(address.rpartition(":")[2])
    head = "POST /api/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    slow = [socket.create_connection((HOST, port)) for _ in range(60)]
    for number, one in enumerate(slow):
        one.settimeout(30)
        one.sendall((head if number % 2 else f"{head}Content-Length: 100\r\n\r\n{{").encode())
    started = time.monotonic()
    assert client.post("/api/check", json={"text": RIGHT}).json()["summary"]["proved"] == 1
    ends = [_ending(one) for one in slow]
    assert time.monotonic() - started < 20
    assert all(b"408" in end for end in ends[::2])
    assert set(ends[1::2]) == {b""}


def _ending(one: socket.socket) -> bytes:
    """What comes on a connection until it is closed."""
    found = b""
    with one:
        while part := one.recv(4096):
            found += part
            if b"too-slow" in found:
                break
    return found


def test_200_requests_at_once_are_all_answered(client: Any) -> None:
    def post(number: int) -> int:
        text = f"{RIGHT}\n$$x_{{{number}}} = {number}$$\n"
        return int(client.post("/api/check", json={"text": text}).status_code)

    with httpx.Client(base_url=client.base_url, timeout=120, limits=httpx.Limits(max_connections=200)) as many:
        client = many
        with ThreadPoolExecutor(200) as threads:
            found = list(threads.map(post, range(200)))
    assert set(found) == {200}


def test_one_client_cannot_fill_the_house() -> None:
    with running(Limits(rate=1000, burst=1000, pending=3, seconds=8)) as address:
        hard = {"text": HOSTILE["powers"], "time_limit": 1}

        def post(_: int) -> tuple[int, str]:
            answer = httpx.post(f"{address}/api/check", json=hard, timeout=60)
            return answer.status_code, answer.headers.get("retry-after", "")

        with ThreadPoolExecutor(20) as threads:
            found = list(threads.map(post, range(20)))
        assert (429, "1") in found
        transport = httpx.HTTPTransport(local_address="127.0.0.2")
        with httpx.Client(transport=transport, base_url=address, timeout=60) as other:
            assert other.post("/api/check", json={"text": RIGHT}).json()["summary"]["proved"] == 1


def test_a_full_queue_says_503() -> None:
    with running(Limits(rate=1000, burst=1000, pending=1000, queue=2, seconds=120), processes=1) as address:
        with ThreadPoolExecutor(12) as threads:
            sheet = {"text": (ROOT / "examples" / "rnn.md").read_text(encoding="utf-8")}
            calls = [threads.submit(httpx.post, f"{address}/api/check", json=sheet, timeout=200) for _ in range(12)]
            answers = [call.result() for call in calls]
        busy = [answer for answer in answers if answer.status_code == 503]
        assert busy
        assert busy[0].json()["error"]["code"] == "busy"
        assert busy[0].headers["retry-after"] == "5"


def test_nobody_waits_for_a_sheet_of_others_while_a_process_is_idle() -> None:
    """Both belong to one process, which one of them keeps busy for longer than the other may wait."""

    async def answered() -> int:
        desk = Desk(2, Limits(seconds=100, seconds_to_wait=50, patience=0.01))
        hog = asyncio.create_task(desk.run(time.sleep, 90, "a", "s"))
        await asyncio.sleep(0)
        found = await desk.run(len, "abc", "b", "s")
        assert (desk.waiting, hog.done()) == (1, False)
        desk.close()
        with pytest.raises(RefusedError, match="SIGKILL"):
            await hog
        assert desk.waiting == 0
        return found

    assert asyncio.run(answered()) == 3


def test_who_gives_up_waiting_leaves_the_line() -> None:
    async def refused() -> None:
        desk = Desk(1, Limits(seconds=100, seconds_to_wait=0.1, patience=0.05, pending=1))
        hog = asyncio.create_task(desk.run(time.sleep, 90, "a"))
        await asyncio.sleep(0)
        with pytest.raises(RefusedError) as error:
            await desk.run(len, "abc", "b", "s")
        assert (error.value.code, error.value.retry_after, desk.waiting) == ("busy", 5, 1)
        with pytest.raises(RefusedError) as error:
            await desk.run(len, "abc", "a", "s")
        assert error.value.code == "too-many-at-once"
        waiting = asyncio.create_task(desk.run(len, "abc", "b", "s"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert desk.waiting == 1
        desk.close()
        with pytest.raises(RefusedError, match="SIGKILL"):
            await hog

    asyncio.run(refused())


def test_who_has_gone_holds_no_place_in_the_line() -> None:
    async def left() -> None:
        desk = Desk(1, Limits(seconds=100, seconds_to_wait=50))
        going = asyncio.Event()

        async def receive() -> dict[str, str]:
            await going.wait()
            return {"type": "http.disconnect"}

        hog = asyncio.create_task(desk.run(time.sleep, 90, "a"))
        await asyncio.sleep(0)
        request = Request({"type": "http"}, receive)
        waiting = asyncio.create_task(while_connected(request, desk.run(len, "abc", "b")))
        while desk.waiting < 2:
            await asyncio.sleep(0)
        going.set()
        with pytest.raises(RefusedError) as error:
            await waiting
        assert (error.value.code, desk.waiting) == ("gone", 1)
        desk.close()
        with pytest.raises(RefusedError, match="SIGKILL"):
            await while_connected(Request({"type": "http"}, asyncio.Event().wait), _of(hog))

    asyncio.run(left())


def test_what_is_worked_on_keeps_its_process_when_its_client_goes() -> None:
    async def left() -> None:
        desk = Desk(1, Limits(seconds=100, seconds_to_wait=0.1))
        assert await desk.run(len, "abc", "a") == 3
        hog = asyncio.create_task(desk.run(time.sleep, 90, "a"))
        await asyncio.sleep(0.2)
        hog.cancel()
        with pytest.raises(RefusedError, match="no process was free"):
            await desk.run(len, "abc", "b")
        assert (desk.waiting, hog.done()) == (1, False)
        desk.close()
        await asyncio.wait({hog})
        assert desk.waiting == 0

    asyncio.run(left())


async def _of(task: asyncio.Task[Any]) -> Any:
    return await task


def test_time_and_memory_of_a_request_are_bounded() -> None:
    with running(Limits(rate=1000, burst=1000, seconds=0.05)) as address:
        text = (ROOT / "examples" / "gru.md").read_text(encoding="utf-8")
        answer = httpx.post(f"{address}/api/check", json={"text": text}, timeout=60)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "time")
    with running(Limits(rate=1000, burst=1000, memory=MIB)) as address:
        answer = httpx.post(f"{address}/api/check", json={"text": "x" * 900_000}, timeout=60)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "memory")


def test_a_client_that_asks_too_often_is_told_when_to_come_again() -> None:
    now = [0.0]
    rates = Rates(Limits(rate=2, burst=3), lambda: now[0])
    for _ in range(3):
        rates.take("a")
    with pytest.raises(RefusedError) as refused:
        rates.take("a")
    assert (refused.value.status, refused.value.retry_after) == (429, 1)
    rates.take("b")
    now[0] += 0.5
    rates.take("a")
    with pytest.raises(RefusedError):
        rates.take("a")


def test_nothing_is_stored_unless_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gradproof.serving.application import Service

    monkeypatch.chdir(tmp_path)
    with testclient.TestClient(Service(1, LIMITS).application()) as client:
        client.post("/api/check", json={"text": RIGHT})
    assert list(tmp_path.iterdir()) == []
    with testclient.TestClient(Service(1, LIMITS, keep=tmp_path).application()) as client:
        for _ in range(2):
            client.post("/api/check", json={"text": RIGHT})
    (kept,) = tmp_path.iterdir()
    found = json.loads(kept.read_text(encoding="utf-8"))
    assert found["sent"]["text"] == RIGHT
    assert found["answered"]["summary"]["proved"] == 1
