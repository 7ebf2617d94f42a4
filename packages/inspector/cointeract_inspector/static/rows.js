// @ts-check
/**
 * Rows of the grid and results of queries, asked for once.
 *
 * Cards ask for their rows one by one; what is asked for in the same moment goes to the server as one question.
 */
import { Lru } from "./lru.js";
import { ApiError } from "./api.js";

/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").QueryResult} QueryResult */

const KEPT_ROWS = 3000;
const KEPT_RESULTS = 4;

export class Rows {
  /** @param {import("./api.js").Api} api */
  constructor(api) {
    this.api = api;
    /** @type {Lru<number, Promise<Row>>} */
    this.kept = new Lru(KEPT_ROWS);
    /** @type {Map<number, {resolve: (row: Row) => void, reject: (error: unknown) => void}>} */
    this.asked = new Map();
    /** @type {Lru<string, Promise<QueryResult>>} */
    this.results = new Lru(KEPT_RESULTS);
  }

  /** @param {number} number @returns {Promise<Row>} */
  get(number) {
    const known = this.kept.get(number);
    if (known) return known;
    const promise = new Promise((resolve, reject) => {
      if (!this.asked.size) queueMicrotask(() => this.#ask());
      this.asked.set(number, { resolve, reject });
    });
    this.kept.set(number, promise);
    promise.catch(() => this.kept.delete(number));
    return promise;
  }

  async #ask() {
    const asked = this.asked;
    this.asked = new Map();
    try {
      for (const row of await this.api.rows([...asked.keys()])) {
        asked.get(row.row)?.resolve(row);
        asked.delete(row.row);
      }
      for (const [number, { reject }] of asked) reject(new ApiError(404, { code: "not_found", message: `There is no row ${number}.` }));
    } catch (error) {
      for (const { reject } of asked.values()) reject(error);
    }
  }

  /**
   * The rows of a query in order. The same query is answered from memory, so that review walks the list that the grid showed.
   * @param {import("./filters.js").Query} query
   * @param {{facets?: string[], hist?: {col: string, bins: number}[], fresh?: boolean}} [extra]
   * @returns {Promise<QueryResult>}
   */
  query(query, { facets = [], hist = [], fresh = false } = {}) {
    const key = JSON.stringify(query);
    const known = this.results.get(key);
    if (known && !fresh) return known;
    const promise = this.api.query({ ...query, facets, hist });
    this.results.set(key, promise);
    promise.catch(() => { if (this.results.get(key) === promise) this.results.delete(key); });
    return promise;
  }

  /** Forget everything: the data set changed. */
  forget() {
    this.kept.clear();
    this.results.clear();
  }
}
