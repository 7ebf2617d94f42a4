// @ts-check
/**
 * A video element that can be put on a frame, and says when that frame is really on the screen.
 *
 * Frame `k` of a clip of constant rate is on the screen for `k / fps <= time < (k + 1) / fps`; a seek aims at the middle, where rounding
 * can't reach a neighbour. `seeked` alone came with the former picture in 3 of 2,178 measured seeks; together with
 * `requestVideoFrameCallback` never.
 */

/** After `seeked`, how long to wait for the picture before going on; a hidden page presents none. */
const PAINT_TIMEOUT_MS = 250;
const SEEK_TIMEOUT_MS = 5000;

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class FrameVideo {
  /** @param {HTMLVideoElement} video @param {number} fps */
  constructor(video, fps) {
    this.video = video;
    this.fps = fps;
    /** Number of the frame that was presented last, null before the first. @type {number | null} */
    this.shown = null;
    /** @type {((frame: number) => void)[]} */
    this.waiters = [];
    /** Called for each presented frame. @type {(frame: number) => void} */
    this.onframe = () => {};
    this.closed = false;
    /** Played since it was last put on a frame: it may show a picture further than the last one it told of, and than its clock. */
    this.played = false;
    this.#watch();
  }

  #watch() {
    this.video.requestVideoFrameCallback((_now, { mediaTime }) => {
      if (this.closed) return;
      this.#watch();
      this.shown = Math.round(mediaTime * this.fps);
      this.waiters.splice(0).forEach((resolve) => resolve(/** @type {number} */ (this.shown)));
      this.onframe(this.shown);
    });
  }

  /** Ready to be shown; rejects where the file can't be decoded. */
  loaded() {
    const { video } = this;
    if (video.error) return Promise.reject(video.error);
    if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) return Promise.resolve();
    return new Promise((resolve, reject) => {
      video.addEventListener("loadeddata", () => resolve(undefined), { once: true });
      video.addEventListener("error", () => reject(video.error ?? new Error("not decodable")), { once: true });
    });
  }

  /** Start; rejects where the browser doesn't let it. @param {number} rate */
  play(rate) {
    this.played = true;
    this.video.playbackRate = rate;
    return this.video.play();
  }

  /** Put the paused video on a frame, and resolve when its picture is shown. @param {number} frame */
  async show(frame) {
    const { video } = this;
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) await this.loaded().catch(() => {});
    if (this.closed) return;
    if (this.played) {
      this.played = false;
      this.shown = null;
    } else if (video.paused && !video.seeking && this.atClock === frame) {
      if (this.shown === frame) return;
      // Just loaded: its first picture is on its way, and a seek would only decode it again.
      if (this.shown === null) await Promise.race([this.#painted(frame), pause(PAINT_TIMEOUT_MS)]);
      if (this.shown === frame) return;
    }
    const seeked = new Promise((resolve) => video.addEventListener("seeked", resolve, { once: true }));
    const painted = this.#painted(frame);
    video.currentTime = (frame + 0.5) / this.fps;
    await Promise.race([seeked, pause(SEEK_TIMEOUT_MS)]);
    if (this.shown !== frame) await Promise.race([painted, pause(PAINT_TIMEOUT_MS)]);
  }

  /** Resolves when the frame is presented. @param {number} frame */
  async #painted(frame) {
    while (!this.closed && (await new Promise((resolve) => this.waiters.push(resolve))) !== frame);
  }

  /** Frame at the element's clock, which runs between presented frames. */
  get atClock() {
    return Math.floor(this.video.currentTime * this.fps + 1e-6);
  }

  close() {
    this.closed = true;
    this.waiters = [];
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }
}
