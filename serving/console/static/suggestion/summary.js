/** The result as plain text: to be copied into the city's own system, and to be spoken. */

import { FLAG_NAMES, MISSING_NAMES, percent, topicPath } from "../shared/labels.js";

/**
 * The answers that can be chosen: units, or functions where a model knows no units.
 *
 * @param {import("../shared/types.js").Suggestion} suggestion
 * @returns {import("../shared/types.js").RankedUnit[]}
 */
export function choices(suggestion) {
  if (suggestion.lead_units.length) return suggestion.lead_units.slice(0, 5);
  return suggestion.functions.slice(0, 5).map(({ function: name, probability }) => ({
    unit: name,
    function: null,
    jurisdiction: null,
    probability,
  }));
}

/**
 * The names of the flags and of what is missing.
 *
 * @param {import("../shared/types.js").Suggestion} suggestion
 */
export function warnings({ flags, missing }) {
  return [...flags.map((code) => FLAG_NAMES[code] || code), ...missing.map((code) => MISSING_NAMES[code] || code)];
}

/**
 * The text to copy. It says who decided: a chosen unit, the system's first, or nobody yet.
 *
 * @param {import("../shared/types.js").Suggestion} suggestion
 * @param {string|null} chosen the unit that the clerk marked
 * @param {string} zoneName
 * @returns {string}
 */
export function plainText(suggestion, chosen, zoneName) {
  const ranked = choices(suggestion);
  const rank = ranked.findIndex((unit) => unit.unit === chosen);
  const unit = ranked[Math.max(rank, 0)];
  const { topics, form, lane, zone, co_units: coUnits } = suggestion;
  const together = coUnits.map((co) => co.unit).filter((name) => !unit || name !== unit.unit);
  const lines = [
    ["主办", leadLine(unit, rank, zone)],
    ["协办", together.join("、") || "无"],
    ["主题", topics.length ? topicPath(topics[0].path) : "未给出"],
    ["形式", form ? form.name : "未给出"],
    ["办理通道", lane ? `${lane.name}（${lane.reason}）` : "未给出"],
    ["把握", unit ? `${percent(unit.probability)}（${zoneName}）` : zoneName],
    ["提示", warnings(suggestion).join("；")],
    ["依据", reasonLine(suggestion, unit)],
  ];
  return lines
    .filter(([, value]) => value)
    .map(([name, value]) => `${name}：${value}`)
    .join("\n");
}

/** @param {import("../shared/types.js").RankedUnit|undefined} unit @param {number} rank @param {string} zone */
function leadLine(unit, rank, zone) {
  if (!unit) return "待定";
  if (rank >= 0) return `${unit.unit}（经办人选定，系统排第${rank + 1}）`;
  if (zone === "manual") return `待人工研判（系统首位：${unit.unit}）`;
  return `${unit.unit}（系统建议，未经确认）`;
}

/**
 * The clause and the words speak for the first function; for another choice they would be borrowed.
 *
 * @param {import("../shared/types.js").Suggestion} suggestion
 * @param {import("../shared/types.js").RankedUnit|undefined} unit
 */
function reasonLine(suggestion, unit) {
  if (!explains(suggestion, unit)) return "经办人判断";
  const { duties, words } = suggestion.evidence;
  const strongest = [...words].sort((a, b) => b.weight - a.weight).map((word) => word.text);
  const said = [...new Set(strongest)].slice(0, 5);
  const parts = [duties || "", said.length ? `文中提到${said.map((word) => `“${word}”`).join("")}` : ""];
  return parts.filter(Boolean).join("；");
}

/**
 * Whether the evidence given is about this unit: it explains the first function.
 *
 * @param {import("../shared/types.js").Suggestion} suggestion
 * @param {import("../shared/types.js").RankedUnit|undefined} unit
 */
export function explains(suggestion, unit) {
  const first = suggestion.functions[0];
  if (!first || !unit) return true;
  return unit.function ? unit.function === first.function : unit === choices(suggestion)[0] || unit.unit === first.function;
}

/** What a screen reader says of a new suggestion. @param {import("../shared/types.js").Suggestion} suggestion @param {string} zoneName */
export function spoken(suggestion, zoneName) {
  const ranked = choices(suggestion);
  const first = ranked[0] ? `首位${ranked[0].unit}，把握${percent(ranked[0].probability)}，共${ranked.length}个` : "没有单位";
  return [zoneName, ...warnings(suggestion), first].join("。");
}
