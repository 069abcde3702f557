"""Who may do what over HTTP."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from cartograph.serving.cli import main
from cartograph.serving.http import HttpConfig
from cartograph.serving.http.keys import KeyFile, KeyRing, new_key
from cartograph.serving.run import Run
from tests.http_server import check_error, client_of

EVENTS = {"events": [{"user_id": "a", "product_id": "p00"}]}


def with_key(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A key file, and a key of each scope."""
    file = tmp_path / "keys.toml"
    return file, {scope: new_key(file, f"the-{scope}", [scope]) for scope in ("read", "write", "admin")}


def test_each_scope_opens_what_it_names_and_nothing_else(
    copied: Run, keys: tuple[Path, dict[str, str]]
) -> None:
    file, of = keys
    calls: dict[str, Callable[[TestClient, str], Any]] = {
        "read": lambda client, key: client.get("/v1/products/p00", headers=with_key(key)),
        "write": lambda client, key: client.post("/v1/events", json=EVENTS, headers=with_key(key)),
        "admin": lambda client, key: client.post("/v1/reload", json={}, headers=with_key(key)),
    }
    with client_of(copied.folder, config=HttpConfig(keys=KeyFile(file)), host="203.0.113.7") as client:
        for scope, call in calls.items():
            for holder, key in of.items():
                response = call(client, key)
                if holder == scope:
                    assert response.status_code == 200, response.text
                else:
                    check_error(response, 403, "missing_scope", f"'the-{holder}' has no scope '{scope}'")


def test_the_file_counts_as_it_is_now(
    trained: Run, keys: tuple[Path, dict[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    file, of = keys
    with client_of(trained.folder, writable=False, config=HttpConfig(keys=KeyFile(file))) as client:
        added = new_key(file, "added", ["read"])
        assert client.get("/v1/run", headers=with_key(added)).status_code == 200
        whole = file.read_text("utf-8")
        file.write_text(whole.partition("[keys.added]")[0], "utf-8")
        check_error(client.get("/v1/run", headers=with_key(added)), 401, "unknown_key")
        file.write_text("[keys", "utf-8")  # somebody is typing
        assert client.get("/v1/run", headers=with_key(of["read"])).status_code == 200
        assert "the keys stay as they were" in caplog.text
        file.unlink()
        assert client.get("/v1/run", headers=with_key(of["read"])).status_code == 200
        check_error(client.get("/v1/run", headers=with_key(added)), 401, "unknown_key")


def test_without_a_key_or_with_a_wrong_one_nothing_is_answered(
    trained: Run, keys: tuple[Path, dict[str, str]]
) -> None:
    config = HttpConfig(keys=KeyFile(keys[0]))
    with client_of(trained.folder, writable=False, config=config) as client:
        for address in ("/v1/products/p00", "/v1/search?q=a", "/v1/run", "/metrics"):
            response = client.get(address)
            check_error(response, 401, "missing_key")
            assert response.headers["www-authenticate"] == "Bearer"
        for wrong in ("no", keys[1]["read"][:-1], keys[1]["read"] + "x", "ü"):
            headers = {b"Authorization": f"Bearer {wrong}".encode()}
            check_error(client.get("/v1/run", headers=headers), 401, "unknown_key")
        check_error(client.get("/v1/run", headers={"Authorization": "Basic YTpi"}), 401, "missing_key")
        check_error(client.post("/v1/events", content=b"no json"), 401, "missing_key")
        assert client.get("/health").status_code == client.get("/ready").status_code == 200


def test_a_key_file_may_open_reading_to_everybody(trained: Run, keys: tuple[Path, dict[str, str]]) -> None:
    file = keys[0]
    file.write_text('anonymous = ["read"]\n' + file.read_text())
    config = HttpConfig(keys=KeyFile(file))
    with client_of(trained.folder, writable=False, config=config) as client:
        assert client.get("/v1/products/p00").status_code == 200
        check_error(client.post("/v1/events", json=EVENTS), 401, "missing_key")


def test_without_a_key_file_only_this_machine_writes(copied: Run) -> None:
    with client_of(copied.folder) as client:
        assert client.post("/v1/events", json=EVENTS).status_code == 200
        same = {"Origin": "http://127.0.0.1"}
        assert client.post("/v1/events", json=EVENTS, headers=same).status_code == 200
        for name, value in (
            ("Origin", "https://evil.example"),
            ("Origin", "null"),
            ("Host", "evil.example"),
            ("Host", "[::1"),
            ("X-Forwarded-For", "127.0.0.1"),
            ("Forwarded", "for=127.0.0.1"),
        ):
            for address, body in (("/v1/events", EVENTS), ("/v1/reload", {})):
                response = client.post(address, json=body, headers={name: value})
                check_error(response, 403, "local_only")
        assert client.get("/v1/products/p00", headers={"Host": "evil.example"}).status_code == 200


def test_without_a_key_file_others_read_and_do_not_write(copied: Run) -> None:
    with client_of(copied.folder, host="203.0.113.7") as client:
        assert client.get("/v1/products/p00").status_code == 200
        assert_local(client)


def assert_local(client: TestClient) -> None:
    check_error(client.post("/v1/events", json=EVENTS), 403, "local_only")
    check_error(client.post("/v1/products", json={"products": [{"product_id": "x"}]}), 403, "local_only")
    check_error(client.post("/v1/reload", json={}), 403, "local_only")


def test_a_new_key_is_printed_once_and_only_its_hash_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "keys.toml"
    assert main(["serve", "--keys", str(file), "--new-key", "shop", "read,write"]) == 0
    key = capsys.readouterr().out.strip()
    assert key not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = KeyRing.load(file).of(key)
    assert found is not None
    assert (found.name, sorted(found.scopes)) == ("shop", ["read", "write"])
    assert main(["serve", "--keys", str(file), "--new-key", "shop", "read"]) == 1
    assert "has a key 'shop' already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("keys = 3", "must be tables such as"),
        ("[keys.a]\nsha256 = 'no'\nscopes = []", "must be 64 hexadecimal digits"),
        ("[keys.a]\nscopes = ['read']", "must have sha256 and scopes"),
        (f"[keys.a]\nsha256 = '{'0' * 64}'\nscopes = ['all']", "scopes are a list of read, write, admin"),
        ("anonymous = 'read'", "scopes are a list of"),
        ("other = 1", "nothing else"),
        ("= 1", "is neither TOML nor"),
    ],
)
def test_a_bad_key_file_is_one_sentence(
    tmp_path: Path, text: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(text)
    assert main(["serve", "--keys", str(file)]) == 1
    assert says in capsys.readouterr().err
    assert main(["serve", "--keys", str(tmp_path / "none.toml")]) == 1
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "scopes"), [("a b", "read"), ("", "read"), ("a", "all"), ("a", "")])
def test_odd_names_and_scopes_are_refused(
    tmp_path: Path, name: str, scopes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--keys", str(tmp_path / "k.toml"), "--new-key", name, scopes]) == 1
    assert capsys.readouterr().err.startswith("cartograph: ")
    assert not (tmp_path / "k.toml").exists()


def test_the_key_file_may_be_json(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text('{"keys": {"a": {"sha256": "' + "0" * 64 + '", "scopes": ["read"]}}}')
    assert KeyRing.load(file).keys[0].name == "a"
