"""Nothing gets into Cypher but through `quoted` and `literal`, as a number, or as a name of the schema.

Every f-string, and every text that is put together, in which a Cypher clause stands is taken apart: what it
interpolates must be safe by itself, or come from names that are.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = [path for folder in ("kg", "serving") for path in sorted((ROOT / folder).rglob("*.py"))]

CLAUSE = re.compile(r"\b(MATCH|MERGE|UNWIND|CREATE|RETURN|DELETE|COPY|ALTER|CALL|SET) [(A-Z$a-z{]")
"""What tells Cypher from other texts."""

SAFE_CALLS = {"quoted", "literal", "int", "len", "range"}
"""Whose results may stand in a statement."""

SCHEMA = {"NODES", "RELATIONS", "EVENT_RELATIONS", "LINK_RELATIONS", "PROVENANCE"}
"""Tables of names that the schema declares."""


class Scope:
    """The bindings of names in a function and around it, each with the scope that its value stands in."""

    def __init__(self, nodes: list[ast.AST]) -> None:
        self.bound: dict[str, list[tuple[ast.expr, Scope]]] = {}
        for top in nodes:
            for node in ast.walk(top):
                for target, value in _bindings(node):
                    for name in ast.walk(target):
                        if isinstance(name, ast.Name):
                            self.bind(name.id, value, self)

    def bind(self, name: str, value: ast.expr, scope: "Scope") -> None:
        """Let a name stand for a value, among others."""
        self.bound.setdefault(name, []).append((value, scope))

    def safe(self, node: ast.expr, seen: frozenset[str] = frozenset()) -> bool:
        """Whether an expression can only be what the source code or the schema says."""
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.Name):
            if node.id.strip("_").isupper() or node.id in seen:
                return True
            values = self.bound.get(node.id, [])
            return bool(values) and all(scope.safe(value, seen | {node.id}) for value, scope in values)
        if isinstance(node, ast.JoinedStr):
            return all(self.safe(part, seen) for part in node.values)
        if isinstance(node, ast.FormattedValue):
            return self.safe(node.value, seen)
        if isinstance(node, ast.IfExp):
            return self.safe(node.body, seen) and self.safe(node.orelse, seen)
        if isinstance(node, ast.BinOp):
            return self.safe(node.left, seen) and self.safe(node.right, seen)
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return all(self.safe(part, seen) for part in node.elts)
        if isinstance(node, ast.Starred):
            return self.safe(node.value, seen)
        if isinstance(node, ast.Dict):
            return all(self.safe(part, seen) for part in [*node.keys, *node.values] if part is not None)
        if isinstance(node, ast.DictComp):
            return self.safe(node.value, seen)
        if isinstance(node, ast.GeneratorExp | ast.ListComp):
            return self.safe(node.elt, seen)
        if isinstance(node, ast.Subscript | ast.Attribute):
            return self.safe(node.value, seen)
        if isinstance(node, ast.Call):
            return self._safe_call(node, seen)
        return False

    def _safe_call(self, node: ast.Call, seen: frozenset[str]) -> bool:
        if isinstance(node.func, ast.Name):
            if node.func.id in SAFE_CALLS | _BUILDERS:
                return True
            return node.func.id in ("enumerate", "list", "max", "min", "sorted", "zip") and all(
                self.safe(argument, seen) for argument in node.args
            )
        if isinstance(node.func, ast.Attribute):
            return self.safe(node.func.value, seen) and (
                node.func.attr != "join" or all(self.safe(argument, seen) for argument in node.args)
            )
        return False


_BUILDERS = {"_fields", "_given", "_nodes", "_place", "_value", "product"}
"""Our own functions that return pieces of Cypher: they stand in these files and are looked at like all."""


def _bindings(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(node, ast.Assign):
        yield from ((target, node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        yield node.target, node.value
    elif isinstance(node, ast.For | ast.comprehension):
        yield node.target, node.iter


def _scopes(tree: ast.Module) -> list[tuple[ast.AST, Scope]]:
    """Every function and top-level statement with its names; calls bind arguments of private functions."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    top = [node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    scopes: list[tuple[ast.AST, Scope]] = [(node, Scope([*top, node])) for node in [*functions, *top]]
    own = {node.name: (node, scope) for node, scope in scopes if isinstance(node, ast.FunctionDef)}
    for node, scope in scopes:
        for call in ast.walk(node):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            if call.func.id.startswith("_") and call.func.id in own:
                called, inside = own[call.func.id]
                names = [argument.arg for argument in called.args.args]
                for name, value in zip(names, _spread(call.args, len(names)), strict=False):
                    inside.bind(name, value, scope)
                for keyword in call.keywords:
                    if keyword.arg is not None:
                        inside.bind(keyword.arg, keyword.value, scope)
    return scopes


def _spread(arguments: list[ast.expr], n: int) -> Iterator[ast.expr]:
    """The arguments of a call; one with a star stands for all that follow."""
    for argument in arguments:
        if isinstance(argument, ast.Starred):
            yield from [argument.value] * n
        else:
            yield argument


def _for_people(tree: ast.Module) -> set[ast.AST]:
    """What stands in an error or is printed."""
    shown = set[ast.AST]()
    for node in ast.walk(tree):
        printed = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        if printed or isinstance(node, ast.Raise):
            shown |= set(ast.walk(node))
    return shown


def _interpolations(tree: ast.Module) -> Iterator[tuple[ast.expr, Scope]]:
    """What is put into texts with a Cypher clause, each with the names around it."""
    shown = _for_people(tree)
    for outer, scope in _scopes(tree):
        for node in ast.walk(outer):
            if node not in shown:
                yield from ((part, scope) for part in _parts(node))


def _parts(node: ast.AST) -> list[ast.expr]:
    """What a node puts into a text with a Cypher clause, nothing for other nodes."""
    if isinstance(node, ast.JoinedStr):
        if CLAUSE.search("".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))):
            return [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        sides = [node.left, node.right]
        if any(isinstance(side, ast.Constant) and CLAUSE.search(str(side.value)) for side in sides):
            return [side for side in sides if not isinstance(side, ast.Constant)]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        text = node.func.value
        if isinstance(text, ast.Constant) and CLAUSE.search(str(text.value)):
            return [*node.args, *(keyword.value for keyword in node.keywords)]
    return []


def unsafe(source: str) -> list[str]:
    """The interpolations in some source code that are not safe."""
    return sorted(
        {ast.unparse(node) for node, scope in _interpolations(ast.parse(source)) if not scope.safe(node)}
    )


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_safe_things_get_into_cypher(path: Path) -> None:
    assert unsafe(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(s, x):\n    s.query(f'MATCH (n:{x}) RETURN n')", ["x"]),
        ("def f(s, x):\n    s.query('MATCH (n) WHERE n.id = ' + x)", ["x"]),
        ("def f(s, x):\n    y = x.lower()\n    s.query(f'MATCH (n) WHERE n.id = {y} RETURN n')", ["y"]),
        ("def f(s, x):\n    s.query('MATCH (n:{}) RETURN n'.format(x))", ["x"]),
        ("def f(s, xs):\n    for x in xs:\n        s.query(f'MATCH (n:{x}) RETURN n')", ["x"]),
        ("def f(s, x):\n    s.query(f'MATCH (n:{quoted(x)}) RETURN n LIMIT {int(x)}')", []),
        ("def f(s):\n    for x in NODES:\n        s.query(f'MATCH (n:{x}) RETURN n')", []),
        ("def _f(s, x):\n    s.query(f'MATCH {x}')\n_f(1, '(n)')\n_f(1, quoted(y))", []),
        ("def _f(s, x):\n    s.query(f'MATCH (n:{x})')\n_f(1, '(n)')\n_f(1, y)", ["x"]),
        ("def f(s, x):\n    print(f'no match for {x}')", []),
    ],
)
def test_the_test_tells_safe_from_unsafe(source: str, found: list[str]) -> None:
    assert unsafe(source) == found
