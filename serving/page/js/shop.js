/** The shop: who asks on the left, what is recommended on the right. */
import { ask, step } from "./api.js";
import { Cards, movesBetween } from "./cards.js";
import { Combobox } from "./combobox.js";
import { ProductView } from "./product.js";
import { Profile } from "./profile.js";
import { Results, suggestions } from "./search.js";
import { html, useRef } from "./vendor.js";
import { go, link } from "./state.js";
import { Skeleton, nameOf, shown, useAnswer, useProducts } from "./ui.js";

const SHOWN = 8;
const DID = { view: "viewed", cart: "into the cart", purchase: "bought", rating: "rated" };

/** @typedef {import("./state.js").State} State */

/** @param {{state: State}} given */
export function Shop({ state }) {
  const onAdd = (id) => add(state, id);
  return html`<div class="shop">
    <aside aria-label="Visitor">
      <${Who} state=${state} />
      ${state.who ? html`<${PastOf} who=${state.who} />` : html`<${History} history=${state.history} onAdd=${onAdd} />`}
      <${Profile} state=${state} />
    </aside>
    <main id="main" tabindex="-1">
      ${state.product ? html`<${ProductView} key=${state.product} ...${{ state, onAdd }} />` : state.q && html`<${Results} ...${{ state, onAdd }} />`}
      <${ForYou} ...${{ state, onAdd }} />
    </main>
  </div>`;
}

/**
 * Let the visitor view a product. For a known user that is a trial: a visitor who did the same, and this;
 * nothing is written.
 */
async function add(state, id) {
  if (!state.who) return go({ history: [...state.history, id] });
  const { items } = await ask({ path: `/v1/users/${step(state.who)}/history`, query: { k: 50 } });
  go({ who: "", history: [...items.map((event) => event.product_id).reverse(), id] });
}

/** A new visitor, or a user of the shop. */
function Who({ state }) {
  const users = async (prefix) => {
    const { users } = await ask({ path: "/v1/users", query: { prefix, k: 12 } });
    return users.map((id) => ({ id, text: id, kind: "user" }));
  };
  const first = async () => {
    const [user] = await users("");
    if (user) go({ who: user.id, why: "" });
  };
  return html`<section class="who" aria-label="Who">
    <h2>Who</h2>
    <label class="choice"><input type="radio" name="who" checked=${!state.who} onChange=${() => go({ who: "", why: "" })} />
      new visitor</label>
    <div class="choice"><label><input type="radio" name="who" checked=${!!state.who} onChange=${first} /> user</label>
      <${Combobox} name="user" label="User" placeholder="any of the shop's" value=${state.who} suggest=${users}
        eager=${true} onPick=${({ id }) => go({ who: id, why: "" })} /></div>
  </section>`;
}

/** What the new visitor did, latest first. */
function History({ history, onAdd }) {
  const products = useProducts(history);
  return html`<section class="history" aria-label="History">
    <h2>History ${history.length > 0 && html`<button class="plain" onClick=${() => go({ history: [], why: "" })}>clear</button>`}</h2>
    ${history.length === 0 && html`<p class="empty">Click products: what you view stands here, and what is for you follows.</p>`}
    <ol>
      ${history
        .map((id, at) => {
          const product = products.get(id);
          const name = product === null ? `${id}, unknown here` : product ? nameOf(product) : " ";
          return html`<li key=${`${at}:${id}`} data-product=${id}>
            <a href=${link({ product: id })} title=${name}>${name}</a> <small>viewed</small>
            <button class="plain" aria-label=${`Remove ${name}`}
              onClick=${() => go({ history: history.filter((_, other) => other !== at) })}>✕</button>
          </li>`;
        })
        .reverse()}
    </ol>
    <${Combobox} name="add" label="Add any product" placeholder="+ add any product" value="" clears=${true}
      suggest=${suggestions(["product"])} onPick=${({ id }) => onAdd(id)} />
  </section>`;
}

/** What a known user did, latest first. */
function PastOf({ who }) {
  const answer = useAnswer({ path: `/v1/users/${step(who)}/history`, query: { k: 12 } });
  return html`<section class="history" aria-label="History">
    <h2>History</h2>
    ${shown(
      answer,
      ({ items }) => html`<ol>
          ${items.map(
            ({ product_id, title, type }, at) => html`<li key=${at} data-product=${product_id}>
              <a href=${link({ product: product_id })} title=${title}>${title || product_id}</a>
              <small>${DID[type] ?? type}</small></li>`,
          )}
        </ol>
        ${
          items.length
            ? html`<p class="note">The latest first. Click a product to see what would change; nothing is stored.</p>`
            : html`<p class="empty">This user did nothing yet.</p>`
        }`,
    )}
  </section>`;
}

/** What is recommended, and what moved at the last change. */
function ForYou({ state, onAdd }) {
  const policy = { fresh: state.fresh };
  const answer = useAnswer(
    state.who
      ? { path: `/v1/users/${step(state.who)}/recommendations`, query: { k: SHOWN, ...policy } }
      : { path: "/v1/recommendations", body: { events: state.history, k: SHOWN, policy } },
  );
  const moves = useMoves(answer.value?.items);
  const news = [...moves.values()].filter((by) => by === "new").length;
  const said = moves.size ? `${news} new, ${moves.size - news} moved` : "";
  return html`<section class="for-you" aria-label="For you">
    <header class="row">
      <h2>For you</h2><small role="status">${said}</small>
      <label class="dial"><span>fresh</span>
        <input type="range" min="-1" max="1" step="0.1" value=${-state.fresh} aria-label="From fresh to proven"
          onInput=${(event) => go({ fresh: -Number(event.target.value) || 0 }, { replace: true })} />
        <span>proven</span></label>
    </header>
    ${shown(
      answer,
      ({ items }) =>
        items.length
          ? html`<${Cards} ...${{ items, state, onAdd, moves, explained: true }} />`
          : html`<p class="empty">There is nothing left to recommend: the history holds all products.</p>`,
      html`<${Skeleton} cards=${SHOWN} />`,
    )}
  </section>`;
}

/** How the ranking shown differs from the one before. @param {any[] | undefined} items */
function useMoves(items) {
  const seen = useRef({ items: undefined, ids: null, moves: new Map() });
  if (items && items !== seen.current.items) {
    const ids = items.map((item) => item.product_id);
    seen.current = { items, ids, moves: movesBetween(seen.current.ids, ids) };
  }
  return seen.current.moves;
}
