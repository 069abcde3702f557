/** One product: what it is, what is like it, why it would be recommended. */
import { step } from "./api.js";
import { Cards } from "./cards.js";
import { html, useEffect, useRef, useState } from "./vendor.js";
import { NO_FILTERS, link } from "./state.js";
import { Skeleton, Tile, counted, leaf, money, nameOf, shown, useAnswer } from "./ui.js";
import { Why } from "./why.js";

const SIMILAR = 8;

/** @param {{state: import("./state.js").State, onAdd: (id: string) => void}} given */
export function ProductView({ state, onAdd }) {
  const path = `/v1/products/${step(state.product)}`;
  const product = useAnswer({ path });
  const reviews = useAnswer({ path: `${path}/reviews` });
  const similar = useAnswer({ path: `${path}/similar`, query: { k: SIMILAR } });
  const top = useRef(null);
  useEffect(() => top.current.focus({ preventScroll: false }), [state.product]);
  return html`<section class="product" aria-label="Product" tabindex="-1" ref=${top}>
    <p class="back"><a href=${link({ product: "" })}>← back</a></p>
    ${shown(product, (found) => html`<${Facts} ...${{ product: found, state, onAdd }} />`)}
    ${!product.error && shown(reviews, (found) => html`<${Reviews} ...${found} />`, null)}
    ${
      !product.error &&
      html`<h2>Similar products</h2>
      ${shown(
        similar,
        ({ items }) =>
          items.length
            ? html`<${Cards} ...${{ items, state, onAdd }} />`
            : html`<p class="empty">Nothing is like this product yet.</p>`,
        html`<${Skeleton} cards=${4} />`,
      )}`
    }
  </section>`;
}

function Facts({ product, state, onAdd }) {
  const [why, setWhy] = useState(false);
  const id = product.product_id;
  const facts = [
    ["Price", money(product.price)],
    ["In stock", product.stock === null ? "" : product.stock.toLocaleString()],
    ...Object.entries(product.attributes).map(([key, values]) => [
      key.replaceAll("_", " "),
      values.join(", "),
    ]),
    ["Events", counted(product.events, "event")],
    ["Id", id],
  ].filter(([, value]) => value);
  return html`<div class="facts-of">
      <${Tile} product=${product} large=${true} />
      <div>
        <${Trail} category=${product.category} />
        <h1>${nameOf(product)}</h1>
        ${
          product.brand &&
          html`<p>by <a href=${link({ ...NO_FILTERS, product: "", q: product.brand, brand: [product.brand] })}>
          ${product.brand}</a></p>`
        }
        ${product.description && html`<p class="description">${product.description}</p>`}
        <dl>${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
        <div class="row">
          <button class="primary" onClick=${() => onAdd(id)}>+ Add to the history</button>
          <button aria-expanded=${why} onClick=${() => setWhy(!why)}>Why for this visitor?</button>
          <a href=${link({ tab: "graph", view: "around", node: `Product:${id}`, open: [] })}>show in graph</a>
        </div>
      </div>
    </div>
    ${why && html`<div class="why-panel"><${Why} state=${state} item=${{ product_id: id, title: product.title }} /></div>`}`;
}

/** What users wrote, in short; nothing where nobody did. */
function Reviews({ reviews, rating, praise, praised, blamed }) {
  if (!reviews) return null;
  const told = [
    counted(reviews, "review"),
    rating === null ? "" : `rated ${rating.toFixed(1)} on average`,
    praise === null ? "" : `${Math.round(100 * praise)} % praise`,
  ].filter(Boolean);
  return html`<section class="reviews" aria-label="Reviews">
    <h2>Reviews</h2>
    <p>${told.join(", ")}</p>
    <div class="opinions">
      <${Opinions} title="Praised for" opinions=${praised} />
      <${Opinions} title="Blamed for" opinions=${blamed} />
    </div>
  </section>`;
}

function Opinions({ title, opinions }) {
  if (!opinions.length) return null;
  return html`<div><h3>${title}</h3><ul>
    ${opinions.map(
      ({ term, reviews, quote }) => html`<li key=${term}>
        <strong>${term}</strong> <small>${counted(reviews, "review")}</small>
        ${quote && html`<blockquote>${quote}</blockquote>`}
      </li>`,
    )}
  </ul></div>`;
}

/** The steps of a category's path, each a search. */
function Trail({ category }) {
  const steps = category ? category.split(" > ") : [];
  return html`<nav class="trail" aria-label="Category">
    ${steps.map((name, at) => {
      const path = steps.slice(0, at + 1).join(" > ");
      const search = { ...NO_FILTERS, product: "", q: leaf(path), category: [path] };
      return html`<a key=${path} href=${link(search)}>${name}</a>`;
    })}
  </nav>`;
}
