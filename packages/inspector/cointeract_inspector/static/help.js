// @ts-check
/** Keys: searchable, each with another key if one likes, and a switch that turns them all off. */
import { ACTIONS } from "./actions.js";
import { html } from "./html.js";
import { keyLabel, keyName } from "./keys.js";
import { openDialog } from "./dialog.js";

/** @typedef {import("./main.js").App} App */

/** @param {App} app */
export function helpDialog(app) {
  /** @type {HTMLElement} */
  const list = html`<div class="keys"></div>`;
  /** @type {HTMLInputElement} */
  const search = html`<input type="search" placeholder="Find a key or an action" aria-label="Find a key or an action">`;
  /** @type {string | null} the action that waits for its new key */
  let waiting = null;

  const draw = () => {
    const wanted = search.value.trim().toLowerCase();
    const found = ACTIONS.filter(({ id, label }) => `${label} ${app.keys.of(id).map(keyLabel).join(" ")}`.toLowerCase().includes(wanted));
    const groups = [...new Set(found.map(({ group }) => group))];
    list.replaceChildren(...groups.map((group) => html`<section><h3>${group}</h3><dl>${found.filter((action) => action.group === group).map((action) => html`
      <div><dt>${action.label}</dt><dd><button class="key" data-action=${action.id} title="Give it another key" @click=${() => { waiting = action.id; draw(); }}>
        ${waiting === action.id ? "press a key…" : app.keys.of(action.id).map((key) => html`<kbd>${keyLabel(key)}</kbd>`)}</button></dd></div>`)}</dl></section>`));
    if (!found.length) list.replaceChildren(html`<p class="dim">No key or action is called that.</p>`);
    if (waiting) /** @type {HTMLElement | null} */ (list.querySelector(`[data-action="${waiting}"]`))?.focus();
  };

  const dialog = openDialog(app, "help", html`<div class="help">
    <header><h2>Keys</h2>${search}<label class="switch"><input type="checkbox" ?checked=${!app.keys.settings.off}
      @change=${(/** @type {Event} */ event) => app.keys.setOff(!(/** @type {HTMLInputElement} */ (event.target).checked))}> keys are on</label>
      <button class="quiet" @click=${() => { app.keys.reset(); draw(); }}>As at first</button></header>
    ${list}
    <footer class="dim">Click a key to give the action another one. Everything that keys do has a button too. Frames below 0 are the motion context.</footer></div>`);
  search.addEventListener("input", draw);
  dialog.addEventListener("keydown", (event) => {
    if (!waiting || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key !== "Escape") app.keys.remap(waiting, keyName(event));
    waiting = null;
    draw();
  }, { capture: true });
  draw();
}
