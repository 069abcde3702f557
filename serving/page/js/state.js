/**
 * What the page shows, as a part of its address, so that a reload keeps it and the back button works.
 * It stands behind the `#`: the server never sees it.
 */
import { useEffect, useState } from "./vendor.js";

const BLANK = {
  /** "shop", "graph" or "quality". */
  tab: "shop",
  /** A known user's id; empty for a new visitor. */
  who: "",
  /** What the new visitor touched, oldest first. @type {string[]} */
  history: [],
  /** From old products (-1) to new ones (1). */
  fresh: 0,
  /** The product whose score is taken apart. */
  why: "",
  /** The product that is looked at. */
  product: "",
  /** The search. */
  q: "",
  brand: /** @type {string[]} */ ([]),
  category: /** @type {string[]} */ ([]),
  attribute: /** @type {string[]} */ ([]),
  /** A band such as `2-5` or `5-`. */
  price: "",
  /** Whether only what was typed is searched for. */
  plain: false,
  /** How much the search considers who asks, 0 to 1. */
  personal: 0,
  /** What the graph shows: "around", "paths" or "ask". */
  view: "around",
  /** The node in the middle, as `label:id`. */
  node: "",
  /** Nodes that are expanded besides. @type {string[]} */
  open: [],
  /** Relations of nodes that are shown longer, each `label:id`, a line's end, the relation. @type {string[]} */
  more: [],
  /** Relations that are hidden. @type {string[]} */
  hidden: [],
  from: "",
  to: "",
  /** The name of a question. */
  question: "",
  cypher: "",
  /** Values of the statement's parameters, each `name=value`. @type {string[]} */
  value: [],
};

/** @typedef {typeof BLANK} State */

/** The state in an address. @param {string} hash @returns {State} */
export function read(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const entries = Object.entries(BLANK).map(([name, blank]) => {
    if (!given.has(name)) return [name, blank];
    if (Array.isArray(blank)) return [name, given.getAll(name)];
    if (typeof blank === "number") return [name, Number(given.get(name)) || 0];
    return [name, typeof blank === "boolean" ? true : given.get(name)];
  });
  return Object.fromEntries(entries);
}

/** The address of a state: only what differs from the blank page. @param {State} state */
export function write(state) {
  const given = new URLSearchParams();
  for (const [name, blank] of Object.entries(BLANK)) {
    const value = state[/** @type {keyof State} */ (name)];
    if (value !== blank) for (const one of [value].flat()) given.append(name, String(one));
  }
  return `#${given}`;
}

/** The address with some of the state changed. @param {Partial<State>} change */
export const link = (change) => write({ ...read(location.hash), ...change });

/**
 * Change the state, as a step that the back button undoes.
 * @param {Partial<State>} change @param {{replace?: boolean}} [how] `replace` makes it no step of its own.
 */
export function go(change, { replace = false } = {}) {
  const address = link(change);
  if (address === write(read(location.hash))) return;
  window.history[replace ? "replaceState" : "pushState"](null, "", address);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

/** The state, now and whenever it changes. */
export function useAddress() {
  const [state, set] = useState(() => read(location.hash));
  useEffect(() => {
    const update = () => set(read(location.hash));
    window.addEventListener("popstate", update);
    window.addEventListener("hashchange", update);
    return () => {
      window.removeEventListener("popstate", update);
      window.removeEventListener("hashchange", update);
    };
  }, []);
  return state;
}

/** Blank search filters, for a new search. */
export const NO_FILTERS = { brand: [], category: [], attribute: [], price: "" };

/** Whoever asks, as the API takes it. @param {State} state */
export const visitor = ({ who, history }) => (who ? { user: who } : { events: history });
