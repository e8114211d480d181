/** Writing a passage with its marked pieces. Offsets count code points, as the service does. */

/**
 * @param {{text: string, start: number, marks: [number, number][]}} passage
 * @param {boolean} [cut] whether to show that the passage begins inside the text
 * @returns {(Node|string)[]} to be appended to an element
 */
export function marked({ text, start, marks }, cut = true) {
  const points = Array.from(text);
  /** @type {(Node|string)[]} */
  const found = cut && start > 0 ? ["…"] : [];
  let at = 0;
  for (const [from, to] of marks) {
    if (from > at) found.push(points.slice(at, from).join(""));
    const mark = document.createElement("mark");
    mark.textContent = points.slice(from, to).join("");
    found.push(mark);
    at = to;
  }
  found.push(points.slice(at).join(""));
  return found;
}
