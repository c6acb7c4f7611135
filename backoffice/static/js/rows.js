// The rows of the queue (a template[data-queue] on the page says that it is one): j and k move through them, Enter opens,
// x selects (Shift+x everything since the last one). One row is current from the start; where there is room for it beside
// the list, what it speaks of is shown there (beside.js has the keys that lead there). The list is remembered, so that
// a request knows its neighbours (see trail.js). On a page with a template[data-rows] the keys move through the rows of its
// list alone: nothing is shown beside it, and it is not the list that a request was opened from.
import { announce } from "./announce.js";
import { onKey } from "./shortcuts.js";
import { leadBeside } from "./beside.js";
import { showBeside } from "./preview.js";
import { placeOf, remember } from "./trail.js";

const NOTHING_BESIDE = { hasRoom: () => false, isOpen: () => false, show: () => {} };

let rows = [];
let current = null;
let gap = 0; // while what is shown beside the list stands in no row of it: before which row it would

export function walkRows(root, upgrade) {
  const frame = root.querySelector("template[data-queue], template[data-rows]");
  if (!frame) return;
  rows = [...root.querySelectorAll("main .table tbody tr")].filter(linkOf);
  // Whoever is led to a row goes on there; where it has left this page of the list, it is shown beside it nevertheless.
  const arrived = location.hash.startsWith("#IR-") ? location.hash.slice(1) : "";
  if (rows.length === 0 && !arrived) return;
  const named = rows.find((row) => numberOf(row) === arrived);
  gap = placeOf(arrived, rows.map(numberOf));
  const isQueue = frame.matches("[data-queue]");
  if (isQueue && rows.length) remember(rows.map(numberOf));
  const beside = isQueue ? showBeside(frame, upgrade) : NOTHING_BESIDE;
  const settle = (row, how) => {
    if (row === current) return;
    current?.removeAttribute("aria-current");
    current = row;
    row.setAttribute("aria-current", "true");
    beside.show(linkOf(row), how);
    lead(row);
  };
  const nearest = () => current ?? rows[gap] ?? rows.at(-1);
  const lead = isQueue ? leadBeside(beside, () => nearest() && focusOn(nearest())) : () => {};
  if (arrived && !named && beside.hasRoom()) {
    beside.show(linkTo(frame, arrived), { isArrival: true });
    if (nearest()) lead(nearest());
  } else if (rows.length) settle(named ?? rows[0], { isArrival: Boolean(arrived) });
  listen(root, settle, beside, frame.dataset);
  if (arrived && current && !beside.isOpen()) focusOn(current);
}

function listen(root, settle, beside, words) {
  const go = (step) => {
    const row = rows[current ? rows.indexOf(current) + step : gap + Math.min(step, 0)];
    const wasThere = current?.contains(document.activeElement);
    if (row) settle(row, {});
    // The first stroke shows where one is when the last row is reached, too.
    if (current && (row || !wasThere)) focusOn(current);
    else if (!row) endOfPage(step, words);
    return true;
  };
  onKey("j", () => go(1));
  onKey("k", () => go(-1));
  onKey("Enter", (event) => {
    if (!current || event.target.closest("a, button, summary, input, [role='option']")) return false;
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

// Says that the list, or its page, ends here; the focus goes to the link to its next page, or the page before.
function endOfPage(step, words) {
  const [rel, end] = step > 0 ? ["next", "Last"] : ["prev", "First"];
  const page = document.querySelector(`.pager a[rel="${rel}"]`);
  announce(words[page ? `page${end}` : `list${end}`]);
  page?.focus();
}

const linkOf = (row) => row.querySelector("th a");
const numberOf = (row) => linkOf(row).textContent.trim();
const linkTo = (frame, number) => Object.assign(document.createElement("a"), { href: `${frame.dataset.base}/${number}`, textContent: number });

// A click on the row's box, so that mouse and keys mean the same range (see picking.js).
function pick(row, shiftKey) {
  const box = row?.querySelector("[data-pick]") ?? null;
  return box !== null && !box.disabled && box.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey }));
}

function focusOn(row) {
  linkOf(row).focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}
