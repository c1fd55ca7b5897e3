"""``gradproof serve`` as a process: it says where it listens, ends at Ctrl-C, and says why it cannot listen."""

from __future__ import annotations

import signal
import subprocess
import sys
from socket import create_server

import pytest

httpx = pytest.importorskip("httpx", reason="httpx is not installed (pip install gradproof[dev])")
pytest.importorskip("uvicorn", reason="uvicorn is not installed (pip install gradproof[web])")
COMMAND = [sys.executable, "-m", "gradproof", "serve"]


def test_serves_until_it_is_interrupted() -> None:
    command = [*COMMAND, "--port", "0", "--processes", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = process.stdout.readline()
        address = said.split()[1]
        transport = httpx.HTTPTransport(retries=10)
        with httpx.Client(transport=transport, base_url=address, timeout=60) as client:
            found = client.post("/api/check", json={"text": "$$\\sigma(-x) = 1 - \\sigma(x)$$"}).json()
        assert found["summary"]["proved"] == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert "Traceback" not in process.stderr.read()


def test_a_port_that_is_taken_is_said() -> None:
    with create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run([*COMMAND, "--port", str(port)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"127.0.0.1 port {port}" in done.stderr
    assert "choose another" in done.stderr


def test_a_folder_that_cannot_be_written_is_said() -> None:
    done = subprocess.run([*COMMAND, "--keep", "/proc/nothing"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "/proc/nothing" in done.stderr


def test_without_the_extra_the_remedy_is_said() -> None:
    code = (
        "import sys; sys.modules['starlette'] = None; sys.argv[1:] = ['serve']; from gradproof.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'pip install "gradproof[web]"' in done.stderr
