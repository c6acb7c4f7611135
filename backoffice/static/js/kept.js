// Under which names keep.js and left.js keep in this tab what was typed: each with the word for whoever is signed in, so
// that what one person typed is never filled in for another.
export const PREFIX = "keep:";
export const SENT = "keep-sent:";
export const VERSION = "keep-version:";
export const ON_ITS_WAY = "keep-on-its-way:";
export const LEFT = "keep-left:";

// Where nobody is signed in, nothing is kept, and nothing that is kept is looked at.
export const person = document.body.dataset.person ?? "";
export const named = (prefix, form) => `${prefix}${person}:${form}`;

export const valuesOf = (name) => JSON.parse(sessionStorage.getItem(named(PREFIX, name)) ?? "[]");
export const wasSent = (name) => sessionStorage.getItem(named(ON_ITS_WAY, name)) !== null;
