/** What the clerk has chosen: a unit of the list, another unit, or a matter to merge into. */

import { byId, write } from "../shared/dom.js";
import { choices } from "../suggestion/summary.js";
import { showToast } from "../shared/toast_view.js";
import { markTwin, nextTwin, showTwins } from "../suggestion/twins_view.js";
import { markChosen, showUnits } from "../suggestion/units_view.js";

class Choice {
  constructor() {
    /** @type {string|null} */
    this.unit = null;
    /** @type {import("../shared/types.js").Twin|null} */
    this.twin = null;
    /** @type {import("../shared/types.js").Suggestion|null} */
    this.suggestion = null;
    /** @type {import("../shared/types.js").Twin[]} */
    this.twins = [];
    this.tell = () => {};
    this.mayChoose = () => true;
    this.byHand = false;
  }

  /** @param {() => void} tell @param {() => boolean} mayChoose whether what is shown belongs to the words that stand there */
  listen(tell, mayChoose) {
    this.tell = tell;
    this.mayChoose = mayChoose;
    byId("other-unit").addEventListener("input", () => {
      this.set(byId("other-unit").value.trim() || null, null);
    });
  }

  /** Show the units of a new suggestion; what is surely right is chosen beforehand. @param {import("../shared/types.js").Suggestion} suggestion */
  offer(suggestion) {
    this.suggestion = suggestion;
    const ranked = choices(suggestion);
    showUnits(suggestion, (unit) => this.toggle(unit));
    const kept = this.unit && (this.unit === byId("other-unit").value.trim() || ranked.some(({ unit }) => unit === this.unit));
    const first = suggestion.zone === "auto" && suggestion.lead_units.length ? ranked[0].unit : null;
    this.byHand = Boolean(kept) && this.byHand;
    this.draw(kept ? this.unit : first, null);
  }

  /** @param {import("../shared/types.js").Twin[]} twins */
  offerTwins(twins) {
    this.twins = twins;
    showTwins(twins, (twin) => this.set(this.unit, this.twin && this.twin.matter.id === twin.matter.id ? null : twin));
    this.draw(this.unit, null);
  }

  /** Choose the next of the twins, none after the last. */
  nextTwin() {
    if (!this.twins.length) return showToast("没有找到可能重复的办件");
    this.set(this.unit, nextTwin(this.twins, this.twin));
  }

  /** @param {string} unit */
  toggle(unit) {
    if (!this.mayChoose()) return showToast("文字刚改过，等建议更新后再选");
    byId("other-unit").value = "";
    this.set(this.unit === unit && !this.twin ? null : unit, null);
  }

  /** @param {string|null} unit @param {import("../shared/types.js").Twin|null} twin */
  set(unit, twin) {
    this.byHand = true;
    this.draw(unit, twin);
    write(byId("announce"), twin ? `将并入${twin.matter.number}` : unit ? `已选定${unit}` : "已取消选定");
    this.tell();
  }

  /** @param {string|null} unit @param {import("../shared/types.js").Twin|null} twin */
  draw(unit, twin) {
    this.unit = unit;
    this.twin = twin;
    markChosen(twin ? null : unit);
    markTwin(twin);
    write(byId("chosen"), this.line());
    byId("chosen").classList.toggle("decided", Boolean(unit || twin));
  }

  line() {
    if (this.twin) return `将并入 ${this.twin.matter.number}`;
    if (this.unit) return this.byHand ? `已选定 ${this.unit}` : `已替您选好首位 ${this.unit}`;
    if (this.suggestion && !choices(this.suggestion).length) return "这个模型没有学过单位，请写其他单位";
    return "还没有选定，按 Alt+1–5";
  }

  clear() {
    byId("other-unit").value = "";
    byId("across-unit").value = "";
    this.byHand = false;
    this.draw(null, null);
  }

  /** @param {import("./draft.js").IntakeDraft} kept */
  restore(kept) {
    byId("other-unit").value = kept.other || "";
    byId("across-unit").value = kept.across || "";
    this.byHand = Boolean(kept.chosen);
    this.draw(kept.chosen || null, null);
  }

  /** Put the focus where Enter chooses. */
  focus() {
    const first = byId("units").querySelector("button") || byId("zone");
    first.focus({ preventScroll: true });
  }
}

export const choice = new Choice();
