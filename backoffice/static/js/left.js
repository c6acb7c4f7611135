// data-keep-family="apply-" on a form of keep.js: of several such forms, one that is opened empty lists those that were typed
// into in this tab and never sent (data-keep-left). Each can be gone on with at its own address, or forgotten, so nothing is
// written over. There are ten at most; when there are, the page says that the oldest gives way to what is typed into it.
import { LEFT, PREFIX, VERSION, named, valuesOf, wasSent } from "./kept.js";

const MOST = 10;
const SHORT = 40; // characters of each text

const listed = (form) => JSON.parse(sessionStorage.getItem(named(LEFT, form.dataset.keepFamily)) ?? "[]");
const isLeft = (name) => valuesOf(name).length > 0 && !wasSent(name);
const others = (form) => listed(form).filter((name) => name !== form.dataset.keep && isLeft(name));

// Called whenever something is typed into the form: it is the newest of its family, and the oldest may have to go.
export function noteLeft(form) {
  if (form.dataset.keepFamily === undefined || form.dataset.keepVersion) return;
  const before = others(form);
  for (const name of before.slice(MOST - 1)) {
    for (const prefix of [PREFIX, VERSION]) sessionStorage.removeItem(named(prefix, name));
    form.querySelector(`[data-keep-row="${name}"]`)?.remove();
  }
  const kept = [form.dataset.keep, ...before.slice(0, MOST - 1)];
  sessionStorage.setItem(named(LEFT, form.dataset.keepFamily), JSON.stringify(kept));
}

// `says`: whether the form says that already, as one into which nothing was typed does.
export function offerLeft(form, says) {
  const place = form.querySelector("[data-keep-left]");
  if (!place || form.dataset.keepVersion) return;
  const names = others(form).filter((name) => !valuesOf(name).every(says));
  if (!names.length) return;
  place.querySelector("summary span").textContent += ` ${names.length}`;
  place.querySelector("details").open = names.length <= Number(place.dataset.few); // a longer list would push the form away
  place.querySelector("ul").replaceChildren(...names.map((name) => row(place, name)));
  place.querySelector("[data-keep-full]").hidden = names.length < MOST || listed(form).includes(form.dataset.keep);
  place.hidden = false;
}

function row(place, name) {
  const item = place.querySelector("template").content.firstElementChild.cloneNode(true);
  item.dataset.keepRow = name;
  item.querySelector("span").textContent = inShort(place, valuesOf(name));
  const goOn = item.querySelector("a");
  goOn.href = place.dataset.address.replace("KEY", name.slice(name.indexOf("-") + 1));
  const forget = item.querySelector("button");
  const text = sessionStorage.getItem(named(PREFIX, name));
  const words = { false: forget.textContent, true: forget.dataset.undo };
  forget.addEventListener("click", () => {
    const gone = !goOn.hidden;
    if (gone) sessionStorage.removeItem(named(PREFIX, name));
    else sessionStorage.setItem(named(PREFIX, name), text);
    goOn.hidden = gone;
    forget.textContent = words[gone];
  });
  return item;
}

function inShort(place, values) {
  const of = (field) => values.find(([name]) => name === field)?.[1].replace(/\s+/g, " ").trim() ?? "";
  const said = place.dataset.said.split(" ").map(of).filter(Boolean).map((text) => (text.length > SHORT ? `${text.slice(0, SHORT - 1)}…` : text));
  return said.join(" · ") || place.dataset.nothing;
}
