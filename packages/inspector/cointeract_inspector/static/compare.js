// @ts-check
/** Two samples beside each other, on one clock. */
import { html } from "./html.js";
import { Panes } from "./panes.js";
import { Player } from "./player.js";
import { LAYERS } from "./overlay.js";
import { zoomOf, zoomText } from "./zoom.js";

/** @typedef {import("./main.js").App} App */

const SIDES = ["a", "b"];

export class ComparePage {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Panes[]} */
    this.panes = [];
    /** @type {Player | null} */
    this.player = null;
    this.shown = "";
    /** @type {HTMLElement} */
    this.stage = html`<div class="compare-stage"></div>`;
    /** @type {HTMLInputElement} */
    this.range = html`<input type="range" class="scrub" min="0" step="1" value="0" aria-label="Frame" data-own-keys @input=${() => this.player?.seek(Number(this.range.value))}>`;
    /** @type {HTMLOutputElement} */
    this.counter = html`<output class="frame">0</output>`;
    /** @type {HTMLInputElement[]} */
    this.fields = SIDES.map((side) => html`<input type="text" aria-label=${`Sample ${side.toUpperCase()}`} placeholder=${`id of sample ${side.toUpperCase()}`} spellcheck="false">`);
    /** @type {HTMLElement} */
    this.element = html`<main class="compare" data-screen="compare">
      <form class="compare-head" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); this.#wish(); }}>${this.fields}<button>Compare</button></form>
      ${this.stage}<div class="controls"><button class="play" aria-label="Play or pause" @click=${() => this.player?.toggle()}>▶</button>${this.counter}${this.range}</div></main>`;
  }

  #wish() {
    const { router } = this.app;
    router.go(router.with({ a: this.fields[0].value.trim() || null, b: this.fields[1].value.trim() || null, k: null }));
  }

  /** @param {import("./types.js").Route} route */
  async show(route) {
    const ids = SIDES.map((side) => route.params.get(side) ?? "");
    ids.forEach((id, index) => { this.fields[index].value = id; });
    const frame = Number(route.params.get("k") ?? 0);
    if (ids.join() === this.shown) return this.player?.seek(frame);
    this.#drop();
    this.shown = ids.join();
    if (!ids.every(Boolean)) {
      this.stage.replaceChildren(html`<div class="empty"><h2>Two samples, one clock</h2><p>Give two ids, or choose “Compare” on a sample of the review page.</p></div>`);
      return undefined;
    }
    const loaded = await Promise.all(ids.map((id) => this.app.loader.get(id)));
    this.panes = loaded.map((sample) => new Panes(sample, (zoom) => this.#zoom(zoom)));
    this.stage.replaceChildren(...this.panes.map((panes, index) => html`<section><h2><a data-route href=${this.app.router.href({ screen: "review", id: ids[index], params: new URLSearchParams() })}>${ids[index]}</a></h2>${panes.element}</section>`));
    const layers = new Set(LAYERS.map(({ name }) => name));
    for (const panes of this.panes) {
      panes.setLayout("three");
      panes.setLayers(layers);
    }
    this.#zoom(zoomOf(route.params.get("z")));
    await this.#play(loaded[0].sample, Math.min(...loaded.map(({ sample }) => sample.frames)), frame);
    return undefined;
  }

  /** @param {import("./types.js").Sample} sample @param {number} frames @param {number} frame */
  async #play({ fps }, frames, frame) {
    const player = new Player(this.panes.flatMap((panes) => panes.videos), null, { fps, frames, motionFrames: 0 });
    this.player = player;
    this.range.max = String(frames - 1);
    player.addEventListener("frame", (event) => {
      const { frame: k } = /** @type {CustomEvent} */ (event).detail;
      for (const panes of this.panes) panes.draw(k);
      this.counter.textContent = String(k);
      this.range.value = String(k);
      this.range.setAttribute("aria-valuetext", `frame ${k} of ${frames}`);
      if (!player.playing) this.app.router.note({ k: k ? String(k) : null });
    });
    this.app.keys.screen = {
      play: () => player.toggle(), back: () => player.step(-1), forward: () => player.step(1), back10: () => player.step(-10), forward10: () => player.step(10),
      first: () => player.seek(0), last: () => player.seek(player.last),
    };
    for (const panes of this.panes) await panes.dropBroken(player);
    await player.seek(frame);
    this.stage.dataset.shown = this.shown;
  }

  /** @param {import("./zoom.js").Zoom} zoom */
  #zoom(zoom) {
    for (const panes of this.panes) panes.setZoom(zoom);
    this.app.router.note({ z: zoomText(zoom) });
  }

  #drop() {
    this.player?.close();
    this.player = null;
    for (const panes of this.panes) panes.close();
    this.panes = [];
  }

  close() {
    this.#drop();
  }
}
