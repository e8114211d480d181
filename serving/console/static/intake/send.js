/** Taking in and deciding: at most two requests, each of which may be sent again without doing anything twice. */

import { newKey } from "../shared/api.js";
import { tickedCoUnits } from "../suggestion/answer_view.js";
import { byId } from "../shared/dom.js";
import { FIELDS } from "./fields.js";
import { choice } from "./choice.js";
import { act, decide, matterOf, takeIn, undoDecision } from "../shared/matters.js";
import { clearProblem, showProblem } from "../shared/notice_view.js";
import { showToast } from "../shared/toast_view.js";

const UNDO_S = 10;
const SURE = 0.8;
/** What taking in alone came to, where it is not 待派遣. @type {Record<string, string>} */
const TAKEN = { 审查: "已提交审查", 草稿: "已存为草稿" };
const PROPOSALS = (byId("entry").dataset.proposals || "").split(" ");

/** The form that counts: the clerk's, else the model's; a guess that is not sure makes no proposal. @param {import("../shared/types.js").Suggestion|null} suggestion */
export function formOf(suggestion) {
  const guess = suggestion && suggestion.form;
  if (FIELDS.form.value || !guess) return FIELDS.form.value;
  return PROPOSALS.includes(guess.name) && guess.probability < SURE ? "" : guess.name;
}

/** @param {import("../shared/types.js").Suggestion|null} suggestion */
export function laneOf(suggestion) {
  return FIELDS.lane.value || (suggestion && suggestion.lane ? suggestion.lane.name : "");
}

/** Whether it goes the way of a proposal: examined and registered before anybody handles it. @param {import("../shared/types.js").Suggestion|null} suggestion */
export const isProposal = (suggestion) => PROPOSALS.includes(formOf(suggestion));

/** A short ASCII name of a content (FNV-1a), the same after a reload: another decision has another key. @param {string} content */
function digest(content) {
  let hash = 0x811c9dc5;
  for (let at = 0; at < content.length; at += 1) hash = Math.imul(hash ^ content.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(36);
}

export class Sender {
  /** @param {{done: () => void, undone: (content: Record<string, any>) => boolean, refresh: () => void, keep: () => void}} page */
  constructor(page) {
    this.page = page;
    /** @type {import("../shared/types.js").Held|null} taken in, but not decided */
    this.held = null;
    this.key = newKey();
    this.sending = false;
  }

  /** Other words are another matter. */
  renew() {
    this.key = newKey();
  }

  release() {
    this.held = null;
    this.renew();
  }

  /** @param {{held?: import("../shared/types.js").Held|null, key?: string}} kept */
  restore(kept) {
    this.held = kept.held || null;
    this.key = kept.key || newKey();
  }

  /**
   * Take in and decide what is chosen; a proposal is handed in for examination.
   *
   * @param {import("../shared/types.js").Submission} submission
   * @param {import("../shared/types.js").Answer} answer
   */
  async send(submission, answer) {
    const { suggestion } = answer;
    if (isProposal(suggestion) && !choice.twin && !this.held) return this.takeOnly(submission, answer, true);
    const { twin } = choice;
    if (!twin && !this.ready(suggestion)) return;
    const decision = this.decisionOf(suggestion); // what stands there now, whatever is written meanwhile
    await this.guarded(async () => {
      await this.hold(submission, answer, true);
      if (twin) await this.merge(twin);
      else await this.decide(submission, decision);
    });
  }

  /** Take in, and let somebody decide later. @param {import("../shared/types.js").Submission} submission @param {import("../shared/types.js").Answer|null} answer */
  async later(submission, answer) {
    await this.takeOnly(submission, answer, !isProposal(answer && answer.suggestion));
  }

  /** @param {import("../shared/types.js").Suggestion} suggestion @returns {boolean} */
  ready(suggestion) {
    if (!choice.unit) {
      choice.focus();
      showToast("请先选定单位：Alt+1–5，其他单位 Alt+0");
      return false;
    }
    if (laneOf(suggestion) === "跨区域协同" && !byId("across-unit").value.trim()) {
      byId("across-unit").focus();
      showToast("跨区域协同须写明另一方主办单位");
      return false;
    }
    return true;
  }

  /** @param {import("../shared/types.js").Submission} submission @param {import("../shared/types.js").Answer|null} answer @param {boolean} accept */
  async takeOnly(submission, answer, accept) {
    await this.guarded(async () => {
      const { id, number, state } = await this.hold(submission, answer, accept);
      this.page.done();
      showToast(TAKEN[state] ? `${number} ${TAKEN[state]}` : `${number} 已受理，${state}`, { href: `/matters/${id}`, link: "打开办件" });
    });
  }

  /** @param {import("../shared/types.js").Submission} submission @param {import("../shared/types.js").Answer|null} answer @param {boolean} accept */
  async hold(submission, answer, accept) {
    if (this.held) return { ...this.held, state: "" };
    const form = formOf(answer && answer.suggestion);
    const taken = await takeIn({ ...submission, form }, accept, `${this.key}-${accept ? "in" : "draft"}`);
    this.held = { id: taken.id, number: taken.number, etag: taken.etag };
    this.page.keep();
    return { ...this.held, state: taken.matter.state };
  }

  /** @param {import("../shared/types.js").Submission} submission @param {Record<string, any>} decision */
  async decide(submission, decision) {
    const held = /** @type {import("../shared/types.js").Held} */ (this.held);
    const decided = await decide(held, decision, `${this.key}-${digest(JSON.stringify(decision))}`);
    const undo = () => void this.undo({ id: decided.id, number: decided.number, etag: decided.etag }, decided.decision.id, submission);
    this.page.done();
    showToast(`已分办 ${decided.number} → ${decided.matter.lead_unit}`, { undo, seconds: UNDO_S, href: `/matters/${decided.id}`, link: "打开" });
  }

  /** @param {import("../shared/types.js").Suggestion} suggestion */
  decisionOf(suggestion) {
    const unit = choice.unit;
    const ranked = suggestion.lead_units.find((it) => it.unit === unit);
    const lane = laneOf(suggestion);
    return {
      lead_unit: unit,
      co_units: tickedCoUnits().filter((co) => co !== unit),
      other_lead_unit: lane === "跨区域协同" ? byId("across-unit").value.trim() : "",
      function: ranked ? ranked.function : null,
      topic: suggestion.topics.length ? suggestion.topics[0].path : null,
      lane,
    };
  }

  /** @param {import("../shared/types.js").Twin} twin */
  async merge({ matter: twin }) {
    const held = /** @type {import("../shared/types.js").Held} */ (this.held);
    const merged = await act(held, "merges", { into: twin.id }, `${this.key}-merge-${twin.id}`);
    this.page.done();
    showToast(`${merged.number} 已并入 ${twin.number}`, { href: `/matters/${twin.id}`, link: "打开" });
  }

  /** @param {import("../shared/types.js").Held} held @param {number} decision @param {import("../shared/types.js").Submission} submission */
  async undo(held, decision, submission) {
    await this.guarded(async () => {
      const back = await undoDecision(held, decision, newKey());
      const next = { id: back.id, number: back.number, etag: back.etag };
      const before = this.held;
      this.held = next;
      const again = this.page.undone(submission);
      if (!again) this.held = before;
      showToast(`已撤销，${back.number} 回到${back.matter.state}`, { href: `/matters/${back.id}`, link: "打开办件" });
    });
  }

  /** One at a time; what fails is said, and nothing written is lost. @param {() => Promise<void>} work */
  async guarded(work) {
    if (this.sending) return;
    this.sending = true;
    this.page.refresh();
    try {
      clearProblem();
      await work();
    } catch (error) {
      const problem = /** @type {import("../shared/api.js").Problem} */ (error);
      if (problem.kind === "stale" && this.held) await this.look(this.held.id);
      showProblem(problem, null);
    } finally {
      this.sending = false;
      this.page.keep();
      this.page.refresh();
    }
  }

  /** @param {number} id */
  async look(id) {
    const { number, etag } = await matterOf(id).catch(() => ({ number: "", etag: null }));
    if (number) this.held = { id, number, etag };
  }
}
