/** Codes of the API in the words that a clerk reads. */

import { byId } from "./dom.js";

/**
 * The server's own names, from the JSON block that every page carries (see `console/labels.py`).
 * @type {{flags: Record<string, string>, missing: Record<string, string>, zones: Record<string, string>, tones: Record<string, string>}}
 */
const LABELS = JSON.parse(byId("labels").textContent);

/** @type {Record<string, string>} */
export const FLAG_NAMES = LABELS.flags;

/** @type {Record<string, string>} */
export const MISSING_NAMES = LABELS.missing;

/** What to do about what is missing. @type {Record<string, string>} */
export const MISSING_HINTS = {
  place: "补上属地或地址，单位会更准",
};

/** @type {Record<import("./types.js").Zone, string>} */
const ZONE_MEANINGS = {
  auto: "把握达到设定的准确率目标，可照首位分办",
  confirm: "把握未达目标，请核对后再分办",
  manual: "把握不足，请由人判断，下面的只供参考",
};

/**
 * One line on what a zone asks of the clerk.
 *
 * @param {import("./types.js").Suggestion} suggestion
 * @returns {string}
 */
export function zoneMeaning({ zone, flags }) {
  if (flags.includes("unreadable")) return "文字太少，无法判断，请补充内容";
  if (zone === "confirm" && flags.length) return "有提示要先看，核实后再分办";
  return ZONE_MEANINGS[zone];
}

/** A probability for people: never 100 % or 0 % where it is not. @param {number} probability */
export function percent(probability) {
  if (probability > 0.99 && probability < 1) return ">99%";
  if (probability > 0 && probability < 0.01) return "<1%";
  return `${Math.round(probability * 100)}%`;
}

/** `交通运输/公共交通` with room around the slash. @param {string} path */
export function topicPath(path) {
  return path.split("/").join(" / ");
}

/** @param {string|null} zone */
export const zoneLabel = (zone) => (zone && LABELS.zones[zone]) || "";

/** The tone of the badge of a state; the server gives every state one. @param {string} state */
export const stateTone = (state) => LABELS.tones[state];
