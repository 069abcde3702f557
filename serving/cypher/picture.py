"""Pictures of the nodes and relationships in an answer: PNG and SVG by matplotlib, a page by Cytoscape.js."""

import base64
import json
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...kg.subgraph import Key, subgraph
from .answers import Answer

if TYPE_CHECKING:
    import networkx as nx

MOST = 600
"""Nodes in a picture; more cannot be told apart."""

_COLOURS = {
    "Product": "#0b6b73",
    "Brand": "#9a5b13",
    "Category": "#5a4fa3",
    "Attribute": "#5f6b2c",
    "User": "#7b838d",
    "Aspect": "#a33a5c",
}
"""By label, as on the page."""
_EDGE = "#b4b5ae"
_LONGEST = 28
_CYTOSCAPE = Path(__file__).parent.parent / "page" / "vendor" / "cytoscape-3.35.0.esm.min.js"


def pictured(answer: Answer) -> "nx.MultiDiGraph[Key]":
    """The graph to draw.

    Raises:
        ValueError: There is nothing to draw, a relationship came without its nodes, or there are too many.
    """
    graph = subgraph(answer.rows)
    if not len(graph):
        raise ValueError(
            "the answer has no nodes to draw; return nodes, relationships or paths, as in "
            "MATCH (p:Product)-[r:MADE_BY]->(b) RETURN p, r, b LIMIT 20"
        )
    if len(graph) > MOST:
        raise ValueError(f"a picture of {len(graph):,} nodes shows nothing; narrow it to {MOST}")
    return graph


def draw(graph: "nx.MultiDiGraph[Key]", path: Path, form: str) -> None:
    """Write a PNG or SVG picture: colours by label, names under nodes, types along edges if there is room."""
    import networkx as nx
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    size = min(6 + len(graph) ** 0.5, 24)
    figure = Figure(figsize=(size, size * 0.75), layout="constrained")
    axes = figure.add_subplot()
    axes.set_axis_off()
    simple: nx.DiGraph[Key] = nx.DiGraph(graph)
    places = nx.spring_layout(simple, seed=0, k=2 / len(graph) ** 0.5, iterations=100)
    nx.draw_networkx_edges(simple, places, ax=axes, edge_color=_EDGE, node_size=220, arrowsize=8)
    for label, colour in _COLOURS.items():
        nodes = [node for node in graph if node[0] == label]
        if nodes:
            nx.draw_networkx_nodes(
                simple, places, nodelist=nodes, ax=axes, node_color=colour, node_size=220, label=label
            )
    names = {node: _name(node, graph.nodes[node]) for node in graph}
    below = {node: (x, y - 0.045) for node, (x, y) in places.items()}
    nx.draw_networkx_labels(simple, below, names, ax=axes, font_size=7, verticalalignment="top")
    if graph.number_of_edges() <= 60:
        kinds = {(a, b): facts["relation"] for a, b, facts in graph.edges(data=True)}
        nx.draw_networkx_edge_labels(simple, places, kinds, ax=axes, font_size=5, font_color="#6b6b66")
    axes.margins(0.12)
    figure.legend(loc="outside lower center", ncols=len(_COLOURS), frameon=False, fontsize=8)
    with rc_context({"svg.hashsalt": "cartograph"}):  # the same answer gives the same file
        figure.savefig(path, format=form, dpi=150, metadata={"Date": None} if form == "svg" else {})


def page(graph: "nx.MultiDiGraph[Key]", title: str) -> str:
    """An HTML page with everything in it, to zoom and to drag, that asks no other host for anything."""
    keys = {node: str(number) for number, node in enumerate(graph)}
    elements: list[dict[str, Any]] = [
        {
            "data": {
                "id": keys[node],
                "name": _name(node, graph.nodes[node]),
                "label": node[0],
                "colour": _COLOURS[node[0]],
                "facts": {"id": node[1], **graph.nodes[node]},
            }
        }
        for node in graph
    ]
    elements += [
        {"data": {"source": keys[a], "target": keys[b], "relation": facts["relation"]}}
        for a, b, facts in graph.edges(data=True)
    ]
    data = json.dumps(elements, ensure_ascii=False).replace("<", "\\u003c")
    library = base64.b64encode(_CYTOSCAPE.read_bytes()).decode()
    legend = "".join(
        f'<li style="color:{colour}">{label}</li>'
        for label, colour in _COLOURS.items()
        if any(node[0] == label for node in graph)
    )
    return _PAGE.format(title=escape(title), legend=legend, data=data, library=library)


def _name(node: Key, facts: dict[str, Any]) -> str:
    name = str(facts.get("title") or facts.get("name") or node[1])
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
  body {{ margin: 0; font: 14px/1.4 system-ui, sans-serif; color: #1d2124; background: #fbfbf9; }}
  h1 {{ font-size: 14px; font-weight: 600; margin: 12px 16px 0; white-space: pre-wrap; }}
  ul {{ display: flex; gap: 16px; margin: 4px 16px; padding: 0; list-style: none; }}
  #graph {{ height: calc(100vh - 130px); }}
  #facts {{ margin: 0 16px; height: 56px; overflow: auto; white-space: pre-wrap; }}
</style>
<h1>{title}</h1>
<ul>{legend}</ul>
<div id="graph" role="img" aria-label="The nodes of the answer"></div>
<p id="facts">Click a node to see its properties.</p>
<script type="module">
const {{ default: cytoscape }} = await import("data:text/javascript;base64,{library}");
const look = [
  {{ selector: "node", style: {{ "background-color": "data(colour)", label: "data(name)", "font-size": 11,
    "text-valign": "bottom", "text-margin-y": 3, width: 22, height: 22 }} }},
  {{ selector: "edge", style: {{ width: 1.2, "line-color": "#b4b5ae", "target-arrow-color": "#b4b5ae",
    "target-arrow-shape": "triangle", "curve-style": "bezier", label: "data(relation)", "font-size": 7,
    color: "#6b6b66", "text-rotation": "autorotate" }} }},
];
const graph = cytoscape({{ container: document.getElementById("graph"), elements: {data}, style: look,
  layout: {{ name: "cose", animate: false, nodeRepulsion: () => 9000, idealEdgeLength: () => 90,
    padding: 40 }} }});
graph.on("tap", "node", (event) => {{
  document.getElementById("facts").textContent = Object.entries(event.target.data("facts"))
    .filter(([, value]) => value !== "").map(([name, value]) => `${{name}}: ${{value}}`).join("\\n");
}});
window.graph = graph;
</script>
</html>
"""
