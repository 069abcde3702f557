/** What all parts of the page use: asking the server from a view, and small things to see. */
import { Refusal, ask, askOnce, connection, onConnection, step, useKey } from "./api.js";
import { html, useEffect, useState } from "./vendor.js";

/** @typedef {{value?: any, error?: Error, late?: boolean, again: () => void}} Answer */

const SKELETON_MS = 150;

/** Whether the server answers. */
export function useConnection() {
  const [, turn] = useState(0);
  useEffect(() => onConnection(() => turn((n) => n + 1)), []);
  return connection;
}

/**
 * The answer to a request, asked anew when the request changes or the server is back.
 * Until the new answer is here the old one stays, `late` after a moment.
 * @template {object} T
 * @param {T | null} request Anything that JSON can hold.
 * @param {(request: T, signal: AbortSignal) => Promise<any>} [work] How to answer it.
 * @returns {Answer}
 */
export function useAnswer(request, work = /** @type {any} */ (ask)) {
  const key = request && JSON.stringify(request);
  const { round } = useConnection();
  const [attempt, setAttempt] = useState(0);
  const [answer, set] = useState(/** @type {Partial<Answer>} */ ({}));
  useEffect(() => {
    if (!key) return set({});
    const control = new AbortController();
    const timer = setTimeout(() => set((now) => ({ value: now.value, late: true })), SKELETON_MS);
    work(JSON.parse(key), control.signal)
      .then(
        (value) => set({ value }),
        (error) => control.signal.aborted || set({ error }),
      )
      .finally(() => clearTimeout(timer));
    return () => (control.abort(), clearTimeout(timer));
  }, [key, round, attempt]);
  return { ...answer, again: () => setAttempt(attempt + 1) };
}

/**
 * An answer where it belongs: what it says, or a skeleton, or what went wrong.
 * @param {Answer} answer @param {(value: any) => any} view @param {any} [skeleton]
 */
export function shown(answer, view, skeleton = html`<${Skeleton} lines=${3} />`) {
  if (answer.error) return html`<${Problem} error=${answer.error} again=${answer.again} />`;
  if (answer.value === undefined) return answer.late ? skeleton : null;
  return html`<div class=${answer.late ? "stale" : ""} aria-busy=${!!answer.late}>${view(answer.value)}</div>`;
}

/** What went wrong, in one sentence. @param {{error: Error, again?: () => void}} given */
export function Problem({ error, again }) {
  const sentence = error.message[0].toUpperCase() + error.message.slice(1).replace(/\.?$/, ".");
  const status = error instanceof Refusal ? error.status : 0;
  const enter = (event) => (event.preventDefault(), useKey(event.target.elements.key.value));
  return html`<div class="problem" role="alert">
    <p>${sentence}</p>
    ${
      status === 401 &&
      html`<form class="row" onSubmit=${enter}>
      <input name="key" type="password" aria-label="API key" placeholder="API key" autocomplete="off" />
      <button>Use it</button>
    </form>`
    }
    ${status >= 500 && again && html`<button onClick=${again}>Try again</button>`}
  </div>`;
}

/** Grey bars where an answer will stand. @param {{lines?: number, cards?: number}} given */
export function Skeleton({ lines = 0, cards = 0 }) {
  const bars = (n, name) => Array.from({ length: n }, (_, at) => html`<i class=${name} key=${at} />`);
  return html`<div class=${cards ? "skeleton grid" : "skeleton"} role="status" aria-label="Loading">
    ${bars(cards, "card")}${bars(lines, "line")}
  </div>`;
}

/**
 * What is known of some products, by id; null for an id that is not in the catalogue.
 * @param {string[]} ids @returns {Map<string, any>} Those that are here already.
 */
export function useProducts(ids) {
  const { round } = useConnection();
  const [found, set] = useState(() => new Map());
  useEffect(() => {
    for (const id of new Set(ids)) {
      if (found.has(id)) continue;
      const put = (product) => set((now) => new Map(now).set(id, product));
      askOnce({ path: `/v1/products/${step(id)}` }).then(put, (error) => error.status === 404 && put(null));
    }
  }, [ids.join("\n"), round]);
  return found;
}

/** A product's picture, or a tile in the colour of its category with its initials. */
export function Tile({ product, large = false }) {
  const [broken, setBroken] = useState(false);
  const hue = hueOf((product.category || product.brand || "").split(" > ").slice(0, 2).join());
  const name = product.title || product.brand || product.product_id;
  return html`<span class=${large ? "tile large" : "tile"} style=${{ "--hue": hue }} aria-hidden="true">
    ${
      product.image_url && !broken
        ? html`<img src=${product.image_url} alt="" loading="lazy" onError=${() => setBroken(true)} />`
        : initials(name)
    }
  </span>`;
}

/** A hue, the same for the same text. @param {string} text */
function hueOf(text) {
  let hash = 7;
  for (const sign of text) hash = (hash * 31 + (sign.codePointAt(0) ?? 0)) >>> 0;
  return (hash * 137.508) % 360;
}

/** @param {string} name */
function initials(name) {
  const words = name.match(/\p{L}+/gu) ?? name.match(/\p{N}+/gu) ?? ["?"];
  if (/^[\u3040-\u9fff\uac00-\ud7af]/.test(words[0])) return words[0].slice(0, 2);
  return words
    .slice(0, 2)
    .map((word) => [...word][0])
    .join("")
    .toUpperCase();
}

/** How a product is called. @param {any} product */
export const nameOf = (product) => product.title || product.product_id;

/** The last step of a category's path. @param {string} path */
export const leaf = (path) => path.split(" > ").at(-1) ?? "";

const CENTS = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** A price without currency, which the catalogue does not say. @param {number | null} price */
export const money = (price) => (price === null || price === undefined ? "" : CENTS.format(price));

/** @param {number} count @param {string} one @param {string} [many] */
export const counted = (count, one, many = `${one}s`) =>
  `${count.toLocaleString()} ${count === 1 ? one : many}`;

/** Put a text on the clipboard; also where the page is not served over HTTPS. @param {string} text */
export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.body.appendChild(Object.assign(document.createElement("textarea"), { value: text }));
  area.select();
  document.execCommand("copy");
  area.remove();
}
