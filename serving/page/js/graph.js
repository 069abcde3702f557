/** The graph tab: around a product, the ways between two, and questions in Cypher. */
import { Ask } from "./ask.js";
import { Combobox } from "./combobox.js";
import { Drawn } from "./drawn.js";
import { Picture } from "./picture.js";
import { columns, radial } from "./places.js";
import { suggestions } from "./search.js";
import { html } from "./vendor.js";
import { go, link } from "./state.js";
import { Skeleton, nameOf, shown, useAnswer, useProducts } from "./ui.js";
import { around, called, cypherAround, cypherOfPaths, keyOf, ofPaths, parts, without } from "./walks.js";
import { Way } from "./way.js";

/** @typedef {import("./state.js").State} State */

const VIEWS = { around: "Around", paths: "Paths", ask: "Ask" };

/** @param {{state: State}} given */
export function Graph({ state }) {
  const View = { around: Around, paths: Ways, ask: Ask }[state.view] ?? Around;
  return html`<main class="graph" id="main" tabindex="-1">
    <nav class="segments" aria-label="Views of the graph">
      ${Object.entries(VIEWS).map(
        ([view, name]) => html`<a key=${view} href=${link({ view })}
          aria-current=${view === state.view ? "page" : null}>${name}</a>`,
      )}
    </nav>
    <${View} state=${state} />
  </main>`;
}

/** A field to choose a product in. */
function ProductField({ name, label, id, onPick }) {
  const product = useProducts(id ? [id] : []).get(id);
  return html`<label class="field"><span>${label}</span>
    <${Combobox} name=${name} label=${label} value=${product ? nameOf(product) : id} placeholder="a product"
      suggest=${suggestions(["product"])} onPick=${(option) => onPick(option.id)} /></label>`;
}

/** A node in the middle; a click on another opens what is around that, a second closes it. */
function Around({ state }) {
  const popular = useAnswer(
    state.node || state.product || state.history.length
      ? null
      : { path: "/v1/recommendations", body: { events: [], k: 1 } },
  );
  const id = state.product || state.history.at(-1) || popular.value?.items[0]?.product_id;
  const centre = state.node || (id ? `Product:${id}` : "");
  const answer = useAnswer(centre ? { centre, open: state.open, more: state.more } : null, around);
  const [label, name] = parts(centre);
  return html`<div class="walk">
    <aside>
      <${ProductField} name="centre" label="In the middle" id=${label === "Product" ? name : ""}
        onPick=${(product) => go({ node: `Product:${product}`, open: [], more: [] })} />
      ${answer.value && html`<${Relations} ...${{ graph: answer.value, hidden: state.hidden }} />`}
      ${answer.value && html`<${Nodes} ...${{ graph: without(answer.value, state.hidden), opened: answer.value.opened, state, centre }} />`}
    </aside>
    ${shown(
      popular.error ? popular : answer,
      (found) => html`<${Surroundings} ...${{ found, state, centre }} />`,
      html`<${Skeleton} cards=${1} />`,
    )}
  </div>`;
}

function Surroundings({ found, state, centre }) {
  const graph = without(found, state.hidden);
  const relations = new Set([...graph.edges.values()].map(({ relation }) => relation));
  const statement = cypherAround(found.opened, state.hidden.length ? [...relations] : []);
  const title = found.nodes.get(centre).title;
  return html`<${Drawn} statement=${statement}>
    <${Picture} key="around" graph=${graph} places=${radial(graph)} strong=${found.opened}
      label=${`${title} and what is around it`} onTap=${(key) => turn(state, centre, key)} />
  <//>`;
}

/** Open or close a node, or show more of a relation. */
function turn(state, centre, key) {
  if (key.includes("\n")) return go({ more: [...state.more, key] });
  if (key === centre) return go({ open: [] });
  const open = state.open.includes(key) ? state.open.filter((one) => one !== key) : [...state.open, key];
  go({ open, node: centre });
}

/** The relations of the picture, each with a switch. */
function Relations({ graph, hidden }) {
  const shown = new Set([...graph.edges.values()].map(({ relation }) => relation));
  return html`<fieldset class="relations"><legend>Relations</legend>
    ${[...shown].sort().map(
      (relation) => html`<label class="chip" key=${relation}>
        <input type="checkbox" checked=${!hidden.includes(relation)}
          onChange=${() => go({ hidden: hidden.includes(relation) ? hidden.filter((one) => one !== relation) : [...hidden, relation] })} />
        ${relation.toLowerCase().replaceAll("_", " ")}
        ${graph.totals[relation] && html`<small>${graph.totals[relation].toLocaleString()}</small>`}
      </label>`,
    )}
  </fieldset>`;
}

/** The nodes of the picture as a list, for the keyboard and for reading. */
function Nodes({ graph, opened, state, centre }) {
  return html`<section class="nodes" aria-label="Nodes in the picture">
    <h2>${graph.nodes.size.toLocaleString()} nodes in the picture</h2>
    <ul>
      ${[...graph.nodes.values()].map(
        ({ key, label, id, title, more }) => html`<li key=${key}>
          <button class="plain node ${label}" data-node=${key} title=${title}
            aria-expanded=${more ? null : opened.includes(key)} onClick=${() => turn(state, centre, key)}>
            ${more ? `${title} by ${id.toLowerCase().replaceAll("_", " ")}` : called({ label, title })}</button>
          ${label === "Product" && html`<a href=${link({ tab: "shop", product: id })} aria-label=${`Details of ${title}`}>details</a>`}
        </li>`,
      )}
    </ul>
  </section>`;
}

/** The shortest ways between two products. */
function Ways({ state }) {
  const { from, to } = state;
  const both = from && to && from !== to;
  const answer = useAnswer(both ? { path: "/v1/graph/paths", query: { from, to } } : null);
  return html`<div class="walk">
    <aside>
      <${ProductField} name="from" label="From" id=${from} onPick=${(id) => go({ from: id })} />
      <${ProductField} name="to" label="To" id=${to} onPick=${(id) => go({ to: id })} />
      ${answer.value && html`<${WayList} paths=${answer.value.paths} />`}
    </aside>
    ${
      both
        ? shown(
            answer,
            ({ paths }) => html`<${WayPicture} paths=${paths} />`,
            html`<${Skeleton} cards=${1} />`,
          )
        : html`<p class="empty">Choose two different products to see the shortest ways between them.</p>`
    }
  </div>`;
}

function WayPicture({ paths }) {
  if (!paths.length) return html`<p class="empty">No short way joins these two; choose others.</p>`;
  const ends = [paths[0].nodes[0], paths[0].nodes.at(-1)];
  const graph = ofPaths(paths);
  return html`<${Drawn} statement=${cypherOfPaths(paths)}>
    <${Picture} key="paths" graph=${graph} places=${columns(paths, keyOf)} strong=${ends.map(keyOf)} named=${true}
      label=${`Ways from ${ends[0].title} to ${ends[1].title}`}
      onTap=${(key) => go({ view: "around", node: key, open: [], more: [] })} />
  <//>`;
}

function WayList({ paths }) {
  return html`<section class="ways" aria-label="Ways"><h2>${paths.length} shortest ways</h2>
    <ol>${paths.map(
      ({ nodes, steps }, at) => html`<li key=${at}>
        <${Way} nodes=${nodes} steps=${steps} /></li>`,
    )}</ol></section>`;
}
