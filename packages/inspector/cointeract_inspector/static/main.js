// @ts-check
/** The application: what all screens share, and which screen the URL asks for. */
import { folderApi, serverApi } from "./api.js";
import { ComparePage } from "./compare.js";
import { ConflictsPage } from "./conflicts.js";
import { Decisions } from "./decisions.js";
import { exportDialog } from "./export_dialog.js";
import { GridPage } from "./grid.js";
import { helpDialog } from "./help.js";
import { html } from "./html.js";
import { Keys } from "./keys.js";
import { Loader } from "./loader.js";
import { MOST_UNSAVED, Outbox } from "./outbox.js";
import { OverviewPage } from "./overview.js";
import { ReviewPage } from "./review.js";
import { Router } from "./route.js";
import { Rows } from "./rows.js";
import { Shell } from "./shell.js";
import { Tell } from "./tell.js";

/** @typedef {import("./types.js").Route} Route */
/** @typedef {{element: HTMLElement, show: (route: Route) => unknown, close: () => void}} Page */

const PROGRESS_EVERY_MS = 2000;
const HASH_EVERY_MS = 15000;

/** @type {Record<string, new (app: App) => Page>} */
const PAGES = { overview: OverviewPage, grid: GridPage, review: ReviewPage, compare: ComparePage, conflicts: ConflictsPage };

/** What every page is given. Dispatches `progress`. */
export class App extends EventTarget {
  /** @param {import("./api.js").Api} api @param {import("./types.js").Dataset} dataset @param {Tell} tell */
  constructor(api, dataset, tell) {
    super();
    this.api = api;
    this.dataset = dataset;
    this.tell = tell;
    this.keys = new Keys();
    this.rows = new Rows(api);
    this.loader = new Loader(api);
    const name = `cointeract.${dataset.id}.${dataset.reviewer}`;
    this.outbox = new Outbox(api, name);
    this.decisions = new Decisions(this.outbox, name);
    /** @type {import("./types.js").Progress | null} */
    this.progressNow = null;
    this.router = new Router({ inFragment: api.fromFolder, onChange: (route) => this.show(route) });
    this.shell = new Shell(this);
    /** @type {Page | null} */
    this.page = null;
    this.screen = "";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.progressTimer = undefined;
    this.#commonKeys();
    this.#watchOutbox();
  }

  #commonKeys() {
    this.keys.common = {
      help: () => helpDialog(this), grid: () => this.router.go({ screen: "grid", id: null, params: new URLSearchParams() }), copy: () => this.copyAddress(),
      search: () => /** @type {HTMLInputElement | null} */ (document.querySelector("input[type=search]"))?.focus(),
    };
  }

  #watchOutbox() {
    this.outbox.addEventListener("change", () => {
      const { waiting, trouble } = this.outbox;
      const held = waiting.length === 1 ? "1 decision waits" : `${waiting.length} decisions wait`;
      this.tell.banner("saving", trouble && waiting.length ? `${trouble.message} ${held} in this browser and will be sent. ${trouble.status === 401 ? "Open the link that the server printed." : trouble.hint}` : null);
      this.shell.showSaving(waiting.length, trouble !== null);
      if (!waiting.length) this.#refreshProgressSoon();
    });
    this.outbox.addEventListener("stale", () => this.tell.toast("Made again since you looked: your decision is kept, but doesn't count. Look again.", "bad"));
    this.outbox.addEventListener("refused", (event) => {
      const { error, events } = /** @type {CustomEvent} */ (event).detail;
      for (const { sample } of events) this.decisions.made.delete(sample);
      this.tell.toast(`Not saved: ${error.message} ${error.hint}`, "bad");
    });
    window.addEventListener("beforeunload", (event) => { if (this.outbox.waiting.length && !this.outbox.store) event.preventDefault(); });
  }

  /** Resolves when nothing waits to be saved. */
  async outboxEmpty() {
    while (this.outbox.waiting.length) await new Promise((resolve) => this.outbox.addEventListener("change", resolve, { once: true }));
  }

  #refreshProgressSoon() {
    this.progressTimer ??= setTimeout(() => {
      this.progressTimer = undefined;
      this.refreshProgress();
    }, PROGRESS_EVERY_MS);
  }

  async refreshProgress() {
    try {
      this.progressNow = await this.api.progress();
      this.dispatchEvent(new Event("progress"));
    } catch { /* the outbox says when the server is away */ }
  }

  /** Whether a decision can be taken now; if not, the reason is told. */
  mayDecide() {
    const { dataset, outbox, tell } = this;
    const why = dataset.read_only ? dataset.read_only_reason ?? "This inspector is read-only."
      : outbox.full ? `${MOST_UNSAVED} decisions wait to be saved; no more are taken until the server answers.` : null;
    if (why) tell.toast(why, "bad");
    return why === null;
  }

  /** An answer named the data set's hash. @param {string} hash */
  sawHash(hash) {
    if (hash === this.dataset.hash) return;
    this.tell.banner("changed", "The data set changed since this page was opened.", { action: { label: "Load it again", run: () => location.reload() } });
  }

  async copyAddress() {
    const url = location.href;
    try {
      await navigator.clipboard.writeText(url);
      this.tell.toast("Address copied.", "good");
    } catch {
      this.tell.toast(url);  // no clipboard over plain http: show it to be copied by hand
    }
  }

  openExport() {
    exportDialog(this);
  }

  /** @param {Route} route */
  async show(route) {
    if (route.screen !== this.screen) {
      this.page?.close();
      this.keys.screen = {};
      const make = PAGES[route.screen] ?? OverviewPage;
      this.page = new make(this);
      this.screen = route.screen;
      this.shell.show(this.page.element, route.screen);
    }
    try {
      await this.page?.show(route);
    } catch (caught) {
      const error = /** @type {import("./api.js").ApiError} */ (caught);
      if (error.name === "AbortError") return;
      this.tell.toast(`${error.message} ${error.hint ?? ""}`, "bad");
    }
  }
}

async function start() {
  const data = /** @type {any} */ (globalThis).COINTERACT_STATIC;
  /** @type {App | null} */
  let app = null;
  const api = data ? folderApi(data) : serverApi((hash) => app?.sawHash(hash));
  const tell = new Tell();
  try {
    app = new App(api, await api.dataset(), tell);
  } catch (caught) {
    const error = /** @type {import("./api.js").ApiError} */ (caught);
    const hint = error.status === 401 ? "Open the link that `cointeract inspect` printed; it holds the token." : error.hint;
    document.body.replaceChildren(html`<main class="empty whole"><h1>CoInteract</h1><h2>${error.message}</h2><p>${hint}</p></main>`);
    return;
  }
  const running = app;
  for (const [index, problem] of running.dataset.problems.entries()) tell.banner(`problem-${index}`, problem);
  if (running.dataset.read_only && !api.fromFolder) tell.banner("read-only", `Read-only: ${running.dataset.read_only_reason ?? "decisions are off."}`);
  await running.outbox.open();
  // A folder begins with its first sample: that is what it was sent for.
  if (api.fromFolder && !location.hash) running.router.go({ screen: "review", id: null, params: new URLSearchParams() });
  else await running.show(running.router.route);
  await running.refreshProgress();
  const dialog = running.router.route.params.get("dialog");
  if (dialog === "help") helpDialog(running);
  if (dialog === "export") exportDialog(running);
  if (!api.fromFolder) setInterval(() => { if (!document.hidden) running.refreshProgress(); }, HASH_EVERY_MS);
}

start();
