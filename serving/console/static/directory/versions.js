/** The versions of the directory, and what each of them changed. */

import { get } from "../shared/api.js";
import { drawChanges } from "./changes.js";
import { byId, copyOf, show, write } from "../shared/dom.js";
import { moment } from "../shared/formats.js";

/** @type {string|null} */
let next = null;

/** Open the dialog with the latest versions. */
export async function openVersions() {
  byId("versions-list").replaceChildren();
  next = null;
  byId("versions").showModal();
  await more();
}

async function more() {
  const query = new URLSearchParams({ limit: "20", ...(next ? { cursor: next } : {}) });
  const found = await get(`/directory/versions?${query}`).catch(() => null);
  if (!found) {
    write(byId("versions-none"), "版本没有读出来，请稍后再试。");
    show(byId("versions-none"), true);
    return;
  }
  byId("versions-list").append(...found.data.items.map(itemOf));
  next = found.data.next;
  show(byId("versions-more"), Boolean(next));
  write(byId("versions-none"), "还没有导入过名单，用的是模型自带的名录。");
  show(byId("versions-none"), !found.data.total);
}

/** @param {{id: number, at: string, by: string, note: string}} version */
function itemOf(version) {
  const { element, part } = copyOf(byId("version-item"));
  part.title.textContent = `第 ${version.id} 版`;
  part.by.textContent = `${moment(version.at)}　${version.by}`;
  part.note.textContent = version.note;
  part.more.setAttribute("aria-label", `看变化：第 ${version.id} 版`);
  part.more.addEventListener("click", () => void toggle(version.id, part));
  return element;
}

/** @param {number} id @param {Record<string, any>} part */
async function toggle(id, part) {
  const opening = part.changes.hidden;
  show(part.changes, opening);
  part.more.setAttribute("aria-expanded", String(opening));
  if (!opening || part.changes.childElementCount) return;
  const found = await get(`/directory/versions/${id}/changes`).catch(() => null);
  if (found && found.data.items.length) drawChanges(part.changes, found.data.items);
  else part.changes.textContent = found ? "没有差别。" : "没有读出来，请稍后再试。";
}

/** @param {() => void} done called when the dialog has closed */
export function wireVersions(done) {
  byId("versions-open").addEventListener("click", () => void openVersions());
  byId("versions-more").addEventListener("click", () => void more());
  byId("versions").addEventListener("close", done);
}
