/** The dialogs that both parts of 账户 use: a secret shown once, a question before what cannot be undone, a form. */

import { Problem } from "../shared/api.js";
import { toClipboard } from "../shared/clipboard.js";
import { byId, show, write } from "../shared/dom.js";

/** @param {string} title @param {string} hint @param {string} text */
export function showSecret(title, hint, text) {
  write(byId("secret-name"), title);
  write(byId("secret-hint"), hint);
  write(byId("secret-copy"), "复制");
  byId("secret-text").value = text;
  byId("secret").showModal();
  byId("secret-text").select();
}

/** Ask before doing what cannot be undone. @param {string} title @param {string} text @param {string} yes @returns {Promise<boolean>} */
export function sure(title, text, yes) {
  write(byId("sure-name"), title);
  write(byId("sure-text"), text);
  write(byId("sure-yes"), yes);
  const dialog = byId("sure");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

/**
 * Wire a form in a dialog: it closes where `send` goes well, and says why beside itself where it does not.
 *
 * @param {string} name of the dialog; its form, error and closing button are named after it
 * @param {() => Promise<void>} send
 */
export function wireForm(name, send) {
  const [dialog, form, error] = [name, `${name}-form`, `${name}-error`].map((id) => document.getElementById(id));
  if (!(dialog instanceof HTMLDialogElement) || !(form instanceof HTMLFormElement) || !error) return;
  let sending = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (sending) return;
    sending = true;
    show(error, false);
    try {
      await send();
      dialog.close();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      write(error, reasonOf(problem));
      show(error, true);
    } finally {
      sending = false;
    }
  });
  document.getElementById(`${name}-close`)?.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    for (const field of form.querySelectorAll('input[type="password"]')) /** @type {HTMLInputElement} */ (field).value = "";
    show(error, false);
  });
}

/** @param {Problem} problem */
const reasonOf = (problem) => problem.fields.map(({ message }) => message).join("；") || problem.detail || problem.title;

byId("secret-copy").addEventListener("click", async () => {
  const text = byId("secret-text").value;
  const done = await toClipboard(text);
  byId("secret-text").select();
  if (done) write(byId("secret-copy"), "已复制"); // a toast would lie under the dialog
});
// what was shown once is not left in the page
byId("secret").addEventListener("close", () => (byId("secret-text").value = ""));
