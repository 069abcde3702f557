"""Requests per second, latencies and memory of a server, with a load generator on loopback.

    python benchmarks/load_http.py --run runs/demo [--seconds 60] [--clients 8]

Server and generator share the machine's cores: the server is a process of its own, the generator another.
Each client sends its next request when it has the answer to the one before. Nine of ten requests ask for a
user's ten best products, the others for likes of a product. Errors are all answers other than 200.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.http_server import LiveServer  # noqa: E402

RESULT = ROOT / "benchmarks" / "results" / "load_http.json"
WARM = 5.0
"""Seconds of load before counting begins."""


class Client:
    """One kept connection that speaks as much HTTP as is needed to measure."""

    def __init__(self, host: str, port: int) -> None:
        self._where = (host, port)
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def open(self) -> None:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection(*self._where)

    async def get(self, path: str) -> int:
        """The status of one answer, which is read to its end."""
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: {self._where[0]}\r\n\r\n".encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.partition(b":")[2])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        )
        await self._reader.readexactly(length)
        return int(head.split(b" ", 2)[1])

    def close(self) -> None:
        """Disconnect."""
        self._writer.close()


async def load(url: str, paths: list[str], clients: int, seconds: float) -> dict[str, Any]:
    """Send requests for some seconds; counts and latencies."""
    parts = urlsplit(url)
    begin = time.perf_counter() + WARM
    end = begin + seconds
    latencies: list[float] = []
    errors = 0

    async def visit(number: int) -> None:
        nonlocal errors
        draw = random.Random(number)
        client = Client(parts.hostname or "", parts.port or 80)
        await client.open()
        while (start := time.perf_counter()) < end:
            try:
                status = await client.get(draw.choice(paths))
            except (OSError, EOFError):
                status = 0
                await client.open()
            if start >= begin:
                latencies.append(time.perf_counter() - start)
                errors += status != 200
        client.close()

    await asyncio.gather(*(visit(number) for number in range(clients)))
    ordered = sorted(latencies)
    at = {name: ordered[min(int(share * len(ordered)), len(ordered) - 1)] for name, share in SHARES.items()}
    return {
        "requests": len(ordered),
        "errors": errors,
        "requests_per_second": round(len(ordered) / seconds, 1),
        **{f"{name}_ms": round(1000 * value, 2) for name, value in at.items()},
    }


SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "slowest": 1.0}


def resident(pid: int) -> float:
    """Memory of a process in MB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def addresses(url: str, users: int) -> list[str]:
    """What to ask, from the run's own users and products."""
    import httpx2

    with httpx2.Client(base_url=url, timeout=60) as client:
        names = client.get("/v1/users", params={"k": users}).json()["users"]
        found = client.get("/v1/users/nobody/recommendations", params={"k": 200}).json()["items"]
        asked = [f"/v1/users/{quote(name, safe='')}/recommendations" for name in names]
        similar = [f"/v1/products/{quote(item['product_id'], safe='')}/similar" for item in found]
    return asked + similar[: max(len(asked) // 9, 1)]


def main() -> None:
    """Run the benchmark, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--url", help=argparse.SUPPRESS)  # for the generator's own process
    options = parser.parse_args()
    if options.url:
        asked = addresses(options.url, 1000)
        print(json.dumps(asyncio.run(load(options.url, asked, options.clients, options.seconds))))
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "run"
        shutil.copytree(options.run, copy)
        with LiveServer(copy) as server:
            addresses(server.url, 1000)
            before = resident(server.process.pid)
            done = subprocess.run(
                [sys.executable, *sys.argv, "--url", server.url],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            after = resident(server.process.pid)
            import httpx2

            products = httpx2.get(f"{server.url}/v1/run", timeout=60).json()["products"]
    result = {
        "products": products,
        "cores": os.cpu_count(),
        "clients": options.clients,
        "seconds": options.seconds,
        **json.loads(done.stdout),
        "resident_mb_before": round(before, 1),
        "resident_mb_after": round(after, 1),
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
