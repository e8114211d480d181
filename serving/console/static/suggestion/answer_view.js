/** Draws a suggestion: zone, flags, facts and evidence. */

import { byId, copyOf, show, write } from "../shared/dom.js";
import { FLAG_NAMES, MISSING_HINTS, MISSING_NAMES, percent, topicPath, zoneMeaning } from "../shared/labels.js";
import { fullText, pieces } from "./spans.js";

const LIKELY = 0.05;
const TICKED = 0.5;
const MAX_RANKED = 3;

/** The Chinese name of a zone, from the template. @param {import("../shared/types.js").Zone} zone */
export function zoneName(zone) {
  return byId("zone").getAttribute(`data-${zone}`) || zone;
}

/**
 * @param {import("../shared/types.js").Suggestion} suggestion
 * @param {import("../shared/types.js").Submission} submission
 */
export function showAnswer(suggestion, submission) {
  byId("zone").dataset.zone = suggestion.zone;
  byId("zone-icon").setAttribute("href", `#icon-${suggestion.zone}`);
  write(byId("zone-name"), zoneName(suggestion.zone));
  write(byId("zone-meaning"), zoneMeaning(suggestion));
  showFlags(suggestion);
  showFacts(suggestion);
  showEvidence(suggestion, submission);
}

/** @param {import("../shared/types.js").Suggestion} suggestion */
function showFlags({ flags, missing, hints, matters }) {
  const rows = [
    ...flags.map((code) => flagRow(code, FLAG_NAMES[code] || code, "")),
    ...missing.map((code) => flagRow("missing", MISSING_NAMES[code] || code, MISSING_HINTS[code] || "")),
    ...(hints || []).map((hint) => flagRow("reason", "", hint)),
    ...(matters || []).map((matter, index) => flagRow("matter", `第${index + 1}件 ${wholeOf(matter)}`, matter.text)),
  ];
  byId("flags").replaceChildren(...rows);
  show(byId("flags"), rows.length > 0);
}

/** Whom one of several matters is for. @param {import("../shared/types.js").Part} matter */
function wholeOf({ lead_unit: unit, functions }) {
  return `${unit ? unit.unit : functions[0].function} ${percent(functions[0].probability)}`;
}

/** @param {string} kind @param {string} name @param {string} hint */
function flagRow(kind, name, hint) {
  const { element, part } = copyOf(byId("flag-row"));
  element.dataset.kind = kind;
  part.icon.setAttribute("href", kind === "danger" ? "#icon-danger" : "#icon-note");
  part.name.textContent = name;
  part.hint.textContent = hint;
  return element;
}

/** @param {import("../shared/types.js").Suggestion} suggestion */
function showFacts({ co_units: coUnits, functions, topics, form, lane }) {
  showCoUnits(coUnits);
  fill("functions", likely(functions).map((f) => [f.function, percent(f.probability)]), "模型没有学过职能");
  fill("topics", likely(topics).map((topic) => [topicPath(topic.path), percent(topic.probability)]), "模型没有学过主题");
  fill("form-name", form ? [[form.name, percent(form.probability)]] : [], "模型没有学过形式");
  fill("lane-name", lane ? [[lane.name, lane.reason]] : [], "模型没有给出");
  byId("lane-name").classList.toggle("urgent", lane !== null && lane.name === "紧急");
}

/** Co-units with a box each: those likelier than not are ticked. @param {import("../shared/types.js").RankedUnit[]} coUnits */
function showCoUnits(coUnits) {
  const rows = coUnits.map(({ unit, probability }) => {
    const { element, part } = copyOf(byId("co-row"));
    part.box.value = unit;
    part.box.checked = probability >= TICKED;
    part.name.textContent = unit;
    part.note.textContent = percent(probability);
    return element;
  });
  byId("co-units").replaceChildren(...(rows.length ? rows : ["没有看出需要协办的单位"]));
  byId("co-units").classList.toggle("none", !rows.length);
}

/** The co-units that are ticked. @returns {string[]} */
export function tickedCoUnits() {
  return Array.from(byId("co-units").querySelectorAll("input:checked"), (box) => box.value);
}

/**
 * The first answer and those that are likely besides.
 * @template {{probability: number}} T
 * @param {T[]} ranked
 * @returns {T[]}
 */
function likely(ranked) {
  return ranked.filter((answer, rank) => !rank || answer.probability >= LIKELY).slice(0, MAX_RANKED);
}

/** @param {string} id @param {string[][]} rows name and note @param {string} none said where there are no rows */
function fill(id, rows, none) {
  const drawn = rows.map(([name, note]) => {
    const { element, part } = copyOf(byId("fact-row"));
    part.name.textContent = name;
    part.note.textContent = note;
    return element;
  });
  const place = byId(id);
  if (drawn.length) place.replaceChildren(...drawn);
  else place.textContent = none;
  place.classList.toggle("none", !drawn.length);
}

/**
 * @param {import("../shared/types.js").Suggestion} suggestion
 * @param {import("../shared/types.js").Submission} submission
 */
export function showEvidence({ evidence, functions }, submission) {
  const marked = byId("marked");
  marked.replaceChildren(...pieces(fullText(submission), evidence.words).map(pieceOf));
  marked.scrollTop = 0;
  const strongest = marked.querySelector(".w5");
  if (strongest && strongest.offsetTop + strongest.offsetHeight > marked.clientHeight) {
    marked.scrollTop = strongest.offsetTop - marked.clientHeight / 2;
  }
  write(byId("duties-of"), evidence.duties && functions.length ? functions[0].function : "");
  write(byId("duties"), evidence.duties || "名录里没有合适的职责条文");
  byId("duties").classList.toggle("none", !evidence.duties);
  const similar = evidence.similar || [];
  byId("similar").replaceChildren(...similar.map(similarRow));
  show(byId("similar-cases"), similar.length > 0);
  const changes = evidence.changes || [];
  byId("changes").replaceChildren(...changes.map(changeRow));
  show(byId("changing"), changes.length > 0);
}

/** @param {{text: string, step: number}} piece */
function pieceOf({ text, step }) {
  if (!step) return document.createTextNode(text);
  const mark = document.createElement("mark");
  mark.className = `w${step}`;
  mark.textContent = text;
  return mark;
}

/** @param {import("../shared/types.js").SimilarCase} found */
function similarRow(found) {
  const { element, part } = copyOf(byId("similar-row"));
  part.unit.textContent = found.lead_unit || found.function || topicPath(found.topic || "");
  part.odds.textContent = [found.received_at, `相似 ${percent(found.similarity)}`].filter(Boolean).join(" · ");
  part.text.textContent = found.text;
  return element;
}

/** @param {import("../shared/types.js").Change} change */
function changeRow({ text }) {
  const row = document.createElement("li");
  row.textContent = text;
  return row;
}
