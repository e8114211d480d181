/** The fields of the intake, by their names in the API. */

import { byId } from "../shared/dom.js";

/** What the model reads. */
const READ = ["text", "title", "jurisdiction", "form"];
export const NAMES = ["text", "title", "jurisdiction", "form", "lane", "submitter", "contact", "channel", "received_at"];

/** @type {Record<string, any>} */
export const FIELDS = Object.fromEntries(NAMES.map((name) => [name, byId(name)]));

/** @returns {import("../shared/types.js").Submission} */
export function written() {
  return /** @type {any} */ (Object.fromEntries(NAMES.map((name) => [name, FIELDS[name].value])));
}

/** @param {Record<string, any>} content */
export function writeFields(content) {
  for (const name of NAMES) FIELDS[name].value = content[name] || "";
}

/** Whether the model would read the same. @param {Record<string, any>} a @param {Record<string, any>} b */
export function same(a, b) {
  return READ.every((name) => (a[name] || "") === (b[name] || ""));
}

/** Whether nothing at all is written. @param {Record<string, any>} content */
export function isBlank(content) {
  return NAMES.every((name) => !content[name]);
}

/** How many characters the text has, as people count them. */
export function textSize() {
  return Array.from(FIELDS.text.value.trim()).length;
}

/** Let the fields be read only, or written in again. @param {boolean} locked */
export function lockFields(locked) {
  for (const name of NAMES) {
    if (FIELDS[name] instanceof HTMLSelectElement) FIELDS[name].disabled = locked;
    else FIELDS[name].readOnly = locked;
  }
}
