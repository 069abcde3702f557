/** Where the nodes of a picture stand. Nothing is random: the same graph gives the same picture. */

/** @typedef {import("./walks.js").Graph} Graph */
/** @typedef {Map<string, {x: number, y: number}>} Places */

const TALL = matchMedia("(max-width: 760px)");
const RING = 170;
const ROOM = 46;
/** Below 1, a node with many leaves leaves more of the circle to its neighbours without. */
const FAIR = 0.7;

/**
 * The first node in the middle, its neighbours around it, theirs further out (a radial tree: the more leaves
 * a node has, the more of the circle it gets; neighbours by the same relation stand together).
 * @param {Graph} graph Its nodes know their parents. @returns {Places}
 */
export function radial({ nodes }) {
  const [root] = nodes.keys();
  const children = new Map();
  for (const { key, parent } of nodes.values()) {
    const above = parent !== undefined && nodes.has(parent) ? parent : root;
    if (key !== root) children.set(above, [...(children.get(above) ?? []), key]);
  }
  const leaves = new Map();
  const count = (key) => {
    const own = (children.get(key) ?? []).reduce((all, child) => all + count(child), 0) || 1;
    leaves.set(key, own);
    return own;
  };
  const radius = (depth) => depth * Math.max(RING, (ROOM * count(root)) / (2 * Math.PI * depthOf(nodes)));
  const [wide, high] = TALL.matches ? [0.8, 1.1] : [1.3, 0.8];
  const places = new Map();
  const place = (key, from, to, depth) => {
    const angle = (from + to) / 2;
    const far = radius(depth) + (depth && places.size % 2 ? ROOM / 2 : 0);
    places.set(key, { x: wide * far * Math.cos(angle), y: high * far * Math.sin(angle) });
    let at = from;
    const own = children.get(key) ?? [];
    const all = own.reduce((sum, child) => sum + leaves.get(child) ** FAIR, 0);
    for (const child of own) {
      const share = ((to - from) * leaves.get(child) ** FAIR) / all;
      place(child, at, at + share, depth + 1);
      at += share;
    }
  };
  if (root !== undefined) place(root, -Math.PI / 2, 1.5 * Math.PI, 0);
  return places;
}

/**
 * The same graph with a parent for each node: the tree of shortest ways from the node with most neighbours.
 * @param {Graph} graph @returns {Graph | null} Null where not all hang together.
 */
export function rooted({ nodes, edges }) {
  /** @type {Map<string, string[]>} */
  const near = new Map([...nodes.keys()].map((key) => [key, []]));
  for (const { source, target } of edges.values())
    (near.get(source)?.push(target), near.get(target)?.push(source));
  const [root] = [...near].reduce((best, one) => (one[1].length > best[1].length ? one : best), ["", []]);
  const found = new Map(root ? [[root, nodes.get(root)]] : []);
  for (const key of found.keys()) {
    for (const other of near.get(key) ?? []) {
      if (!found.has(other)) found.set(other, { ...nodes.get(other), parent: key });
    }
  }
  return found.size === nodes.size ? { nodes: found, edges } : null;
}

/** On which side of a node its name has most room. @param {Places} places @returns {(key: string) => string} */
export function sides(places) {
  const most = Math.max(1, ...[...places.values()].map(({ x }) => Math.abs(x)));
  return (key) => {
    const { x, y } = places.get(key) ?? { x: 0, y: 0 };
    if (Math.abs(x) > 0.3 * most) return x > 0 ? "right" : "left";
    return y < 0 ? "above" : "below";
  };
}

/** How many steps the furthest node is from the root, at least 1. */
function depthOf(nodes) {
  const depth = (key) => (nodes.get(key)?.parent === undefined ? 0 : 1 + depth(nodes.get(key).parent));
  return Math.max(1, ...[...nodes.keys()].map(depth));
}

/**
 * Both ends at the sides and what joins them between, in columns by the distance from the first.
 * @param {{nodes: {label: string, id: string}[]}[]} paths @param {(node: any) => string} keyOf @returns {Places}
 */
export function columns(paths, keyOf) {
  /** @type {Map<number, string[]>} */
  const byStep = new Map();
  const seen = new Set();
  const length = Math.max(...paths.map(({ nodes }) => nodes.length), 1);
  for (const { nodes } of paths) {
    nodes.forEach((node, at) => {
      if (seen.has(keyOf(node))) return;
      seen.add(keyOf(node));
      const column = at === nodes.length - 1 ? length - 1 : at;
      byStep.set(column, [...(byStep.get(column) ?? []), keyOf(node)]);
    });
  }
  const places = new Map();
  for (const [column, keys] of byStep) {
    keys.forEach((key, at) => places.set(key, { x: 220 * column, y: 96 * (at - (keys.length - 1) / 2) }));
  }
  return places;
}
