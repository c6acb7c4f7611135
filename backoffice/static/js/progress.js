// data-progress="address" around what moves: fetched anew every second until it says data-finished, then the whole page
// is shown anew. Without a script the page has a link that does the same by hand.
const EVERY = 1000;

export function followProgress(root) {
  for (const place of root.querySelectorAll("[data-progress]")) setTimeout(look, EVERY, place);
}

async function look(place) {
  try {
    const answer = await fetch(place.dataset.progress, { headers: { Accept: "text/html" }, redirect: "error" });
    if (answer.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      place.replaceChildren(...fresh.body.childNodes);
      if (place.querySelector("[data-finished]")) {
        location.reload();
        return;
      }
    }
  } catch {
    // Out of reach for a moment: the next turn tries again.
  }
  setTimeout(look, EVERY, place);
}
