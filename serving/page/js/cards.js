/** Products as a grid of cards whose moves can be followed with the eye. */
import { html, useLayoutEffect, useRef } from "./vendor.js";
import { go, link } from "./state.js";
import { Tile, leaf, money, nameOf } from "./ui.js";
import { Why } from "./why.js";

const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const MOVE = { duration: 360, easing: "cubic-bezier(.2, .8, .2, 1)" };

/**
 * @param {object} given
 * @param {any[]} given.items Recommendations, best first.
 * @param {import("./state.js").State} given.state
 * @param {(id: string) => void} given.onAdd
 * @param {Map<string, number | "new">} [given.moves] How far each has moved up, where it has.
 * @param {boolean} [given.explained] Whether the cards can say why they are here.
 */
export function Cards({ items, state, onAdd, moves = new Map(), explained = false }) {
  const list = useRef(null);
  useFlip(list);
  const chosen = explained && items.find((item) => item.product_id === state.why);
  return html`<ul class="grid cards" ref=${list}>
    ${items.flatMap((item) => [
      html`<${Card} key=${item.product_id} ...${{ item, state, onAdd, explained }}
        move=${moves.get(item.product_id)} open=${item === chosen} />`,
      item === chosen &&
        html`<li class="why-panel" key="why" id="why"><${Why} state=${state} item=${item} /></li>`,
    ])}
  </ul>`;
}

function Card({ item, state, onAdd, explained, move, open }) {
  const id = item.product_id;
  const facts = [item.brand, leaf(item.category)].filter(Boolean).join(" · ");
  return html`<li class=${open ? "card open" : "card"} data-product=${id}>
    <button class="pick" onClick=${() => onAdd(id)} aria-label=${`View ${nameOf(item)}: add it to the history`}>
      <${Tile} product=${item} />
      <span class="hint" aria-hidden="true">+ history</span>
      <span class="title" title=${nameOf(item)}>${nameOf(item)}</span>
    </button>
    <p class="facts" title=${facts}>${facts}</p>
    ${item.reason && html`<p class="reason" title=${item.reason}>${item.reason}</p>`}
    <div class="foot">
      ${
        explained &&
        html`<button class="plain" aria-expanded=${open} aria-controls="why"
        aria-label=${`Why ${nameOf(item)}`} onClick=${() => go({ why: open ? "" : id })}>
        why <span class="turn" aria-hidden="true">▸</span>
      </button>`
      }
      <a href=${link({ product: id })} aria-label=${`Details of ${nameOf(item)}`}>details</a>
      <${Move} by=${move} />
      <span class="price">${money(item.price)}</span>
    </div>
  </li>`;
}

/** How far a product has moved at the last change. @param {{by?: number | "new"}} given */
function Move({ by }) {
  if (!by) return null;
  const [sign, text] = by === "new" ? ["new", "new"] : by > 0 ? ["up", `▲ ${by}`] : ["down", `▼ ${-by}`];
  return html`<span class="move ${sign}">${text}</span>`;
}

/**
 * How far each product has moved up from one ranking to the next.
 * @param {string[] | null} before @param {string[]} after
 */
export function movesBetween(before, after) {
  const moves = new Map();
  if (!before) return moves;
  after.forEach((id, at) => {
    const was = before.indexOf(id);
    if (was !== at) moves.set(id, was < 0 ? "new" : was - at);
  });
  return moves;
}

/** Let the children of a list glide from where they were (First, Last, Invert, Play). */
function useFlip(list) {
  const before = useRef(/** @type {{width: number, places: Map<string, [number, number]>} | null} */ (null));
  useLayoutEffect(() => {
    const cards = [...list.current.querySelectorAll(":scope > [data-product]")];
    const places = new Map(cards.map((card) => [card.dataset.product, [card.offsetLeft, card.offsetTop]]));
    const old = before.current;
    before.current = { width: list.current.offsetWidth, places };
    if (!old || STILL.matches || old.width !== before.current.width) return;
    for (const card of cards) {
      const was = old.places.get(card.dataset.product);
      const [x, y] = places.get(card.dataset.product);
      if (!was) card.animate([{ opacity: 0, transform: "scale(.96)" }, {}], MOVE);
      else if (was[0] !== x || was[1] !== y) {
        card.animate([{ transform: `translate(${was[0] - x}px, ${was[1] - y}px)` }, {}], MOVE);
      }
    }
  });
}
