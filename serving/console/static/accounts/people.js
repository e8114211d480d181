/** 账户, for administrators: who may log in, as what, and links that set a password. */

import { showSecret, sure, wireForm } from "./dialogs.js";
import { get, patch, post } from "../shared/api.js";
import { byId, copyOf, show, write } from "../shared/dom.js";
import { moment } from "../shared/formats.js";
import { listen, shortcut } from "../shared/keys.js";
import { showProblem } from "../shared/notice_view.js";
import { showToast } from "../shared/toast_view.js";

export const SHORTCUTS = [shortcut("person", "u")];

/** @type {Record<string, [string, string]>} words and tone */
const STATES = { active: ["可以登录", "good"], invited: ["等设密码", "warn"], disabled: ["已停用", "plain"] };
const LINK_HINT = "请当面或用可靠的方式交给本人，三天内打开一次有效。别人拿到就能以本人的身份登录。";

/** Who is being changed; null where somebody new is. @type {any} */
let chosen = null;
/** @type {string|null} */
let next = null;

/** @param {boolean} [more] */
async function load(more = false) {
  try {
    const { data } = await get(`/users?limit=100${more && next ? `&cursor=${next}` : ""}`);
    next = data.next;
    const rows = data.items.map(rowOf);
    if (more) byId("people").append(...rows);
    else byId("people").replaceChildren(...rows);
    write(byId("people-total"), `共 ${data.total} 人`);
    show(byId("people-more"), next !== null);
  } catch (error) {
    showProblem(/** @type {import("../shared/api.js").Problem} */ (error), null);
  }
}

/** @param {string} role */
const roleName = (role) => byId("person-role").querySelector(`option[value="${role}"]`)?.textContent || role;

/** @param {any} person */
function rowOf(person) {
  const { element, part } = copyOf(byId("person-row"));
  const [words, tone] = STATES[person.state];
  part.name.textContent = person.name;
  part.display.textContent = person.display_name;
  part.role.textContent = roleName(person.role);
  part.status.textContent = words;
  part.status.dataset.tone = tone;
  part.seen.textContent = moment(person.seen_at) || "没有登录过";
  part.change.setAttribute("aria-label", `修改 ${person.name}`);
  part.invite.setAttribute("aria-label", `给 ${person.name} 发设置密码的链接`);
  part.change.addEventListener("click", () => open(person));
  part.invite.addEventListener("click", () => void invite(person));
  show(part.invite, person.state !== "disabled");
  return element;
}

/** @param {any} person null for somebody new */
function open(person) {
  chosen = person;
  write(byId("person-title"), person ? "修改账户" : "新建账户");
  byId("person-name").value = person ? person.name : "";
  byId("person-name").readOnly = Boolean(person);
  byId("person-display").value = person ? person.display_name : "";
  byId("person-role").value = person ? person.role : "clerk";
  byId("person-disabled").checked = Boolean(person) && person.state === "disabled";
  show(byId("person-disabled-field"), Boolean(person));
  byId("person").showModal();
}

async function save() {
  const body = { display_name: byId("person-display").value.trim(), role: byId("person-role").value };
  if (chosen) {
    const etag = `"v${chosen.version}"`;
    try {
      await patch(`/users/${chosen.id}`, { ...body, disabled: byId("person-disabled").checked }, { etag });
    } finally {
      await load();
    }
    showToast(`已保存 ${chosen.name}`);
    return;
  }
  const { data } = await post("/users", { ...body, name: byId("person-name").value.trim() });
  byId("person").close();
  showLink(data);
  await load();
}

/** @param {any} person */
async function invite(person) {
  const text = `${person.name} 现在的密码和登录会立即失效，要用新链接设置密码后才能再登录。`;
  if (person.state === "active" && !(await sure("重新设置密码", text, "发链接"))) return;
  try {
    showLink((await post(`/users/${person.id}/invitations`, undefined)).data);
    await load();
  } catch (error) {
    showProblem(/** @type {import("../shared/api.js").Problem} */ (error), null);
  }
}

/** @param {any} invitation */
function showLink(invitation) {
  showSecret(`${invitation.user.name} 设置密码的链接`, LINK_HINT, `${window.location.origin}${invitation.link}`);
}

listen(SHORTCUTS, { person: () => open(null) });
byId("person-open").addEventListener("click", () => open(null));
byId("people-more").addEventListener("click", () => void load(true));
wireForm("person", save);
void load();
