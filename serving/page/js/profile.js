/** What the graph knows of whoever asks, with the products that speak for it. */
import { step } from "./api.js";
import { html, useState } from "./vendor.js";
import { link } from "./state.js";
import { leaf, money, nameOf, shown, useAnswer, useProducts } from "./ui.js";

const MOST = 3;
/** Fewer events show no trend. */
const TREND_EVENTS = 8;
const KINDS = [
  ["brands", "Brands"],
  ["categories", "Categories"],
  ["attributes", "Attributes"],
];

/** @param {{state: import("./state.js").State}} given */
export function Profile({ state }) {
  const nobody = !state.who && !state.history.length;
  const answer = useAnswer(
    nobody
      ? null
      : state.who
        ? { path: `/v1/users/${step(state.who)}/profile` }
        : { path: "/v1/profile", body: { events: state.history } },
  );
  return html`<section class="profile" aria-label="Profile">
    <h2>Profile</h2>
    ${
      nobody
        ? html`<p class="empty">Nothing is known of a visitor who did nothing.</p>`
        : shown(answer, (profile) => html`<${Tastes} profile=${profile} />`)
    }
  </section>`;
}

function Tastes({ profile }) {
  const { prices } = profile;
  return html`${KINDS.map(
    ([kind, name]) =>
      profile[kind].length > 0 &&
      html`<h3 key=${name}>${name}</h3>
          <ul key=${kind}>${profile[kind].slice(0, MOST).map((taste) => html`<${Taste} key=${taste.name} ...${taste} />`)}</ul>`,
  )}
    ${prices && html`<h3>Prices</h3><p>mostly ${money(prices.low)} – ${money(prices.high)}, the catalogue's middle is ${money(prices.catalogue)}</p>`}
    ${profile.events >= TREND_EVENTS && html`<${Trend} periods=${profile.trend} />`}`;
}

/** One preference; opened, it shows the products that speak for it. */
function Taste({ name, share, lift, evidence }) {
  const [open, setOpen] = useState(false);
  const products = useProducts(open ? evidence : []);
  return html`<li>
    <button class="taste" aria-expanded=${open} onClick=${() => setOpen(!open)}
      title=${`${name}: ${lift.toFixed(1)} times its share of the catalogue`}>
      <span>${leaf(name).replace("=", ": ").replaceAll("_", " ")}</span>
      <span class="bar" aria-hidden="true"><i style=${{ width: `${100 * share}%` }}></i></span>
      <small>${Math.round(100 * share)} %</small>
    </button>
    ${
      open &&
      html`<ul class="evidence">
      ${evidence.map((id) => html`<li key=${id}><a href=${link({ product: id })}>${products.get(id) ? nameOf(products.get(id)) : id}</a></li>`)}
    </ul>`
    }
  </li>`;
}

/** The department that gained most from the first part of the history to the last. */
function Trend({ periods }) {
  if (periods.length < 2) return null;
  const [first, last] = [periods[0].departments, periods.at(-1).departments];
  const [name, gain] = Object.keys(last)
    .map((one) => [one, last[one] - (first[one] ?? 0)])
    .reduce((best, one) => (one[1] > best[1] ? one : best), ["", 0.05]);
  if (!name) return null;
  const percent = (share) => `${Math.round(100 * share)} %`;
  return html`<h3>Lately</h3><p>more ${name}: ${percent(first[name] ?? 0)} → ${percent(last[name])}</p>`;
}
