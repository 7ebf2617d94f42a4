// @ts-check
/** The pictures of a sample beside each other, or over each other: RGB, HOI and the overlay, in one size and with one zoom. */
import { html } from "./html.js";
import { Overlay } from "./overlay.js";
import { takeZoom, zoomTransform } from "./zoom.js";

/** @typedef {import("./types.js").LoadedSample} LoadedSample */

export const LAYOUTS = ["three", "rgb", "overlay", "wipe"];
export const LAYOUT_NAMES = { three: "Side by side", rgb: "RGB", overlay: "Overlay", wipe: "Wipe" };
const GAP = 8;
const CAPTION = 22;

/** Why a pane has no picture. @param {import("./types.js").Artifact | undefined} artifact @param {string} name */
function absence(artifact, name) {
  if (artifact?.error) {
    return html`<div class="absent" role="note"><b>${artifact.error.message}</b><span>${artifact.error.hint}</span></div>`;
  }
  if (!artifact) return html`<div class="absent" role="note"><b>No ${name}</b><span>This sample's level has none.</span></div>`;
  return null;
}

/** What is wrong with a video that is there. @param {import("./types.js").Artifact | undefined} artifact @param {number} fps */
function warning(artifact, fps) {
  if (artifact?.cfr !== false) return null;
  return html`<span class="badge bad" title="Frame numbers can't be trusted: not every frame lasts 1/${fps} s.">not CFR</span>`;
}

/** @param {string} src @param {string} label @returns {HTMLVideoElement} */
const videoOf = (src, label) => html`<video class="picture" src=${src} muted .muted=${true} playsinline preload="auto" aria-label=${label}></video>`;

export class Panes {
  /** @param {LoadedSample} loaded @param {(zoom: import("./zoom.js").Zoom) => void} onZoom */
  constructor(loaded, onZoom) {
    const { sample, media } = loaded;
    this.sample = sample;
    this.size = sample.size ?? [9, 16];
    /** @type {{image: HTMLImageElement, url: string} | null} pictures in place of an RGB video that doesn't decode */
    this.stills = null;
    this.layout = "three";
    this.wipe = 0.5;
    this.rgb = media.rgb ? videoOf(media.rgb, "RGB video") : null;
    this.hoi = media.hoi ? videoOf(media.hoi, "HOI video") : null;
    this.motion = media.motion ? videoOf(media.motion, "motion context") : null;
    if (this.motion) this.motion.classList.add("motion");
    /** @type {HTMLCanvasElement} */
    this.canvas = html`<canvas class="layers" role="img" aria-label="RGB video with boxes, masks and contact"></canvas>`;
    this.overlay = new Overlay(this.canvas, loaded);
    this.zoom = this.overlay.zoom;
    /** @type {HTMLElement} */
    this.element = html`<div class="panes" data-layout="three">
      <figure class="pane" data-pane="rgb">
        <figcaption>RGB ${warning(sample.artifacts.rgb, sample.fps)}<span class="where"></span></figcaption>
        <div class="viewport">${this.rgb ?? absence(sample.artifacts.rgb, "RGB video")}${this.motion}</div>
      </figure>
      <figure class="pane" data-pane="hoi">
        <figcaption>HOI ${warning(sample.artifacts.hoi, sample.fps)}</figcaption>
        <div class="viewport">${this.hoi ?? absence(sample.artifacts.hoi, "HOI video")}<div class="before">HOI begins at frame 0</div></div>
      </figure>
      <figure class="pane" data-pane="overlay">
        <figcaption>Overlay</figcaption>
        <div class="viewport">${this.canvas}</div>
      </figure>
      <input class="wipe" type="range" min="0" max="1" step="0.01" value="0.5" aria-label="Wipe between RGB and HOI" @input=${() => this.#wipe()}>
    </div>`;
    this.viewports = [...this.element.querySelectorAll(".viewport")].map((node) => /** @type {HTMLElement} */ (node));
    for (const viewport of this.viewports) takeZoom(viewport, () => this.zoom, onZoom);
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.element);
    this.frame = 0;
  }

  /**
   * A video that doesn't decode is taken out of the player, and says so in its pane. RGB then shows the server's frames as pictures, so
   * that the sample can still be judged frame by frame.
   * @param {import("./player.js").Player} player
   * @param {number} [frame] only the videos that have pictures there
   */
  async dropBroken(player, frame) {
    const broken = await player.loaded(frame);
    for (const video of broken) {
      const name = video === this.rgb ? "rgb" : video === this.hoi ? "hoi" : "motion";
      const url = this.sample.artifacts[name]?.url;
      const note = html`<div class="absent" role="note"><b>This browser can't decode ${name}.mp4</b><span>ffmpeg -i ${name}.mp4 -c:v libx264 -pix_fmt yuv420p ${name}-h264.mp4</span></div>`;
      if (name === "rgb" && url) this.stills = { image: html`<img class="picture" alt="RGB frame from the server">`, url: url.split("?")[0] };
      video.replaceWith(name === "rgb" && this.stills ? this.stills.image : note);
      if (name === "motion") this.motion = null;
      else this[name] = null;
    }
  }

  #wipe() {
    this.wipe = Number(/** @type {HTMLInputElement} */ (this.element.querySelector(".wipe")).value);
    this.element.style.setProperty("--wipe", `${100 * this.wipe}%`);
  }

  /** Videos that the player drives: the clock first. @returns {HTMLVideoElement[]} */
  get videos() {
    return /** @type {HTMLVideoElement[]} */ ([this.rgb, this.hoi].filter(Boolean));
  }

  /** The largest size at which the panes of the layout fit. */
  fit() {
    const { clientWidth, clientHeight } = this.element;
    const columns = this.layout === "three" ? 3 : 1;
    const [w, h] = this.size;
    const room = { width: (clientWidth - GAP * (columns - 1)) / columns, height: clientHeight - CAPTION };
    const scale = Math.max(Math.min(room.width / w, room.height / h), 0);
    this.element.style.setProperty("--pane-width", `${Math.floor(w * scale)}px`);
    this.element.style.setProperty("--pane-height", `${Math.floor(h * scale)}px`);
    this.draw(this.frame);
  }

  /** @param {string} layout */
  setLayout(layout) {
    this.layout = layout;
    this.element.dataset.layout = layout;
    this.fit();
  }

  /** @param {import("./zoom.js").Zoom} zoom */
  setZoom(zoom) {
    this.zoom = zoom;
    this.overlay.zoom = zoom;
    this.element.classList.toggle("zoomed", zoom.s > 1);
    for (const node of this.element.querySelectorAll(".picture")) /** @type {HTMLElement} */ (node).style.transform = zoomTransform(zoom);
    this.draw(this.frame);
  }

  /** @param {Set<string>} layers */
  setLayers(layers) {
    this.overlay.layers = layers;
    this.draw(this.frame);
  }

  /** The frame that the videos show now. @param {number} frame */
  draw(frame) {
    this.frame = frame;
    this.element.classList.toggle("in-motion", frame < 0 && this.motion !== null);
    if (this.stills && frame >= 0) this.stills.image.src = `${this.stills.url}/frame/${frame}.png`;
    this.overlay.draw(frame, frame < 0 ? this.motion : this.rgb);
  }

  close() {
    this.observer.disconnect();
  }
}
