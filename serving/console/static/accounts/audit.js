/** 审计: the lines by person, action and subject; and following their chain to the end. */

import { get } from "../shared/api.js";
import { byId, copyOf, show, write } from "../shared/dom.js";
import { moment } from "../shared/formats.js";
import { listen, plain, shortcut } from "../shared/keys.js";
import { loadLatest } from "../finding/latest.js";

const LIMIT = "50";
const SHOWN_OF_HASH = 10;

/** What the actions are called. @type {Record<string, string>} */
const ACTIONS = {
  "submission.register": "登记",
  "submission.accept": "受理",
  "submission.refuse": "不予受理",
  "submission.ask": "要求补充",
  "submission.supplement": "补充",
  "submission.decide": "派遣",
  "submission.undo": "撤销派遣",
  "submission.sign": "签收",
  "submission.return": "退单",
  "submission.transfer": "转办",
  "submission.extend": "延期",
  "submission.agree": "登记协商意见书",
  "submission.fulfil": "确认已兑现",
  "submission.resolve": "办结",
  "submission.evaluate": "评价",
  "submission.reopen": "重办",
  "submission.merge": "并案",
  "submission.split": "取消并案",
  "submission.unsettle": "调解不成",
  "submission.suggest": "重新建议",
  "submission.raw": "查看原文",
  "directory.import": "导入名录",
  "user.add": "新增账户",
  "user.change": "修改账户",
  "user.invite": "邀请",
  "user.accept": "接受邀请",
  "user.password": "修改密码",
  "user.link": "关联统一身份",
  "token.create": "新建令牌",
  "token.revoke": "撤销令牌",
  "session.start": "登录",
  "session.end": "退出",
  "session.refuse": "登录被拒",
  "store.seal": "启用历史核对",
  "store.purge": "清除原文",
  "store.tidy": "清理过期会话",
};

/** @type {import("../shared/keys.js").Shortcut[]} */
export const SHORTCUTS = [
  shortcut("verify", "v"),
  shortcut("next", "n"),
  shortcut("back", "p"),
  { name: "filter", action: "filter", typing: false, matches: (e) => plain(e) && (e.key === "/" || e.key === "、") },
  shortcut("reset", "x"),
];

const form = byId("filters");
/** @type {AbortController|null} */
let verifying = null;
/** @type {string|null} */
let next = null;
let head = "";

const query = () => new URLSearchParams(window.location.search);

function fillForm() {
  const asked = query();
  for (const field of form.elements) if (field.name) field.value = asked.get(field.name) || "";
}

function written() {
  const wanted = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (String(value).trim()) wanted.set(name, String(value).trim());
  return wanted;
}

/** @param {URLSearchParams} wanted */
function goTo(wanted) {
  history.pushState(null, "", `/audit${wanted.size ? `?${wanted}` : ""}`);
  fillForm();
  void load();
}

async function load() {
  const asked = query();
  const page = Number(asked.get("n") || 1);
  asked.delete("n");
  asked.set("limit", LIMIT);
  await loadLatest((signal) => get(`/audit?${asked}`, { signal }), ({ data }) => draw(data, page));
}

/** @param {{items: any[], next: string|null, total: number|null}} found @param {number} page */
function draw(found, page) {
  next = found.next;
  byId("rows").replaceChildren(...found.items.map(rowOf));
  show(byId("none"), !found.items.length);
  write(byId("total"), found.total === null ? "" : `共 ${found.total} 行`);
  write(byId("page-said"), page > 1 ? `第 ${page} 页` : "");
  byId("first").disabled = page < 2;
  byId("next").disabled = !next;
  byId("list").scrollTop = 0;
}

/** @param {any} line */
function rowOf(line) {
  const { element, part } = copyOf(byId("line"));
  part.seq.textContent = String(line.seq);
  part.at.textContent = moment(line.at);
  part.at.title = new Date(line.at).toLocaleString();
  part.actor.textContent = line.actor;
  part.action.textContent = ACTIONS[line.action] || line.action;
  part.action.title = line.action;
  part.subject.append(...subjectOf(line.subject));
  part.detail.textContent = Object.entries(line.detail)
    .map(([name, value]) => `${name}=${typeof value === "object" ? JSON.stringify(value) : value}`)
    .join("　");
  part.hash.textContent = `${line.hash.slice(0, SHOWN_OF_HASH)}…`;
  part.hash.title = line.hash;
  return element;
}

/** A matter's line leads to the matter. @param {string} subject @returns {(Node|string)[]} */
function subjectOf(subject) {
  const id = /^submission:(\d+)$/.exec(subject);
  if (!id) return [subject];
  const link = document.createElement("a");
  link.href = `/matters/${id[1]}`;
  link.textContent = subject;
  return [link];
}

/** Follow the chain, some thousand lines a request, until its end or its first broken line. */
async function verify() {
  if (verifying) return;
  verifying = new AbortController();
  head = "";
  show(byId("stop"), true);
  byId("verify").disabled = true;
  tell("working", "正在从头核对…", "");
  try {
    let onward = new URLSearchParams();
    for (;;) {
      const { data } = await get(`/audit/verification?${onward}`, { signal: verifying.signal, timeout: 60000 });
      byId("progress").value = data.total ? data.lines / data.total : 1;
      if (!data.intact) return tell("server", "审计有问题", `${data.reason}此前 ${data.lines} 行完好，共 ${data.total} 行。请保留数据库原样并报告。`);
      if (!data.next) return intact(data);
      tell("working", "正在核对…", `${data.lines} / ${data.total} 行`);
      onward = new URLSearchParams(data.next);
    }
  } catch (error) {
    if (verifying.signal.aborted) tell("busy", "没有核对完", "已停止。");
    else tell("busy", "没有核对完", /** @type {any} */ (error).detail || "请重试。");
  } finally {
    verifying = null;
    show(byId("stop"), false);
    show(byId("progress"), false);
    byId("verify").disabled = false;
  }
}

/** @param {{lines: number, head: string}} data */
function intact(data) {
  head = data.head;
  tell("good", `${data.lines} 行全部完好`, `末行哈希 ${head}。抄存在别处，以后用 fenban audit verify --head 可以查出末尾被删的行。`);
}

/** @param {string} kind @param {string} title @param {string} detail */
function tell(kind, title, detail) {
  byId("verdict").dataset.kind = kind;
  show(byId("verdict"), true);
  show(byId("progress"), kind === "working");
  show(byId("copy-head"), Boolean(head));
  write(byId("verdict-title"), title);
  write(byId("verdict-detail"), detail);
}

async function copyHead() {
  try {
    await navigator.clipboard.writeText(head);
    write(byId("verdict-title"), "已复制末行哈希");
  } catch {
    window.getSelection()?.selectAllChildren(byId("verdict-detail"));
  }
}

function nextPage() {
  if (!next) return;
  const wanted = query();
  wanted.set("n", String(Number(wanted.get("n") || 1) + 1));
  wanted.set("cursor", next);
  goTo(wanted);
}

function wire() {
  byId("actions").append(...Object.entries(ACTIONS).map(([code, name]) => new Option(name, code)));
  form.addEventListener("submit", (/** @type {Event} */ event) => (event.preventDefault(), goTo(written())));
  byId("verify").addEventListener("click", () => void verify());
  byId("stop").addEventListener("click", () => verifying && verifying.abort());
  byId("copy-head").addEventListener("click", () => void copyHead());
  byId("reset").addEventListener("click", () => goTo(new URLSearchParams()));
  byId("next").addEventListener("click", nextPage);
  byId("first").addEventListener("click", () => goTo(written()));
  byId("notice-retry").addEventListener("click", () => void load());
  window.addEventListener("popstate", () => (fillForm(), void load()));
  listen(SHORTCUTS, {
    verify: () => void verify(),
    next: nextPage,
    back: () => Number(query().get("n") || 1) > 1 && history.back(),
    filter: () => byId("f-actor").focus(),
    reset: () => goTo(new URLSearchParams()),
  });
}

fillForm();
wire();
void load();
