// @ts-check
/** Run-length masks as pictures. */
import { Lru } from "./lru.js";

/** @typedef {import("./types.js").Masks} Masks */

const KEPT_PICTURES = 90;

/**
 * One mask as coloured pixels, with a darker rim so that it can be told from what is under it.
 * @param {number[]} runs lengths column by column, background first @param {number} width @param {number} height
 * @param {[number, number, number]} colour @param {number} alpha 0 to 255
 */
export function maskPixels(runs, width, height, colour, alpha) {
  const pixels = new ImageData(width, height);
  const inside = new Uint8Array(width * height);
  let at = 0;
  runs.forEach((run, index) => {
    if (index % 2) inside.fill(1, at, at + run);
    at += run;
  });
  for (let x = 0, i = 0; x < width; x++) {
    for (let y = 0; y < height; y++, i++) {
      if (!inside[i]) continue;
      const rim = !(y && inside[i - 1]) || y === height - 1 || !inside[i + 1] || !inside[i - height] || !inside[i + height];
      const to = 4 * (y * width + x);
      pixels.data[to] = colour[0];
      pixels.data[to + 1] = colour[1];
      pixels.data[to + 2] = colour[2];
      pixels.data[to + 3] = rim ? 255 : alpha;
    }
  }
  return pixels;
}

/** Masks of a clip as canvases, made when they are first shown. */
export class MaskPictures {
  /** @param {Masks} masks @param {[number, number, number]} colour @param {number} alpha */
  constructor(masks, colour, alpha) {
    this.masks = masks;
    this.colour = colour;
    this.alpha = alpha;
    /** @type {Lru<number, HTMLCanvasElement>} */
    this.pictures = new Lru(KEPT_PICTURES);
  }

  /** @param {number} frame @returns {HTMLCanvasElement | null} */
  at(frame) {
    const runs = this.masks.frames[frame];
    if (!runs) return null;
    let picture = this.pictures.get(frame);
    if (!picture) {
      picture = document.createElement("canvas");
      picture.width = this.masks.width;
      picture.height = this.masks.height;
      picture.getContext("2d")?.putImageData(maskPixels(runs, picture.width, picture.height, this.colour, this.alpha), 0, 0);
      this.pictures.set(frame, picture);
    }
    return picture;
  }
}
