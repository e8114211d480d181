/** Changes of the directory, grouped by their kind; the same for a preview and for a version. */

import { byId, copyOf, show, write } from "../shared/dom.js";

const SHOWN = 200; // of each kind: a page with thousands of rows reads no better
/** @type {Record<string, string>} */
const TONES = { added: "good", ended: "bad", renamed: "info", restored: "good" };

/** @typedef {{kind: string, label: string, unit: string, was: string, now: string}} Change */

/** @param {HTMLElement} place @param {Change[]} changes */
export function drawChanges(place, changes) {
  /** @type {Map<string, Change[]>} */
  const groups = new Map();
  for (const change of changes) groups.set(change.kind, [...(groups.get(change.kind) || []), change]);
  place.replaceChildren(...[...groups.values()].map((group) => groupOf(group, changes.length)));
}

/** @param {Change[]} group @param {number} all */
function groupOf(group, all) {
  const { element, part } = copyOf(byId("change-group"));
  part.kind.textContent = group[0].label;
  part.kind.dataset.tone = TONES[group[0].kind] || "warn";
  part.count.textContent = `${group.length} 处`;
  part.items.replaceChildren(...group.slice(0, SHOWN).map(rowOf));
  write(part.rest, `还有 ${group.length - SHOWN} 处，未列出。`);
  show(part.rest, group.length > SHOWN);
  /** @type {HTMLDetailsElement} */ (element).open = all <= 12;
  return element;
}

/** @param {Change} change */
function rowOf(change) {
  const { element, part } = copyOf(byId("change-row"));
  part.unit.textContent = change.unit;
  const moved = !["added", "ended", "renamed"].includes(change.kind);
  part.was.textContent = change.kind === "added" ? "" : change.was || (moved ? "（无）" : "");
  if (change.kind === "renamed") part.was.textContent = `原 ${change.was}`;
  else if (change.kind === "ended") part.now.textContent = change.now && `到 ${change.now}`;
  else part.now.textContent = change.kind === "added" ? change.now : `→ ${change.now || "（无）"}`;
  return element;
}
