/** The intake desk: ties the fields, the service and the views together. */

import { showAnswer, showEvidence, zoneName } from "./answer_view.js";
import { Asker } from "./asker.js";
import { toClipboard } from "./clipboard.js";
import { byId, show, write } from "./dom.js";
import * as draft from "./draft.js";
import { FIELDS, isBlank, same, textSize, writeFields, written } from "./fields.js";
import { digitOf, listen } from "./keys.js";
import { clearProblem, showProblem } from "./notice_view.js";
import { ask } from "./suggest.js";
import { choices, plainText, spoken } from "./summary.js";
import { hideToast, showToast } from "./toast_view.js";
import { markChosen, showUnits } from "./units_view.js";

const PAUSE_MS = 350;
const ENOUGH = 4;

/** @type {{suggestion: import("./types.js").Suggestion, submission: import("./types.js").Submission}|null} */
let current = null;
let chosen = /** @type {string|null} */ (null);
/** @type {import("./draft.js").Draft|null} what Esc cleared */
let cleared = null;
let goToAnswer = false;
const asker = new Asker(ask, heard);

const isFresh = () => current !== null && same(current.submission, written());

/** @param {number} size */
function hintFor(size) {
  if (!size) return `在左边粘贴或输入正文，满 ${ENOUGH} 个字就给出建议。`;
  return size < ENOUGH ? `再输入 ${ENOUGH - size} 个字就给出建议。` : "文字已保留，建议出来后显示在这里。";
}

/** Draw what does not come from the service. */
function refresh() {
  const size = textSize();
  write(byId("count"), `${size} 字`);
  show(byId("blank"), !current);
  show(byId("answer"), Boolean(current));
  show(byId("stale"), Boolean(current) && !isFresh());
  write(byId("blank-title"), size ? "还没有建议" : "还没有文字");
  write(byId("blank-hint"), hintFor(size));
}

/** @param {boolean} working */
function setWorking(working) {
  show(byId("working"), working);
  byId("results").setAttribute("aria-busy", String(working));
}

/** The fields changed: what was chosen belonged to other words. @param {number} delay */
function changed(delay) {
  cleared = null;
  hideToast();
  if (!isFresh()) choose(null);
  draft.keep({ ...written(), chosen });
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
  current = null;
}

/** @param {import("./types.js").News} news */
function heard(news) {
  setWorking(news.kind === "loading");
  if (news.kind === "problem") showProblem(news.problem, news.retryAt);
  if (news.kind === "answer") answered(news.answer, news.submission);
  if (news.kind === "explained" && isFresh()) showEvidence(news.answer.suggestion, news.submission);
  refresh();
}

/** @param {import("./types.js").Answer} answer @param {import("./types.js").Submission} submission */
function answered({ suggestion, version }, submission) {
  clearProblem();
  current = { suggestion, submission };
  refresh();
  showAnswer(suggestion, submission);
  showUnits(suggestion, toggle);
  choose(chosen && choices(suggestion).some((unit) => unit.unit === chosen) ? chosen : null);
  if (version) write(byId("model-version"), version);
  write(byId("announce"), spoken(suggestion, zoneName(suggestion.zone)));
  if (goToAnswer) byId("zone").focus({ preventScroll: true });
  goToAnswer = false;
}

/** @param {string|null} unit */
function choose(unit) {
  chosen = unit;
  if (current) markChosen(current.suggestion, unit);
}

/** @param {string} unit */
function toggle(unit) {
  if (!isFresh()) return showToast("文字刚改过，等建议更新后再选");
  choose(chosen === unit ? null : unit);
  draft.keep({ ...written(), chosen });
  write(byId("announce"), chosen ? `已选定${unit}，本页不保存` : `已取消选定${unit}`);
}

function route() {
  if (!textSize()) return FIELDS.text.focus();
  goToAnswer = true;
  asker.now(written());
}

async function copy() {
  if (!current || !isFresh()) return showToast(current ? "文字刚改过，等建议更新后再复制" : "还没有建议可以复制");
  const { suggestion } = current;
  const text = plainText(suggestion, chosen, zoneName(suggestion.zone));
  if (await toClipboard(text)) return showToast(chosen ? `已复制，主办 ${chosen}` : "已复制，单位未经确认");
  byId("by-hand-text").value = text;
  byId("by-hand").showModal();
  byId("by-hand-text").select();
}

/** @param {import("./draft.js").Draft} content */
function fillIn(content) {
  writeFields(content);
  chosen = content.chosen || null;
  draft.keep(content);
}

function clear() {
  const before = { ...written(), chosen };
  FIELDS.text.focus();
  if (isBlank(before)) return;
  fillIn({ text: "", title: "", jurisdiction: "", chosen: null });
  cleared = before;
  forget();
  refresh();
  write(byId("announce"), "");
  showToast("已清空", true);
}

/** @returns {boolean} whether there was a clearing to undo; else Ctrl+Z is the field's own */
function undo() {
  if (!cleared) return false;
  fillIn(cleared);
  cleared = null;
  hideToast();
  FIELDS.text.focus();
  begin();
  return true;
}

/** Ask about what the fields hold, as after a reload. */
function begin() {
  refresh();
  if (textSize() >= ENOUGH) asker.later(written(), 0);
}

function wire() {
  byId("entry").addEventListener("input", (/** @type {InputEvent} */ event) => {
    // an input method writes letters before the words: wait for the words
    if (!event.isComposing) changed(event.inputType === "insertFromPaste" ? 0 : PAUSE_MS);
  });
  byId("entry").addEventListener("compositionend", () => changed(PAUSE_MS));
  byId("entry").addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    route();
  });
  byId("clear").addEventListener("click", clear);
  byId("undo").addEventListener("click", undo);
  byId("copy").addEventListener("click", copy);
  byId("notice-retry").addEventListener("click", () => asker.again());
  window.addEventListener("online", () => asker.again());
  listen({
    route,
    choose: (event) => {
      const unit = current && choices(current.suggestion)[digitOf(event) - 1];
      if (unit) toggle(unit.unit);
    },
    copy: () => void copy(),
    clear,
    undo,
    focus: () => FIELDS.text.focus(),
  });
}

const kept = draft.load();
if (kept) fillIn(kept);
wire();
begin();
