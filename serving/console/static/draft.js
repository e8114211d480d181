/** The draft of this tab, so that a reload loses nothing. Where storage is switched off, nothing is kept. */

const KEY = "fenban.draft";

/** @typedef {import("./types.js").Submission & {chosen?: string|null}} Draft */

/** @returns {Draft|null} */
export function load() {
  try {
    const draft = JSON.parse(sessionStorage.getItem(KEY) || "null");
    if (!draft) return null;
    return {
      text: String(draft.text || ""),
      title: String(draft.title || ""),
      jurisdiction: String(draft.jurisdiction || ""),
      chosen: typeof draft.chosen === "string" ? draft.chosen : null,
    };
  } catch {
    return null;
  }
}

/** Keep a draft, or remove the one there where nothing is written. @param {Draft} draft */
export function keep(draft) {
  try {
    if (draft.text || draft.title || draft.jurisdiction) sessionStorage.setItem(KEY, JSON.stringify(draft));
    else sessionStorage.removeItem(KEY);
  } catch {
    // storage is full or switched off: the page works without
  }
}
