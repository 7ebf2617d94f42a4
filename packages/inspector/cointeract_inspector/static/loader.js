// @ts-check
/**
 * Samples with everything the review page shows, fetched whole and ahead of time.
 *
 * Clips are short, so a whole file in memory seeks at once and never waits for the network (section "Player" of the guide).
 */
import { Lru } from "./lru.js";

/** @typedef {import("./types.js").LoadedSample} LoadedSample */

const KEPT_SAMPLES = 5;
const MEDIA = ["rgb", "hoi", "motion", "audio"];

export class Loader {
  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
    /** @type {Lru<string, Promise<LoadedSample>>} */
    this.kept = new Lru(KEPT_SAMPLES, (promise) => this.#release(promise));
  }

  /** @param {string} id @returns {Promise<LoadedSample>} */
  get(id) {
    let promise = this.kept.get(id);
    if (!promise) {
      promise = this.#load(id);
      this.kept.set(id, promise);
      promise.catch(() => this.kept.delete(id));
    }
    return promise;
  }

  /** Begin to load; what goes wrong is said when the sample is opened. @param {string[]} ids */
  prefetch(ids) {
    for (const id of ids) this.get(id).catch(() => {});
  }

  /** The sample changed, such as by a decision of ours: ask again next time. @param {string} id */
  forget(id) {
    this.kept.delete(id);
  }

  /** @param {string} id @returns {Promise<LoadedSample>} */
  async #load(id) {
    const sample = await this.api.sample(id);
    /** @type {Record<string, string>} */
    const media = {};
    const files = MEDIA.map(async (name) => {
      const artifact = sample.artifacts[name];
      if (!artifact?.url) return;
      try {
        media[name] = await this.api.media(artifact.url);
      } catch (error) {
        // One file that can't be read doesn't hide the others: its pane says what is wrong.
        const { code, message, hint } = /** @type {import("./api.js").ApiError} */ (error);
        sample.artifacts[name] = { error: { code: code ?? "unreachable", message, hint } };
      }
    });
    for (const reference of [sample.refs.person, sample.refs.product]) {
      for (const url of [reference?.url, reference?.source_url]) if (url) new Image().src = url;  // into the browser's cache
    }
    const [tracks, masks, peaks] = await Promise.all([
      this.#part("tracks", id, sample.boxes_url), this.#part("masks", id, sample.rle_url), this.#part("peaks", id, sample.peaks_url), ...files,
    ]);
    return { sample, tracks, masks, peaks, media };
  }

  /** @param {"tracks" | "masks" | "peaks"} kind @param {string} id @param {string | null} url */
  async #part(kind, id, url) {
    try {
      return await this.api.part(kind, id, url);
    } catch {
      return null;  // the layer stays empty, and its switch says that there is nothing to show
    }
  }

  /** @param {Promise<LoadedSample>} promise */
  async #release(promise) {
    try {
      for (const url of Object.values((await promise).media)) this.api.releaseMedia(url);
    } catch { /* never loaded: nothing to release */ }
  }
}
