/** The three fields that a clerk fills in. */

import { byId } from "./dom.js";

export const FIELDS = { text: byId("text"), title: byId("title"), jurisdiction: byId("jurisdiction") };

/** @returns {import("./types.js").Submission} */
export function written() {
  return { text: FIELDS.text.value, title: FIELDS.title.value, jurisdiction: FIELDS.jurisdiction.value };
}

/** @param {import("./types.js").Submission} content */
export function writeFields({ text, title, jurisdiction }) {
  FIELDS.text.value = text;
  FIELDS.title.value = title;
  FIELDS.jurisdiction.value = jurisdiction;
}

/** @param {import("./types.js").Submission} a @param {import("./types.js").Submission} b */
export function same(a, b) {
  return a.text === b.text && a.title === b.title && a.jurisdiction === b.jurisdiction;
}

/** Whether nothing at all is written. @param {import("./types.js").Submission} content */
export function isBlank({ text, title, jurisdiction }) {
  return !text && !title && !jurisdiction;
}

/** How many characters the text has, as people count them. */
export function textSize() {
  return Array.from(FIELDS.text.value.trim()).length;
}
