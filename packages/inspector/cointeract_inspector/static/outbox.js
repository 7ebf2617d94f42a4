// @ts-check
/**
 * Events on their way to the server. They are kept in IndexedDB until the server says that they are durable.
 *
 * An event is sent again with the same id until it is acknowledged, which the server answers once, so a lost answer, a server that
 * was restarted and a tab that was closed lose nothing and write nothing twice. Events go out in the order they were made.
 */

/** @typedef {import("./types.js").Draft} Draft */

const STORE = "events";
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8000;
const MOST_AT_ONCE = 50;
/** Answers that sending again can't change; after any other the event is kept and sent again. */
const NEVER_TAKEN = new Set([400, 404, 409, 413, 422]);
/** More than this unsaved is refused: a person should know that nothing is being stored. */
export const MOST_UNSAVED = 50;

/** @param {string} name @returns {Promise<IDBDatabase>} */
const openStore = (name) => new Promise((resolve, reject) => {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

export class Outbox extends EventTarget {
  /**
   * Dispatches `change` when what waits or whether the server answers changes, `stale` with `{ids}`, `refused` with `{events, error}`.
   * @param {import("./api.js").Api} api
   * @param {string} name of the store: data set and reviewer
   */
  constructor(api, name) {
    super();
    this.api = api;
    this.name = name;
    /** @type {Draft[]} */
    this.waiting = [];
    /** @type {import("./api.js").ApiError | null} why nothing is being saved now */
    this.trouble = null;
    this.sending = false;
    this.retryMs = FIRST_RETRY_MS;
    /** @type {IDBDatabase | null} */
    this.store = null;
  }

  /** Take up what an earlier page left unsent. */
  async open() {
    try {
      this.store = await openStore(this.name);
      const kept = await new Promise((resolve, reject) => {
        const request = /** @type {IDBDatabase} */ (this.store).transaction(STORE).objectStore(STORE).getAll();
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      this.waiting = [...kept, ...this.waiting];
    } catch {
      this.store = null;  // private windows may have no IndexedDB: events then wait in memory only
    }
    if (this.waiting.length) this.#send();
  }

  get full() {
    return this.waiting.length >= MOST_UNSAVED;
  }

  /** @param {Draft} event */
  add(event) {
    this.waiting.push(event);
    this.#keep((store) => store.put(event));
    this.#changed();
    this.#send();
  }

  async #send() {
    if (this.sending) return;
    this.sending = true;
    let single = false;
    while (this.waiting.length) {
      const batch = this.waiting.slice(0, single ? 1 : MOST_AT_ONCE);
      try {
        const answer = await this.api.sendEvents(batch);
        this.#done(batch);
        this.trouble = null;
        this.retryMs = FIRST_RETRY_MS;
        if (answer.stale.length) this.dispatchEvent(new CustomEvent("stale", { detail: { ids: answer.stale } }));
      } catch (caught) {
        const error = /** @type {import("./api.js").ApiError} */ (caught);
        this.trouble = error;
        if (NEVER_TAKEN.has(error.status) && batch.length > 1) {
          single = true;  // one of them is refused: the others must not be lost with it
        } else if (NEVER_TAKEN.has(error.status)) {
          this.#done(batch);
          this.dispatchEvent(new CustomEvent("refused", { detail: { events: batch, error } }));
        } else {
          this.#changed();
          await new Promise((resolve) => setTimeout(resolve, this.retryMs));
          this.retryMs = Math.min(2 * this.retryMs, LAST_RETRY_MS);
        }
      }
      this.#changed();
    }
    this.sending = false;
  }

  /** @param {Draft[]} batch */
  #done(batch) {
    const ids = new Set(batch.map((event) => event.id));
    this.waiting = this.waiting.filter((event) => !ids.has(event.id));
    this.#keep((store) => ids.forEach((id) => store.delete(id)));
  }

  /** @param {(store: IDBObjectStore) => void} write */
  #keep(write) {
    if (this.store) write(this.store.transaction(STORE, "readwrite").objectStore(STORE));
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
