/** One question to the service, and every way in which it can fail. */

const ADDRESS = "/api/v1/suggestions";
const TOP = 5;
const TIMEOUT_MS = 20000;
const DEFAULT_WAIT_S = 3;
const LONGEST_WAIT_S = 120;

/** A failure that the page can put into words. */
export class Problem extends Error {
  /**
   * @param {import("./types.js").ProblemKind} kind
   * @param {string} title
   * @param {string} detail
   * @param {{fields?: {field: string, message: string}[], wait?: number}} [more] `wait` in seconds
   */
  constructor(kind, title, detail, more = {}) {
    super(title);
    this.kind = kind;
    this.title = title;
    this.detail = detail;
    this.fields = more.fields || [];
    this.wait = more.wait || 0;
  }
}

/**
 * Ask for the suggestion of one submission.
 *
 * @param {import("./types.js").Submission} submission
 * @param {AbortSignal} signal
 * @param {boolean} [explain] whether to find what would change the answer, which takes longer
 * @returns {Promise<import("./types.js").Answer>}
 * @throws {Problem} or an AbortError once `signal` has fired
 */
export async function ask(submission, signal, explain = false) {
  const limit = new AbortController();
  const stop = () => limit.abort();
  signal.addEventListener("abort", stop);
  const timer = setTimeout(stop, TIMEOUT_MS);
  try {
    const response = await fetch(ADDRESS, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ items: [itemOf(submission)], top: TOP, explain }),
      signal: limit.signal,
    });
    const body = await response.json().catch((error) => {
      if (limit.signal.aborted) throw error;
      return null;
    });
    if (!response.ok) throw problemOf(response, body);
    return answerOf(body);
  } catch (error) {
    if (error instanceof Problem || signal.aborted) throw error;
    throw limit.signal.aborted
      ? new Problem("offline", "服务没有回答", `等了 ${TIMEOUT_MS / 1000} 秒没有回音，文字已保留。`)
      : new Problem("offline", "连不上服务", "请检查网络，或问管理员服务是否在运行。文字已保留。");
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** @param {import("./types.js").Submission} submission */
function itemOf({ text, title, jurisdiction }) {
  /** @type {Record<string, string>} */
  const item = { text: wellFormed(text) };
  if (title.trim()) item.title = wellFormed(title.trim());
  if (jurisdiction.trim()) item.jurisdiction = wellFormed(jurisdiction.trim());
  return item;
}

/** Replace half of a surrogate pair, which readers of JSON refuse; offsets stay. @param {string} text */
function wellFormed(text) {
  return Array.from(text, (point) => (/^[\ud800-\udfff]$/.test(point) ? "\ufffd" : point)).join("");
}

/** @param {any} body @returns {import("./types.js").Answer} */
function answerOf(body) {
  const suggestion = body && Array.isArray(body.items) ? body.items[0] : null;
  if (!suggestion || !Array.isArray(suggestion.lead_units) || !suggestion.evidence) {
    throw new Problem("server", "服务的回答读不懂", "网页和服务的版本可能不一致，请刷新本页；文字会保留。");
  }
  return { suggestion, version: (body.model && body.model.version) || "" };
}

/** @param {Response} response @param {any} body a problem+json, or null @returns {Problem} */
function problemOf(response, body) {
  const title = body && typeof body.title === "string" ? body.title : "";
  const detail = body && typeof body.detail === "string" ? body.detail : "";
  switch (response.status) {
    case 401:
      return new Problem("session", "会话已结束", "请用终端里打印的新链接打开；文字已保留（在本标签页打开，文字会回来）。");
    case 413:
      return new Problem("invalid", "文字太长", detail || "超过了服务一次能读的长度，请删减后再试。");
    case 422:
      return new Problem("invalid", title || "填写有误", detail, { fields: fieldsOf(body) });
    case 429:
    case 503:
      return new Problem("busy", "服务正忙", "文字已保留，会自动重试。", { wait: waitOf(response) });
    default:
      return new Problem("server", title || "服务出错", detail || `服务返回了 ${response.status}。文字已保留。`);
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
