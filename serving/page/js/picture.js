/** A graph drawn by Cytoscape.js, which is loaded when the first picture is. */
import { html, useEffect, useRef } from "./vendor.js";
import { sides } from "./places.js";
import { called } from "./walks.js";

/** @typedef {import("./walks.js").Graph} Graph */

const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const DARK = matchMedia("(prefers-color-scheme: dark)");
const TEXT_PX = 13;
/** So many nodes have no room for the names of users, so many for no names at all. */
const BUSY = 24;
const CROWD = 80;
const LONGEST = 60;

/**
 * @param {object} given
 * @param {Graph} given.graph
 * @param {Map<string, {x: number, y: number}>} [given.places] Found by springs when absent.
 * @param {string[]} [given.strong] Keys of nodes to draw larger.
 * @param {boolean} [given.named] Whether relations are named at all times, not just around the pointer.
 * @param {(key: string) => void} [given.onTap]
 * @param {string} given.label
 */
export function Picture({ graph, places, strong = [], named = false, onTap, label }) {
  const box = useRef(null);
  const drawn = useRef(/** @type {any} */ (null));
  const tap = useRef(onTap);
  tap.current = onTap;

  useEffect(() => {
    let gone = false;
    const repaint = () => drawn.current?.style(looks());
    DARK.addEventListener("change", repaint);
    import("../vendor/cytoscape-3.35.0.esm.min.js").then(({ default: cytoscape }) => {
      if (gone) return;
      const cy = cytoscape({ container: box.current, style: looks(), minZoom: 0.05, maxZoom: 2.5 });
      drawn.current = cy;
      cy.on("tap", "node", (event) => tap.current?.(event.target.id()));
      cy.on("mouseover", "node", (event) => event.target.closedNeighborhood().addClass("near"));
      cy.on("mouseout", "node", () => cy.elements().removeClass("near"));
      cy.on("zoom", () => keepTextSize(cy));
      update(cy, { graph, places, strong, named });
    });
    return () => {
      gone = true;
      DARK.removeEventListener("change", repaint);
      drawn.current?.destroy();
      drawn.current = null;
    };
  }, []);
  useEffect(() => {
    if (drawn.current) update(drawn.current, { graph, places, strong, named });
  }, [[...graph.nodes.keys(), ...graph.edges.keys(), ...strong].join()]);
  // Cytoscape keeps where its box was; what stands above may have grown since.
  const locate = () => drawn.current?.resize();
  return html`<div class="picture" ref=${box} role="img" aria-label=${label}
    onPointerEnter=${locate} onPointerDown=${locate}></div>`;
}

/** Make the drawing show a graph: what stays glides to its new place, what is new comes from its parent. */
function update(cy, { graph, places, strong, named }) {
  const side = places && !named ? sides(places) : () => "below";
  const quiet =
    graph.nodes.size > CROWD ? () => true : ({ label }) => label === "User" && graph.nodes.size > BUSY;
  const classes = (node) => {
    const place = strong.includes(node.key) ? "strong below" : side(node.key);
    return `${node.label} ${place} ${quiet(node) ? "quiet" : ""}`;
  };
  cy.batch(() => {
    cy.elements()
      .filter((one) => !graph.nodes.has(one.id()) && !graph.edges.has(one.id()))
      .remove();
    for (const node of graph.nodes.values()) {
      const old = cy.getElementById(node.key);
      if (old.nonempty()) old.classes(classes(node));
      else {
        const from = cy.getElementById(node.parent ?? "");
        const position = from.nonempty() ? { ...from.position() } : { x: 0, y: 0 };
        cy.add({
          data: { id: node.key, title: called(node).slice(0, LONGEST) },
          classes: classes(node),
          position,
        });
      }
    }
    for (const { key, source, target, relation } of graph.edges.values()) {
      const said = relation.toLowerCase().replaceAll("_", " ");
      if (cy.getElementById(key).empty()) cy.add({ data: { id: key, source, target, said } });
    }
    cy.edges().toggleClass("named", named);
  });
  const motion = { animate: !STILL.matches, animationDuration: 360, fit: true, padding: 48 };
  const how = places
    ? { name: "preset", positions: (node) => places.get(node.id()) ?? { x: 0, y: 0 }, ...motion }
    : {
        name: "cose",
        animate: false,
        randomize: true,
        nodeRepulsion: () => 9000,
        idealEdgeLength: () => 90,
        padding: 48,
      };
  cy.one("layoutstop", () => showWhole(cy));
  cy.layout(how).run();
  keepTextSize(cy);
}

/** Names at the edge may stick out once texts have their size: then a little further away. */
function showWhole(cy) {
  keepTextSize(cy);
  const { x1, x2, y1, y2 } = cy.elements().renderedBoundingBox();
  if (x1 < 0 || y1 < 0 || x2 > cy.width() || y2 > cy.height()) cy.fit(undefined, 8);
}

/** Texts stay readable, and nodes large enough to hit, whatever the zoom. */
function keepTextSize(cy) {
  const scale = 1 / cy.zoom();
  const wide = cy.width() < 600 ? 88 : 140;
  cy.nodes().forEach((node) => {
    const [size, least] = node.hasClass("strong") ? [40, 28] : node.hasClass("User") ? [18, 14] : [26, 20];
    const side = Math.max(size, least * scale);
    node.style({ width: side, height: side, "font-size": TEXT_PX * scale, "text-max-width": wide * scale });
  });
  cy.edges().style({ "font-size": TEXT_PX * scale });
}

/** The style sheet of the drawing, in the colours of the page. */
function looks() {
  const page = getComputedStyle(document.documentElement);
  const colour = (name) => page.getPropertyValue(`--${name}`).trim();
  const node = (label, shape) => ({
    selector: `.${label}`,
    style: { "background-color": colour(label.toLowerCase()), shape },
  });
  return [
    {
      selector: "node",
      style: {
        label: "data(title)",
        color: colour("ink"),
        "font-family": page.fontFamily,
        "font-size": TEXT_PX,
        "text-wrap": "ellipsis",
        "text-max-width": 120,
        "text-background-color": colour("surface"),
        "text-background-opacity": 0.8,
        "border-width": 2,
        "border-color": colour("surface"),
        "background-color": colour("faint"),
      },
    },
    node("Product", "ellipse"),
    node("Brand", "diamond"),
    node("Category", "round-rectangle"),
    node("Attribute", "hexagon"),
    node("User", "ellipse"),
    node("Aspect", "octagon"),
    {
      selector: ".More",
      style: {
        "background-color": colour("line"),
        shape: "round-rectangle",
        "border-color": colour("faint"),
        "border-style": "dashed",
      },
    },
    {
      selector: ".strong",
      style: {
        "border-width": 3,
        "border-color": colour("accent"),
        "font-weight": 600,
        "text-wrap": "wrap",
        "line-height": 1.2,
      },
    },
    { selector: ".below", style: { "text-valign": "bottom", "text-margin-y": 4 } },
    { selector: ".above", style: { "text-valign": "top", "text-margin-y": -4 } },
    { selector: ".right", style: { "text-halign": "right", "text-valign": "center", "text-margin-x": 4 } },
    { selector: ".left", style: { "text-halign": "left", "text-valign": "center", "text-margin-x": -4 } },
    { selector: ".quiet", style: { label: "" } },
    { selector: ".quiet.near, .quiet.strong, .quiet.More", style: { label: "data(title)" } },
    {
      selector: "edge",
      style: {
        width: 1.5,
        "line-color": colour("edge"),
        "curve-style": "bezier",
        "target-arrow-shape": "triangle",
        "target-arrow-color": colour("edge"),
        "arrow-scale": 0.8,
        color: colour("faint"),
        "font-size": TEXT_PX,
        "text-background-color": colour("surface"),
        "text-background-opacity": 0.9,
        "text-rotation": "autorotate",
      },
    },
    { selector: "edge.named, edge.near", style: { label: "data(said)" } },
    {
      selector: "edge.near",
      style: { "line-color": colour("accent"), "target-arrow-color": colour("accent"), width: 2 },
    },
  ];
}
