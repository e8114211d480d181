/** Taking in a city's list: choose a file, look at what it changes, and only then let it count. */

import { newKey, post } from "../shared/api.js";
import { drawChanges } from "./changes.js";
import { byId, copyOf, show, write } from "../shared/dom.js";
import { showToast } from "../shared/toast_view.js";

const FEW = 5;
const MANY = 0.2; // of the place's units ended at once: rather a list that is not complete than a reform

/** @type {File|null} */
let file = null;
/** @type {any} */
let shown = null;
/** @type {Set<string>} */
const separate = new Set();
let asked = 0;

/** The choices as the service wants them. @param {Record<string, string>} [more] */
function written(more = {}) {
  const form = new FormData(byId("import-form"));
  if (!form.get("on")) form.delete("on");
  form.append("file", /** @type {File} */ (file), /** @type {File} */ (file).name);
  for (const unit of separate) form.append("separate", unit);
  for (const [name, value] of Object.entries(more)) form.set(name, value);
  return form;
}

/** @param {string} text */
function complain(text) {
  write(byId("import-error"), text);
  show(byId("import-error"), Boolean(text));
}

/** Ask what would change, and show it. */
async function preview() {
  if (!file) return;
  const mine = ++asked;
  byId("import-apply").disabled = true;
  write(byId("import-working"), "正在比对…"); // in a place of its own: what is clicked at must not move away
  complain("");
  try {
    const { data } = await post("/directory/preview", written(), { timeout: 60000 });
    if (mine === asked) draw(data);
  } catch (error) {
    if (mine !== asked) return;
    shown = null;
    show(byId("preview"), false);
    const problem = /** @type {import("../shared/api.js").Problem} */ (error);
    complain(problem.fields.map(({ message }) => message).join("；") || `${problem.title}。${problem.detail}`);
  } finally {
    if (mine === asked) write(byId("import-working"), "");
  }
}

/** @param {any} data */
function draw(data) {
  shown = data;
  const ended = data.counts.ended || 0;
  const before = data.units + ended - (data.counts.added || 0);
  const place = data.within ? `${data.within}的名单` : "不限属地的名单";
  const outside = data.outside ? `，以外的 ${data.outside} 个单位不动` : "";
  const result = data.changes.length ? `共 ${data.changes.length} 处变化，之后启用 ${data.units} 个单位` : "与现用名录没有差别";
  write(byId("preview-said"), `读到 ${data.listed} 行，是${place}${outside}。${result}。`);
  write(byId("preview-warning"), `将停用 ${ended} 个单位。名单要是不全，请改选“不动”，或写明名单管哪个属地。`);
  const warned = ended > FEW && ended > (before - data.outside) * MANY;
  show(byId("preview-warning"), warned);
  byId("import-apply").className = warned ? "danger" : "primary";
  drawGuesses(data);
  drawChanges(byId("preview-changes"), data.changes);
  list("notes", data.notes.map((/** @type {any} */ note) => `第 ${note.row} 行 ${note.unit}：${note.text}`), "处推断，请核对");
  list("unreadable", data.unreadable.map((/** @type {any} */ row) => `第 ${row.row} 行${row.column ? `“${row.column}”` : ""}：${row.reason}`), "行没有读出来，不计入");
  show(byId("preview"), true);
  byId("import-apply").disabled = !data.changes.length;
}

/** Renamings that were guessed, and those that a person has refused. @param {any} data */
function drawGuesses(data) {
  const guesses = data.guesses.map((/** @type {any} */ guess) => guessOf(guess.unit, `${guess.was} → ${guess.unit}`, true));
  const refused = [...separate].map((unit) => guessOf(unit, `${unit}：按新增处理`, false));
  byId("guesses").replaceChildren(...guesses, ...refused);
  show(byId("preview-guesses"), guesses.length + refused.length > 0);
}

/** @param {string} unit @param {string} text @param {boolean} checked */
function guessOf(unit, text, checked) {
  const { element, part } = copyOf(byId("guess"));
  part.said.textContent = text;
  part.box.checked = checked;
  part.box.addEventListener("change", () => {
    if (part.box.checked) separate.delete(unit);
    else separate.add(unit);
    void preview();
  });
  return element;
}

/** @param {string} name @param {string[]} lines @param {string} what */
function list(name, lines, what) {
  const place = byId(`preview-${name}`);
  write(place.querySelector("summary"), `${lines.length} ${what}`);
  byId(name).replaceChildren(
    ...lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }),
  );
  show(place, lines.length > 0);
}

/** Let the list count. @param {() => void} done */
async function apply(done) {
  if (!shown) return;
  byId("import-apply").disabled = true;
  const form = written({ on: shown.on, fingerprint: shown.fingerprint, note: byId("import-note").value });
  try {
    const { data } = await post("/directory/versions", form, { etag: `"${shown.base}"`, key: newKey(), timeout: 60000 });
    byId("import").close();
    forget();
    showToast(`第 ${data.id} 版名录已启用`);
    done();
  } catch (error) {
    const problem = /** @type {import("../shared/api.js").Problem} */ (error);
    if (problem.kind === "stale") {
      await preview();
      complain("别人刚刚导入了另一份名单。下面是与新名录相比的变化，请再看一遍。");
    } else {
      complain(`${problem.title}。${problem.detail}`);
      byId("import-apply").disabled = false;
    }
  }
}

/** The next list begins anew. */
function forget() {
  file = shown = null;
  separate.clear();
  show(byId("preview"), false);
  write(byId("import-file"), "选下一份名单，或把它拖到这里。");
  byId("import-note").value = "";
}

/** @param {File|undefined} chosen */
function take(chosen) {
  if (!chosen) return;
  file = chosen;
  separate.clear();
  write(byId("import-file"), chosen.name);
  void preview();
}

/** Open the dialog as it was left, so that nothing chosen is lost by an Esc. */
export function openImport() {
  byId("import").showModal();
  byId("import-pick").focus();
}

/** @param {() => void} done called when another version counts */
export function wireImport(done) {
  byId("import-open").addEventListener("click", openImport);
  byId("import-pick").addEventListener("click", () => byId("import-input").click());
  byId("import-input").addEventListener("change", () => {
    take(byId("import-input").files[0]);
    byId("import-input").value = ""; // the same file may be chosen again once it was corrected
  });
  byId("import-form").addEventListener("change", (/** @type {Event} */ event) => {
    if (event.target !== byId("import-input")) void preview();
  });
  byId("import-form").addEventListener("submit", (/** @type {Event} */ event) => (event.preventDefault(), void preview()));
  byId("import-cancel").addEventListener("click", () => byId("import").close());
  byId("import-apply").addEventListener("click", () => void apply(done));
  const dialog = byId("import");
  const over = (/** @type {boolean} */ on) => byId("drop").classList.toggle("over", on);
  dialog.addEventListener("dragover", (/** @type {DragEvent} */ event) => (event.preventDefault(), over(true)));
  dialog.addEventListener("dragleave", () => over(false));
  dialog.addEventListener("drop", (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    over(false);
    take(event.dataTransfer ? event.dataTransfer.files[0] : undefined);
  });
}
