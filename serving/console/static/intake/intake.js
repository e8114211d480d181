/** 受理: ties the fields, the model, the views and the taking in together. */

import { showAnswer, showEvidence, zoneName } from "../suggestion/answer_view.js";
import { Asker } from "./asker.js";
import { toClipboard } from "../shared/clipboard.js";
import { textOf, takeFiles } from "./documents.js";
import { byId, show, write } from "../shared/dom.js";
import { FIELDS, isBlank, lockFields, same, textSize, writeFields, written } from "./fields.js";
import { choice } from "./choice.js";
import { SHORTCUTS } from "./keys.js";
import { keepDraft, loadDraft } from "./draft.js";
import { showRecent } from "./recent.js";
import { isProposal, laneOf, Sender } from "./send.js";
import { digitOf, listen } from "../shared/keys.js";
import { clearProblem, showProblem } from "../shared/notice_view.js";
import { warnOfReturns } from "../suggestion/risks.js";
import { ask } from "./suggest.js";
import { choices, plainText, spoken } from "../suggestion/summary.js";
import { showToast, undoNow, yieldToast } from "../shared/toast_view.js";
import { spokenTwins, twinsOf } from "../suggestion/twins_view.js";
import { nearTo, offerUnits } from "../suggestion/unit_field.js";

const PAUSE_MS = 120;
const ENOUGH = 4;

/** @type {{answer: import("../shared/types.js").Answer, submission: import("../shared/types.js").Submission}|null} */
let current = null;
let goToAnswer = false;
/** What was pasted while the one before was still being sent. */
let waiting = "";
/** @type {AbortController|null} */
let seeking = null;
const asker = new Asker(ask, heard);
const sender = new Sender({ done, undone, refresh, keep });

const isFresh = () => current !== null && same(current.submission, written());

/** @param {number} size */
function hintFor(size) {
  if (!size) return `在左边粘贴或输入正文，满 ${ENOUGH} 个字就给出建议。`;
  return size < ENOUGH ? `再输入 ${ENOUGH - size} 个字就给出建议。` : "文字已保留，建议出来后显示在这里。";
}

/** Draw what does not come from the service. */
function refresh() {
  const size = textSize();
  const suggestion = current && current.answer.suggestion;
  const proposal = isProposal(suggestion);
  write(byId("count"), `${size} 字`);
  show(byId("blank"), !current);
  show(byId("answer"), Boolean(current));
  show(byId("stale"), Boolean(current) && !isFresh());
  show(byId("recent"), !size && byId("recent-list").childElementCount > 0);
  write(byId("blank-title"), size ? "还没有建议" : "还没有文字");
  write(byId("blank-hint"), hintFor(size));
  write(byId("send-label"), sender.sending ? "正在办" : choice.twin ? "并入" : proposal && !sender.held ? "提交审查" : "分办");
  write(byId("later-label"), proposal ? "存草稿" : "只受理");
  byId("send").disabled = sender.sending;
  byId("later").disabled = sender.sending || Boolean(sender.held);
  show(byId("across"), laneOf(suggestion) === "跨区域协同");
  show(byId("held"), Boolean(sender.held));
  if (sender.held) {
    write(byId("held-text"), `已受理为 ${sender.held.number}，还没有分办。`);
    byId("held-link").setAttribute("href", `/matters/${sender.held.id}`);
  }
  lockFields(Boolean(sender.held) || sender.sending);
  const folded = ["form", "lane", "submitter", "contact", "channel", "received_at"].filter((name) => FIELDS[name].value);
  write(byId("more-said"), folded.length && !byId("more").open ? `已填 ${folded.length} 项` : "");
}

/** @param {boolean} working */
function setWorking(working) {
  show(byId("working"), working);
  byId("results").setAttribute("aria-busy", String(working));
}

function keep() {
  keepDraft({ ...written(), chosen: choice.unit, other: byId("other-unit").value, across: byId("across-unit").value, held: sender.held, key: sender.key });
}

/** The fields changed: what was chosen belonged to other words. @param {number} delay */
function changed(delay) {
  if (!isFresh()) {
    choice.clear();
    sender.renew();
  }
  keep();
  goToAnswer = false;
  if (textSize() < ENOUGH) forget();
  else if (isFresh()) settle();
  else asker.later(written(), delay);
  refresh();
}

/** No question is open any more. */
function settle() {
  asker.cancel();
  setWorking(false);
  clearProblem();
}

function forget() {
  settle();
  if (seeking) seeking.abort();
  choice.offerTwins([]);
  current = null;
}

/** @param {import("../shared/types.js").News} news */
function heard(news) {
  setWorking(news.kind === "loading");
  if (news.kind === "problem") showProblem(news.problem, news.retryAt);
  if (news.kind === "answer") answered(news.answer, news.submission);
  if (news.kind === "explained" && isFresh()) showEvidence(news.answer.suggestion, news.submission);
  refresh();
}

/** @param {import("../shared/types.js").Answer} answer @param {import("../shared/types.js").Submission} submission */
function answered(answer, submission) {
  const { suggestion, version } = answer;
  clearProblem();
  current = { answer, submission };
  refresh();
  showAnswer(suggestion, submission);
  choice.offer(suggestion);
  nearTo(submission.jurisdiction || (suggestion.lead_units[0] && suggestion.lead_units[0].jurisdiction) || "");
  if (version) write(byId("model-version"), version);
  write(byId("announce"), spoken(suggestion, zoneName(suggestion.zone)));
  if (goToAnswer) choice.focus();
  goToAnswer = false;
  void seekTwins(submission);
  void warnOfReturns(suggestion, () => current !== null && current.answer === answer);
}

/** @param {import("../shared/types.js").Submission} submission */
async function seekTwins(submission) {
  if (seeking) seeking.abort();
  choice.offerTwins([]);
  if (sender.held) return;
  seeking = new AbortController();
  const found = await twinsOf(submission, seeking.signal).catch(() => null);
  if (!found || !isFresh()) return; // finding them is a help: without it matters are taken in all the same
  choice.offerTwins(found);
  spokenTwins(found);
}

/** What was chosen changed. */
function chosen() {
  keep();
  refresh();
}

/** Decide, or ask first where there is no suggestion for these words yet. */
function send() {
  if (!textSize()) return FIELDS.text.focus();
  if (!current || !isFresh()) {
    goToAnswer = true;
    return asker.now(written());
  }
  void sender.send(written(), current.answer);
}

function later() {
  if (!textSize()) return FIELDS.text.focus();
  if (!sender.held) void sender.later(written(), isFresh() && current ? current.answer : null);
}

/** It is done: the page is free for the next. */
function done() {
  empty();
  lockFields(false);
  FIELDS.text.focus();
  void showRecent().then(refresh);
  if (!waiting) return;
  FIELDS.text.value = waiting;
  waiting = "";
  changed(0);
}

/** A decision was taken back: the same text stands there again, to be decided anew. @param {Record<string, any>} content */
function undone(content) {
  void showRecent().then(refresh);
  if (!isBlank(written())) return false;
  writeFields(content);
  keep();
  begin();
  return true;
}

function empty() {
  writeFields({});
  byId("more").open = false;
  choice.clear();
  sender.release();
  keepDraft(null);
  forget();
  refresh();
  write(byId("announce"), "");
}

function clear() {
  const before = { ...written(), held: sender.held, key: sender.key };
  FIELDS.text.focus();
  if (isBlank(before)) return;
  empty();
  const again = () => {
    writeFields(before);
    sender.restore(before);
    keep();
    FIELDS.text.focus();
    begin();
  };
  showToast(before.held ? `已清空，${before.held.number} 留在待办` : "已清空", { undo: again });
}

async function copy() {
  if (!current || !isFresh()) return showToast(current ? "文字刚改过，等建议更新后再复制" : "还没有建议可以复制");
  const { suggestion } = current.answer;
  const text = plainText(suggestion, choice.unit, zoneName(suggestion.zone));
  if (await toClipboard(text)) return showToast(choice.unit ? `已复制，主办 ${choice.unit}` : "已复制，单位未经确认");
  byId("by-hand-text").value = text;
  byId("by-hand").showModal();
  byId("by-hand-text").select();
}

/** @param {File} file */
async function take(file) {
  if (sender.held) return showToast("先办完这一件，再读文件");
  setWorking(true);
  try {
    const read = await textOf(file);
    const before = written();
    writeFields({ ...before, ...read });
    changed(0);
    showToast(`已读入 ${file.name}`, { undo: isBlank(before) ? clear : () => (writeFields(before), changed(0)) });
    FIELDS.text.focus();
  } catch (error) {
    setWorking(false);
    showProblem(/** @type {import("../shared/api.js").Problem} */ (error), null);
  }
}

/** Ask about what the fields hold, as after a reload. */
function begin() {
  refresh();
  if (textSize() >= ENOUGH) asker.later(written(), 0);
}

function wire() {
  byId("entry").addEventListener("input", (/** @type {InputEvent} */ event) => {
    yieldToast();
    // an input method writes letters before the words: wait for the words
    if (!event.isComposing) changed(event.inputType === "insertFromPaste" ? 0 : PAUSE_MS);
  });
  FIELDS.text.addEventListener("paste", (/** @type {ClipboardEvent} */ event) => {
    if (!sender.sending) return;
    event.preventDefault();
    waiting = event.clipboardData ? event.clipboardData.getData("text/plain") : "";
  });
  byId("entry").addEventListener("compositionend", () => changed(PAUSE_MS));
  byId("entry").addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    send();
  });
  byId("later").addEventListener("click", later);
  byId("clear").addEventListener("click", clear);
  byId("copy").addEventListener("click", copy);
  byId("more").addEventListener("toggle", refresh);
  byId("across-unit").addEventListener("input", keep);
  byId("notice-retry").addEventListener("click", () => (asker.submission ? asker.again() : send()));
  window.addEventListener("online", () => asker.again());
  choice.listen(chosen, () => isFresh());
  offerUnits();
  takeFiles((file) => void take(file));
  listen(SHORTCUTS, {
    send,
    later,
    choose: (event) => {
      const unit = current && choices(current.answer.suggestion)[digitOf(event) - 1];
      if (unit) choice.toggle(unit.unit);
    },
    other: () => byId("other-unit").focus(),
    twin: () => choice.nextTwin(),
    more: () => {
      byId("more").open = !byId("more").open;
      if (byId("more").open) FIELDS.form.focus();
    },
    copy: () => void copy(),
    clear,
    undo: () => isBlank(written()) && undoNow(),
    focus: () => FIELDS.text.focus(),
  });
}

const kept = loadDraft();
if (kept) {
  writeFields(kept);
  sender.restore(kept);
  choice.restore(kept);
}
wire();
begin();
void showRecent().then(refresh);
