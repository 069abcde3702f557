"""Functions of Neo4j's Cypher in the words of the embedded store."""

_RENAMED = {
    "type": "label({0})",
    "labels": "[label({0})]",
    "split": "string_split({0}, {1})",
    "head": "list_extract({0}, 1)",
    "last": "list_extract({0}, -1)",
    "tofloat": "to_double({0})",
    "tointeger": "to_int64(to_double({0}) - to_double({0}) % 1.0)",
    "toboolean": "to_bool({0})",
    "log": "ln({0})",
    "sum": "coalesce(sum({0}), 0)",
    "exp": "pow(2.718281828459045, {0})",
    "e": "2.718281828459045",
    "rand": "random()",
    "datetime": "timestamp({0})",
}
"""By name in small letters: what is written instead, with its arguments."""

_BY_ARGUMENTS = {
    ("round", 1): "round({0}, 0)",
    ("substring", 2): "substring({0}, ({1}) + 1, 2147483647)",
    ("substring", 3): "substring({0}, ({1}) + 1, {2})",
}
"""By name and number of arguments, likewise."""

INSTEAD = {
    "reduce": "write UNWIND and an aggregate",
    "startnode": "write a name for the node into the pattern",
    "endnode": "write a name for the node into the pattern",
    "tostring": "return the value itself: texts of numbers differ",
    "tail": "write list[1..]",
    "reverse": "write ORDER BY … DESC",
    "isempty": "write size(x) = 0",
    "stdev": "write sqrt(avg(x * x) - avg(x) * avg(x))",
    "stdevp": "write sqrt(avg(x * x) - avg(x) * avg(x))",
    "keys": "write the names of properties, which docs/graph.md lists",
    "properties": "write n {.id, .title}",
    "id": "write n.id, which is the shop's own",
    "elementid": "write n.id, which is the shop's own",
    "exists": "write EXISTS { MATCH … }, or n.title IS NOT NULL",
    "timestamp": "write a parameter with the seconds since epoch",
    "duration": "write seconds, as r.at has them",
    "localdatetime": "write datetime()",
    "localtime": "write datetime()",
    "time": "write datetime()",
}
"""By name in small letters: what to write in place of a function that the embedded store lacks."""

ONLY_EMBEDDED = {
    "label": "type(r) for a relationship, labels(n)[0] for a node",
    "date_part": "datetime({epochSeconds: r.at}).month",
    "to_timestamp": "datetime({epochSeconds: r.at})",
    "list_contains": "x IN list",
    "string_split": "split(text, ',')",
    "rels": "relationships(path)",
    "ln": "log(x)",
    "pow": "x ^ y",
}
"""By name in small letters: what to write in place of a function of the embedded store, for both stores."""

TEMPORAL = frozenset({"date", "datetime"})
"""Functions whose results have parts, such as `.year`."""

DATE_PARTS = {
    **{name: f"date_part('{name}', {{0}})" for name in ("year", "quarter", "month", "week", "day")},
    **{name: f"date_part('{name}', {{0}})" for name in ("hour", "minute", "second")},
    "weekday": "((date_part('dow', {0}) + 6) % 7 + 1)",
    "dayofweek": "((date_part('dow', {0}) + 6) % 7 + 1)",
}
"""By name in small letters; a week begins on Monday, which is day 1."""


def called(name: str, arguments: list[str]) -> str:
    """A call as the embedded store takes it.

    >>> called("type", ["r"]), called("substring", ["t", "1", "2"]), called("count", ["*"])
    ('label(r)', 'substring(t, (1) + 1, 2)', 'count(*)')
    """
    known = name.lower()
    if known == "datetime" and len(arguments) == 1 and arguments[0].startswith("{"):
        seconds = arguments[0].strip("{}").partition(":")
        if seconds[0].strip().lower() == "epochseconds":
            return f"to_timestamp({seconds[2].strip()})"
    form = _BY_ARGUMENTS.get((known, len(arguments)), _RENAMED.get(known))
    if form is None or (not arguments and "{0}" in form):
        return f"{name}({', '.join(arguments)})"
    return form.format(*arguments)
