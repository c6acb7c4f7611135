// Beside the queue, on a screen wide enough for both: the request of the current row, with its evidence and its verdicts.
// It is the request's own page without its shell, fetched and put into the frame; the former one cannot be decided on while
// it is on the way. What cannot be fetched says so, and can be asked for again: the frame's own template holds the words.
import { shown } from "./shortcuts.js";
import { comeFrom } from "./trail.js";

const WIDE = "(width > 78rem)";
const PAUSE = 120; // milliseconds: whoever runs through the rows does not fetch them all

export function showBeside(frame, upgrade) {
  const wide = matchMedia(WIDE);
  let aside = null;
  let stop = new AbortController();
  let wanted = null;
  let there = null; // the link whose request stands there
  let isAwaited = false; // somebody went into it before it was there
  const place = () => aside?.querySelector("[data-preview]") ?? null;
  const put = (parts, how) => {
    const body = place();
    // First what asks the former content for its layout, or would have each new element styled twice.
    body.scrollTop = aside.scrollTop = 0;
    body.inert = false;
    body.replaceChildren(...parts);
    comeFrom(body, location.pathname + location.search, true);
    upgrade(body);
    shown();
    aside.removeAttribute("aria-busy");
    if (how.isArrival) body.querySelector("h2")?.focus();
    if (isAwaited) body.focus();
    isAwaited = false;
  };
  const load = async (link, how) => {
    stop.abort();
    stop = new AbortController();
    const { signal } = stop;
    there = null;
    place().inert = true;
    aside.setAttribute("aria-busy", "true");
    try {
      if (how.isLater) await new Promise((done) => { setTimeout(done, PAUSE); });
      if (signal.aborted) return;
      const answer = await fetch(`${link.href}?beside=1`, { signal, headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (signal.aborted) return;
      // Whoever is led elsewhere (to the sign-in page) opens the request the ordinary way.
      const isIt = answer.ok && new URL(answer.url).pathname === new URL(link.href).pathname;
      put(isIt ? parts(page) : failure(aside, link, how, load), how);
      if (isIt) there = link;
      performance.mark("preview-shown");
    } catch (error) {
      if (error.name !== "AbortError") put(failure(aside, link, how, load), how);
    }
  };
  const open = () => {
    if (!wide.matches || !wanted) return;
    if (!aside) {
      aside = frame.content.firstElementChild.cloneNode(true);
      const columns = document.querySelector(".shell-columns");
      columns.classList.add("has-preview");
      columns.append(aside);
    }
    load(...wanted);
  };
  // Where there is no room for it, the keys of what would stand there say so.
  const narrow = frame.content.querySelector("[data-narrow]");
  const tellRoom = () => (wide.matches ? narrow.remove() : frame.after(narrow));
  tellRoom();
  wide.addEventListener("change", tellRoom);
  // A window that was narrow for a while still shows what was typed into it.
  wide.addEventListener("change", () => { if (there === null || there !== wanted?.[0]) open(); });
  return {
    hasRoom: () => wide.matches,
    isOpen: () => aside !== null && wide.matches,
    place,
    link: () => frame.content.querySelector("[data-beside-link]").cloneNode(true),
    enter: () => {
      isAwaited = place().inert;
      place().focus({ preventScroll: true });
    },
    show: (link, how) => {
      isAwaited = false;
      const isLater = wanted !== null;
      wanted = [link, { ...how, isLater }];
      open();
    },
  };
}

// What stands there instead: why, once more, and the way to the request's own page.
function failure(aside, link, how, load) {
  const told = aside.querySelector("template[data-failure]").content.cloneNode(true);
  const way = told.querySelector("a");
  way.href = link.href;
  told.querySelector("h2").textContent = link.textContent.trim();
  told.querySelector("button").addEventListener("click", () => load(link, { ...how, isArrival: true, isLater: false }));
  return [...told.children];
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
