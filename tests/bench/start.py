"""How long the command line and the service take to start."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from hercules.demo import new_secret
from hercules.desks.proof import sign_standard, standard_key
from hercules.wiring import utc_now
from tests.bench.measure import Row, Spent, on_disk, ratios, spent
from tests.bench.servers import DESK, PATH

WAIT_S = 30.0
_CONFIG = """\
data = {data}
[kb]
index = {index}
[server]
port = {port}
[desks.{desk}]
policy = "shadow"
secrets = [{{ value = "{secret}" }}]
"""


def run(rounds: int = 5) -> list[Row]:
    """`--help` and nothing in turn; then the service from its start to its first answer, new and known."""
    helps: list[Spent] = []
    nothings: list[Spent] = []
    for _ in range(rounds):
        nothings.append(spent(lambda: _python("-c", "pass")))
        helps.append(spent(lambda: _python("-m", "hercules", "--help")))
    first, again = [], []
    for _ in range(min(rounds, 3)):
        with on_disk() as folder:
            first.append(to_first_202(folder))
            again.append(to_first_202(folder))
    return [
        Row(
            "hercules --help to python -c pass, CPU",
            ratios([each.cpu_s for each in helps], [each.cpu_s for each in nothings]),
            better="less",
        ),
        Row("hercules --help", [each.wall_s for each in helps], "s", "less"),
        Row("serve to its first 202, new data folder", first, "s", "less"),
        Row("serve to its first 202, known data folder", again, "s", "less"),
    ]


def _python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)


def to_first_202(folder: Path) -> float:
    """Seconds from starting `hercules serve` to the answer that a delivery is stored."""
    secret, port = new_secret(), _free_port()
    config = folder / "hercules.toml"
    paths = {name: json.dumps(str(folder / name)) for name in ("data", "index")}
    config.write_text(_CONFIG.format(port=port, desk=DESK, secret=secret, **paths))
    begun = time.perf_counter()
    command = [sys.executable, "-m", "hercules", "serve", "--config", str(config)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _accepted(port, secret):
            if time.perf_counter() - begun > WAIT_S or process.poll() is not None:
                raise RuntimeError("the service did not start")
            time.sleep(0.005)
        return time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait()


def _accepted(port: int, secret: str) -> bool:
    body = json.dumps({"type": "ticket.created", "ticket": {"id": "1", "subject": "Help"}}).encode()
    signed = sign_standard([standard_key(secret, "bench")], str(time.time_ns()), utc_now(), body)
    client = HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
    try:
        client.request("POST", PATH, body, signed)
        return client.getresponse().status == 202
    except (OSError, HTTPException):
        return False  # it does not listen yet
    finally:
        client.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])
