/** 账户: one's own password and tokens; for administrators everybody's tokens. */

import { showSecret, sure, wireForm } from "./dialogs.js";
import { Problem, csrf, get, patch, post, remove } from "../shared/api.js";
import { byId, copyOf, show } from "../shared/dom.js";
import { day, moment } from "../shared/formats.js";
import { listen, shortcut } from "../shared/keys.js";
import { clearProblem, showProblem } from "../shared/notice_view.js";
import { showToast } from "../shared/toast_view.js";

export const SHORTCUTS = [shortcut("password", "p"), shortcut("token", "t")];

/** @type {HTMLInputElement|null} */
const everybody = /** @type {any} */ (document.getElementById("everybody"));
/** @type {Map<string, string>} */
const names = new Map();
/** @type {string|null} */
let next = null;

/** @param {boolean} [more] whether to add the next page to what is there */
async function load(more = false) {
  const asked = new URLSearchParams({ limit: "100" });
  if (everybody?.checked) asked.set("everybody", "true");
  if (more && next) asked.set("cursor", next);
  try {
    if (!names.size) for (const [name, text] of Object.entries((await get("/permissions")).data.permissions)) names.set(name, text);
    const { data } = await get(`/tokens?${asked}`);
    next = data.next;
    const rows = data.items.map(rowOf);
    if (more) byId("tokens").append(...rows);
    else byId("tokens").replaceChildren(...rows);
    show(byId("tokens-none"), !byId("tokens").children.length);
    show(byId("tokens-more"), next !== null);
    clearProblem();
  } catch (error) {
    showProblem(/** @type {Problem} */ (error), null);
  }
}

/** @param {any} token */
function rowOf(token) {
  const { element, part } = copyOf(byId("token-row"));
  const expired = new Date(token.expires_at) <= new Date();
  part.name.textContent = token.name;
  part.owner.textContent = token.owner;
  part.scopes.textContent = token.scopes.map((/** @type {string} */ name) => names.get(name) || name).join("、");
  part.until.textContent = day(token.expires_at);
  part.used.textContent = moment(token.used_at) || "没有用过";
  part.status.textContent = token.revoked_at ? "已作废" : expired ? "已到期" : "有效";
  part.status.dataset.tone = token.revoked_at || expired ? "plain" : "good";
  show(part.revoke, !token.revoked_at && !expired);
  part.revoke.addEventListener("click", () => void revoke(token));
  return element;
}

/** @param {any} token */
async function revoke(token) {
  if (!(await sure("作废令牌", `“${token.name}”会立即不能再用，用它的程序会停下来。作废后不能恢复。`, "作废"))) return;
  try {
    await remove(`/tokens/${token.id}`);
    showToast(`已作废“${token.name}”`);
    await load();
  } catch (error) {
    showProblem(/** @type {Problem} */ (error), null);
  }
}

async function addToken() {
  const chosen = [...byId("token-form").querySelectorAll("input[name=scope]:checked")].map((box) => box.value);
  if (!chosen.length) throw new Problem("invalid", "请至少选一项权限", "");
  const body = { name: byId("token-label").value.trim(), scopes: chosen, days: Number(byId("token-days").value) };
  const { data } = await post("/tokens", body);
  byId("token-form").reset();
  byId("token").close();
  showSecret(`令牌“${data.token.name}”`, "请交给要用它的程序保存；关上以后谁也看不到，丢了只能作废重建。", data.secret);
  await load();
}

async function changePassword() {
  if (byId("password-new").value !== byId("password-again").value) throw new Problem("invalid", "两次输入的新密码不一样", "");
  const revoked = byId("password-tokens").checked;
  const body = { current_password: byId("password-now").value, password: byId("password-new").value, revoke_tokens: revoked };
  const { data } = await patch("/session", body);
  csrf().content = data.csrf;
  byId("password-tokens").checked = false;
  showToast(revoked ? "密码已修改，其他浏览器上的登录和全部令牌已结束" : "密码已修改，其他浏览器上的登录已结束");
  if (revoked) await load();
}

const openers = { password: () => byId("password").showModal(), token: () => byId("token").showModal() };
listen(SHORTCUTS, openers);
byId("password-open").addEventListener("click", openers.password);
byId("token-open").addEventListener("click", openers.token);
byId("tokens-more").addEventListener("click", () => void load(true));
byId("notice-retry").addEventListener("click", () => void load());
everybody?.addEventListener("change", () => void load());
wireForm("password", changePassword);
wireForm("token", addToken);
void load();
