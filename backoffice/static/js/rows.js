// The rows of the queue (a template[data-queue] on the page says that it is one): j and k move through them, Enter opens,
// x selects (Shift+x everything since the last one). One row is current from the start; where there is room for it beside
// the list, what it speaks of is shown there. The list is remembered, so that a request knows its neighbours (see trail.js).
import { onKey } from "./shortcuts.js";
import { showBeside } from "./preview.js";
import { remember } from "./trail.js";

let rows = [];
let current = null;

export function walkRows(root, upgrade) {
  const frame = root.querySelector("template[data-queue]");
  if (!frame) return;
  rows = [...root.querySelectorAll("main .table tbody tr")].filter(linkOf);
  if (rows.length === 0) return;
  remember(rows.map(numberOf));
  const named = rows.find((row) => numberOf(row) === location.hash.slice(1));
  const beside = showBeside(frame, upgrade);
  const settle = (row, how) => {
    if (row === current) return;
    current?.removeAttribute("aria-current");
    current = row;
    row.setAttribute("aria-current", "true");
    beside.show(linkOf(row), how);
  };
  // Whoever is led to a row goes on there, also where it stands on another page by now.
  const isArrival = location.hash.startsWith("#IR-");
  settle(named ?? rows[0], { isArrival });
  listen(root, settle, beside);
  if (isArrival && !beside.isOpen()) focusOn(current);
}

function listen(root, settle, beside) {
  const go = (step) => {
    const row = rows[rows.indexOf(current) + step];
    const wasThere = current.contains(document.activeElement);
    if (row) settle(row, {});
    // The first stroke shows where one is when the last row is reached, too.
    if (row || !wasThere) focusOn(current);
    return true;
  };
  onKey("j", () => go(1));
  onKey("k", () => go(-1));
  onKey("Enter", (event) => {
    if (event.target.closest("a, button, summary, input, [role='option']")) return false;
    linkOf(current).click();
    return true;
  });
  onKey("x", () => pick(current, false));
  onKey("Shift+x", () => pick(current, true));
  for (const row of rows) {
    row.addEventListener("focusin", () => settle(row, {}));
    row.addEventListener("click", (event) => {
      if (beside.isOpen() && !event.target.closest("a, button, input, label, summary")) settle(row, {});
    });
  }
}

const linkOf = (row) => row.querySelector("th a");
const numberOf = (row) => linkOf(row).textContent.trim();

// A click on the row's box, so that mouse and keys mean the same range (see picking.js).
function pick(row, shiftKey) {
  const box = row.querySelector("[data-pick]");
  return box !== null && !box.disabled && box.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey }));
}

function focusOn(row) {
  linkOf(row).focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}
