"""A local Neo4j server with its browser, from its published Java artifacts: start, stop, status, import.

    python tools/neo4j_server.py start            server at bolt://localhost:7687, browser at http://localhost:7474
    python tools/neo4j_server.py status
    python tools/neo4j_server.py import FOLDER    what `cartograph export neo4j-import --out FOLDER` wrote
    python tools/neo4j_server.py stop

Needs a JDK 17 and, the first time, Maven; everything lies in the folder `.neo4j`.
"""

import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock

VERSION = "5.26.28"
BROWSER = "5.15.0"
PASSWORD = "cartograph"

ARTIFACTS = (
    ("org.neo4j.app", "neo4j-server", VERSION),
    ("org.neo4j", "neo4j", VERSION),
    ("org.neo4j", "neo4j-import-tool", VERSION),
    ("org.neo4j.client", "neo4j-browser", BROWSER),
)

OPENS = [
    f"--add-opens=java.base/{package}=ALL-UNNAMED"
    for package in ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent", "java.lang")
]


class ServerError(Exception):
    """The server cannot do what it was asked; the message says why and what to do."""


@dataclass(frozen=True)
class Server:
    """One server with its data in a folder of its own; the Java libraries may be shared."""

    home: Path
    libraries: Path
    bolt_port: int = 7687
    http_port: int = 7474
    settings: Mapping[str, str] = field(default_factory=dict)
    """Of `neo4j.conf`, besides those of every server."""

    @property
    def uri(self) -> str:
        """Where the driver connects to."""
        return f"bolt://localhost:{self.bolt_port}"

    def start(self, patience: float = 120.0) -> None:
        """Start the server and wait until it answers.

        Raises:
            ServerError: Java or Maven is missing, a port is taken, or it does not come up in time.
        """
        if self.pid() is not None:
            raise ServerError(f"a server already runs from {self.home} (process {self.pid()}); stop it first")
        install(self.libraries)
        for port in (self.bolt_port, self.http_port):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    raise ServerError(f"port {port} is taken; choose others with --bolt-port and --http-port")
        self._configure()
        command = [
            *("java", "-Xms256m", "-Xmx1g", *OPENS, "-cp", f"{self.libraries}/*"),
            *(
                "org.neo4j.server.CommunityEntryPoint",
                f"--home-dir={self.home}",
                f"--config-dir={self.home}/conf",
            ),
        ]
        with (self.home / "logs" / "console.log").open("w") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, env=self._environment(), start_new_session=True
            )
        self._pid_file.write_text(str(process.pid))
        deadline = time.monotonic() + patience
        while not self.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ServerError(f"the server did not start; see {self.home}/logs/console.log")
            time.sleep(0.2)

    def stop(self, patience: float = 30.0) -> bool:
        """End the server; False when none ran."""
        pid = self.pid()
        self._pid_file.unlink(missing_ok=True)
        if pid is None:
            return False
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + patience
        while _alive(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)
        return True

    def pid(self) -> int | None:
        """The process of the running server, if it runs."""
        if not self._pid_file.exists():
            return None
        pid = int(self._pid_file.read_text())
        return pid if _alive(pid) else None

    def answers(self) -> bool:
        """Whether the server answers over HTTP."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def import_folder(self, folder: Path) -> None:
        """Replace the database `neo4j` by what an export holds; the server must be stopped.

        Args:
            folder: With CSV files, and `arguments.txt` which says what they are.

        Raises:
            ServerError: The server runs, there is no such folder, or the import fails.
        """
        if self.pid() is not None:
            raise ServerError("the server runs; stop it before an import")
        if not (folder / "arguments.txt").is_file():
            raise ServerError(
                f"{folder} has no arguments.txt; write it with `cartograph export neo4j-import`"
            )
        install(self.libraries)
        self._configure()
        self._java(
            *("org.neo4j.cli.AdminTool", "database", "import", "full", "neo4j"),
            *("--overwrite-destination", f"--report-file={self.home}/logs/import.report", "@arguments.txt"),
            cwd=folder,
        )

    @property
    def _pid_file(self) -> Path:
        return self.home / "server.pid"

    def _configure(self) -> None:
        first = not self.home.exists()
        for folder in ("conf", "logs", "data", "plugins", "import"):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        settings = {
            "server.default_listen_address": "127.0.0.1",
            "server.bolt.listen_address": f":{self.bolt_port}",
            "server.http.listen_address": f":{self.http_port}",
            "server.memory.heap.max_size": "1g",
            "server.memory.pagecache.size": "512m",
            "db.memory.transaction.max": "256m",  # one statement must not take the heap from all others
            "dbms.usage_report.enabled": "false",
            **self.settings,
        }
        lines = "".join(f"{key}={value}\n" for key, value in settings.items())
        (self.home / "conf" / "neo4j.conf").write_text(lines)
        if first:
            self._java("org.neo4j.cli.AdminTool", "dbms", "set-initial-password", PASSWORD)

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")}

    def _java(self, *arguments: str, cwd: Path | None = None) -> None:
        command = ["java", *OPENS, "-cp", f"{self.libraries}/*", *arguments]
        done = subprocess.run(
            command, env=self._environment(), cwd=cwd, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ServerError(
                f"{' '.join(arguments[:4])} failed: {(done.stderr or done.stdout).strip()[-500:]}"
            )


def missing_tools() -> list[str]:
    """What has to be installed before a server can start, as sentences."""
    needs = {
        "java": "Java is missing: install a JDK 17, e.g. `apt-get install openjdk-17-jdk-headless`",
        "mvn": "Maven is missing: install it, e.g. `apt-get install maven`",
    }
    return [sentence for program, sentence in needs.items() if shutil.which(program) is None]


def install(libraries: Path) -> None:
    """Fetch the server's Java libraries with Maven, unless they are there.

    Raises:
        ServerError: Java or Maven is missing, or Maven fails.
    """
    libraries.mkdir(parents=True, exist_ok=True)
    with FileLock(libraries / "lock"):  # tests run in several processes
        _install(libraries)


def _install(libraries: Path) -> None:
    done = libraries / f"complete-{VERSION}"
    if done.exists():
        return
    if missing := missing_tools():
        raise ServerError("; ".join(missing))
    dependencies = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version></dependency>"
        for group, name, version in ARTIFACTS
    )
    pom = libraries / "pom.xml"
    pom.write_text(
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>local</groupId><artifactId>neo4j-libraries</artifactId><version>1</version>"
        f"<dependencies>{dependencies}</dependencies></project>\n"
    )
    command = [
        *("mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies"),
        *(f"-DoutputDirectory={libraries}", "-DincludeScope=runtime"),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise ServerError(f"Maven could not fetch Neo4j: {(result.stdout or result.stderr).strip()[-500:]}")
    done.touch()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _alive(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):  # not our child, so not ours to wait for
        os.waitpid(pid, os.WNOHANG)  # a child that has ended would stay a zombie
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="A local Neo4j server for development and exploration.")
    parser.add_argument("action", choices=("start", "stop", "status", "import"))
    parser.add_argument("folder", type=Path, nargs="?", help="of an import")
    parser.add_argument("--home", type=Path, default=Path(".neo4j"), help="where everything lies")
    parser.add_argument("--bolt-port", type=int, default=7687)
    parser.add_argument("--http-port", type=int, default=7474)
    options = parser.parse_args()
    if (options.action == "import") != (options.folder is not None):
        parser.error("an import, and nothing else, takes a folder")
    home = options.home.resolve()
    server = Server(home / "server", home / "lib", options.bolt_port, options.http_port)
    where = f"{server.uri} (user neo4j, password {PASSWORD}), browser http://localhost:{server.http_port}/browser/"
    try:
        if options.action == "start":
            server.start()
            print(f"Neo4j {VERSION} runs at {where}")
        elif options.action == "stop":
            print("stopped" if server.stop() else "no server was running")
        elif options.action == "import":
            server.import_folder(options.folder)
            print("imported")
        else:
            print(f"runs at {where}" if server.pid() is not None else "not running")
    except ServerError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
