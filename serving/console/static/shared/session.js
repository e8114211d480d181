/** Who is logged in, how a session that ended is opened again in place, and how it is closed. */

import { csrf, renewSessionWith } from "./api.js";
import { byId, show, write } from "./dom.js";

/** @type {Promise<boolean>|null} one login at a time, however many requests wait for it */
let asking = null;

/** The login name of who the page was made for. */
export const userName = () => document.body.dataset.user || "";

/** Whether who is logged in may do something. @param {string} permission such as `matters.raw` */
export function may(permission) {
  return (document.body.dataset.permissions || "").split(" ").includes(permission);
}

/** Let requests that meet a session that ended ask for the password here, above what is being written. */
export function keepSession() {
  renewSessionWith(() => (asking = asking || askPassword().finally(() => (asking = null))));
}

/** @returns {Promise<boolean>} whether there is a session again; false where the person puts it off */
function askPassword() {
  const dialog = byId("login");
  const form = byId("login-form");
  const password = byId("login-password");
  password.value = "";
  say("");
  dialog.showModal();
  password.focus();
  return new Promise((resolve) => {
    const finish = new AbortController();
    const { signal } = finish;
    const done = (/** @type {boolean} */ again) => {
      finish.abort();
      dialog.close();
      resolve(again);
    };
    form.addEventListener(
      "submit",
      async (/** @type {Event} */ event) => {
        event.preventDefault();
        const refusal = await logIn(password.value);
        say(refusal);
        if (refusal) password.select();
        else done(true);
      },
      { signal },
    );
    byId("login-later").addEventListener("click", () => done(false), { signal });
    dialog.addEventListener("cancel", () => done(false), { signal });
  });
}

/** @param {string} refusal */
function say(refusal) {
  write(byId("login-error"), refusal);
  show(byId("login-error"), Boolean(refusal));
}

/** Open a session. @param {string} password @returns {Promise<string>} why it was refused; empty where it was not */
async function logIn(password) {
  try {
    const response = await fetch("/api/v1/session", {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ name: userName(), password }),
    });
    const body = await response.json().catch(() => null);
    if (!response.ok) return (body && body.detail) || "没有登录上，请再试。";
    csrf().content = body.csrf;
    return "";
  } catch {
    return "连不上服务，请检查网络。";
  }
}

/** Close the session and go to the login page. */
export async function logOut() {
  await fetch("/logout", { method: "POST", credentials: "same-origin", headers: { "X-CSRF-Token": csrf().content } }).catch(
    () => null,
  );
  window.location.assign("/login");
}
