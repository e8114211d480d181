/** Files dropped anywhere on the page, or chosen, read by the service into text. */

import { post, Problem } from "../shared/api.js";
import { byId, show } from "../shared/dom.js";

/** @param {DragEvent} event */
const hasFiles = (event) => Boolean(event.dataTransfer) && Array.from(event.dataTransfer?.types || []).includes("Files");

/**
 * Take in files.
 *
 * @param {(file: File) => void} take
 */
export function takeFiles(take) {
  let depth = 0;
  const cover = (/** @type {number} */ change) => {
    depth = change ? depth + change : 0;
    show(byId("drop"), depth > 0);
  };
  window.addEventListener("dragenter", (event) => hasFiles(event) && cover(1));
  window.addEventListener("dragleave", (event) => hasFiles(event) && cover(-1));
  window.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  window.addEventListener("drop", (event) => {
    cover(0);
    const file = event.dataTransfer && event.dataTransfer.files[0];
    if (!file) return;
    event.preventDefault();
    take(file);
  });
  byId("open-file").addEventListener("click", () => byId("file").click());
  byId("file").addEventListener("change", () => {
    const [file] = byId("file").files;
    byId("file").value = "";
    if (file) take(file);
  });
}

/** The text of a .docx or .txt. @param {File} file @returns {Promise<{title: string, text: string}>} */
export async function textOf(file) {
  const form = new FormData();
  form.append("file", file, file.name);
  const { data } = await post("/documents", form).catch((problem) => {
    // the field is the file itself, which has no place on the page
    throw problem.fields && problem.fields.length ? new Problem("invalid", "读不了这个文件", problem.fields[0].message) : problem;
  });
  return { title: data.title || "", text: data.text || "" };
}
