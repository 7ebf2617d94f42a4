// @ts-check
/**
 * What the pages ask for. `serverApi` asks a server; `folderApi` answers from the data of a static folder, read-only.
 *
 * This is the only module that knows where data is from.
 */

/** @typedef {import("./types.js").Problem} Problem */

const ROWS_AT_ONCE = 200;

/** An answer that says what went wrong. */
export class ApiError extends Error {
  /** @param {number} status HTTP status, 0 where there was no answer @param {Problem} problem */
  constructor(status, problem) {
    super(problem.message);
    this.status = status;
    this.code = problem.code;
    this.hint = problem.hint ?? "";
  }
}

/** @param {string} url @param {RequestInit} [init] */
async function request(url, init) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...init });
  } catch (error) {
    if (/** @type {Error} */ (error).name === "AbortError") throw error;
    throw new ApiError(0, { code: "unreachable", message: "The server doesn't answer.", hint: "Is `cointeract inspect` still running?" });
  }
  if (response.ok) return response;
  let problem = { code: String(response.status), message: `The server answered ${response.status} to ${url}.`, hint: "" };
  try { problem = (await response.json()).error ?? problem; } catch { /* not an answer of ours: the status says it */ }
  throw new ApiError(response.status, problem);
}

/** @param {any} body @param {AbortSignal} [signal] @returns {RequestInit} */
const posted = (body, signal) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal });

/** Header and row numbers of a query's answer. @param {ArrayBuffer} buffer */
export function decodeQuery(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  return { ...header, rows: new Uint32Array(buffer, 4 + length) };
}

/** @param {(hash: string) => void} onHash told the data set's hash that an answer names */
export function serverApi(onHash) {
  /** @param {string} url @param {RequestInit} [init] */
  const answer = async (url, init) => {
    const response = await request(url, init);
    const hash = response.headers.get("X-Dataset-Hash");
    if (hash) onHash(hash);
    return response;
  };
  /** @param {string} url @param {RequestInit} [init] */
  const json = async (url, init) => (await answer(url, init)).json();

  return {
    fromFolder: false,
    dataset: () => json("/api/dataset"),
    funnel: () => json("/api/funnel"),
    progress: () => json("/api/progress"),
    conflicts: () => json("/api/conflicts"),
    /** @param {string} col @param {number} threshold @param {string} side @param {AbortSignal} [signal] */
    whatIf: (col, threshold, side, signal) => json("/api/funnel/whatif", posted({ col, threshold, side }, signal)),
    /** @param {any} body */
    query: async (body) => decodeQuery(await (await answer("/api/query", posted(body))).arrayBuffer()),
    /** @param {number[]} rows */
    rows: async (rows) => {
      const parts = [];
      for (let i = 0; i < rows.length; i += ROWS_AT_ONCE) parts.push(json(`/api/rows?rows=${rows.slice(i, i + ROWS_AT_ONCE).join(",")}`));
      return (await Promise.all(parts)).flat();
    },
    /** @param {string} id */
    sample: (id) => json(`/api/sample/${encodeURIComponent(id)}`),
    /** Tracks, masks or peaks. @param {"tracks" | "masks" | "peaks"} _kind @param {string} _id @param {string | null} url */
    part: async (_kind, _id, url) => (url ? json(url) : null),
    /** An address that a media element can seek in at once: the whole file, fetched. @param {string} url */
    media: async (url) => URL.createObjectURL(await (await request(url)).blob()),
    /** @param {string} url */
    releaseMedia: (url) => URL.revokeObjectURL(url),
    /** @param {import("./types.js").Draft[]} events @returns {Promise<{ok: string[], stale: string[]}>} */
    sendEvents: (events) => json("/api/events", posted({ events })),
    /** @param {any} body @returns {Promise<import("./types.js").Exported>} */
    export: (body) => json("/api/export", posted(body)),
  };
}

/** @typedef {ReturnType<typeof serverApi>} Api */

/** @param {any} data `globalThis.COINTERACT_STATIC` @returns {Api} */
export function folderApi(data) {
  /** @param {any} value */
  const found = async (value) => {
    if (value === undefined || value === null) throw new ApiError(404, { code: "not_found", message: "This folder doesn't hold that sample." });
    return value;
  };
  const readOnly = async () => {
    throw new ApiError(423, { code: "read_only", message: "This is a folder of samples to look at; decisions need `cointeract inspect`." });
  };
  return {
    fromFolder: true,
    dataset: () => found(data.dataset),
    funnel: () => found(data.funnel),
    progress: () => found(data.progress),
    conflicts: async () => ({ rows: [], total: 0 }),
    whatIf: readOnly,
    // A folder holds a handful of samples: they are all shown, in their order.
    query: async () => ({ total: data.rows.length, rows: Uint32Array.from(data.rows, (/** @type {any} */ row) => row.row), facets: {}, hist: {}, chips: [] }),
    rows: async (rows) => data.rows.filter((/** @type {any} */ row) => rows.includes(row.row)),
    sample: (id) => found(data.samples[id]),
    part: async (kind, id) => data[kind]?.[id] ?? null,
    media: async (url) => data.media?.[url] ?? url,
    releaseMedia: () => {},
    sendEvents: readOnly,
    export: readOnly,
  };
}
