/** What history says of units: how often they sent such matters back, and who took those. */

import { get } from "../shared/api.js";
import { byId, show, write } from "../shared/dom.js";
import { choices } from "./summary.js";

/**
 * Ask for the units of a suggestion, or for one unit. Without an answer nothing is said: it is a help.
 *
 * @param {string[]} units
 * @param {string|null} topic
 * @returns {Promise<import("../shared/types.js").Risk[]>}
 */
export async function risksOf(units, topic) {
  if (!units.length) return [];
  const asked = new URLSearchParams(units.map((unit) => ["unit", unit]));
  if (topic) asked.set("topic", topic);
  const found = await get(`/return-risk?${asked}`).catch(() => null);
  return found ? found.data.items : [];
}

/**
 * Say beside each unit that is shown what history says of it.
 *
 * @param {import("../shared/types.js").Suggestion} suggestion
 * @param {() => boolean} stillShown
 */
export async function warnOfReturns(suggestion, stillShown) {
  const topic = suggestion.topics.length ? suggestion.topics[0].path : null;
  const units = suggestion.lead_units.length ? choices(suggestion).map(({ unit }) => unit) : [];
  const risks = await risksOf(units, topic);
  if (!stillShown()) return;
  for (const button of byId("units").querySelectorAll("button")) {
    const risk = risks.find(({ unit }) => unit === button.dataset.unit);
    const place = button.querySelector("[data-part=risk]");
    write(place, risk ? riskLine(risk) : "");
    show(place, Boolean(risk));
  }
}

/** @param {import("../shared/types.js").Risk} risk */
export function riskLine({ returned, of, days, reason, taken_by: taker, taken }) {
  const after = taker ? `，其中 ${taken} 件后来由${taker}办` : "";
  return `${days} 天内这类退过 ${returned}/${of} 件：${reason}${after}`;
}
