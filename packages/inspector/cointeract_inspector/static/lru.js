// @ts-check
/** A map that forgets what was used least recently. @template K, V */
export class Lru {
  /** @param {number} limit @param {(value: V) => void} [dropped] */
  constructor(limit, dropped = () => {}) {
    this.limit = limit;
    this.dropped = dropped;
    /** @type {Map<K, V>} */
    this.items = new Map();
  }

  /** @param {K} key @returns {V | undefined} */
  get(key) {
    const value = this.items.get(key);
    if (value === undefined) return undefined;
    this.items.delete(key);
    this.items.set(key, value);
    return value;
  }

  /** @param {K} key @param {V} value */
  set(key, value) {
    this.items.delete(key);
    this.items.set(key, value);
    while (this.items.size > this.limit) {
      const [oldest, forgotten] = /** @type {[K, V]} */ (this.items.entries().next().value);
      this.items.delete(oldest);
      this.dropped(forgotten);
    }
  }

  /** @param {K} key */
  delete(key) {
    const value = this.items.get(key);
    this.items.delete(key);
    if (value !== undefined) this.dropped(value);
  }

  clear() {
    for (const key of [...this.items.keys()]) this.delete(key);
  }
}
