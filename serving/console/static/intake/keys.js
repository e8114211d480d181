/** The shortcuts of the intake. */

import { alt, plain, shortcut } from "../shared/keys.js";

/** @type {import("../shared/keys.js").Shortcut[]} */
export const SHORTCUTS = [
  shortcut("send", "Ctrl+Enter"),
  shortcut("later", "Ctrl+s"),
  shortcut("undo", "Ctrl+z"),
  { name: "choose", action: "choose", typing: false, matches: (e) => plain(e) && /^[1-5]$/.test(e.key) },
  { name: "choose-anywhere", action: "choose", typing: true, matches: (e) => alt(e) && /^Digit[1-5]$/.test(e.code) },
  shortcut("other", "Alt+0"),
  shortcut("twin", "Alt+d"),
  shortcut("more", "Alt+m"),
  shortcut("copy", "Alt+c"),
  shortcut("clear", "Escape", { typing: true }),
  { name: "focus", action: "focus", typing: false, matches: (e) => plain(e) && (e.key === "/" || e.key === "、") },
];
