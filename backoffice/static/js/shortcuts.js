// data-key="a" on a control (named by backoffice/web/shortcuts.py) lets the key press it; data-key-anywhere also where it
// is not on the screen. Whoever types is left alone, and an open dialog has only its own keys. data-keys="off" on the body:
// the person has switched single keys off. Other modules say with `onKey` what a key does where there is nothing to press.
// A key that comes too early to do anything says so (see early.js). data-failed holds the words for the keys named in
// data-failed-keys, which press nothing here. data-sole on a form: the page is there for it alone, so what sends a typed
// text sends it from anywhere on the page.
import { forgetEarly, keepEarly, tellEarly, tellKeptEarly, tellKey } from "./early.js";

const BETWEEN = 1500; // milliseconds between the strokes of "g q"
const READING = 400; // what has been on the screen for less has not been read: a verdict on it waits
const SEND = "Control+Enter";
const WITH_CONTROL = new Set(["k", "Enter"]);
const NO_TEXT = ["checkbox", "radio", "button", "submit", "reset", "range", "color", "file", "image"];

const others = new Map();
let shownAt = performance.now();
let isLeaving = false;
let begun = "";
let forget;

// What a key does beside pressing a control; its answer is whether it did something.
export function onKey(key, act) {
  others.set(key, act);
}

// Whether the page shows a control that the key presses.
export function pressable(key) {
  return find(key, document) !== undefined;
}

// Something new to decide on is on the screen from now on.
export function shown() {
  shownAt = performance.now();
}

export function bindKeys(root) {
  if (root !== document) return;
  document.addEventListener("keydown", pressed);
  // A form is on its way: a second stroke would speak of what is gone.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    isLeaving = true;
    setTimeout(() => { isLeaving = false; }, 5000);
  });
  addEventListener("pageshow", () => { isLeaving = false; });
  tellKeptEarly();
}

function pressed(event) {
  // An input method sends its own keys before it has decided what they mean.
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  const stroke = strokeOf(event);
  if (stroke === null || (stroke.startsWith("Control+") ? false : rests(event.target))) return;
  const key = begun ? `${begun} ${stroke}` : stroke;
  begun = "";
  clearTimeout(forget);
  if (document.querySelector(`[data-key^="${CSS.escape(stroke)} "]`) && key === stroke) {
    begun = stroke;
    forget = setTimeout(() => { begun = ""; }, BETWEEN);
    return;
  }
  const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
  // What sends what is typed belongs to the form that is typed in.
  const form = key === SEND ? event.target.closest("form") : null;
  const place = form ?? dialog ?? (key === SEND ? document.querySelector("form[data-sole]") : document);
  if (isLeaving) {
    if (!event.repeat && (others.has(key) || find(key, document))) keepEarly();
  } else if (!dialog && others.get(key)?.(event)) event.preventDefault();
  else if (!event.repeat && place && press(find(key, place) ?? sender(form, event.target))) {
    forgetEarly();
    event.preventDefault();
  } else if (!event.repeat && !dialog) {
    if (place && isComing(key)) tellEarly();
    else tellFailed(key);
  }
}

function tellFailed(key) {
  const failed = [...document.querySelectorAll("[data-failed-keys]")].find((one) => one.dataset.failedKeys.split(" ").includes(key));
  if (failed) tellKey(failed.dataset.failed);
}

// The key as the list of shortcuts spells it; null for what belongs to the browser or the system.
function strokeOf(event) {
  const key = event.key === " " ? "Space" : event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) return WITH_CONTROL.has(key) && !event.altKey && !event.shiftKey && !isPressed(event) ? `Control+${key}` : null;
  if (event.altKey || ["Shift", "Alt", "AltGraph", "CapsLock", "Dead"].includes(key)) return null;
  return event.shiftKey && /^([a-z]|Space)$/.test(key) ? `Shift+${key}` : key;
}

// A button or link that has the focus does by itself what it says.
const isPressed = (event) => event.key === "Enter" && event.target.closest("a, button") !== null;

function rests(target) {
  if (document.body.dataset.keys === "off" || document.querySelector("[popover]:popover-open")) return true;
  const field = target.closest?.("input, textarea, select, [contenteditable]:not([contenteditable='false'])");
  // The field of a dialog that has just been shut keeps the focus until the browser paints: nobody types there.
  return Boolean(field?.checkVisibility()) && !(field.matches("input") && NO_TEXT.includes(field.type));
}

// Control+Enter in a text sends it, also where the button has a key of its own.
function sender(form, typed) {
  return typed.matches?.("textarea") ? form?.querySelector("button:not([type='button'], [hidden], [aria-hidden], [disabled])") : null;
}

function find(key, place) {
  const shownOrAnywhere = (one) => one.hasAttribute("data-key-anywhere") || one.checkVisibility() || isFolded(one);
  return [...place.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)]
    .find((one) => !one.disabled && !one.closest("[inert]") && shownOrAnywhere(one));
}

// A field inside something that is shut is opened for the key that leads to it.
function isFolded(one) {
  return one.matches("input") && one.closest("details:not([open])") !== null;
}

// What the key would press is on the screen, but has not been read yet, or is on its way beside the queue.
function isComing(key) {
  return find(key, document) !== undefined
    || document.querySelector("[aria-busy='true']") !== null && document.querySelector(`[data-key="${CSS.escape(key)}"]`) !== null;
}

function press(control) {
  if (!control) return false;
  // What only asks once more (it leads to a page, it sends nothing) decides nothing.
  const decides = control.hasAttribute("data-verdict") && control.form?.method !== "get";
  if (decides && performance.now() - shownAt < READING) return false;
  if (control.matches("input") && !NO_TEXT.includes(control.type)) {
    const folded = control.closest("details:not([open])");
    if (folded) folded.open = true;
    control.focus();
    control.select();
  } else {
    if (control.matches("input")) control.focus();
    control.click();
  }
  return true;
}
