// The keys between the list and the request beside it: Space and Shift+Space scroll it while the list has the focus, b leads
// into it, b or Escape back to its row. For whoever has no single keys a link behind the current row leads there, too.
import { onKey } from "./shortcuts.js";

const KEPT_IN_VIEW = 48; // pixels of what was read last, so that nobody loses the line

// Returns what brings the link to a row that has become the current one; `back` gives the focus to that row.
export function leadBeside(beside, back) {
  const link = beside.link();
  const into = () => {
    if (beside.isOpen()) beside.enter();
    return true;
  };
  link.addEventListener("click", (event) => {
    event.preventDefault();
    into();
  });
  const isInside = () => beside.place()?.contains(document.activeElement);
  onKey("b", () => beside.isOpen() && (isInside() ? back() : into(), true));
  onKey("Space", (event) => scroll(beside, event, 1));
  onKey("Shift+Space", (event) => scroll(beside, event, -1));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
    // An open dialog or menu is shut by it, and nothing else.
    if (document.querySelector("dialog[open], [popover]:popover-open") || !beside.isOpen() || !isInside()) return;
    event.preventDefault();
    back();
  });
  return (row) => {
    if (beside.isOpen()) row.querySelector("th + td")?.append(link);
    else link.remove();
  };
}

// What Space presses, opens or types into keeps it.
function scroll(beside, event, way) {
  if (!beside.isOpen() || event.target.closest("button, summary, input, select, textarea, label, [role='option']")) return false;
  const place = beside.place();
  const covered = place.querySelector(".decision")?.offsetHeight ?? 0;
  place.scrollBy(0, way * Math.max(place.clientHeight - covered - KEPT_IN_VIEW, place.clientHeight / 3));
  return true;
}
