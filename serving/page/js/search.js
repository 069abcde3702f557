/** The search field, and what a search found. */
import { ask } from "./api.js";
import { Cards } from "./cards.js";
import { Combobox } from "./combobox.js";
import { html, useEffect, useRef, useState } from "./vendor.js";
import { NO_FILTERS, go, visitor } from "./state.js";
import { Skeleton, counted, shown, useAnswer } from "./ui.js";

const PAGE = 12;
const MOST = 120;
const KINDS = /** @type {const} */ (["category", "brand", "attribute", "price"]);

/** Suggestions for what is typed, of some kinds only if they are given. @param {string[]} [kinds] */
export const suggestions = (kinds) => async (/** @type {string} */ text) => {
  const { items } = await ask({ path: "/v1/suggest", query: { q: text, k: kinds ? 40 : 8 } });
  return kinds ? items.filter(({ kind }) => kinds.includes(kind)).slice(0, 8) : items;
};

/** @param {{q: string}} given */
export function SearchField({ q }) {
  const search = (q, filters = {}) =>
    go({ ...NO_FILTERS, tab: "shop", product: "", why: "", plain: false, q, ...filters });
  return html`<div role="search">
    <${Combobox}
      name="search"
      label="Search products"
      placeholder="search products, brands, categories …"
      value=${q}
      suggest=${suggestions()}
      onSubmit=${(text) => search(text)}
      onPick=${({ kind, id, text }) => {
        if (kind === "product") return go({ tab: "shop", product: id });
        search(text, kind === "query" ? {} : { [kind]: [id] });
      }}
    />
  </div>`;
}

/** @param {{state: import("./state.js").State, onAdd: (id: string) => void}} given */
export function Results({ state, onAdd }) {
  const [k, setK] = useState(PAGE);
  useEffect(() => setK(PAGE), [state.q]);
  const answer = useAnswer({ path: "/v1/search", query: { k, ...query(state) } });
  return html`<section aria-label="Search results">
    ${shown(
      answer,
      (found) => html`<${Found} ...${{ found, state, onAdd, more: () => setK(Math.min(MOST, k * 2)) }} />`,
      html`<${Skeleton} cards=${8} />`,
    )}
  </section>`;
}

/** The search of a state as the API takes it. @param {import("./state.js").State} state */
function query(state) {
  const [low, high] = state.price.split("-");
  const { user = "", events = [] } = visitor(state);
  return {
    q: state.q,
    brand: state.brand,
    category: state.category,
    attribute: state.attribute.map((id) => id.replace("=", ":")),
    min_price: low ?? "",
    max_price: high ?? "",
    expand: !state.plain,
    understand: !state.plain,
    ...(state.personal ? { personal: state.personal, user, event: events.slice(-50) } : {}),
  };
}

function Found({ found, state, onAdd, more }) {
  const { items, total, corrected, expansions, facets, understanding } = found;
  const limits = (understanding?.spans ?? []).filter(({ role }) => role === "price");
  return html`<header class="found">
      <h2>${counted(total, "product")} for “${corrected ?? state.q}”</h2>
      ${corrected && html`<p>Nothing is called “${state.q}”; this is for <b>${corrected}</b>.</p>`}
      <${Expansions} ...${{ expansions, limits, plain: state.plain }} />
      <div class="row facets"><${Facets} ...${{ facets, state }} /><${Personal} by=${state.personal} /></div>
      <${Chosen} state=${state} />
    </header>
    ${
      items.length
        ? html`<${Cards} ...${{ items, state, onAdd }} />`
        : html`<p class="empty">Nothing matches. Take away a filter, or search for fewer or other words.</p>`
    }
    ${items.length < Math.min(total, MOST) && html`<p><button onClick=${more}>Show more</button></p>`}`;
}

/** What else the query was taken to mean, and a switch. */
function Expansions({ expansions, limits, plain }) {
  if (!expansions.length && !limits.length && !plain) return null;
  return html`<div class="row expansions">
    <label><input type="checkbox" checked=${!plain} onChange=${() => go({ plain: !plain })} /> search
      for what the graph knows of it too${expansions.length || limits.length ? ":" : ""}</label>
    ${limits.map(({ text }) => html`<span class="chip" key=${text} title="Costs more or less than that is left out.">${text} <small>price</small></span>`)}
    ${expansions
      .slice(0, 8)
      .map(
        ({ kind, name, id, because }) =>
          html`<span class="chip" key=${kind + id} title=${`${because}: ${id}`}>${name} <small>${kind}</small></span>`,
      )}
  </div>`;
}

/** How much the search considers who asks. */
function Personal({ by }) {
  return html`<label class="dial"><span>everybody's</span>
    <input type="range" min="0" max="1" step="0.25" value=${by} aria-label="How much the visitor's taste counts"
      onInput=${(event) => go({ personal: Number(event.target.value) }, { replace: true })} />
    <span>mine</span></label>`;
}

/** Menus of facets with counts. */
function Facets({ facets, state }) {
  const bar = useRef(null);
  useEffect(() => {
    const close = (event) => {
      for (const menu of bar.current.querySelectorAll("details[open]")) {
        if (event.key === "Escape" || (event.type === "pointerdown" && !menu.contains(event.target)))
          menu.open = false;
      }
    };
    for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, close);
    return () => ["pointerdown", "keydown"].forEach((type) => document.removeEventListener(type, close));
  }, []);
  return html`<div class="row" ref=${bar}>
    ${KINDS.map((kind) => {
      const own = facets.filter((facet) => facet.kind === kind);
      if (!own.length) return null;
      return html`<details class="menu" name="facets" key=${kind}>
        <summary>${kind}</summary>
        <div class="popover">
          ${own.map(
            ({ id, name, count }) => html`<label key=${id} title=${id}>
              <input type="checkbox" checked=${[state[kind]].flat().includes(id)}
                onChange=${() => go({ [kind]: turned(state, kind, id), product: "" })} />
              <span>${name}</span><small>${count.toLocaleString()}</small>
            </label>`,
          )}
        </div>
      </details>`;
    })}
  </div>`;
}

/** The filters that are on, each with a way to take it off. */
function Chosen({ state }) {
  const chosen = KINDS.flatMap((kind) =>
    [state[kind]]
      .flat()
      .filter(Boolean)
      .map((id) => ({ kind, id })),
  );
  if (!chosen.length) return null;
  return html`<div class="row chosen">
    ${chosen.map(
      ({ kind, id }) => html`<button class="chip on" key=${kind + id} aria-label=${`Remove the filter ${id}`}
        onClick=${() => go({ [kind]: turned(state, kind, id) })}>${kind}: ${id} <span aria-hidden="true">✕</span></button>`,
    )}
    <button class="plain" onClick=${() => go(NO_FILTERS)}>clear all</button>
  </div>`;
}

/** A filter with one value turned on or off. */
function turned(state, kind, id) {
  const now = state[kind];
  if (!Array.isArray(now)) return now === id ? "" : id;
  return now.includes(id) ? now.filter((one) => one !== id) : [...now, id];
}
