/** What went wrong, in one strip above the results and beside the fields it concerns. */

import { byId, show, write } from "./dom.js";

/** @type {Record<import("./types.js").ProblemKind, string>} */
const ICONS = { busy: "busy", offline: "offline", session: "session", invalid: "note", server: "danger", refused: "note", missing: "note", stale: "note" };
const FIELDS = ["text", "title", "jurisdiction"].filter((name) => document.getElementById(`${name}-error`));

let ticking = 0;

/**
 * Show a problem; the seconds stand outside the alert so that they are not read out one by one.
 *
 * @param {import("./api.js").Problem} problem
 * @param {number|null} retryAt
 */
export function showProblem(problem, retryAt) {
  const loose = problem.fields.filter(({ field }) => !FIELDS.includes(field));
  // a field's message stands beside it: the service's summary would only say it again
  const beside = loose.length < problem.fields.length ? "请改标出的地方。" : problem.detail;
  const detail = [beside, ...loose.map(({ field, message }) => (field ? `${field}：${message}` : message))];
  byId("notice").dataset.kind = problem.kind;
  byId("notice-icon").setAttribute("href", `#icon-${ICONS[problem.kind]}`);
  write(byId("notice-title"), problem.title);
  write(byId("notice-detail"), detail.filter(Boolean).join(" "));
  show(byId("notice-retry"), !["invalid", "refused", "missing"].includes(problem.kind));
  show(byId("notice"), true);
  markFields(problem.fields);
  countDown(retryAt);
}

/** Take the strip and the marks away. */
export function clearProblem() {
  countDown(null);
  show(byId("notice"), false);
  markFields([]);
}

/** @param {number|null} retryAt */
function countDown(retryAt) {
  clearInterval(ticking);
  show(byId("notice-wait"), retryAt !== null);
  if (retryAt === null) return;
  const tick = () => {
    const left = Math.ceil((retryAt - performance.now()) / 1000);
    write(byId("notice-wait"), left > 0 ? `${left} 秒后重试` : "正在重试…");
  };
  tick();
  ticking = window.setInterval(tick, 250);
}

/** @param {{field: string, message: string}[]} errors */
function markFields(errors) {
  for (const name of FIELDS) {
    const message = errors
      .filter(({ field }) => field === name)
      .map((error) => error.message)
      .join("；");
    const note = byId(`${name}-error`);
    write(note, message);
    show(note, Boolean(message));
    if (message) byId(name).setAttribute("aria-invalid", "true");
    else byId(name).removeAttribute("aria-invalid");
  }
}
