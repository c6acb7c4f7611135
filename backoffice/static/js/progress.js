// data-progress="address" around what moves: fetched anew every second until it says data-finished, or another data-phase
// than the page began with; then the whole page is shown anew. Without a script the page has a link that does the same by hand. What stands in data-announce is said
// to screen readers now and then, not each second.
import { announce } from "./announce.js";

const EVERY = 1000;
const SAID_EVERY = 5000;
let saidAt = 0;

export function followProgress(root) {
  for (const place of root.querySelectorAll("[data-progress]")) setTimeout(look, EVERY, place, phaseOf(place));
}

const phaseOf = (place) => place.querySelector("[data-phase]")?.dataset.phase;

async function look(place, phase) {
  try {
    const answer = await fetch(place.dataset.progress, { headers: { Accept: "text/html" }, redirect: "error" });
    if (answer.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      place.replaceChildren(...fresh.body.childNodes);
      if (place.querySelector("[data-finished]") || phaseOf(place) !== phase) {
        location.reload();
        return;
      }
      sayNowAndThen(place.querySelector("[data-announce]"));
    }
  } catch {
    // Out of reach for a moment: the next turn tries again.
  }
  setTimeout(look, EVERY, place, phase);
}

function sayNowAndThen(spoken) {
  if (!spoken || Date.now() - saidAt < SAID_EVERY) return;
  saidAt = Date.now();
  announce(spoken.dataset.announce);
}
