// @ts-check
/**
 * The sample over time: motion frames, boxes seen, contact, a score for each frame and the sound, under one scrubber.
 *
 * The lanes are one canvas, drawn once; the playhead, the loop and the scrubber (an `<input type=range>`, for keys and screen readers)
 * lie over it.
 */
import { html } from "./html.js";
import { PART_COLOURS, PART_NAMES } from "./overlay.js";

/** @typedef {import("./types.js").LoadedSample} LoadedSample */
/** @typedef {import("./types.js").Part} Part */

const LANE = 13;
const WAVE = 26;
const SPARK = 22;
const GAP = 3;
/** @type {Part[]} */
const PARTS = ["object", "left_hand", "right_hand", "face"];
/** @type {("left_hand" | "right_hand")[]} */
const HANDS = ["left_hand", "right_hand"];
const FAINT = 0.35;

/** @typedef {{label: string, height: number, draw: (context: CanvasRenderingContext2D, top: number) => void}} Lane */

export class Timeline {
  /** @param {LoadedSample} loaded @param {{first: number, last: number, onSeek: (frame: number) => void}} options */
  constructor({ sample, tracks, peaks }, { first, last, onSeek }) {
    this.sample = sample;
    this.tracks = tracks;
    this.peaks = peaks;
    this.first = first;
    this.last = last;
    this.width = 0;
    /** @type {Lane[]} */
    this.lanes = this.#lanes();
    /** @type {HTMLCanvasElement} */
    this.canvas = html`<canvas aria-hidden="true"></canvas>`;
    /** @type {HTMLInputElement} */
    this.range = html`<input type="range" class="scrub" min=${first} max=${last} step="1" value="0" aria-label="Frame" data-own-keys>`;
    this.range.addEventListener("input", () => onSeek(Number(this.range.value)));
    /** @type {HTMLElement} */
    this.head = html`<div class="playhead"></div>`;
    /** @type {HTMLElement} */
    this.loop = html`<div class="loop" hidden></div>`;
    /** @type {HTMLElement} */
    this.element = html`<section class="timeline" aria-label="Timeline">
      <div class="lane-labels" aria-hidden="true">${this.lanes.map((lane) => html`<span :style=${{ height: `${lane.height}px` }}>${lane.label}</span>`)}</div>
      <div class="lanes">${this.canvas}${this.loop}${this.head}${this.range}</div>
    </section>`;
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.canvas);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.redraw = () => this.draw();
    this.scheme.addEventListener("change", this.redraw);
  }

  /** @returns {Lane[]} */
  #lanes() {
    const { tracks, peaks } = this;
    /** @type {Lane[]} */
    const lanes = [{ label: "frames", height: LANE + 3, draw: (context, top) => this.#ruler(context, top) }];
    if (tracks) {
      lanes.push({ label: "contact", height: LANE, draw: (context, top) => this.#contact(context, top) });
      for (const part of PARTS) lanes.push({ label: PART_NAMES[part], height: LANE - 4, draw: (context, top) => this.#presence(context, top, part) });
      if (tracks.object.some((point) => point?.score != null)) {
        lanes.push({ label: "object score", height: SPARK, draw: (context, top) => this.#scores(context, top) });
      }
    }
    if (peaks) lanes.push({ label: "sound", height: WAVE, draw: (context, top) => this.#wave(context, top) });
    return lanes;
  }

  /** Left edge of a frame, in CSS pixels. @param {number} frame */
  #x(frame) {
    return ((frame - this.first) / (this.last - this.first + 1)) * this.width;
  }

  /** @param {string} name */
  #colour(name) {
    return getComputedStyle(this.element).getPropertyValue(name).trim();
  }

  draw() {
    const context = this.canvas.getContext("2d");
    if (!context) return;
    const ratio = window.devicePixelRatio || 1;
    this.width = this.canvas.clientWidth;
    const height = this.lanes.reduce((sum, lane) => sum + lane.height + GAP, 0);
    Object.assign(this.canvas, { width: this.width * ratio, height: height * ratio });
    this.canvas.style.height = `${height}px`;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (this.first < 0) {
      context.fillStyle = this.#colour("--hatch");
      context.fillRect(0, 0, this.#x(0), height);
      context.fillStyle = this.#colour("--dim");
      context.fillRect(Math.round(this.#x(0)) - 1, 0, 1, height);
    }
    let top = 0;
    for (const lane of this.lanes) {
      lane.draw(context, top);
      top += lane.height + GAP;
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {number} top */
  #ruler(context, top) {
    context.font = "10px system-ui, sans-serif";
    context.textBaseline = "top";
    context.fillStyle = this.#colour("--dim");
    for (let frame = Math.ceil(this.first / 10) * 10; frame <= this.last; frame += 10) {
      const x = this.#x(frame);
      context.fillRect(Math.round(x), top + LANE - 2, 1, 4);
      const right = frame > this.last - 3;
      context.textAlign = right ? "right" : "left";
      if (frame % 20 === 0) context.fillText(String(frame), x + (right ? -3 : 3), top);
    }
    context.textAlign = "left";
    if (this.first < 0) context.fillText("motion context", Math.max(this.#x(0) - 76, 2), top);
  }

  /** Runs of frames for which something holds. @param {(frame: number) => boolean} holds @returns {[number, number][]} */
  #runs(holds) {
    /** @type {[number, number][]} */
    const runs = [];
    for (let frame = 0; frame <= this.last; frame++) {
      if (!holds(frame)) continue;
      const run = runs.at(-1);
      if (run && run[1] === frame) run[1] = frame + 1;
      else runs.push([frame, frame + 1]);
    }
    return runs;
  }

  /** @param {CanvasRenderingContext2D} context @param {number} top */
  #contact(context, top) {
    HANDS.forEach((hand, index) => {
      context.fillStyle = PART_COLOURS[hand];
      const height = LANE / 2 - 0.5;
      for (const [from, to] of this.#runs((frame) => Boolean(this.tracks?.contact[frame]?.[hand]?.touching))) {
        context.fillRect(this.#x(from), top + index * (height + 1), this.#x(to) - this.#x(from), height);
      }
    });
  }

  /** Seen frames, paler where the box was filled in. @param {CanvasRenderingContext2D} context @param {number} top @param {Part} part */
  #presence(context, top, part) {
    context.fillStyle = PART_COLOURS[part];
    for (const interpolated of [false, true]) {
      context.globalAlpha = interpolated ? FAINT : 1;
      for (const [from, to] of this.#runs((frame) => Boolean(this.tracks?.[part][frame]?.box) && this.tracks?.[part][frame]?.interpolated === interpolated)) {
        context.fillRect(this.#x(from), top + 1, this.#x(to) - this.#x(from), LANE - 6);
      }
    }
    context.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} context @param {number} top */
  #scores(context, top) {
    context.strokeStyle = PART_COLOURS.object;
    context.lineWidth = 1.25;
    context.beginPath();
    let drawing = false;
    for (let frame = 0; frame <= this.last; frame++) {
      const score = this.tracks?.object[frame]?.score;
      if (score === null || score === undefined) { drawing = false; continue; }
      const x = (this.#x(frame) + this.#x(frame + 1)) / 2;
      const y = top + 1 + (SPARK - 2) * (1 - score);
      drawing ? context.lineTo(x, y) : context.moveTo(x, y);
      drawing = true;
    }
    context.stroke();
    context.fillStyle = this.#colour("--line");
    context.fillRect(this.#x(0), top + SPARK, this.width, 1);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} top */
  #wave(context, top) {
    if (!this.peaks) return;
    const { peaks, per_frame } = this.peaks;
    const middle = top + WAVE / 2;
    const loudest = Math.max(0.05, ...peaks.map(([low, high]) => Math.max(-low, high)));
    context.fillStyle = this.#colour("--wave");
    peaks.forEach(([low, high], index) => {
      const x = this.#x(index / per_frame);
      const [up, down] = [(high / loudest) * (WAVE / 2), (-low / loudest) * (WAVE / 2)];
      context.fillRect(x, middle - up, Math.max(this.#x((index + 1) / per_frame) - x, 0.75), Math.max(up + down, 0.75));
    });
  }

  /** @param {number} frame */
  show(frame) {
    const share = (frame - this.first + 0.5) / (this.last - this.first + 1);
    this.head.style.left = `${100 * share}%`;
    this.range.value = String(frame);
    this.range.setAttribute("aria-valuetext", frame < 0 ? `motion frame ${frame}` : `frame ${frame} of ${this.last + 1}`);
  }

  /** @param {{from: number | null, to: number | null}} loop */
  showLoop({ from, to }) {
    this.loop.hidden = from === null && to === null;
    const left = ((from ?? this.first) - this.first) / (this.last - this.first + 1);
    const right = ((to ?? this.last) + 1 - this.first) / (this.last - this.first + 1);
    this.loop.style.left = `${100 * left}%`;
    this.loop.style.width = `${100 * (right - left)}%`;
  }

  close() {
    this.observer.disconnect();
    this.scheme.removeEventListener("change", this.redraw);
  }
}
