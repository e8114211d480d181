/** Matters that may be the same as the one at hand, what differs, and the one it is to be merged into. */

import { get, post } from "../shared/api.js";
import { byId, copyOf, show, write } from "../shared/dom.js";
import { day } from "../shared/formats.js";
import { percent } from "../shared/labels.js";

const SHOWN = 3;
const LONGEST = 60;

/**
 * Matters like one that is not taken in yet.
 *
 * @param {import("../shared/types.js").Submission} submission
 * @param {AbortSignal} signal
 * @returns {Promise<import("../shared/types.js").Twin[]>}
 */
export async function twinsOf({ text, title, jurisdiction }, signal) {
  const body = { text, title: title.trim() || undefined, jurisdiction: jurisdiction.trim() || undefined };
  return (await post("/similar", body, { signal })).data.items;
}

/** Matters like one in the store. @param {number} id @returns {Promise<import("../shared/types.js").Twin[]>} */
export async function twinsOfMatter(id) {
  return (await get(`/submissions/${id}/similar`)).data.items;
}

/**
 * Draw them.
 *
 * @param {import("../shared/types.js").Twin[]} twins
 * @param {(twin: import("../shared/types.js").Twin) => void} choose
 */
export function showTwins(twins, choose) {
  const rows = twins.slice(0, SHOWN).map((twin) => {
    const { element, part } = copyOf(byId("twin-row"));
    const { id, number, state, lead_unit: unit, received_at: at, title, text } = twin.matter;
    part.number.textContent = number;
    part.kind.textContent = [state, unit, `${day(at)} 来件`].filter(Boolean).join(" · ");
    part.text.textContent = Array.from(title || text).slice(0, LONGEST).join("");
    part.differences.textContent = twin.differences.length ? `不同：${twin.differences.join("；")}` : "没有看出不同";
    part.odds.textContent = `${twin.kind === "same_text" ? "文字相同" : "同一件事"} ${percent(twin.similarity)}`;
    const button = /** @type {HTMLButtonElement} */ (element.querySelector("button"));
    button.dataset.matter = String(id);
    button.addEventListener("click", () => choose(twin));
    return element;
  });
  byId("twins-list").replaceChildren(...rows);
  show(byId("twins"), rows.length > 0);
}

/** Mark the one chosen to merge into. @param {import("../shared/types.js").Twin|null} chosen */
export function markTwin(chosen) {
  for (const button of byId("twins-list").querySelectorAll("button")) {
    const mine = Boolean(chosen) && button.dataset.matter === String(chosen?.matter.id);
    button.setAttribute("aria-pressed", String(mine));
    show(button.querySelector("[data-part=tag]"), mine);
  }
}

/** The next to choose after one, null after the last. @param {import("../shared/types.js").Twin[]} twins @param {import("../shared/types.js").Twin|null} chosen */
export function nextTwin(twins, chosen) {
  const rank = chosen ? twins.findIndex(({ matter }) => matter.id === chosen.matter.id) : -1;
  return twins.slice(0, SHOWN)[rank + 1] || null;
}

/** For a screen reader. @param {import("../shared/types.js").Twin[]} twins */
export function spokenTwins(twins) {
  if (twins.length) write(byId("announce"), `可能重复 ${Math.min(twins.length, SHOWN)} 件，首件 ${twins[0].matter.number}`);
}
