/**
 * The public API: one function that asks, and whether the server answers at all.
 *
 * @typedef {object} Request
 * @property {string} path
 * @property {Record<string, unknown>} [query] Lists become repeated parameters; null and "" are left out.
 * @property {unknown} [body] Makes it a POST.
 */

const PATIENCE_MS = 1000;
const PULSE_MS = 10_000;

/** The server answered with an error, in the one shape that it has. */
export class Refusal extends Error {
  /** @param {number} status @param {{code?: string, message?: string, hint?: string}} error */
  constructor(status, { code = "", message = `the server answered ${status}`, hint = "" }) {
    super(hint ? `${message}; ${hint}` : message);
    this.status = status;
    this.code = code;
  }
}

/** There was no answer; everything is asked again when the server is back. */
export class Silence extends Error {
  constructor() {
    super("the server does not answer; this comes by itself when it is back");
  }
}

/** Whether the server answers; `round` counts how often it came back. */
export const connection = { up: true, round: 0 };

/** @type {Set<() => void>} */
const listeners = new Set();

/** Call a function whenever `connection` changes. @param {() => void} listener @returns how to end that. */
export function onConnection(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** @param {Request} request @param {AbortSignal} [signal] @returns {Promise<any>} The answer's JSON. */
export async function ask({ path, query = {}, body }, signal) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) if (one !== null && one !== "") parameters.append(name, String(one));
  }
  const search = parameters.size ? `?${parameters}` : "";
  const how = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const headers = { "content-type": "application/json", ...authorization() };
  const response = await fetch(path + search, { ...how, headers, signal }).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw lost();
  });
  if (response.ok) return response.json();
  const { error = {} } = await response.json().catch(() => ({}));
  if (error.code === "not_ready") throw lost();
  throw new Refusal(response.status, error);
}

/** @type {Map<string, Promise<any>>} */
const known = new Map();

/** The same, asked once: for facts that do not change while one looks at them. @param {Request} request */
export function askOnce(request) {
  const key = JSON.stringify(request);
  if (!known.has(key)) {
    if (known.size > 500) known.clear();
    known.set(key, ask(request));
    known.get(key)?.catch(() => known.delete(key));
  }
  return /** @type {Promise<any>} */ (known.get(key));
}

/** A step of a path, with every special sign encoded. @param {string} id */
export const step = encodeURIComponent;

/** Use an API key from now on, in this tab of the browser only. @param {string} key */
export function useKey(key) {
  sessionStorage.setItem("cartograph-key", key);
  known.clear();
  connection.round += 1;
  listeners.forEach((tell) => tell());
}

function authorization() {
  const key = sessionStorage.getItem("cartograph-key");
  return key ? { authorization: `Bearer ${key}` } : {};
}

function lost() {
  if (connection.up) {
    connection.up = false;
    listeners.forEach((tell) => tell());
    setTimeout(comeBack, PATIENCE_MS);
  }
  return new Silence();
}

async function comeBack() {
  const ready = await fetch("/ready").then(
    ({ ok }) => ok,
    () => false,
  );
  if (!ready) return void setTimeout(comeBack, PATIENCE_MS);
  connection.up = true;
  connection.round += 1;
  known.clear();
  listeners.forEach((tell) => tell());
}

setInterval(() => {
  if (connection.up && !document.hidden) ask({ path: "/ready" }).catch(() => {});
}, PULSE_MS);
