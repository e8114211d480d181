/** The way to the service: every page asks through here, and hears of every failure as a `Problem`. */

const ROOT = "/api/v1";
const TIMEOUT_MS = 20000;
const DEFAULT_WAIT_S = 3;
const LONGEST_WAIT_S = 120;

/**
 * @typedef {object} Options
 * @property {unknown} [body] sent as JSON; a FormData, Blob or File goes as it is
 * @property {string|null} [etag] the version the change is meant for, sent as If-Match
 * @property {string} [key] Idempotency-Key of a POST, see `newKey`; sending again with it does nothing twice
 * @property {AbortSignal} [signal]
 * @property {number} [timeout] in milliseconds, 20 seconds where absent
 */
/** @typedef {{status: number, data: any, etag: string|null}} Answered `etag` to be given back with a change */

/** A failure that the page can put into words. */
export class Problem extends Error {
  /**
   * @param {import("./types.js").ProblemKind} kind
   * @param {string} title
   * @param {string} detail
   * @param {{status?: number, fields?: {field: string, message: string}[], wait?: number, body?: any}} [more] `wait` in
   *   seconds, `body` the problem as the service told it (a stale change has `version` there)
   */
  constructor(kind, title, detail, more = {}) {
    super(title);
    this.kind = kind;
    this.title = title;
    this.detail = detail;
    this.status = more.status || 0;
    this.fields = more.fields || [];
    this.wait = more.wait || 0;
    this.body = more.body || null;
  }
}

/** Asks for a new session; resolves to whether there is one. The shell brings it. @type {() => Promise<boolean>} */
let renew = async () => false;

/** @param {() => Promise<boolean>} ask */
export function renewSessionWith(ask) {
  renew = ask;
}

/** A key that makes sending a POST again harmless. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID is for secure contexts only
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} path below /api/v1, with its query @param {Options} [options] */
export const get = (path, options) => call("GET", path, options);
/** @param {string} path @param {unknown} body @param {Options} [options] */
export const post = (path, body, options) => call("POST", path, { ...options, body });
/** @param {string} path @param {unknown} body @param {Options} [options] */
export const put = (path, body, options) => call("PUT", path, { ...options, body });
/** @param {string} path @param {unknown} body @param {Options} [options] */
export const patch = (path, body, options) => call("PATCH", path, { ...options, body });
/** @param {string} path @param {Options} [options] */
export const remove = (path, options) => call("DELETE", path, options);

/**
 * Ask the service. Where the session has ended, the person is asked to log in, and the request is sent again.
 *
 * @param {string} method
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<Answered>}
 * @throws {Problem} or an AbortError once `options.signal` has fired
 */
export async function call(method, path, options = {}) {
  try {
    return await once(method, path, options);
  } catch (error) {
    if (!(error instanceof Problem) || error.kind !== "session" || !(await renew())) throw error;
    return once(method, path, options);
  }
}

/** @param {string} method @param {string} path @param {Options} options @returns {Promise<Answered>} */
async function once(method, path, { body, etag, key, signal, timeout = TIMEOUT_MS }) {
  const limit = new AbortController();
  const stop = () => limit.abort();
  if (signal) signal.addEventListener("abort", stop);
  const timer = setTimeout(stop, timeout);
  try {
    const response = await fetch(`${ROOT}${path}`, {
      method,
      credentials: "same-origin",
      headers: headersOf(method, body, etag, key),
      body: isRaw(body) || body === undefined ? /** @type {any} */ (body) : JSON.stringify(body, tidy),
      signal: limit.signal,
    });
    const data = await response.json().catch((error) => {
      if (limit.signal.aborted) throw error;
      return null;
    });
    if (!response.ok) throw problemOf(response, data);
    return { status: response.status, data, etag: response.headers.get("ETag") };
  } catch (error) {
    if (error instanceof Problem || (signal && signal.aborted)) throw error;
    throw limit.signal.aborted
      ? new Problem("offline", "服务没有回答", `等了 ${timeout / 1000} 秒没有回音，写下的都还在。`)
      : new Problem("offline", "连不上服务", "请检查网络，或问管理员服务是否在运行。写下的都还在。");
  } finally {
    clearTimeout(timer);
    if (signal) signal.removeEventListener("abort", stop);
  }
}

/** @param {unknown} body */
const isRaw = (body) => body instanceof Blob || body instanceof FormData;

/** @param {string} method @param {unknown} body @param {string|null} [etag] @param {string} [key] */
function headersOf(method, body, etag, key) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRF-Token"] = csrf().content;
  if (body !== undefined && !isRaw(body)) headers["Content-Type"] = "application/json";
  if (etag) headers["If-Match"] = etag;
  if (key) headers["Idempotency-Key"] = key;
  return headers;
}

/** The element that holds the token against forged requests. @returns {HTMLMetaElement} */
export function csrf() {
  return /** @type {HTMLMetaElement} */ (document.querySelector('meta[name="csrf-token"]'));
}

/** Texts go out well-formed: half of a surrogate pair, which readers of JSON refuse, is replaced; offsets stay. @param {string} _ @param {unknown} value */
function tidy(_, value) {
  if (typeof value !== "string") return value;
  return Array.from(value, (point) => (/^[\ud800-\udfff]$/.test(point) ? "\ufffd" : point)).join("");
}

/** @param {Response} response @param {any} body a problem+json, or null @returns {Problem} */
function problemOf(response, body) {
  const { status } = response;
  const title = body && typeof body.title === "string" ? body.title : "";
  const detail = body && typeof body.detail === "string" ? body.detail : "";
  const more = { status, body };
  switch (status) {
    case 401:
      return new Problem("session", "会话已结束", "请重新登录，写下的都还在。", more);
    case 403:
      return new Problem("refused", title || "没有权限", detail || "您的角色不能做这件事。", more);
    case 404:
      return new Problem("missing", title || "没有找到", detail, more);
    case 409:
      return new Problem("refused", title || "现在不能这样做", detail, more);
    case 412:
      return new Problem("stale", "别人刚刚改过", detail || "请看过新的情况再办，写下的都还在。", more);
    case 413:
      return new Problem("invalid", "内容太长", detail || "超过了服务一次能读的长度，请删减后再试。", more);
    case 400:
    case 415:
    case 422:
      return new Problem("invalid", title || "填写有误", detail, { ...more, fields: fieldsOf(body) });
    case 429:
    case 503:
      return new Problem("busy", title || "服务正忙", "写下的都还在，请稍候再试。", { ...more, wait: waitOf(response) });
    default:
      return new Problem("server", title || "服务出错", detail || `服务返回了 ${status}。写下的都还在。`, more);
  }
}

/** Map `items[0].text` to the input `text`. @param {any} body @returns {{field: string, message: string}[]} */
function fieldsOf(body) {
  const errors = body && Array.isArray(body.errors) ? body.errors : [];
  return errors.map((/** @type {any} */ error) => ({
    field: String(error.field || "").replace(/^items\[0\]\.?/, ""),
    message: String(error.message || ""),
  }));
}

/** Seconds to wait, from a Retry-After of seconds or of a date. @param {Response} response */
function waitOf(response) {
  const header = response.headers.get("Retry-After") || "";
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 1), LONGEST_WAIT_S) : DEFAULT_WAIT_S;
}
