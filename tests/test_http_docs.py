"""The curl lines of docs/http.md, run against a server."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cartograph.serving.run import Run
from tests.http_server import LiveServer

PAGE = (Path(__file__).parent.parent / "docs" / "http.md").read_text(encoding="utf-8")
PLANTED = {
    "1082185": "p00",
    "981760": "p01",
    "883404": "p07",
    "840361": "p02",
    "1158": "u0",
    "718": "u1",
    "Manufacturer 69": "brand 0",
    "Grocery": "shop",
    "label:Private": "colour:red",
}
"""What stands in the planted shop for what the page names of the sample."""


def curls() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    return [
        line.strip()
        for block in blocks
        for line in re.split(r"\n(?=curl )", block)
        if line.startswith("curl")
    ]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_curl_line_of_the_page_is_answered(copied: Run) -> None:
    assert len(curls()) >= 20
    with LiveServer(copied.folder) as server:
        for line in curls():
            ours = line.replace("http://127.0.0.1:8000", server.url)
            for theirs, planted in PLANTED.items():
                ours = ours.replace(theirs, planted)
            command = ours.replace("curl", "curl --silent --show-error --fail-with-body", 1)
            done = subprocess.run(
                ["bash", "-c", command], capture_output=True, text=True, check=False, timeout=120
            )
            assert done.returncode == 0, (ours, done.stdout, done.stderr)
            assert done.stdout.startswith("{"), ours
