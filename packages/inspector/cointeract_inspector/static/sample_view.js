// @ts-check
/** One opened sample: its pictures, clock, timeline, sound and references, and the controls over them. */
import { html } from "./html.js";
import { keyLabel } from "./keys.js";
import { BoxEditor } from "./box_editor.js";
import { LAYERS } from "./overlay.js";
import { LAYOUTS, LAYOUT_NAMES, Panes } from "./panes.js";
import { Player, RATES } from "./player.js";
import { References } from "./references.js";
import { Sound } from "./sound.js";
import { Timeline } from "./timeline.js";
import { WHOLE, zoomOf, zoomText } from "./zoom.js";

/** @typedef {import("./types.js").LoadedSample} LoadedSample */
/** @typedef {import("./main.js").App} App */

const TEN = 10;

export class SampleView {
  /** @param {App} app @param {LoadedSample} loaded */
  constructor(app, loaded) {
    const { sample, media } = loaded;
    const { params } = app.router.route;
    this.app = app;
    this.loaded = loaded;
    this.panes = new Panes(loaded, (zoom) => this.setZoom(zoom));
    this.player = new Player(this.panes.videos, this.panes.motion, { fps: sample.fps, frames: sample.frames, motionFrames: sample.motion_frames });
    this.timeline = new Timeline(loaded, { first: this.player.first, last: this.player.last, onSeek: (frame) => this.player.seek(frame) });
    this.sound = new Sound(media.audio, this.player);
    this.references = new References(sample);
    /** @type {BoxEditor | null} */
    this.editor = null;
    this.layers = new Set(LAYERS.filter(({ letter }) => (params.get("l") ?? "bmoh").includes(letter)).map(({ name }) => name));
    /** @type {HTMLElement} */
    this.controls = html`<div class="controls" role="toolbar" aria-label="Player"></div>`;
    /** @type {HTMLElement} */
    this.element = html`<div class="sample-view"><div class="pictures">${this.panes.element}${this.references.element}</div>${this.controls}${this.timeline.element}</div>`;
    this.#listen();
    this.panes.setLayout(LAYOUTS.includes(params.get("v") ?? "") ? /** @type {string} */ (params.get("v")) : "three");
    this.panes.setLayers(this.layers);
    this.setZoom(zoomOf(params.get("z")));
    this.player.setRate(RATES.includes(Number(params.get("r"))) ? Number(params.get("r")) : 1);
    this.sound.set(params.get("s") === "1");
    this.#restoreLoop(params.get("loop"));
  }

  #listen() {
    const { player } = this;
    player.addEventListener("frame", (event) => {
      const { frame } = /** @type {CustomEvent} */ (event).detail;
      this.panes.draw(frame);
      this.timeline.show(frame);
      this.#showFrame(frame);
    });
    for (const name of ["play", "pause", "rate"]) player.addEventListener(name, () => this.#draw());
    player.addEventListener("loop", () => {
      const { from, to } = player.loop;
      this.timeline.showLoop(player.loop);
      this.app.router.note({ loop: from === null && to === null ? null : `${from ?? ""},${to ?? ""}` });
    });
    player.addEventListener("pause", () => this.#noteFrame());
  }

  /** @param {string | null} text */
  #restoreLoop(text) {
    const [from, to] = (text ?? "").split(",").map((part) => (part.trim() === "" || Number.isNaN(Number(part)) ? null : Number(part)));
    if (text) this.player.setLoop({ from: from ?? null, to: to ?? null });
  }

  /** Ready when the first pictures are shown. @param {number} frame */
  async ready(frame) {
    this.#draw();
    this.timeline.show(frame);
    await this.panes.dropBroken(this.player, frame);
    await this.player.seek(frame);
    this.panes.dropBroken(this.player);  // the others, of which nothing is shown yet, don't hold up the first picture
  }

  /** @param {number} frame */
  #showFrame(frame) {
    const counter = this.controls.querySelector(".frame");
    if (counter) counter.textContent = String(frame);
    if (!this.player.playing) this.#noteFrame();
  }

  #noteFrame() {
    if (this.element.isConnected) this.app.router.note({ k: this.player.frame ? String(this.player.frame) : null });
  }

  #draw() {
    const { player, panes, sound, app } = this;
    const key = (/** @type {string} */ action) => html`<kbd>${keyLabel(app.keys.of(action)[0] ?? "")}</kbd>`;
    this.controls.replaceChildren(html`
      <button class="play" aria-label=${player.playing ? "Pause" : "Play"} aria-keyshortcuts="Space" @click=${() => player.toggle()}>${player.playing ? "❚❚" : "▶"}</button>
      <button class="step" aria-label="One frame back" @click=${() => player.step(-1)}>‹</button>
      <output class="frame" aria-label="Frame">${player.frame}</output>
      <button class="step" aria-label="One frame on" @click=${() => player.step(1)}>›</button>
      <label class="rate"><span class="visually-hidden">Speed</span><select @change=${(/** @type {Event} */ event) => this.setRate(Number(/** @type {HTMLSelectElement} */ (event.target).value))}>
        ${RATES.map((rate) => html`<option value=${rate} ?selected=${rate === player.rate}>${rate}×</option>`)}</select></label>
      <button class="toggle" aria-pressed=${String(sound.on)} ?disabled=${!sound.there} @click=${() => this.toggleSound()}>Sound ${key("sound")}</button>
      <span class="spring"></span>
      <span role="group" aria-label="Layers">${LAYERS.map(({ name, label }) => html`<button class="toggle" data-layer=${name} aria-pressed=${String(this.layers.has(name))}
        ?disabled=${!this.#has(name)} @click=${() => this.toggleLayer(name)}>${label} ${key(name)}</button>`)}</span>
      <button class="toggle" @click=${() => this.nextLayout()}>${/** @type {Record<string, string>} */ (LAYOUT_NAMES)[panes.layout]} ${key("layout")}</button>`);
  }

  /** Whether a layer has anything to show. @param {string} name */
  #has(name) {
    return name === "masks" ? this.loaded.masks !== null : this.loaded.tracks !== null;
  }

  /** Contact is never judged on a moving picture, so switching a layer pauses. @param {string} name */
  async toggleLayer(name) {
    if (!this.#has(name)) return;
    await this.player.pause();
    if (!this.layers.delete(name)) this.layers.add(name);
    const letters = LAYERS.filter((layer) => this.layers.has(layer.name)).map(({ letter }) => letter).join("");
    this.app.router.note({ l: letters === "bmoh" ? null : letters || "-" });
    this.panes.setLayers(this.layers);
    this.#draw();
  }

  /** @param {string} [layout] */
  nextLayout(layout = LAYOUTS[(LAYOUTS.indexOf(this.panes.layout) + 1) % LAYOUTS.length]) {
    this.panes.setLayout(layout);
    this.app.router.note({ v: layout === "three" ? null : layout });
    this.#draw();
  }

  toggleSound() {
    this.sound.set(!this.sound.on);
    this.app.router.note({ s: this.sound.on ? "1" : null });
    this.#draw();
  }

  /** @param {number} rate */
  setRate(rate) {
    this.player.setRate(rate);
    this.app.router.note({ r: rate === 1 ? null : String(rate) });
  }

  /** @param {import("./zoom.js").Zoom} zoom */
  setZoom(zoom) {
    this.panes.setZoom(zoom);
    this.editor?.draw();
    this.app.router.note({ z: zoomText(zoom) });
  }

  /** Open the box editor on the paused frame. @param {(fix: import("./types.js").Fix) => void} send */
  async startFix(send) {
    await this.player.pause();
    if (this.editor || !this.panes.rgb) return;
    if (this.player.frame < 0) await this.player.seek(0);
    if (!["three", "rgb"].includes(this.panes.layout)) this.nextLayout("rgb");
    const leave = () => this.endFix();
    this.editor = new BoxEditor(this.panes.viewports[0], this.loaded, {
      frame: this.player.frame, zoom: () => this.panes.zoom, leave, send: (fix) => { leave(); send(fix); },
    });
  }

  endFix() {
    this.editor?.close();
    this.editor = null;
  }

  /** @param {number} frames */
  #move(frames) {
    this.endFix();
    this.player.step(frames);
  }

  /** What keys do here. @returns {import("./keys.js").Handlers} */
  get handlers() {
    const { player } = this;
    return {
      play: () => { this.endFix(); player.toggle(); },
      back: () => this.#move(-1), forward: () => this.#move(1), back10: () => this.#move(-TEN), forward10: () => this.#move(TEN),
      first: () => player.seek(0), last: () => player.seek(player.last), seam: () => player.seek(player.frame === -1 ? 0 : Math.max(-1, player.first)),
      loopIn: () => player.setLoop({ from: player.frame }), loopOut: () => player.setLoop({ to: player.frame }),
      loopClear: () => player.setLoop({ from: null, to: null }),
      slower: () => this.setRate(RATES[Math.max(RATES.indexOf(player.rate) - 1, 0)]),
      faster: () => this.setRate(RATES[Math.min(RATES.indexOf(player.rate) + 1, RATES.length - 1)]),
      sound: () => this.toggleSound(), layout: () => this.nextLayout(), whole: () => this.setZoom(WHOLE),
      ...Object.fromEntries(LAYERS.map(({ name }) => [name, () => this.toggleLayer(name)])),
      flicker: { down: () => this.references.start(), up: () => this.references.stop() },
    };
  }

  close() {
    this.endFix();
    this.player.close();
    this.sound.close();
    this.references.close();
    this.timeline.close();
    this.panes.close();
  }
}
