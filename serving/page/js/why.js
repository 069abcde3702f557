/** Why a product has its score: bars that add up to it, and the ways through the graph that led here. */
import { step } from "./api.js";
import { html } from "./vendor.js";
import { link } from "./state.js";
import { Skeleton, counted, shown, useAnswer } from "./ui.js";
import { Way } from "./way.js";

/** @typedef {{label: string, amount: number, note?: string}} Part */

const EVENTS = 6;
const PATHS = 6;
const DIGITS = 3;
/** Below this a difference is an error of rounding. */
const NOTHING = 0.0005;

const CHANNELS = {
  collaborative: "chosen by the same people",
  "bought in turn": "often chosen next",
  brand: "brand",
  category: "category",
  attribute: "attributes",
  word: "words of the title",
  text: "meaning of the text",
};

/** @param {{state: import("./state.js").State, item: any}} given `item` is the product with the score shown. */
export function Why({ state, item }) {
  const answer = useAnswer(
    state.who
      ? { path: `/v1/users/${step(state.who)}/explanations/${step(item.product_id)}` }
      : { path: "/v1/explanations", body: { events: state.history, product_id: item.product_id } },
  );
  return html`<section aria-label=${`Why ${item.title || item.product_id}`}>
    ${shown(
      answer,
      (why) => html`<${Account} why=${why} score=${item.score ?? why.score} />`,
      html`<${Skeleton} lines=${5} />`,
    )}
  </section>`;
}

/** The whole account of a score. */
function Account({ why, score }) {
  const [first, ...others] = why.contributions;
  const stages = stagesOf(why, score);
  return html`<div class="why">
    <h3>Why “${why.title}” has <span class="score" data-score=${score}>${fixed(score)}</span></h3>
    ${
      first?.drop > NOTHING &&
      others.length > 0 &&
      html`<p>It hinges on <b>${first.title}</b>: without it, the score would be ${fixed(first.drop)} lower.</p>`
    }
    <div class="columns">
      ${stages.map(({ name, parts, total, of }) => html`<${Bars} key=${name} ...${{ name, parts, total, of }} />`)}
    </div>
    <${Paths} paths=${why.graph_paths} />
  </div>`;
}

/**
 * The lists of bars; the parts of each add up to its total, and the last total of each kind is the score.
 * @param {any} why @param {number} score What is shown: with what the dial adds.
 */
function stagesOf(why, score) {
  const dial = { label: "the dial between proven and fresh", amount: score - why.score };
  const moved = Math.abs(dial.amount) > NOTHING ? [dial] : [];
  const second = Object.entries(why.second_stage).map(([label, amount]) => ({ label, amount }));
  const everybody = { label: "whoever asks: popularity and age", amount: why.prior };
  const last = second.length ? [] : moved;
  const total = second.length ? why.first_stage : score;
  const of = second.length ? "first stage" : "score";
  const channels = Object.entries(why.channels)
    .filter(([, amount]) => amount)
    .map(([name, amount]) => ({ label: CHANNELS[name] ?? name, amount }));
  const stages = [
    { name: "By event", parts: [...eventParts(why.contributions), everybody, ...last], total, of },
  ];
  if (channels.length)
    stages.push({ name: "By channel", parts: [...channels, everybody, ...last], total, of });
  if (second.length) {
    const sum = second.reduce((all, { amount }) => all + amount, 0);
    const onTop = Math.abs(why.first_stage + sum - why.score) < Math.abs(sum - why.score);
    const base = onTop ? [{ label: "first stage", amount: why.first_stage }] : [];
    stages.push({ name: "Second stage", parts: [...base, ...second, ...moved], total: score, of: "score" });
  }
  return stages;
}

/** @param {any[]} contributions @returns {Part[]} The largest, and the rest as one. */
function eventParts(contributions) {
  const ordered = [...contributions].sort((a, b) => Math.abs(b.amount) - Math.abs(a.amount));
  const parts = ordered.slice(0, EVENTS).map(({ title, steps_ago, amount, channels }) => ({
    label: title,
    note: steps_ago ? counted(steps_ago, "step") + " ago" : "latest",
    amount,
    detail: Object.entries(channels)
      .map(([name, part]) => `${CHANNELS[name] ?? name} ${fixed(part)}`)
      .join("\n"),
  }));
  const rest = ordered.slice(EVENTS);
  if (!rest.length) return parts;
  const amount = rest.reduce((all, one) => all + one.amount, 0);
  return [...parts, { label: `${counted(rest.length, "other event")} together`, amount }];
}

/** Bars from a common zero, with figures that add up as they are shown. */
function Bars({ name, parts, total, of }) {
  const figures = roundedToSum(
    parts.map(({ amount }) => amount),
    total,
  );
  const low = Math.min(0, ...parts.map(({ amount }) => amount));
  const width = Math.max(0, ...parts.map(({ amount }) => amount)) - low || 1;
  return html`<div class="bars" data-of=${of}>
    <h4>${name}</h4>
    <dl>
      ${parts.map(
        ({ label, note, amount, detail }, at) => html`<div key=${at} title=${detail}>
          <dt>${label}${note && html` <small>${note}</small>`}</dt>
          <dd data-amount=${amount}>${figures[at]}</dd>
          <span class="bar" aria-hidden="true">
            <i
              class=${amount < 0 ? "minus" : ""}
              style=${{
                left: `${(100 * (Math.min(0, amount) - low)) / width}%`,
                width: `${(100 * Math.abs(amount)) / width}%`,
              }}
            ></i>
          </span>
        </div>`,
      )}
      <div class="total"><dt>${of}</dt><dd>${fixed(total)}</dd></div>
    </dl>
  </div>`;
}

/** Ways from the events that carried the product to the product. */
function Paths({ paths }) {
  if (!paths.length) return null;
  return html`<div class="paths">
    <h4>Ways through the graph</h4>
    <ul>
      ${paths.slice(0, PATHS).map(
        ({ nodes, steps }, at) => html`<li key=${at}>
          <${Way} nodes=${[...nodes.slice(0, -1), { ...nodes.at(-1), title: "this product" }]} steps=${steps} />
          <a href=${link({ tab: "graph", view: "paths", from: nodes[0].id, to: nodes.at(-1).id })}>show in graph</a>
        </li>`,
      )}
    </ul>
  </div>`;
}

/** @param {number} amount */
const fixed = (amount) =>
  amount
    .toFixed(DIGITS)
    .replace(/^-(0\.0*$)/, "$1")
    .replace("-", "−");

/**
 * Amounts as figures that add up to the figure of their total (the largest remainders are rounded up).
 * @param {number[]} amounts @param {number} total
 */
export function roundedToSum(amounts, total) {
  const scale = 10 ** DIGITS;
  const floors = amounts.map((amount) => Math.floor(amount * scale));
  const missing = Math.round(total * scale) - floors.reduce((all, one) => all + one, 0);
  const byRemainder = amounts
    .map((amount, at) => ({ at, remainder: amount * scale - floors[at] }))
    .sort((a, b) => b.remainder - a.remainder);
  for (const { at } of byRemainder.slice(0, Math.max(0, missing))) floors[at] += 1;
  return floors.map((floor) => fixed(floor / scale));
}
