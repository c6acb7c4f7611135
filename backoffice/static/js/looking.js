// Who looks at what and works on what, three times a minute while the page is seen.
// data-looking="address" on a request's page: it says so there, and hears who else looks, how long the reader's own claim
// lasts, and what happened to the request since it was drawn (data-stage). data-lookers="address" on the rows of a list:
// each row says who looks at its request and who works on it; the template in it holds what a row gets.
const EVERY = 20_000;
const AT_FIRST = 500; // whoever leafs through the queue looks at nothing

let leaveFormer = () => {};

export function tellWhoLooks(root) {
  const place = root.querySelector("[data-looking]");
  if (!place) return;
  const stop = new AbortController();
  const { signal } = stop;
  const address = place.dataset.looking;
  let active = false;
  let told = 0;
  let isSeen = false; // the others are told that somebody looks here
  const body = (further) => new URLSearchParams({ csrf_token: document.querySelector("[name='csrf_token']").value, ...further });
  // Once: a page that goes is hidden as well.
  const leave = () => {
    if (isSeen) navigator.sendBeacon(address, body({ leaving: "1" }));
    isSeen = false;
  };
  const say = async () => {
    if (document.hidden) return;
    const mine = root.querySelector("[data-claim]") ? { mine: "1" } : {};
    const further = { stage: place.dataset.stage, seen: place.dataset.seen, ...mine, ...(active ? { active: "1" } : {}) };
    active = false;
    const turn = ++told;
    isSeen = true;
    try {
      const answer = await fetch(address, { method: "POST", body: body(further), redirect: "error" });
      if (answer.ok && turn === told) show(root, place, await answer.json());
    } catch {
      // Out of reach, or signed out: the next turn tries again, and the page itself still works.
    }
  };
  leaveFormer(address);
  const turns = setInterval(() => (place.isConnected ? say() : leaveFormer()), EVERY);
  const first = setTimeout(say, AT_FIRST);
  // Another request took the place of this one beside the queue.
  leaveFormer = (next) => {
    stop.abort();
    clearInterval(turns);
    clearTimeout(first);
    if (next !== address) leave();
    leaveFormer = () => {};
  };
  for (const kind of ["input", "keydown", "pointerdown"]) root.addEventListener(kind, () => { active = true; }, { passive: true, signal });
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : say()), { signal });
  window.addEventListener("pagehide", leave, { signal });
}

function show(root, place, heard) {
  const sentence = place.querySelector("span");
  // A live region speaks when its text changes, not when it is the same again.
  if (sentence.textContent !== heard.looking) sentence.textContent = heard.looking;
  place.hidden = !heard.looking;
  const claim = root.querySelector("[data-claim]");
  if (claim && heard.claim) claim.textContent = heard.claim;
  if (heard.news) showNews(root, place, heard.news);
}

// Behind an open dialog nothing is read: there it stands in the dialog, as long as that is open.
function showNews(root, place, said) {
  const news = root.querySelector("[data-news]");
  const title = news.querySelector(".banner-title");
  if (title.textContent === said) return;
  const dialog = root.querySelector("dialog[open]");
  if (dialog) {
    dialog.querySelector(".dialog-title").after(news);
    dialog.addEventListener("close", () => place.after(news), { once: true });
  }
  title.textContent = said;
  news.hidden = false;
}

export function showWhoLooks(root) {
  const rows = root.querySelector("[data-lookers]");
  if (!rows) return;
  const ask = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(rows.dataset.lookers, { headers: { Accept: "application/json" }, redirect: "error" });
      if (answer.ok) tellRows(rows, await answer.json());
    } catch {
      // As above.
    }
  };
  document.addEventListener("visibilitychange", ask);
  setInterval(ask, EVERY);
}

function tellRows(rows, told) {
  const models = rows.querySelector("template").content.children;
  for (const row of rows.rows) {
    const said = told[row.id] ?? {};
    for (const model of models) tellRow(row, model, said[model.dataset.said]);
  }
}

function tellRow(row, model, sentence) {
  const shown = row.querySelector(`[data-said="${model.dataset.said}"]`);
  if (!sentence) {
    shown?.remove();
    return;
  }
  const place = shown ?? model.cloneNode(true);
  place.textContent = sentence;
  row.querySelector("th + td").append(place); // in the order of the models, whichever came first
}
