// @ts-check
/** The frame around every screen: where one is, where one can go, and whether what one did is saved. */
import { html } from "./html.js";
import { helpDialog } from "./help.js";

/** @typedef {import("./main.js").App} App */

const LINKS = [["overview", "Overview"], ["grid", "Grid"], ["review", "Review"], ["conflicts", "Conflicts"]];
const FOLDER_LINKS = [["grid", "Grid"], ["review", "Review"]];

export class Shell {
  /** @param {App} app */
  constructor(app) {
    const { dataset, router, tell } = app;
    /** @param {string} screen */
    const href = (screen) => router.href({ screen, id: null, params: new URLSearchParams() });
    /** @type {HTMLElement} */
    this.saving = html`<span class="saving" role="status"></span>`;
    /** @type {HTMLElement} */
    this.slot = html`<div class="page"></div>`;
    /** @type {HTMLElement} */
    this.header = html`<header class="top">
      <a class="brand" data-route href=${href(app.api.fromFolder ? "grid" : "overview")}>CoInteract</a><span class="dataset" title=${dataset.path}>${dataset.name}</span>
      <nav aria-label="Screens">${(app.api.fromFolder ? FOLDER_LINKS : LINKS).map(([screen, label]) => html`<a data-route data-screen=${screen} href=${href(screen)}>${label}</a>`)}</nav>
      <span class="spring"></span>
      ${dataset.kind === "running" && html`<span class="badge">run in progress</span>`}
      ${this.saving}
      ${!app.api.fromFolder && html`<span class="who" title="You review as">${dataset.reviewer}</span>`}
      ${!app.api.fromFolder && html`<button class="quiet" @click=${() => app.openExport()}>Export</button>`}
      <button class="quiet" aria-label="Keys and help" aria-keyshortcuts="?" @click=${() => helpDialog(app)}>Help <kbd>?</kbd></button>
    </header>`;
    document.body.prepend(this.header, tell.banners, this.slot);
    router.takeLinks(document.body);
    document.body.addEventListener("click", (event) => {
      // After a click by pointer the keys belong to the page again, not to what was clicked.
      if (event.detail > 0) /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest?.("button, a"))?.blur();
    });
  }

  /** @param {HTMLElement} element @param {string} screen */
  show(element, screen) {
    this.slot.replaceChildren(element);
    document.title = "CoInteract";
    for (const link of this.header.querySelectorAll("nav a")) {
      if (/** @type {HTMLElement} */ (link).dataset.screen === screen) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  /** @param {number} waiting @param {boolean} trouble */
  showSaving(waiting, trouble) {
    this.saving.textContent = waiting ? (trouble ? `${waiting} not saved` : "saving…") : "✓ saved";
    this.saving.classList.toggle("bad", trouble && waiting > 0);
  }
}
