// data-download on a link or a form that leads to a file: shows how far it is and can stop it. Whatever is not a file
// (an error page, the sign-in page) is opened the ordinary way, so that its words are read.
import { announce } from "./announce.js";

const MEGABYTE = 1024 * 1024;

export function showDownloads(root) {
  const bar = root.querySelector("[data-download-bar]");
  if (!bar || !window.ReadableStream) return;
  for (const origin of root.querySelectorAll("a[data-download]")) {
    origin.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      fetchFile(bar, origin.href);
    });
  }
  for (const form of root.querySelectorAll("form[data-download]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      fetchFile(bar, `${form.action}?${new URLSearchParams(new FormData(form))}`);
    });
  }
}

async function fetchFile(bar, address) {
  if (!bar.hidden && bar.dataset.busy) return;
  const stop = new AbortController();
  const button = bar.querySelector("[data-download-stop]");
  const stopped = () => stop.abort();
  begin(bar);
  button.addEventListener("click", stopped);
  try {
    const answer = await fetch(address, { signal: stop.signal });
    const name = fileName(answer);
    if (!answer.ok || !name) {
      location.assign(address);
      return;
    }
    keep(new Blob(await parts(bar, answer), { type: answer.headers.get("Content-Type") }), name);
    end(bar, bar.dataset.done);
  } catch (error) {
    end(bar, error.name === "AbortError" ? bar.dataset.stopped : bar.dataset.failed);
  } finally {
    button.removeEventListener("click", stopped);
  }
}

async function parts(bar, answer) {
  const whole = Number(answer.headers.get("Content-Length")) || 0;
  const progress = bar.querySelector("progress");
  const size = bar.querySelector("[data-download-size]");
  const reader = answer.body.getReader();
  const found = [];
  let done = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    found.push(piece.value);
    done += piece.value.length;
    if (whole) {
      progress.max = whole;
      progress.value = done;
    }
    size.textContent = whole ? `${megabytes(done)} / ${megabytes(whole)} MB` : `${megabytes(done)} MB`;
  }
  return found;
}

function megabytes(bytes) {
  return (bytes / MEGABYTE).toFixed(1);
}

// The name that may be Chinese, else the plain one; none where the answer is no file.
function fileName(answer) {
  const said = answer.headers.get("Content-Disposition") || "";
  const encoded = /filename\*=UTF-8''([^;]+)/.exec(said);
  return encoded ? decodeURIComponent(encoded[1]) : (/filename="([^"]+)"/.exec(said) || [])[1];
}

function keep(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

function begin(bar) {
  const text = bar.querySelector("[data-download-text]");
  bar.dataset.making ??= text.textContent;
  bar.dataset.busy = "1";
  text.textContent = bar.dataset.making;
  bar.querySelector("[data-download-size]").textContent = "";
  bar.querySelector("progress").removeAttribute("value");
  bar.querySelector("progress").hidden = false;
  bar.querySelector("[data-download-stop]").hidden = false;
  bar.hidden = false;
  announce(bar.dataset.making);
}

function end(bar, said) {
  delete bar.dataset.busy;
  bar.querySelector("[data-download-text]").textContent = said;
  bar.querySelector("progress").hidden = true;
  bar.querySelector("[data-download-stop]").hidden = true;
  announce(said);
}
