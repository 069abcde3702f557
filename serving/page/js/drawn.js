/** What stands around a picture of the graph: what its colours mean, and the statement behind it. */
import { html, useState } from "./vendor.js";
import { link } from "./state.js";
import { copy } from "./ui.js";

const LABELS = ["Product", "Brand", "Category", "Attribute", "User", "Aspect"];

/** @param {{statement: string, children?: any}} given */
export function Drawn({ statement, children }) {
  const [copied, setCopied] = useState("");
  return html`<figure class="drawn">
    ${children}
    <figcaption>
      <span class="legend">${LABELS.map((label) => html`<span key=${label} class="node ${label}">${label.toLowerCase()}</span>`)}</span>
      <details><summary>The query behind it</summary>
        <pre>${statement}</pre>
        <div class="row">
          <button onClick=${() => copy(statement).then(() => setCopied(statement))}>${copied === statement ? "Copied" : "Copy"}</button>
          <a href=${link({ view: "ask", question: "", cypher: statement, value: [] })}>open in the Cypher box</a>
        </div>
      </details>
    </figcaption>
  </figure>`;
}
