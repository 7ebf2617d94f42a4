// @ts-check
/** The overlay pane: the RGB frame with the layers that are switched on, drawn in pixels of the video. */
import { MaskPictures } from "./masks.js";

/** @typedef {import("./types.js").Part} Part */
/** @typedef {{s: number, x: number, y: number}} Zoom */

export const LAYERS = [
  { letter: "b", name: "boxes", label: "Boxes", key: "B" },
  { letter: "m", name: "masks", label: "Mask", key: "M" },
  { letter: "o", name: "contact", label: "Contact", key: "O" },
  { letter: "h", name: "hands", label: "Hands", key: "H" },
];

/** Colours that stay apart on footage and for colour-blind eyes; the label says the name too. @type {Record<Part, string>} */
export const PART_COLOURS = { face: "#56b4e9", left_hand: "#f0e442", right_hand: "#ff8c5a", object: "#2fd6a3" };
/** @type {[number, number, number]} */
const MASK_COLOUR = [47, 214, 163];
const MASK_ALPHA = 90;
/** @type {Record<Part, string>} */
export const PART_NAMES = { face: "face", left_hand: "left hand", right_hand: "right hand", object: "object" };
/** As written on the picture, where room is short. @type {Record<Part, string>} */
const SHORT_NAMES = { face: "face", left_hand: "L", right_hand: "R", object: "obj" };
/** A score as written there. @param {number | null} score */
const brief = (score) => (score === null ? "" : ` ${score.toFixed(2).replace(/^0/, "")}`);
/** @type {("left_hand" | "right_hand")[]} */
const HANDS = ["left_hand", "right_hand"];
const LINE = 1.75;
const DASH = [5, 4];
const FONT = 9.5;
const PADDING = 4;

export class Overlay {
  /** @param {HTMLCanvasElement} canvas @param {import("./types.js").LoadedSample} loaded */
  constructor(canvas, { sample, tracks, masks }) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.tracks = tracks;
    this.masks = masks ? new MaskPictures(masks, MASK_COLOUR, MASK_ALPHA) : null;
    this.size = sample.size ?? [1, 1];
    /** @type {Set<string>} */
    this.layers = new Set();
    /** @type {Zoom} */
    this.zoom = { s: 1, x: 0.5, y: 0.5 };
  }

  /** Draw a frame; `picture` is what shows it, or null for the layers alone. @param {number} frame @param {HTMLVideoElement | null} picture */
  draw(frame, picture) {
    const { canvas, context } = this;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    if (!width || !height) return;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const [w, h] = this.size;
    // The part of the picture that the zoom shows is centred on (x, y), in shares of the picture, as the panes' CSS does it.
    const scale = (width / w) * this.zoom.s;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    context.setTransform(scale, 0, 0, scale, width / 2 - this.zoom.x * w * scale, height / 2 - this.zoom.y * h * scale);
    if (picture && picture.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) context.drawImage(picture, 0, 0, w, h);
    if (frame < 0) return;
    this.#layers(frame, ratio / scale);
  }

  /** @param {number} frame @param {number} unit pixels of the video in one of the screen */
  #layers(frame, unit) {
    const { layers, tracks, context } = this;
    const mask = layers.has("masks") ? this.masks?.at(frame) : null;
    if (mask) context.drawImage(mask, 0, 0, this.size[0], this.size[1]);
    if (!tracks) return;
    if (layers.has("boxes")) {
      this.#box("face", frame, unit);
      this.#box("object", frame, unit);
    }
    if (layers.has("hands")) for (const hand of HANDS) this.#box(hand, frame, unit);
    if (layers.has("contact")) for (const hand of HANDS) this.#contact(hand, frame, unit);
  }

  /** @param {Part} part @param {number} frame @param {number} unit */
  #box(part, frame, unit) {
    const point = this.tracks?.[part][frame];
    if (!point?.box) return;
    const { context } = this;
    const [x1, y1, x2, y2] = point.box;
    context.lineWidth = LINE * unit;
    context.setLineDash(point.interpolated ? DASH.map((length) => length * unit) : []);
    context.strokeStyle = PART_COLOURS[part];
    context.strokeRect(x1, y1, x2 - x1, y2 - y1);
    context.setLineDash([]);
    this.#label(SHORT_NAMES[part] + brief(point.score), x1, y1, PART_COLOURS[part], unit);
  }

  /** A touching hand: its box filled, and a line to the object's centre. @param {"left_hand" | "right_hand"} hand @param {number} frame @param {number} unit */
  #contact(hand, frame, unit) {
    const touch = this.tracks?.contact[frame]?.[hand];
    const box = this.tracks?.[hand][frame]?.box;
    if (!touch?.touching || !box) return;
    const { context } = this;
    const [x1, y1, x2, y2] = box;
    context.fillStyle = `${PART_COLOURS[hand]}55`;
    context.fillRect(x1, y1, x2 - x1, y2 - y1);
    const object = this.tracks?.object[frame]?.box;
    if (object) {
      context.lineWidth = LINE * unit;
      context.strokeStyle = PART_COLOURS[hand];
      context.beginPath();
      context.moveTo((x1 + x2) / 2, (y1 + y2) / 2);
      context.lineTo((object[0] + object[2]) / 2, (object[1] + object[3]) / 2);
      context.stroke();
    }
    this.#label(`touches${brief(touch.score)}`, x1, y2 + (FONT + PADDING) * unit, PART_COLOURS[hand], unit);
  }

  /** @param {string} text @param {number} x @param {number} y its lower left corner @param {string} colour @param {number} unit */
  #label(text, x, y, colour, unit) {
    const { context } = this;
    context.font = `600 ${FONT * unit}px system-ui, sans-serif`;
    const width = context.measureText(text).width + 2 * PADDING * unit;
    const height = (FONT + PADDING) * unit;
    const left = Math.min(Math.max(x - (LINE * unit) / 2, 0), Math.max(this.size[0] - width, 0));
    const top = Math.max(y - height, 0);
    context.fillStyle = colour;
    context.fillRect(left, top, width, height);
    context.fillStyle = "#101214";
    context.textBaseline = "middle";
    context.fillText(text, left + PADDING * unit, top + height / 2 + 0.5 * unit);
  }
}
