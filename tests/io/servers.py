"""Servers on this computer that hand out parts of files, as the web and object stores do.

They are processes of their own: rasterio holds Python's lock while it opens a file, so a thread could not answer it.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ServedFolder:
    """A folder behind an address.

    Attributes:
        url: of the folder.
        log: a file with a line for every answer.
    """

    url: str
    log: Path

    def answers(self, name: str) -> list[tuple[bool, int]]:
        """What of a file went out: whether as a part of it, and how many bytes."""
        lines = [line.split() for line in self.log.read_text(encoding="utf-8").splitlines()]
        return [(kind == "part", int(size)) for kind, size, path in lines if path == name]


@contextmanager
def http_server(folder: Path) -> Iterator[ServedFolder]:
    """Hands out the files of a folder, whole or in ranges."""
    log = folder.with_name(f"{folder.name}.log")
    log.touch()
    with _ended(
        subprocess.Popen([sys.executable, __file__, str(folder), str(log), str(port := _free_port())])
    ):
        _wait_for(port)
        yield ServedFolder(f"http://127.0.0.1:{port}", log)


@contextmanager
def s3_server() -> Iterator[str]:
    """An object store without a bucket; yields host and port."""
    port = _free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with _ended(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)):
        _wait_for(port)
        yield f"127.0.0.1:{port}"


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    with process:
        try:
            yield
        finally:
            process.kill()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(port: int, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = Path()
    log = Path()

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *_line: object) -> None:
        """Say nothing."""

    def _answer(self, *, body: bool) -> None:
        name = self.path.partition("?")[0].rpartition("/")[2]
        path = self.folder / name
        found = bool(name) and path.is_file()
        data = path.read_bytes() if found else b""
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")) if found else None
        self.send_response(206 if asked else 200 if found else 404)
        if asked:
            start, total = int(asked[1]), len(data)
            data = data[start : int(asked[2] or total) + 1]
            self.send_header("Content-Range", f"bytes {start}-{start + len(data) - 1}/{total}")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body and found:
            with self.log.open("a", encoding="utf-8") as log:
                log.write(f"{'part' if asked else 'whole'} {len(data)} {name}\n")
            self.wfile.write(data)


def _serve(folder: str, log: str, port: str) -> None:
    _Handler.folder, _Handler.log = Path(folder), Path(log)
    ThreadingHTTPServer(("127.0.0.1", int(port)), _Handler).serve_forever()


if __name__ == "__main__":
    _serve(*sys.argv[1:])
