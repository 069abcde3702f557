/** A way through the graph as a line of text: nodes, and the steps that join them. */
import { html } from "./vendor.js";
import { called } from "./walks.js";

const RELATIONS = {
  MADE_BY: "made by",
  IN_CATEGORY: "in",
  SUBCATEGORY_OF: "part of",
  HAS_ATTRIBUTE: "has",
  VIEWED: "viewed",
  ADDED_TO_CART: "put into the cart",
  PURCHASED: "bought",
  RATED: "rated",
};

/**
 * @param {object} given
 * @param {{label: string, title: string}[]} given.nodes
 * @param {{relation: string, forward: boolean}[]} given.steps One fewer.
 */
export function Way({ nodes, steps }) {
  return html`<span class="way">
    ${nodes.map(({ label, title }, at) => [
      at > 0 && html`<${Arrow} key=${`a${at}`} ...${steps[at - 1]} />`,
      html`<span key=${`n${at}`} class="node ${label}" title=${title}>${called({ label, title })}</span>`,
    ])}
  </span>`;
}

/** A relation and where it points. */
function Arrow({ relation, forward }) {
  const said = RELATIONS[relation] ?? relation.toLowerCase().replaceAll("_", " ");
  return html`<span class="arrow" title=${relation}>${forward ? `${said} →` : `← ${said}`}</span>`;
}
