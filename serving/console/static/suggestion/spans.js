/** The text that a suggestion speaks of, cut into marked and plain pieces. Offsets count code points. */

const STEPS = 5;

/**
 * Title and text as the service reads them: a title that the text begins with is not read twice.
 *
 * @param {import("../shared/types.js").Submission} submission
 * @returns {string}
 */
export function fullText({ title, text }) {
  const head = title.trim();
  return !head || text.trimStart().startsWith(head) ? text : `${head}\n${text}`;
}

/**
 * Cut a text at its weighed words. A word that is not where its offsets say is left unmarked.
 *
 * @param {string} text
 * @param {import("../shared/types.js").WeighedWord[]} words
 * @returns {{text: string, step: number}[]} step 0 for plain text, 1 (weak) to 5 (strong) for a word
 */
export function pieces(text, words) {
  const points = Array.from(text);
  const strongest = Math.max(...words.map((word) => word.weight), 0);
  const inOrder = [...words].sort((a, b) => a.start - b.start || b.end - a.end);
  const found = [];
  let position = 0;
  for (const { text: written, start, end, weight } of inOrder) {
    const piece = points.slice(start, end).join("");
    if (start < position || !piece || piece !== written || !(weight > 0)) continue;
    if (start > position) found.push({ text: points.slice(position, start).join(""), step: 0 });
    found.push({ text: piece, step: Math.min(STEPS, Math.max(1, Math.ceil((STEPS * weight) / strongest))) });
    position = end;
  }
  if (position < points.length) found.push({ text: points.slice(position).join(""), step: 0 });
  return found;
}
