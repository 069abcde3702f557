/** The page: its head, what the server's state has to say, and the tab that the address names. */
import { Graph } from "./graph.js";
import { Quality } from "./quality.js";
import { SearchField } from "./search.js";
import { Shop } from "./shop.js";
import { html, render } from "./vendor.js";
import { link, useAddress } from "./state.js";
import { useConnection } from "./ui.js";

const TABS = { shop: Shop, graph: Graph, quality: Quality };

function App() {
  const state = useAddress();
  const { up } = useConnection();
  const Tab = TABS[state.tab] ?? Shop;
  return html`<a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <header class="head">
      <a class="logo" href="#"><img src="icon.svg" alt="" width="32" height="32" /> Cartograph</a>
      <${SearchField} q=${state.q} />
      <nav aria-label="Tabs">
        ${Object.keys(TABS).map(
          (name) => html`<a key=${name} href=${link({ tab: name })}
            aria-current=${TABS[name] === Tab ? "page" : null}>${name[0].toUpperCase() + name.slice(1)}</a>`,
        )}
      </nav>
    </header>
    <div role="status">
      ${!up && html`<p class="banner">The server does not answer. Your history is kept, and the page goes on when the server is back.</p>`}
    </div>
    <${Tab} state=${state} />`;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

render(html`<${App} />`, document.getElementById("app"));
