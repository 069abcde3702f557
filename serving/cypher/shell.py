"""The shell of `cartograph cypher`: its commands, and reading from a terminal."""

import shlex
from collections.abc import Callable
from pathlib import Path

from ...data.errors import CartographError
from ...kg.questions import QUESTIONS
from ...kg.schema import NODES, RELATIONS
from .answers import Answer, as_table
from .explorer import Explorer, literal, pairs
from .lines import Lines, ends

HISTORY = Path("~/.cartograph_history")
"""Where the shell remembers what was typed."""

_WELCOME = "Cypher, read-only; a statement ends with ; or a blank line. :help says more, :quit ends."


class Shell:
    """Carries out statements and commands, one after the other."""

    def __init__(self, explorer: Explorer, write: Callable[[str], object]) -> None:
        self._explorer = explorer
        self._write = write
        self.commands: dict[str, tuple[str, str, Callable[[str], None]]] = {
            ":help": ("", "this list", self._help),
            ":schema": ("", "labels, relationship types and their properties", self._schema),
            ":questions": ("", "the named questions", self._questions),
            ":ask": ("NAME name=value …", "ask a named question", self._ask),
            ":param": ("name => value", "set a parameter; alone, show all", self._param),
            ":format": (
                "FORMAT FILE",
                "table, json, csv; or png, svg, html, which need a file",
                self._format,
            ),
            ":quit": ("", "end", self._quit),
        }
        self.over = False

    def run(self, text: str) -> None:
        """Carry out a statement or command.

        Raises:
            StoreError: A statement is refused.
            ValueError: A command is not understood.
        """
        if not text.startswith(":"):
            self._explorer.statement(text)
            return
        name, _, rest = text.rstrip(";").partition(" ")
        if name not in self.commands:
            raise ValueError(f"no command {name}; there are {', '.join(self.commands)}")
        self.commands[name][2](rest.strip())

    def _help(self, rest: str) -> None:
        rows: list[list[object]] = [[name, usage, what] for name, (usage, what, _) in self.commands.items()]
        self._write(as_table(Answer(("command", "", "does"), rows, False)))

    def _schema(self, rest: str) -> None:
        nodes: list[list[object]] = [
            [f"(:{node.label})", "", ", ".join(["id", *node.properties])] for node in NODES.values()
        ]
        relations: list[list[object]] = [
            [f"[:{r.name}]", " or ".join(f"{a} → {b}" for a, b in r.ends), ", ".join(r.properties)]
            for r in RELATIONS.values()
        ]
        self._write(as_table(Answer(("what", "from, to", "properties"), nodes + relations, False)))

    def _questions(self, rest: str) -> None:
        rows: list[list[object]] = [
            [q.name, " ".join(p.name for p in q.parameters), q.question] for q in QUESTIONS
        ]
        self._write(as_table(Answer(("name", "parameters", "question"), rows, False)))

    def _ask(self, rest: str) -> None:
        name, *given = shlex.split(rest) or [""]
        self._explorer.question(name, pairs(given))

    def _param(self, rest: str) -> None:
        name, arrow, value = rest.partition("=>")
        if arrow and name.strip():
            self._explorer.params[name.strip().removeprefix("$")] = literal(value)
        elif rest:
            raise ValueError(f":param {rest} is not understood; write :param name => value")
        else:
            for name, value in self._explorer.params.items():
                self._write(f"${name} = {value!r}\n")

    def _format(self, rest: str) -> None:
        form, *files = shlex.split(rest) or ["table"]
        self._explorer.into(form, Path(files[0]) if files else None)

    def _quit(self, rest: str) -> None:
        self.over = True


def converse(shell: Shell, note: Callable[[str], object]) -> None:
    """Read from the terminal until the user has enough; a mistake is a line, and the shell goes on."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.application import get_app
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.history import FileHistory
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    from .completion import CypherCompleter

    keys = KeyBindings()

    @keys.add("enter", filter=Condition(lambda: ends(get_app().current_buffer.text)))
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    prompt: PromptSession[str] = PromptSession(
        "cypher> ",
        multiline=True,
        prompt_continuation="      > ",
        key_bindings=keys,
        completer=CypherCompleter(tuple(shell.commands)),
        complete_while_typing=False,
        history=FileHistory(str(HISTORY.expanduser())),
    )
    note(_WELCOME)
    while not shell.over:
        try:
            typed = prompt.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        lines = Lines()
        for text in (done for line in [*typed.splitlines(), ""] for done in lines.add(line)):
            try:
                shell.run(text)
            except (CartographError, ValueError) as error:
                note(f"cartograph: {error}")
            except KeyboardInterrupt:
                note("interrupted")
