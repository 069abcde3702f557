"""API keys: a file of names, hashes and scopes; who has none is judged by where the request comes from."""

import hashlib
import hmac
import json
import logging
import os
import secrets
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

log = logging.getLogger("cartograph.http")

SCOPES = ("read", "write", "admin")
"""Read answers questions, Cypher too; write adds events and products; admin changes runs, deletes users."""


@dataclass(frozen=True)
class Key:
    """One key. Only its hash is known."""

    name: str
    sha256: str
    """Hexadecimal hash of the key."""
    scopes: frozenset[str]


@dataclass(frozen=True)
class KeyRing:
    """All keys, and what is open to everybody."""

    keys: tuple[Key, ...]
    anonymous: frozenset[str] = frozenset()
    """Scopes that need no key."""

    @classmethod
    def load(cls, file: Path) -> "KeyRing":
        """Read a TOML file, or a JSON file with the same content: `anonymous = […]`, `[keys.NAME]` tables.

        Raises:
            ValueError: It is absent or not of that form; the message names the key.
        """
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(
                f"the keys in {file} cannot be read ({error}); make one with `cartograph serve --new-key`"
            ) from error
        try:
            given = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
        except ValueError as error:
            raise ValueError(f"{file} is neither TOML nor, as a .json file, JSON: {error}") from error
        if not isinstance(given, dict) or set(given) - {"anonymous", "keys"}:
            raise ValueError(f"{file} may hold `anonymous` and `[keys.NAME]` tables, nothing else")
        named = given.get("keys", {})
        if not isinstance(named, dict):
            raise ValueError(f"{file}: `keys` must be tables such as [keys.shop]")
        keys = tuple(_key(file, name, entry) for name, entry in named.items())
        return cls(keys, _scopes(f"{file}: anonymous", given.get("anonymous", [])))

    def of(self, given: str) -> Key | None:
        """The key that was presented, None if it is none of ours; takes as long for either."""
        digest = hashlib.sha256(given.encode("utf-8", "surrogateescape")).hexdigest()
        found = None
        for key in self.keys:
            if hmac.compare_digest(key.sha256, digest):
                found = key
        return found


class KeyFile:
    """The keys of a file as it is now: one that is added counts at once, one that is taken out no more."""

    def __init__(self, file: Path) -> None:
        """Read the file; raises what `KeyRing.load` raises."""
        self._file = file
        self._read = _stamp(file), KeyRing.load(file)

    @property
    def ring(self) -> KeyRing:
        """The keys; those that it held before where the file cannot be read any more, which is logged."""
        stamp, ring = self._read
        now = _stamp(self._file)
        if now != stamp:
            try:
                ring = KeyRing.load(self._file)
                log.info("read %s again: %d keys", self._file, len(ring.keys))
            except ValueError as error:
                log.error("the keys stay as they were: %s", error)
            self._read = now, ring
        return ring


def _stamp(file: Path) -> tuple[int, ...]:
    """What changes when a file does; empty for none."""
    try:
        found = file.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


def new_key(file: Path, name: str, scopes: Iterable[str]) -> str:
    """Make a key and add its hash to a key file.

    Args:
        file: A TOML file, created for the owner's eyes only if absent.
        name: Letters, digits, `-` and `_`; not in the file yet.
        scopes: Of `SCOPES`.

    Returns:
        The key. It is stored nowhere.

    Raises:
        ValueError: The name is taken or odd, or a scope is unknown.
    """
    if not name or not all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in name):
        raise ValueError(f"a key's name has letters, digits, - and _, not {name!r}")
    if file.suffix == ".json":
        raise ValueError(f"keys are added to TOML files; add the entry to {file} by hand")
    allowed = _scopes("--new-key", list(scopes))
    if not allowed:
        raise ValueError(f"a key needs scopes; give some of {', '.join(SCOPES)}")
    if file.exists() and any(key.name == name for key in KeyRing.load(file).keys):
        raise ValueError(f"{file} has a key {name!r} already; remove it there or choose another name")
    key = secrets.token_urlsafe(32)
    listed = ", ".join(f'"{scope}"' for scope in SCOPES if scope in allowed)
    digest = hashlib.sha256(key.encode()).hexdigest()
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with open(descriptor, "a", encoding="utf-8") as out:
        out.write(f'\n[keys.{name}]\nsha256 = "{digest}"\nscopes = [{listed}]\n')
    return key


def _key(file: Path, name: str, entry: Any) -> Key:
    if not isinstance(entry, dict) or set(entry) != {"sha256", "scopes"}:
        raise ValueError(f"{file}: key {name} must have sha256 and scopes, nothing else")
    digest = entry["sha256"]
    if not isinstance(digest, str) or len(digest) != 64 or set(digest.lower()) - set("0123456789abcdef"):
        raise ValueError(f"{file}: the sha256 of key {name} must be 64 hexadecimal digits")
    return Key(name, digest.lower(), _scopes(f"{file}: key {name}", entry["scopes"]))


def _scopes(where: str, given: Any) -> frozenset[str]:
    if not isinstance(given, list) or not all(scope in SCOPES for scope in given):
        raise ValueError(f"{where}: scopes are a list of {', '.join(SCOPES)}, not {given!r}")
    return frozenset(given)
