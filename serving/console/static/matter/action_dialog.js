/** The dialog in which a step is filled in. What is written stays through reloads, refusals and lost sessions. */

import { newKey } from "../shared/api.js";
import { byId, copyOf, show, write } from "../shared/dom.js";
import { Draft } from "../shared/draft.js";
import { ACTIONS, missing } from "./actions.js";
import { matterNumbered } from "../shared/matters.js";
import { offerIn, offerUnits } from "../suggestion/unit_field.js";

const FIRST_PROMISES = 2;
/** What is asked for where it is not a reason. @type {Record<string, string>} */
const WHY = { ask: "要补充什么", evaluate: "来件人怎么说", return: "单位怎么说的", fulfil: "怎样确认的" };
const form = byId("act-form");

export class ActionDialog {
  /**
   * @param {(action: string, body: Record<string, any>, key: string) => Promise<string>} send returns why it was refused; empty where it was done
   * @param {(unit: string) => Promise<string>} riskOf what the history says of a unit
   */
  constructor(send, riskOf) {
    this.send = send;
    this.riskOf = riskOf;
    this.action = "";
    this.sending = false;
    this.key = newKey();
    /** @type {Draft<Record<string, any>>} */
    this.draft = new Draft("none");
    /** @type {import("../shared/types.js").Matter|null} */
    this.matter = null;
    this.needsReason = false;
    /** @type {number|null} */
    this.intoId = null;
    /** @type {number|null} */
    this.suggestionId = null;
    this.lookups = 0;
    this.wire();
  }

  get open() {
    return byId("act").open;
  }

  /**
   * Open for a step of a matter.
   *
   * @param {import("../shared/types.js").Matter} matter
   * @param {{action: string, label: string, needs_reason: boolean}} step
   * @param {Record<string, any>} start to begin with, where nothing was being written
   * @param {Record<string, any>} [chosen] what was just chosen; it counts more than what was being written
   */
  show(matter, step, start, chosen = {}) {
    this.matter = matter;
    this.action = step.action;
    this.needsReason = step.needs_reason;
    this.key = newKey();
    this.draft = new Draft(`matter-${matter.id}-${step.action}`);
    write(byId("act-name"), `${step.label} ${matter.number}`);
    write(byId("act-label"), step.label);
    write(byId("a-why-optional"), step.needs_reason ? "必填" : "可不填");
    write(byId("a-why-label"), WHY[step.action] || "理由");
    write(byId("a-text-label"), step.action === "agree" ? "意见书正文" : "补充的内容");
    for (const asked of form.querySelectorAll("[data-for]")) show(asked, asked.dataset.for.split(" ").includes(step.action));
    this.fill({ ...start, ...this.draft.load(), ...chosen });
    this.warn("", "");
    this.say("");
    byId("act").showModal();
    const first = byId(ACTIONS[step.action].first || "a-why");
    if (ACTIONS[step.action].first) first.focus();
    else form.querySelector("[data-for]:not([hidden]) input")?.focus();
  }

  /** @param {Record<string, any>} values */
  fill(values) {
    form.reset();
    for (const field of form.elements) {
      if (!field.name || field.name.startsWith("promise-")) continue;
      if (field.type === "radio") field.checked = values[field.name] === field.value;
      else field.value = values[field.name] || "";
    }
    const promises = values.promises && values.promises.length ? values.promises : Array(FIRST_PROMISES).fill({});
    byId("promises").replaceChildren(...promises.map(promiseRow));
    this.suggestionId = values.suggestionId || this.suggestionId;
    this.intoId = null;
    this.refresh();
    void this.look();
    void this.showRisk();
  }

  /** @returns {import("./actions.js").Values} */
  values() {
    /** @type {any} */
    const found = { why: "" };
    for (const [name, value] of new FormData(form)) if (!name.startsWith("promise-")) found[name] = String(value);
    const cell = (/** @type {Element} */ row, /** @type {string} */ name) => {
      const field = row.querySelector(`[name=promise-${name}]`);
      return field instanceof HTMLInputElement ? field.value.trim() : "";
    };
    const rows = [...byId("promises").children].map((row) => ({ unit: cell(row, "unit"), what: cell(row, "what"), due_on: cell(row, "due") || null }));
    found.promises = rows.filter((row) => row.unit || row.what || row.due_on);
    return { ...found, intoId: this.intoId, suggestionId: this.suggestionId };
  }

  refresh() {
    const lane = byId("a-lane").value || (this.matter && this.matter.lane);
    show(byId("a-across"), this.action === "decide" && lane === "跨区域协同");
  }

  /** Find the matter whose number is written. */
  async look() {
    const number = byId("a-into").value.trim();
    this.intoId = null;
    if (this.action !== "merge" || !number) return write(byId("a-into-said"), "");
    const mine = ++this.lookups;
    const found = await matterNumbered(number).catch(() => null);
    if (mine !== this.lookups) return;
    this.intoId = found ? found.id : null;
    write(byId("a-into-said"), found ? [found.state, found.lead_unit, found.title || found.text.slice(0, 50)].filter(Boolean).join(" · ") : "没有这个编号的办件");
  }

  async showRisk() {
    const unit = byId("a-unit").value.trim();
    write(byId("a-risk"), unit && ["decide", "transfer"].includes(this.action) ? await this.riskOf(unit) : "");
  }

  /** A change by somebody else, or a refusal, above what is written. @param {string} title @param {string} detail */
  warn(title, detail) {
    write(byId("act-problem"), title);
    write(byId("act-detail"), detail);
    show(byId("act-notice"), Boolean(title));
  }

  /** @param {string} refusal */
  say(refusal) {
    write(byId("act-error"), refusal);
    show(byId("act-error"), Boolean(refusal));
  }

  async submit() {
    if (this.sending || !this.matter) return;
    if (this.action === "merge" && !this.intoId) await this.look();
    const values = this.values();
    const lacks = missing(this.action, values, this.needsReason, this.matter.lane);
    this.say(lacks);
    if (lacks) return;
    this.sending = true;
    byId("act-submit").disabled = true;
    try {
      const refusal = await this.send(this.action, ACTIONS[this.action].body(values), this.key);
      if (!refusal) this.done();
      else this.say(refusal);
    } finally {
      this.sending = false;
      byId("act-submit").disabled = false;
    }
  }

  done() {
    this.draft.keep(null);
    byId("act").close();
  }

  changed() {
    this.key = newKey(); // other content is another request
    this.refresh();
    const { intoId: _, suggestionId: __, ...values } = this.values();
    this.draft.keep(values);
  }

  wire() {
    offerUnits(form);
    form.addEventListener("input", () => this.changed());
    form.addEventListener("change", () => this.changed());
    byId("a-into").addEventListener("input", () => void this.look());
    byId("a-unit").addEventListener("change", () => void this.showRisk());
    byId("act-cancel").addEventListener("click", () => byId("act").close());
    byId("add-promise").addEventListener("click", () => {
      const row = promiseRow({});
      byId("promises").append(row);
      row.querySelector("input")?.focus();
    });
    form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      void this.submit();
    });
    byId("act").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
      event.preventDefault();
      void this.submit();
    });
  }
}

/** @param {{unit?: string, what?: string, due_on?: string|null}} promise */
function promiseRow({ unit, what, due_on: due }) {
  const { element, part } = copyOf(byId("promise-field"));
  part.unit.value = unit || "";
  part.what.value = what || "";
  part.due.value = due || "";
  offerIn(part.unit);
  return element;
}
