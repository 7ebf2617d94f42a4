// @ts-check
/**
 * One clock for all videos of a sample: paused steps that are exact, and play that is never more than one frame off.
 *
 * Frames count from the target's first one. In the motion context, below 0, only the motion video has pictures; from 0 on the main
 * video (RGB) is the clock and the followers (HOI) are kept to it. Dispatches `frame` (`{frame}`, after its picture is shown), `play`,
 * `pause`, `rate` and `loop`.
 */
import { FrameVideo } from "./frame_video.js";

export const RATES = [0.25, 0.5, 1, 1.5, 2];
/** A follower may be this far off before it is put right. */
const FRAMES_OFF = 1;

/** @typedef {{fps: number, frames: number, motionFrames: number}} Span */

export class Player extends EventTarget {
  /**
   * @param {HTMLVideoElement[]} videos the main one, then its followers
   * @param {HTMLVideoElement | null} motion
   * @param {Span} span
   */
  constructor(videos, motion, { fps, frames, motionFrames }) {
    super();
    this.fps = fps;
    this.frames = frames;
    this.motion = motion ? new FrameVideo(motion, fps) : null;
    this.first = motion ? -motionFrames : 0;
    this.motionFrames = motionFrames;
    this.videos = videos.map((video) => new FrameVideo(video, fps));
    this.frame = 0;
    this.target = 0;
    /** @type {Promise<void> | null} */
    this.seeking = null;
    this.playing = false;
    this.rate = 1;
    /** @type {{from: number | null, to: number | null}} */
    this.loop = { from: null, to: null };
    this.repeats = true;
    this.closed = false;
    for (const stream of this.#all()) {
      stream.video.loop = false;
      stream.video.addEventListener("waiting", () => this.#stalled());
      stream.video.addEventListener("ended", () => { if (this.#clock() === stream) this.#atEnd(); });
      stream.onframe = (frame) => this.#presented(stream, frame);
    }
  }

  #all() {
    return this.motion ? [...this.videos, this.motion] : this.videos;
  }

  get last() {
    return this.frames - 1;
  }

  /** The streams that have pictures at a frame. @param {number} [frame] */
  #at(frame = this.frame) {
    return frame < 0 && this.motion ? [this.motion] : this.videos;
  }

  #clock() {
    return this.#at()[0];
  }

  /**
   * Resolves when the videos can show a picture; those that never will are left out from then on.
   * @param {number} [frame] only those that have pictures there
   * @returns {Promise<HTMLVideoElement[]>} the broken ones
   */
  async loaded(frame) {
    const streams = frame === undefined ? this.#all() : this.#at(frame);
    const results = await Promise.allSettled(streams.map((stream) => stream.loaded()));
    const broken = streams.filter((_, index) => results[index].status === "rejected");
    for (const stream of broken) {
      stream.close();
      this.videos = this.videos.filter((other) => other !== stream);
      if (stream === this.motion) this.motion = null;
    }
    return broken.map(({ video }) => video);
  }

  /** @param {number} frame */
  #within(frame) {
    return Math.min(Math.max(Math.round(frame), this.first), this.last);
  }

  /** Pause on a frame. While one seek is under way only the latest aim is kept. @param {number} frame @returns {Promise<void>} */
  seek(frame) {
    if (this.playing) this.#stop();
    this.target = this.#within(frame);
    this.seeking ??= this.#reach().finally(() => { this.seeking = null; });
    return this.seeking;
  }

  async #reach() {
    /** @type {number} */
    let aim;
    do {
      aim = this.target;
      await Promise.all(this.#at(aim).map((stream) => stream.show(aim < 0 ? aim + this.motionFrames : aim)));
      this.#say(aim);
    } while (aim !== this.target && !this.closed);
  }

  /** Step from where the last step is going to. @param {number} by */
  step(by) {
    return this.seek((this.seeking ? this.target : this.frame) + by);
  }

  /** @param {number} frame */
  #say(frame) {
    this.frame = frame;
    this.dispatchEvent(new CustomEvent("frame", { detail: { frame } }));
  }

  toggle() {
    return this.playing ? this.pause() : this.play();
  }

  async play() {
    if (this.playing || this.closed || !this.videos.length) return;
    const from = this.loop.from ?? 0;
    const to = this.loop.to ?? this.last;
    await this.seek(this.frame >= to ? from : this.frame);
    this.playing = true;
    this.dispatchEvent(new Event("play"));
    await this.#run();
  }

  /** All that have pictures here start together, from the same frame. */
  async #run() {
    const streams = this.#at();
    const started = await Promise.allSettled(streams.map((stream) => stream.play(this.rate)));
    if (this.playing && started[0].status === "rejected") await this.pause();
  }

  #stop() {
    this.playing = false;
    for (const { video } of this.#all()) video.pause();
    this.dispatchEvent(new Event("pause"));
  }

  /** Stop, with all videos on the frame that the clock shows. */
  async pause() {
    if (!this.playing) return;
    await this.seek(this.frame);
  }

  /** @param {FrameVideo} stream @param {number} shown */
  #presented(stream, shown) {
    if (stream !== this.#clock()) return;
    const frame = stream === this.motion ? shown - this.motionFrames : shown;
    if (!this.playing) {
      // A picture that came later than was waited for: what is drawn over it was drawn over the one before.
      if (!this.seeking && frame === this.frame) this.#say(frame);
      return;
    }
    if (this.loop.to !== null && frame > this.loop.to) {
      this.#again();
      return;
    }
    this.#say(frame);
    for (const follower of this.#at().slice(1)) {
      if (Math.abs(follower.atClock - stream.atClock) > FRAMES_OFF) follower.video.currentTime = stream.video.currentTime;
    }
  }

  /** One video waits for data: the others wait for it. */
  async #stalled() {
    if (!this.playing) return;
    const streams = this.#at();
    for (const { video } of streams) video.pause();
    await Promise.all(streams.map(({ video }) => new Promise((resolve) => {
      if (video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) resolve(null);
      else video.addEventListener("canplay", resolve, { once: true });
    })));
    if (this.playing) await this.#run();
  }

  async #atEnd() {
    if (!this.playing) return;
    if (this.frame < 0) await this.#goOn(0);
    else if (this.repeats) await this.#again();
    else await this.pause();
  }

  #again() {
    return this.#goOn(this.loop.from ?? (this.loop.to !== null && this.loop.to < 0 ? this.first : 0));
  }

  /** Still playing, but from another frame. @param {number} frame */
  async #goOn(frame) {
    for (const { video } of this.#all()) video.pause();
    await Promise.all(this.#at(frame).map((stream) => stream.show(frame < 0 ? frame + this.motionFrames : frame)));
    if (!this.playing) return;
    this.target = frame;
    this.#say(frame);
    this.dispatchEvent(new Event("restart"));
    await this.#run();
  }

  /** @param {number} rate */
  setRate(rate) {
    this.rate = rate;
    for (const { video } of this.#all()) video.playbackRate = rate;
    this.dispatchEvent(new Event("rate"));
  }

  /** The next slower or faster rate. @param {-1 | 1} direction */
  shiftRate(direction) {
    const next = RATES[RATES.indexOf(this.rate) + direction];
    if (next) this.setRate(next);
  }

  /** @param {{from?: number | null, to?: number | null}} ends */
  setLoop(ends) {
    this.loop = { ...this.loop, ...ends };
    const { from, to } = this.loop;
    if (from !== null && to !== null && from > to) this.loop = { from: to, to: from };
    this.dispatchEvent(new Event("loop"));
  }

  close() {
    this.closed = true;
    this.playing = false;
    for (const stream of this.#all()) stream.close();
  }
}
