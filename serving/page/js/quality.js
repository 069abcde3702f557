/** The quality tab: how good the run is, what it was trained on and when. */
import { html } from "./vendor.js";
import { lines, pairs, scatter } from "./plots.js";
import { Skeleton, counted, shown, useAnswer } from "./ui.js";

const FIGURES = [
  ["ndcg@10", "NDCG@10"],
  ["recall@10", "Recall@10"],
  ["hit_rate@10", "Hit rate@10"],
  ["mrr@10", "MRR@10"],
];
const OTHERS = [
  ["coverage@10", "Coverage"],
  ["diversity@10", "Diversity"],
  ["novelty@10", "Novelty, bits"],
];
const ACCURACY = "ndcg@10";

/** @param {{state: import("./state.js").State}} given */
export function Quality() {
  const answer = useAnswer({ path: "/v1/run" });
  return html`<main class="quality" id="main" tabindex="-1">
    ${shown(
      answer,
      (run) => html`<${RunFacts} run=${run} />
        ${run.evaluation ? html`<${Evaluation} evaluation=${run.evaluation} />` : html`<${NotYet} dataset=${run.dataset} />`}`,
      html`<${Skeleton} lines=${8} />`,
    )}
  </main>`;
}

/** What the model was trained on, and when. */
function RunFacts({ run }) {
  const trained = new Date(1000 * run.trained_at);
  const counts = Object.entries(run.counts).filter(([, count]) => count);
  return html`<section aria-label="The run">
    <h1>${run.dataset}</h1>
    <p>Trained <time dateTime=${trained.toISOString()}>${trained.toLocaleString(undefined, { dateStyle: "long", timeStyle: "short" })}</time>${" "}
      on ${counted(run.products, "product")}; texts by ${run.encoder ?? "the packaged MiniLM"}; graph in ${run.store === "neo4j" ? "Neo4j" : "the embedded store"}.</p>
    <ul class="row counts">${counts.map(
      ([name, count]) =>
        html`<li class="chip" key=${name}><b>${count.toLocaleString()}</b> ${name.toLowerCase().replaceAll("_", " ")}</li>`,
    )}</ul>
  </section>`;
}

function NotYet({ dataset }) {
  return html`<section class="empty"><h2>Not evaluated yet</h2>
    <p>Run this where the run folder is, with its name for RUN, and reload the page:</p>
    <pre>cartograph evaluate ${dataset} --protocol time --models popular,item-knn,cartograph --json RUN/evaluation.json</pre>
  </section>`;
}

function Evaluation({ evaluation }) {
  const models = Object.entries(evaluation.models).sort(
    ([, a], [, b]) => (b.overall[ACCURACY] ?? 0) - (a.overall[ACCURACY] ?? 0),
  );
  const curves = models
    .map(([name, { seeds }]) => ({ name, values: seeds?.[0]?.curve ?? [] }))
    .filter(({ values }) => values.length > 1);
  const users = models[0]?.[1].overall.n_users ?? 0;
  return html`<section aria-label="Evaluation">
    <h2>How well it ranks</h2>
    <p>Protocol <b>${evaluation.protocol}</b>: ${counted(Math.round(users), "user")}, all ${counted(evaluation.n_products, "product")}${" "}
      ranked for each, ${counted(evaluation.seeds.length, "seed")}. Below a figure: its ${Math.round(100 * (evaluation.intervals?.level ?? 0.95))} % interval.</p>
    <${Figures} models=${models} />
    <div class="plots">
      <${Plot} title="Warm against cold" text=${`${ACCURACY} for products with and without events in training`}>
        ${pairs(
          models.map(([name, { warm, cold }]) => ({ name, values: [at(warm), at(cold)] })),
          ["warm", "cold"],
        )}<//>
      <${Plot} title="Coverage against accuracy" text="Up: more accurate. Right: more of the catalogue in somebody's list.">
        ${scatter(
          models.map(([name, { overall }]) => ({
            name,
            x: overall["coverage@10"] ?? 0,
            y: overall[ACCURACY] ?? 0,
          })),
          { x: "coverage@10", y: ACCURACY },
        )}<//>
      ${
        curves.length > 0 &&
        html`<${Plot} title="Learning curve" text="NDCG@10 on validation after each epoch">
        ${lines(curves, { x: "epoch", y: ACCURACY })}<//>`
      }
    </div>
  </section>`;
}

/** @param {any} segment */
const at = (segment) => segment?.[ACCURACY] ?? null;

function Plot({ title, text, children }) {
  return html`<figure class="plot"><h3>${title}</h3><p>${text}</p>${children}</figure>`;
}

/** A table of figures with intervals, the most accurate model first. */
function Figures({ models }) {
  const best = (figure) => Math.max(...models.map(([, { overall }]) => overall[figure] ?? 0));
  const columns = FIGURES.filter(([figure]) => models.some(([, { overall }]) => figure in overall));
  const others = OTHERS.filter(([figure]) => models.some(([, { overall }]) => figure in overall));
  return html`<div class="wide"><table class="figures">
    <thead><tr><th scope="col">Model</th>
      ${[...columns, ...others].map(([figure, name]) => html`<th scope="col" key=${figure}>${name}</th>`)}
      <th scope="col">Warm</th><th scope="col">Cold</th><th scope="col">Fit, s</th></tr></thead>
    <tbody>${models.map(
      ([
        name,
        { overall, warm, cold, seconds },
      ]) => html`<tr key=${name} class=${name.startsWith("cartograph") ? "ours" : ""}>
        <th scope="row">${name}</th>
        ${columns.map(
          ([figure]) => html`<td key=${figure} class="number">
          <${Figure} value=${overall[figure]} interval=${overall.intervals?.[figure]} most=${best(figure)} /></td>`,
        )}
        ${others.map(([figure]) => html`<td key=${figure} class="number">${short(overall[figure])}</td>`)}
        <td class="number">${short(at(warm))}</td><td class="number">${short(at(cold))}</td>
        <td class="number">${seconds ? Math.round(seconds.fit).toLocaleString() : "–"}</td></tr>`,
    )}</tbody></table></div>`;
}

function Figure({ value, interval, most }) {
  return html`<span class=${value === most ? "best" : ""}>${short(value)}</span>
    ${interval && html` <small>${short(interval[0])}–${short(interval[1])}</small>`}`;
}

/** A figure in few signs: `.061`, `12.3`. @param {number | null | undefined} value */
function short(value) {
  if (value === null || value === undefined) return "–";
  return value >= 10 ? value.toFixed(1) : value.toFixed(3).replace(/^0/, "");
}
