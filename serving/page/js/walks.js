/**
 * Parts of the product graph as pictures: nodes, edges, and the Cypher that asks for the same.
 *
 * @typedef {{key: string, label: string, id: string, title: string, parent?: string, more?: string}} Node
 *   `key` is `label:id`; `more` is set on the node that stands for those that are not shown.
 * @typedef {{key: string, source: string, target: string, relation: string}} Edge
 * @typedef {{nodes: Map<string, Node>, edges: Map<string, Edge>}} Graph
 */
import { askOnce, step } from "./api.js";

/** Facts first: they say more than who came by. */
const ORDER = ["Category", "Brand", "Attribute", "Aspect", "Product", "User"];
const FEW = matchMedia("(max-width: 760px)").matches ? 6 : 12;
const MANY = 200;

/** @param {{label: string, id: string}} node */
export const keyOf = ({ label, id }) => `${label}:${id}`;

/** Label and id of a key. @param {string} key @returns {[string, string]} */
export function parts(key) {
  const at = key.indexOf(":");
  return [key.slice(0, at), key.slice(at + 1)];
}

/** How a node is called where its label is not seen. @param {{label: string, title: string}} node */
export function called({ label, title }) {
  if (label === "User") return title.includes("user") ? title : `user ${title}`;
  return label === "Attribute" ? title.replace("=", ": ").replaceAll("_", " ") : title;
}

/**
 * What is around a node, and around the opened ones that can be reached from it.
 * @param {{centre: string, open: string[], more: string[]}} request Keys; `more` as in the page's state.
 * @returns {Promise<Graph & {totals: Record<string, number>, opened: string[]}>} Totals are of the centre.
 */
export async function around({ centre, open, more }) {
  const keys = [...new Set([centre, ...open])];
  const found = await Promise.all(keys.map((key) => neighbours(key, more)));
  /** @type {Graph} */
  const graph = { nodes: new Map(), edges: new Map() };
  const opened = [];
  for (const [at, { node, neighbours, totals }] of found.entries()) {
    const key = keyOf(node);
    if (at > 0 && !graph.nodes.has(key)) continue;
    opened.push(key);
    if (!graph.nodes.has(key)) graph.nodes.set(key, { ...node, key });
    const shown = {};
    for (const { node: other, relation, outgoing } of neighbours) {
      const otherKey = keyOf(other);
      if (!graph.nodes.has(otherKey)) graph.nodes.set(otherKey, { ...other, key: otherKey, parent: key });
      addEdge(graph, outgoing ? key : otherKey, outgoing ? otherKey : key, relation);
      shown[relation] = (shown[relation] ?? 0) + 1;
    }
    for (const [relation, total] of Object.entries(totals)) {
      const missing = total - (shown[relation] ?? 0);
      if (missing > 0) addRest(graph, key, relation, missing);
    }
  }
  return { ...graph, totals: found[0].totals, opened };
}

/** @param {string} key @param {string[]} more */
async function neighbours(key, more) {
  const [label, id] = parts(key);
  const path = `/v1/graph/nodes/${step(label)}/${step(id)}/neighbours`;
  const longer = more.filter((one) => one.startsWith(`${key}\n`)).map((one) => one.split("\n")[1]);
  const [few, ...many] = await Promise.all([
    askOnce({ path, query: { limit: FEW } }),
    ...longer.map((relation) => askOnce({ path, query: { limit: MANY, relation } })),
  ]);
  const own = few.neighbours.filter(({ relation }) => !longer.includes(relation));
  const all = [...own, ...many.flatMap(({ neighbours }) => neighbours)];
  const place = ({ node }) => ORDER.indexOf(node.label);
  return { ...few, neighbours: all.sort((a, b) => place(a) - place(b)) };
}

function addEdge(graph, source, target, relation) {
  const key = `${source}\n${relation}\n${target}`;
  graph.edges.set(key, { key, source, target, relation });
}

/** A node that stands for the neighbours that are not shown. */
function addRest(graph, parent, relation, missing) {
  const key = `${parent}\n${relation}`;
  const title = `${missing.toLocaleString()} more`;
  graph.nodes.set(key, { key, label: "More", id: relation, title, parent, more: key });
  addEdge(graph, parent, key, relation);
}

/** A graph without some relations, and without what then hangs in the air. @returns {Graph} */
export function without(/** @type {Graph} */ { nodes, edges }, /** @type {string[]} */ hidden) {
  const kept = new Map([...edges].filter(([, { relation }]) => !hidden.includes(relation)));
  const [root] = nodes.keys();
  const reached = new Set([root]);
  for (let size = 0; size < reached.size;) {
    size = reached.size;
    for (const { source, target } of kept.values()) {
      if (reached.has(source)) reached.add(target);
      else if (reached.has(target)) reached.add(source);
    }
  }
  return {
    nodes: new Map([...nodes].filter(([key]) => reached.has(key))),
    edges: new Map([...kept].filter(([, { source }]) => reached.has(source))),
  };
}

/** The nodes and edges of paths, as `GET /v1/graph/paths` tells them. @returns {Graph} */
export function ofPaths(paths) {
  const graph = { nodes: new Map(), edges: new Map() };
  for (const { nodes, steps } of paths) {
    nodes.forEach((node, at) => {
      const key = keyOf(node);
      graph.nodes.set(key, { ...node, key });
      if (!at) return;
      const [source, target] = [keyOf(nodes[at - 1]), key];
      const { relation, forward } = steps[at - 1];
      addEdge(graph, forward ? source : target, forward ? target : source, relation);
    });
  }
  return graph;
}

/** The nodes and relationships in the cells of a Cypher answer. @param {any[][]} rows @returns {Graph} */
export function ofRows(rows) {
  const graph = { nodes: new Map(), edges: new Map() };
  const keys = new Map();
  const joins = [];
  const read = (cell) => {
    if (Array.isArray(cell)) return cell.forEach(read);
    if (cell?._type === "node") {
      const node = {
        label: cell._label,
        id: String(cell.id ?? cell._key),
        title: cell.title || cell.name || cell.id,
      };
      keys.set(cell._key, keyOf(node));
      graph.nodes.set(keyOf(node), { ...node, key: keyOf(node) });
    } else if (cell?._type === "relationship") joins.push(cell);
    else if (cell?._type === "path") [...cell.nodes, ...cell.relationships].forEach(read);
  };
  rows.forEach((row) => row.forEach(read));
  for (const { _source, _target, _label } of joins) {
    if (keys.has(_source) && keys.has(_target)) addEdge(graph, keys.get(_source), keys.get(_target), _label);
  }
  return graph;
}

/** A text as a Cypher literal. @param {string} text */
const literal = (text) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** The statement that asks for what is around nodes. @param {string[]} keys @param {string[]} relations */
export function cypherAround(keys, relations) {
  const nodes = keys.map(parts);
  const labels = [...new Set(nodes.map(([label]) => label))].join("|");
  const ids = nodes.map(([, id]) => literal(id)).join(", ");
  const kinds = relations.length ? `:${relations.join("|")}` : "";
  return `MATCH (n:${labels})-[r${kinds}]-(m)\nWHERE n.id IN [${ids}]\nRETURN n, r, m LIMIT 200`;
}

/** The statement that asks for paths over the same relations; all are of one length. */
export function cypherOfPaths(paths) {
  const { nodes, steps } = paths[0];
  const last = nodes.length - 1;
  const names = nodes.map((_, at) => (at === 0 ? "a" : at === last ? "b" : `m${at}`));
  const pattern = nodes.map(({ label, id }, at) => {
    const node = at === 0 || at === last ? `(${names[at]}:${label} {id: ${literal(id)}})` : `(${names[at]})`;
    const kinds = [...new Set(paths.map((path) => path.steps[at]?.relation))].join("|");
    return at === last ? node : `${node}-[r${at}:${kinds}]-`;
  });
  const found = [...names, ...steps.map((_, at) => `r${at}`)].join(", ");
  return `MATCH ${pattern.join("\n      ")}\nRETURN ${found} LIMIT 100`;
}
