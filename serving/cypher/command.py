"""`cartograph cypher`: one statement, a named question, what is piped in, or a shell."""

import sys
from argparse import Namespace
from pathlib import Path

from ..run import Run
from .explorer import Explorer, literal, pairs
from .lines import Lines
from .shell import Shell, converse


def run_cypher(options: Namespace) -> None:
    """Answer what the options ask for.

    Raises:
        ValueError: Options contradict each other, or a parameter is wrong.
        StoreError: A statement is refused.
    """
    if options.statement is not None and options.ask is not None:
        raise ValueError("give a statement or --ask NAME, not both")
    if options.limit < 1:
        raise ValueError(f"--limit is {options.limit}; it must be 1 or more")
    given = pairs(options.param)
    with (
        Run(Path(options.run)).open(read_only=True) as store,
        store.read_only(timeout=options.timeout) as session,
    ):
        explorer = Explorer(session, limit=options.limit, write=sys.stdout.write, note=_note)
        explorer.into("json" if options.json else options.format, Path(options.out) if options.out else None)
        if options.ask is not None:
            explorer.question(options.ask, given)
            return
        explorer.params |= {name: literal(text) for name, text in given.items()}
        if options.statement is not None:
            explorer.statement(options.statement)
            return
        shell = Shell(explorer, sys.stdout.write)
        if sys.stdin.isatty():
            converse(shell, _note)
        else:
            _read(shell)


def _read(shell: Shell) -> None:
    """Carry out what is piped in; the first mistake ends it."""
    lines = Lines()
    for line in sys.stdin:
        for text in lines.add(line):
            shell.run(text)
            if shell.over:
                return
    for text in lines.rest():
        shell.run(text)


def _note(line: str) -> None:
    print(line, file=sys.stderr)
