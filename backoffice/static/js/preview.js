// Beside the queue, on a screen wide enough for both: the request of the current row, with its evidence and its verdicts.
// It is the request's own page without its shell, fetched and put into the frame; the former one cannot be decided on while it is on the way.
import { shown } from "./shortcuts.js";
import { comeFrom } from "./trail.js";

const WIDE = "(width > 78rem)";
const PAUSE = 120; // milliseconds: whoever runs through the rows does not fetch them all

export function showBeside(frame, upgrade) {
  const wide = matchMedia(WIDE);
  let aside = null;
  let stop = new AbortController();
  let wanted = null;
  const load = async (link, how) => {
    stop.abort();
    stop = new AbortController();
    const { signal } = stop;
    const place = aside.querySelector("[data-preview]");
    place.inert = true;
    aside.setAttribute("aria-busy", "true");
    try {
      if (how.isLater) await new Promise((done) => { setTimeout(done, PAUSE); });
      if (signal.aborted) return;
      const answer = await fetch(`${link.href}?beside=1`, { signal, headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (signal.aborted) return;
      // Whoever is led elsewhere (to the sign-in page) opens the request the ordinary way.
      const isIt = answer.ok && new URL(answer.url).pathname === new URL(link.href).pathname;
      place.replaceChildren(...(isIt ? parts(page) : [link.cloneNode(true)]));
      place.scrollTop = aside.scrollTop = 0;
      comeFrom(place, location.pathname + location.search, true);
      upgrade(place);
      shown();
      place.inert = false;
      aside.removeAttribute("aria-busy");
      if (how.isArrival) place.querySelector("h2")?.focus();
      performance.mark("preview-shown");
    } catch (error) {
      if (error.name !== "AbortError") place.replaceChildren(link.cloneNode(true));
    }
  };
  const open = () => {
    if (!wide.matches || !wanted) return;
    if (!aside) {
      aside = frame.content.firstElementChild.cloneNode(true);
      document.querySelector(".shell-columns").append(aside);
    }
    load(...wanted);
  };
  wide.addEventListener("change", open);
  return {
    isOpen: () => aside !== null && wide.matches,
    show: (link, how) => {
      const isLater = wanted !== null;
      wanted = [link, { ...how, isLater }];
      open();
    },
  };
}

// Heading, verdict, evidence and the rest, in the order in which they are read in one column.
function parts(page) {
  const heading = document.createElement("h2");
  heading.tabIndex = -1;
  heading.textContent = page.querySelector("h1").textContent;
  const summary = page.querySelector(".topbar-summary");
  const main = [...page.querySelector("main").children];
  const aside = [...(page.querySelector("aside")?.children ?? [])];
  const decision = aside.filter((one) => one.matches(".decision, dialog"));
  return [heading, summary, ...decision, ...main, ...aside.filter((one) => !decision.includes(one))];
}
