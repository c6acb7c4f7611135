// data-keep="name" on a form: what is typed survives a session that ran out, a crash, a wrong click. It stays in this
// tab (sessionStorage), is dropped when the form was accepted or the person signs out, and never holds secrets or files,
// nor what has data-keep-never: a choice that is to be made anew each time the form is opened.
// The body's data-accepted says which forms were accepted last, by the paths they are sent to: of those alone what was typed
// is forgotten. That a page shows a form no more says nothing: it may never have arrived. This page may show one anew.
// data-keep-steps: the form leads on to further steps, and only data-keep-ends="name" on a form of a later one, sent by
// its button "submit", says that the whole is accepted. data-keep-cancel on a link or button gives up what was typed.
// What one person typed is never filled in for another: the body's data-person says who is signed in.
// data-keep-version="..." names the state in which the server keeps the form too: what was typed onto another is older,
// and is shown again only when somebody asks for it (data-keep-older, data-keep-restore), or not at all once it was sent.
// data-keep-family="apply-": see left.js.
import { LEFT, ON_ITS_WAY, PREFIX, SENT, VERSION, named, person, valuesOf, wasSent } from "./kept.js";
import { noteLeft, offerLeft } from "./left.js";

const NEVER = new Set(["hidden", "password", "file", "submit", "button"]);

const isKept = (field) => field.name && !NEVER.has(field.type) && !field.hasAttribute("data-keep-never");
const keepable = (form) => [...form.elements].filter(isKept);

export function keepTypedText(root) {
  if (!person) return;
  if (root === document) {
    forgetAccepted();
    root.addEventListener("submit", (event) => forgetFormer(pathOf(event.target)), true);
  }
  for (const form of root.querySelectorAll("form[data-keep]")) keep(form);
  for (const form of root.querySelectorAll("form[data-keep], form[data-keep-ends]")) isStillToBeSent(form);
  if (root.querySelector("[data-refused]")) takeBack();
  for (const form of root.querySelectorAll("form[data-keep-ends]")) {
    form.addEventListener("submit", (event) => {
      if (event.submitter?.value === "submit") sessionStorage.setItem(named(SENT, form.dataset.keepEnds), pathOf(form));
    });
  }
  if (root === document) root.addEventListener("submit", (event) => event.submitter?.closest("[data-sign-out]") && forgetAll());
}

function keep(form) {
  const key = named(PREFIX, form.dataset.keep);
  const store = () => {
    const values = keepable(form).filter(isSet).map((field) => [field.name, field.value]);
    sessionStorage.setItem(key, JSON.stringify(values));
    sessionStorage.setItem(named(VERSION, form.dataset.keep), form.dataset.keepVersion ?? "");
    sessionStorage.removeItem(named(ON_ITS_WAY, form.dataset.keep));
    noteLeft(form);
  };
  offerLeft(form, saysIn(form));
  // data-keep-fresh: the server filled in something on request; what was kept before is older than the page.
  if (form.hasAttribute("data-keep-fresh")) store();
  else if (!isOlder(form)) restore(form, key);
  else if (!offer(form, store)) sessionStorage.removeItem(key);
  form.addEventListener("input", store);
  // What was sent is the server's now. Should it not have arrived, the version is still the same.
  form.addEventListener("submit", () => sessionStorage.setItem(named(ON_ITS_WAY, form.dataset.keep), "1"));
  if (!form.hasAttribute("data-keep-steps")) {
    form.addEventListener("submit", () => sessionStorage.setItem(named(SENT, form.dataset.keep), pathOf(form)));
  }
  for (const link of form.querySelectorAll("[data-keep-cancel]")) {
    link.addEventListener("click", () => sessionStorage.removeItem(key));
  }
}

const isOlder = (form) => (sessionStorage.getItem(named(VERSION, form.dataset.keep)) ?? "") !== (form.dataset.keepVersion ?? "");

// Whether the form says that a field has a value.
const saysIn = (form) => ([field, value]) => keepable(form).some((one) => one.name === field && isSet(one) && folded(one.value) === folded(value));

// Whether what was typed before was never sent and differs from what the form says: then a button puts it back.
function offer(form, store) {
  const name = form.dataset.keep;
  const notice = form.querySelector("[data-keep-older]");
  if (!notice || wasSent(name) || valuesOf(name).every(saysIn(form))) return false;
  notice.hidden = false;
  notice.querySelector("[data-keep-restore]").addEventListener("click", () => {
    restore(form, named(PREFIX, name));
    store();
    notice.hidden = true;
    keepable(form)[0]?.focus();
  });
  return true;
}

const folded = (text) => text.replaceAll("\r\n", "\n").trim();
const isToggle = (field) => field.type === "checkbox" || field.type === "radio";
const isSet = (field) => !isToggle(field) || field.checked;

function restore(form, key) {
  const stored = sessionStorage.getItem(key);
  if (!stored) return;
  const values = JSON.parse(stored);
  for (const field of keepable(form)) {
    const kept = values.filter(([name]) => name === field.name).map(([, value]) => value);
    const before = isToggle(field) ? field.checked : field.value;
    if (isToggle(field)) field.checked = kept.includes(field.value);
    else if (kept.length) field.value = kept[0];
    if (before !== (isToggle(field) ? field.checked : field.value)) unfold(field);
  }
}

// What is filled in must be seen: it is sent with the form.
function unfold(field) {
  for (let around = field.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
}

// A field of the form may be called "action".
const pathOf = (form) => new URL(form.getAttribute("action") ?? "", location.href).pathname;

const sentOnes = () => Object.keys(sessionStorage).filter((key) => key.startsWith(named(SENT, "")));

function forgetSent(sent) {
  sessionStorage.removeItem(sent);
  sessionStorage.removeItem(named(PREFIX, sent.slice(named(SENT, "").length)));
}

function forgetAccepted() {
  const accepted = (document.body.dataset.accepted ?? "").split(" ");
  for (const sent of sentOnes()) if (accepted.includes(sessionStorage.getItem(sent))) forgetSent(sent);
}

// Several forms may be sent to one path: what is accepted there next is this one, and none that was sent there before.
function forgetFormer(path) {
  for (const sent of sentOnes()) if (sessionStorage.getItem(sent) === path) sessionStorage.removeItem(sent);
}

// The form is shown again, so what was sent of it was not accepted.
function isStillToBeSent(form) {
  for (const name of [form.dataset.keep, form.dataset.keepEnds]) if (name) sessionStorage.removeItem(named(SENT, name));
}

// The form did not arrive: what was typed into it is still to be sent.
function takeBack() {
  for (const key of Object.keys(sessionStorage)) {
    if ([SENT, ON_ITS_WAY].some((each) => key.startsWith(named(each, "")))) sessionStorage.removeItem(key);
  }
}

function forgetAll() {
  for (const key of Object.keys(sessionStorage)) {
    if ([PREFIX, SENT, VERSION, ON_ITS_WAY, LEFT].some((each) => key.startsWith(each))) sessionStorage.removeItem(key);
  }
}
