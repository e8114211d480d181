/** The matters of one hot issue: which one is the main one, which are merged into it. */

import { newKey } from "../shared/api.js";
import { byId, copyOf, show, write } from "../shared/dom.js";
import { day } from "../shared/formats.js";
import { act } from "../shared/matters.js";
import { showProblem } from "../shared/notice_view.js";
import { showToast } from "../shared/toast_view.js";

/** @type {any[]} */
let members = [];
/** @type {number|null} */
let main = null;

/** @param {any} cluster a ClusterDetail */
export function showMembers(cluster) {
  members = cluster.members;
  const oldest = [...members].reverse();
  const chosen = oldest.find(({ may_merge: may }) => may);
  main = chosen ? chosen.id : null;
  write(byId("detail-name"), cluster.title);
  byId("members").replaceChildren(...members.map(memberRow));
  show(byId("merge-open"), members.filter(({ may_merge: may }) => may).length > 1);
  follow();
}

/** @param {any} member */
function memberRow(member) {
  const { element, part } = copyOf(byId("member-row"));
  element.dataset.matter = String(member.id);
  part.link.textContent = member.number;
  part.link.href = `/matters/${member.id}`;
  part.text.textContent = member.title;
  part.text.title = member.title;
  part.state.textContent = member.state;
  part.received.textContent = day(member.received_at);
  part.chosen.checked = member.may_merge;
  part.chosen.setAttribute("aria-label", `并入：${member.number}`);
  part.main.setAttribute("aria-label", `主件：${member.number}`);
  part.main.disabled = !member.may_merge;
  part.main.checked = member.id === main;
  part.main.addEventListener("change", () => {
    main = member.id;
    follow();
  });
  return element;
}

/** The main matter is merged into nothing, closed ones neither, nor those of another kind. */
function follow() {
  const kind = members.find(({ id }) => id === main)?.kind;
  for (const row of /** @type {any} */ (byId("members").children)) {
    const member = members.find(({ id }) => String(id) === row.dataset.matter);
    const box = row.querySelector("[data-part=chosen]");
    box.disabled = !member.may_merge || member.id === main || member.kind !== kind;
    if (box.disabled) box.checked = false;
  }
}

const chosen = () =>
  members.filter(({ id }) => /** @type {any} */ (byId("members")).querySelector(`[data-matter="${id}"] [data-part=chosen]`)?.checked);

/** Ask for the reason, where there is something to merge. */
export function openMerge() {
  const into = members.find(({ id }) => id === main);
  const count = chosen().length;
  if (byId("detail").hidden || !into || byId("merge-open").hidden) return;
  if (!count) return showToast("先勾选要并入的各件");
  write(byId("merge-said"), `把勾选的 ${count} 件并入主件 ${into.number}。每件都记在办理过程里，并错了可在办件页取消并案。`);
  byId("merge").showModal();
  byId("merge-why").focus();
}

/** Merge one after the other; what was done stays done when one is refused. @param {string} why */
export async function mergeInto(why) {
  let done = 0;
  const into = main;
  try {
    for (const member of chosen()) {
      const held = { id: member.id, number: member.number, etag: `"v${member.version}"` };
      await act(held, "merges", { into, why: why.trim() }, newKey());
      done += 1;
    }
    showToast(`已并入 ${done} 件`);
  } catch (error) {
    showProblem(/** @type {import("../shared/api.js").Problem} */ (error), null);
    if (done) showToast(`已并入 ${done} 件，其余没有并`);
  }
}
