/** Draws a matter: its head, the facts, the agreement and what happened so far. */

import { byId, copyOf, show, write } from "../shared/dom.js";
import { day, deadline, moment } from "../shared/formats.js";
import { stateTone, topicPath, zoneLabel } from "../shared/labels.js";

/** @param {import("../shared/types.js").Matter} matter */
export function showHead(matter) {
  document.title = `${matter.number} ${matter.state} · 分办`;
  write(byId("number"), matter.number);
  write(byId("state"), matter.state);
  byId("state").dataset.tone = stateTone(matter.state);
  write(byId("zone-badge"), zoneLabel(matter.zone));
  if (matter.zone) byId("zone-badge").dataset.zone = matter.zone;
  show(byId("zone-badge"), Boolean(matter.zone));
  const due = deadline(matter);
  write(byId("due"), due.text);
  byId("due").dataset.due = due.due;
  byId("due").title = matter.deadline_at ? `期限 ${moment(matter.deadline_at)}` : "";
  write(byId("matter-title"), matter.title);
}

/** @param {import("../shared/types.js").Matter} matter */
export function showFacts(matter) {
  const satisfied = matter.satisfied === null ? "" : matter.satisfied ? "满意" : "不满意";
  const rows = [
    ["主办", matter.lead_unit || "还没有"],
    ["另一方主办", matter.other_lead_unit],
    ["协办", matter.co_units.join("、")],
    ["系统首位", matter.suggested_unit === matter.lead_unit ? "" : matter.suggested_unit],
    ["主题", matter.topic && topicPath(matter.topic)],
    ["职能", matter.function],
    ["形式", matter.form],
    ["通道", matter.lane],
    ["属地", matter.jurisdiction],
    ["渠道", matter.channel],
    ["来件", moment(matter.received_at)],
    ["期限", moment(matter.deadline_at)],
    ["办完", moment(matter.closed_at)],
    ["评价", satisfied],
    ["受理人", matter.created_by],
  ];
  const cells = rows.filter(([, value]) => value).flatMap(([name, value]) => [cell("dt", name || ""), cell("dd", value || "")]);
  if (matter.merged_into) cells.push(cell("dt", "并入"), linkCell(matter.merged_into, "打开主件"));
  byId("facts").replaceChildren(...cells);
}

/** @param {string} tag @param {string} text */
export function cell(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

/** @param {number} id @param {string} text */
function linkCell(id, text) {
  const place = document.createElement("dd");
  const link = document.createElement("a");
  link.href = `/matters/${id}`;
  link.textContent = text;
  place.append(link);
  return place;
}

/** Matters that were merged into this one, below its facts. @param {import("../shared/types.js").Matter[]} followers */
export function showFollowers(followers) {
  byId("facts").append(...followers.flatMap(({ id, number }) => [cell("dt", "并入本件"), linkCell(id, number)]));
}

/** @typedef {{at: string, by: string, action: string, label: string, from_state: string|null, to_state: string|null, why: string, detail: Record<string, any>|null}} Entry */

/** The newest first. @param {Entry[]} entries in the order of time */
export function showTimeline(entries) {
  const rows = [...entries].reverse().map((entry) => {
    const { element, part } = copyOf(byId("step-row"));
    element.dataset.action = entry.action;
    part.label.textContent = entry.label;
    part.states.textContent = entry.to_state && entry.from_state !== entry.to_state ? `${entry.from_state || "新来件"} → ${entry.to_state}` : "";
    part.at.textContent = moment(entry.at);
    part.at.setAttribute("datetime", entry.at);
    part.by.textContent = entry.by;
    part.detail.textContent = detailOf(entry.detail || {});
    part.why.textContent = entry.why || "";
    return element;
  });
  byId("timeline").replaceChildren(...rows);
}

/** What a step was about, in words. @param {Record<string, any>} detail */
export function detailOf(detail) {
  const co = detail.co_units && detail.co_units.length ? `协办 ${detail.co_units.join("、")}` : "";
  const parts = [
    detail.lead_unit && `主办 ${detail.lead_unit}`,
    detail.other_lead_unit && `另一方 ${detail.other_lead_unit}`,
    co,
    detail.from_unit && detail.to_unit ? `${detail.from_unit} → ${detail.to_unit}` : detail.to_unit && `转给 ${detail.to_unit}`,
    !detail.to_unit && detail.unit && !detail.lead_unit ? detail.unit : "",
    detail.reason,
    detail.number && `${detail.into ? "主件" : "来件"} ${detail.number}`,
    detail.until && `延到 ${day(detail.until)}`,
    detail.resolved === undefined || detail.resolved === null ? "" : detail.resolved ? "已解决" : "没有解决",
    detail.satisfied === undefined || detail.satisfied === null ? "" : detail.satisfied ? "满意" : "不满意",
    detail.score && `${detail.score} 分`,
    detail.rank && `系统建议排第 ${detail.rank}`,
  ];
  return parts.filter(Boolean).join(" · ");
}

/**
 * Agreements with what they promise.
 *
 * @param {any[]} agreements as the API gives them
 * @param {boolean} mayFulfil
 * @param {(agreement: any, promise: any) => void} fulfil
 */
export function showAgreements(agreements, mayFulfil, fulfil) {
  show(byId("agreements"), agreements.length > 0);
  byId("agreements-list").replaceChildren(...agreements.map((agreement) => articleOf(agreement, mayFulfil, fulfil)));
}

/** @param {any} agreement @param {boolean} mayFulfil @param {(agreement: any, promise: any) => void} fulfil */
function articleOf(agreement, mayFulfil, fulfil) {
  const { element, part } = copyOf(byId("agreement-row"));
  part.head.textContent = `${moment(agreement.at)} · ${agreement.parties.join("、")}`;
  part.text.textContent = agreement.text;
  part.promises.append(...agreement.promises.map((/** @type {any} */ promise) => promiseOf(agreement, promise, mayFulfil, fulfil)));
  return element;
}

/** @param {any} agreement @param {any} promise @param {boolean} mayFulfil @param {(agreement: any, promise: any) => void} fulfil */
function promiseOf(agreement, promise, mayFulfil, fulfil) {
  const { element, part } = copyOf(byId("promise-row"));
  const kept = promise.fulfilment && promise.fulfilment.at;
  part.unit.textContent = promise.unit;
  part.what.textContent = promise.what;
  part.due.textContent = promise.due_on ? `${day(promise.due_on)} 前` : "没有写期限";
  part.due.dataset.due = !kept && promise.due_on && promise.due_on < new Date().toISOString().slice(0, 10) ? "over" : "later";
  part.kept.textContent = kept ? `${day(kept)} 已兑现` : "还没有兑现";
  part.kept.dataset.tone = kept ? "good" : "warn";
  part.how.textContent = (promise.fulfilment && promise.fulfilment.why) || "";
  show(part.fulfil, !kept && mayFulfil);
  part.fulfil.addEventListener("click", () => fulfil(agreement, promise));
  return element;
}
