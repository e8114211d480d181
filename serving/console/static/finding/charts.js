/** Charts as SVG, drawn from numbers; every one carries a table for those who cannot see it. Colours are classes. */

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 1200; // of a chart over the whole page; what is narrower says so
const HEIGHT = 190;
const LEFT = 46;
const RIGHT = 38;
const TOP = 10;
const BOTTOM = 26;
const LABEL_PX = 84;
const MOST_DOTS = 60;

/** @typedef {{name: string, values: (number|null)[]}} Series one line; null leaves a gap */

/** @param {string} tag @param {Record<string, string|number>} attributes @param {string} [text] @returns {any} */
function svg(tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  if (text) element.textContent = text;
  return element;
}

/** @param {string} tag @param {string} [text] @param {Record<string, string>} [attributes] @returns {any} */
export function html(tag, text = "", attributes = {}) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/**
 * A table; numbers stand to the right.
 *
 * @param {string} caption
 * @param {string[]} heads
 * @param {(string|number|Node)[][]} rows the first cell names the row
 * @param {boolean} [spoken] whether it is only read out
 */
export function tableOf(caption, heads, rows, spoken = false) {
  const table = html("table", "", { class: "grid" });
  table.append(html("caption", caption, { class: "spoken" }));
  const top = html("tr");
  top.append(...heads.map((head, i) => html("th", head, { scope: "col", ...(isNumber(rows[0] && rows[0][i]) ? { class: "num" } : {}) })));
  const head = html("thead");
  head.append(top);
  const body = html("tbody");
  for (const row of rows) {
    const line = html("tr");
    row.forEach((cell, i) => {
      const made = i ? html("td", "", isNumber(cell) ? { class: "num" } : {}) : html("th", "", { scope: "row" });
      made.append(typeof cell === "number" ? String(cell) : cell);
      line.append(made);
    });
    body.append(line);
  }
  table.append(head, body);
  if (!spoken) return table;
  const hidden = html("div", "", { class: "spoken" });
  hidden.append(table);
  return hidden;
}

/** @param {unknown} cell */
const isNumber = (cell) => typeof cell === "number" || (typeof cell === "string" && /^([+−]?[\d.]+%?|无|新出现)$/.test(cell));

/** A round number at or above `value`, for the top of an axis. @param {number} value */
export function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999) || 10 * power;
}

/**
 * Lines over periods.
 *
 * @param {string} title
 * @param {string[]} labels of the periods
 * @param {Series[]} series
 * @param {{format?: (value: number) => string, top?: number, width?: number}} [how] `top` of the axis; by the values where absent
 * @returns {HTMLElement}
 */
export function lineChart(title, labels, series, { format = String, top, width = WIDTH } = {}) {
  const figure = html("figure", "", { class: "chart" });
  const most = top || roundUp(Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value || 0))));
  const x = (/** @type {number} */ i) => LEFT + (labels.length > 1 ? (i * (width - LEFT - RIGHT)) / (labels.length - 1) : (width - LEFT - RIGHT) / 2);
  const y = (/** @type {number} */ value) => TOP + (1 - value / most) * (HEIGHT - TOP - BOTTOM);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true", focusable: "false" });
  for (const part of [0, 0.5, 1]) {
    picture.append(svg("line", { class: "axis", x1: LEFT, x2: width - RIGHT, y1: y(part * most), y2: y(part * most) }));
    picture.append(svg("text", { x: LEFT - 6, y: y(part * most) + 4, "text-anchor": "end" }, format(part * most)));
  }
  const every = Math.max(1, Math.ceil((labels.length * LABEL_PX) / (width - LEFT - RIGHT)));
  labels.forEach((label, i) => {
    if ((labels.length - 1 - i) % every) return;
    picture.append(svg("text", { x: x(i), y: HEIGHT - 8, "text-anchor": "middle" }, label));
  });
  series.forEach(({ name, values }, line) => picture.append(...lineOf(name, labels, values, { x, y, line, format })));
  const caption = html("figcaption", title);
  if (series.length > 1) caption.append(...series.map(({ name }, line) => html("span", name, { class: `key line-${line}` })));
  const rows = labels.map((label, i) => [label, ...series.map(({ values }) => (values[i] === null ? "无" : format(/** @type {number} */ (values[i]))))]);
  figure.append(caption, picture, tableOf(title, ["时段", ...series.map(({ name }) => name)], rows, true));
  return figure;
}

/** @param {string} name @param {string[]} labels @param {(number|null)[]} values @param {any} place @returns {Node[]} */
function lineOf(name, labels, values, { x, y, line, format }) {
  let path = "";
  const dots = [];
  values.forEach((value, i) => {
    if (value === null) return;
    const alone = !(i && values[i - 1] !== null) && (i + 1 >= values.length || values[i + 1] === null);
    path += `${i && values[i - 1] !== null ? "L" : "M"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    if (values.length > MOST_DOTS && !alone) return;
    const dot = svg("circle", { class: `dot line-${line}`, cx: x(i), cy: y(value), r: 3.5 });
    dot.append(svg("title", {}, `${labels[i]} ${name} ${format(value)}`));
    dots.push(dot);
  });
  return [svg("path", { class: `line line-${line}`, d: path }), ...dots];
}

/** A bar for the cell of a table, beside its number. @param {number} value @param {number} most @param {string} [tone] */
export function bar(value, most, tone = "plain") {
  const picture = svg("svg", { class: "bar", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" });
  picture.append(svg("rect", { class: "rail", x: 0, y: 0, width: 100, height: 10 }));
  picture.append(svg("rect", { class: `fill-${tone}`, x: 0, y: 0, width: most > 0 ? Math.min(100, (100 * value) / most) : 0, height: 10 }));
  return picture;
}

/** Small columns of some weeks, the last one marked. @param {number[]} values @param {string} said read out instead */
export function columns(values, said) {
  const most = Math.max(1, ...values);
  const picture = svg("svg", { class: "columns", viewBox: `0 0 ${values.length * 10} 24`, role: "img", "aria-label": said });
  values.forEach((value, i) => {
    const height = Math.max(value ? 1.5 : 0.5, (22 * value) / most);
    picture.append(svg("rect", { class: i === values.length - 1 ? "fill-warn" : "fill-plain", x: i * 10 + 1, y: 24 - height, width: 8, height }));
  });
  return picture;
}

/**
 * A matrix with cells shaded by their number: a table that is its own picture.
 *
 * @param {string} title
 * @param {string} corner what rows and columns are
 * @param {string[]} rows
 * @param {string[]} cols
 * @param {number[][]} cells
 */
export function matrix(title, corner, rows, cols, cells) {
  const most = Math.max(1, ...cells.flat());
  const table = tableOf(title, [corner, ...cols], rows.map((name, i) => [name, ...cells[i].map((n) => (n ? n : ""))]));
  table.classList.add("matrix");
  for (const [i, line] of [...table.tBodies[0].rows].entries()) {
    for (const [j, cell] of [...line.cells].slice(1).entries()) {
      const n = cells[i][j];
      cell.className = `num heat-${n ? Math.ceil((4 * n) / most) : 0}`;
      cell.title = `${rows[i]} → ${cols[j]}：${n}`;
    }
  }
  return table;
}
