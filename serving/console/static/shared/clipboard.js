/** Puts text on the clipboard, also where the page came over plain http. */

/**
 * @param {string} text
 * @returns {Promise<boolean>} whether it worked
 */
export async function toClipboard(text) {
  if (navigator.clipboard && window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // not allowed here: try the older way
    }
  }
  return byCommand(text);
}

/** @param {string} text */
function byCommand(text) {
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "spoken";
  field.readOnly = true;
  document.body.append(field);
  field.select();
  let done = false;
  try {
    done = document.execCommand("copy");
  } catch {
    done = false;
  }
  field.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return done;
}
