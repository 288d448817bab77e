// What htmx leaves to us: its lines are ours (live.js), and so is what a fragment does to a page.
"use strict";

htmx.createEventSource = (url) => {
  const line = new Line(url);
  line.addEventListener("state", ({ data }) => live(data));
  line.addEventListener("why", ({ data }) => reason(data));
  return line;
};

// The phone: a new case pushes the others down, so for a moment no button can be hit by mistake.
const title = document.title;
let waiting = null;

function watchInbox() {
  const inbox = document.getElementById("inbox");
  if (!inbox) return;
  const now = Number(document.getElementById("counted").dataset.waiting); // in all, not on this page
  document.title = now ? `(${now}) ${title}` : title;
  if (waiting !== null && now > waiting) {
    inbox.classList.add("settling");
    setTimeout(() => inbox.classList.remove("settling"), 700);
    if (navigator.vibrate && navigator.userActivation?.hasBeenActive) navigator.vibrate([200, 100, 200]);
  }
  waiting = now;
}

let left = null; // where somebody is, in what is about to be replaced

function leave({ target }) {
  const focused = target.contains(document.activeElement) && document.activeElement;
  if (focused) left = { focused, id: target.id };
}

// One answer may replace several things: one goes on where one was when that one is there anew.
function goOnThere({ detail: { target } }) {
  if (!left || target?.id !== left.id) return;
  const after = document.getElementById(left.id);
  if (after) goOn(left.focused, after);
  left = null;
}

document.addEventListener("htmx:oobBeforeSwap", (event) => {
  keepChoices(event.detail.target, event.detail.fragment);
  leave(event.detail);
});
document.addEventListener("htmx:oobAfterSwap", goOnThere);
document.addEventListener("htmx:beforeSwap", (event) => leave(event.detail));
document.addEventListener("htmx:afterSwap", goOnThere);

function refresh() {
  tick();
  watchWaiting();
  watchInbox();
  sign();
}
document.addEventListener("htmx:sseMessage", refresh);
document.addEventListener("htmx:afterSwap", refresh);
refresh();

// How a request ended is heard at the request itself: its form may be out of the page by then, for the
// live page is often quicker than the answer, and htmx tells it to the form alone. What the press
// before it did is said no longer: this one may be refused.
document.addEventListener("htmx:beforeRequest", ({ detail: { xhr, requestConfig } }) => {
  if (requestConfig.verb === "post") document.getElementById("happened").textContent = "";
  xhr.addEventListener("error", () => notice(document.body.dataset.failed));
  xhr.addEventListener("load", () => {
    if (xhr.status < 400) return;
    const isSentence = (xhr.getResponseHeader("Content-Type") || "").startsWith("text/plain");
    notice(isSentence ? xhr.responseText : document.body.dataset.failed);
  });
});
