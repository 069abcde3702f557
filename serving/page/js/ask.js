/** Questions to the graph: named ones, and a box for any statement that reads. */
import { ask } from "./api.js";
import { Combobox } from "./combobox.js";
import { Drawn } from "./drawn.js";
import { Picture } from "./picture.js";
import { radial, rooted } from "./places.js";
import { suggestions } from "./search.js";
import { html, useEffect, useState } from "./vendor.js";
import { go, link } from "./state.js";
import { Skeleton, counted, shown, useAnswer } from "./ui.js";
import { ofRows, parts } from "./walks.js";

const LIMIT = 300;

/** @param {{state: import("./state.js").State}} given */
export function Ask({ state }) {
  const answer = useAnswer({ path: "/v1/queries" });
  return html`<div class="walk">
    <aside><h2>Questions</h2>
      ${shown(
        answer,
        ({ queries }) => html`<ul class="questions">
        ${queries.map(
          ({
            name,
            question,
          }) => html`<li key=${name}><a href=${link({ question: name, cypher: "", value: [] })}
            aria-current=${state.question === name ? "true" : null}>${question}</a></li>`,
        )}
      </ul>`,
      )}
    </aside>
    ${answer.value && html`<${Box} ...${{ queries: answer.value.queries, state }} />`}
  </div>`;
}

/** The statement, its parameters, and what came of it. */
function Box({ queries, state }) {
  const question = queries.find(({ name }) => name === state.question);
  const asked = state.cypher || question?.cypher || "";
  const defaults = (question?.parameters ?? []).map(
    ({ name, kind, default: value }) => `${name}=${kind === "date" ? dayOf(value) : value}`,
  );
  const given = valuesOf(state.value.length ? state.value : defaults);
  const [draft, setDraft] = useState(asked);
  const [values, setValues] = useState(given);
  useEffect(() => (setDraft(asked), setValues(given)), [asked, state.value.join("\n")]);
  const names = [...new Set(draft.matchAll(/\$(\w+)/g).map(([, name]) => name))];
  const run = (event) => {
    event?.preventDefault();
    const value = names.map((name) => `${name}=${values[name] ?? ""}`);
    go({ cypher: draft === question?.cypher ? "" : draft, value, question: state.question });
  };
  const params = Object.fromEntries(
    Object.entries(given)
      .filter(([name]) => asked.includes(`$${name}`))
      .map(([name, text]) => [name, valueOf(kindOf(question, name), text)]),
  );
  const answer = useAnswer(
    asked ? { path: "/v1/cypher", body: { statement: asked, params, limit: LIMIT } } : null,
  );
  return html`<div class="asked">
    <form onSubmit=${run}>
      <textarea aria-label="Cypher statement" rows="5" spellcheck=${false} value=${draft}
        placeholder="MATCH (p:Product)-[r:MADE_BY]->(b:Brand) RETURN p, r, b LIMIT 20"
        onInput=${(event) => setDraft(event.target.value)}
        onKeyDown=${(event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && run(event)}></textarea>
      <div class="row">
        ${names.map(
          (name) => html`<${Parameter} key=${name} ...${{ name, question }} value=${values[name] ?? ""}
          onChange=${(text) => setValues((now) => ({ ...now, [name]: text }))} />`,
        )}
        <button class="primary" disabled=${!draft.trim()}>Run</button> <small>Ctrl + Enter runs it too</small>
      </div>
    </form>
    ${
      asked
        ? shown(
            answer,
            (table) => html`<${Result} ...${{ table, asked }} />`,
            html`<${Skeleton} lines=${6} />`,
          )
        : html`<p class="empty">Choose a question, or write one: nodes become a picture, everything else a table.</p>`
    }
  </div>`;
}

/** @param {string[]} pairs Each `name=value`. @returns {Record<string, string>} */
function valuesOf(pairs) {
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
}

/** @param {number} seconds Since epoch. @returns {string} The day, such as 2024-05-31. */
function dayOf(seconds) {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

/** What a statement gets for the text in a field: days are seconds since epoch there. */
function valueOf(kind, text) {
  const value = kind === "number" ? Number(text) : kind === "date" ? Date.parse(text) / 1000 : text;
  return Number.isNaN(value) || text === "" ? text : value;
}

function kindOf(question, name) {
  return question?.parameters.find((parameter) => parameter.name === name)?.kind;
}

/** A field for the id of a node, with suggestions where it is known of which label, or for a number or a day. */
function Parameter({ name, question, value, onChange }) {
  const known = question?.parameters.find((parameter) => parameter.name === name);
  const suggest = async (text) => {
    if (!known || ["number", "date"].includes(known.kind)) return [];
    if (known.kind !== "User") return suggestions([known.kind.toLowerCase()])(text);
    const { users } = await ask({ path: "/v1/users", query: { prefix: text, k: 8 } });
    return users.map((id) => ({ id, text: id, kind: "user" }));
  };
  return html`<label class="field"><span>$${name}${known && html` <small>${known.meaning}</small>`}</span>
    <${Combobox} name=${`value-${name}`} label=${name} value=${value} suggest=${suggest}
      onType=${onChange} onSubmit=${onChange} onPick=${({ id }) => onChange(id)} /></label>`;
}

/** Nodes as a picture, everything else as a table. */
function Result({ table, asked }) {
  const found = ofRows(table.rows);
  const tree = rooted(found);
  const graph = tree ?? found;
  const [asTable, setAsTable] = useState(false);
  const rows = counted(table.rows.length, "row") + (table.truncated ? ", and there are more" : "");
  if (!graph.nodes.size || asTable) {
    return html`<div class="result"><p class="row"><small role="status">${rows}</small>
        ${graph.nodes.size > 0 && html`<button onClick=${() => setAsTable(false)}>Show the picture</button>`}</p>
      ${table.rows.length ? html`<${Table} ...${table} />` : html`<p class="empty">No rows: nothing in the graph is like that.</p>`}</div>`;
  }
  return html`<div class="result"><p class="row"><small role="status">${rows}</small>
      <button onClick=${() => setAsTable(true)}>Show as a table</button></p>
    <${Drawn} statement=${asked}>
      <${Picture} key=${asked} graph=${graph} places=${tree && radial(tree)} label="The nodes of the answer"
        onTap=${(key) => parts(key)[0] && go({ view: "around", node: key, open: [], more: [] })} />
    <//></div>`;
}

function Table({ columns, rows }) {
  return html`<div class="wide"><table>
    <thead><tr>${columns.map(
      (name, at) =>
        html`<th key=${at} scope="col" class=${typeof rows[0][at] === "number" ? "number" : ""}>${name}</th>`,
    )}</tr></thead>
    <tbody>${rows.map(
      (row, at) =>
        html`<tr key=${at}>${row.map(
          (cell, place) => html`<td key=${place} class=${typeof cell === "number" ? "number" : ""}>
          ${
            columns[place] === "product" && typeof cell === "string"
              ? html`<a href=${link({ tab: "shop", product: cell })}>${cell}</a>`
              : said(cell)
          }</td>`,
        )}</tr>`,
    )}</tbody></table></div>`;
}

/** @param {any} cell */
function said(cell) {
  if (cell === null) return "–";
  if (typeof cell === "number") return Number.isInteger(cell) ? cell.toLocaleString() : cell.toPrecision(5);
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}
