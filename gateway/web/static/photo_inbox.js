// Photos on a warden's page in the console: they go as soon as the report that they belong to counts.
"use strict";

const PHOTO_MS = 90000;
const PHOTO_TRIES_MS = [0, 2000, 8000];
const later = (ms) => new Promise((ok) => setTimeout(ok, ms));

// What the gateway said against it, or nothing.
async function sendPhoto({ bytes, url }, report, number, actor) {
  for (const wait of PHOTO_TRIES_MS) {
    await later(wait);
    try {
      const answer = await fetch(`${url}?${new URLSearchParams({ report, number })}`, {
        method: "POST",
        headers: { "Content-Type": "image/jpeg", "Menshen-Actor": actor, Accept: "application/json" },
        body: bytes,
        signal: AbortSignal.timeout(PHOTO_MS),
      });
      if (answer.ok) return "";
      if (answer.status < 500 && answer.status !== 429) return (await answer.json()).detail;
    } catch {}
  }
  return null;
}

// A card that came just now may be pressed before htmx knows it: as a plain form it would take the
// page, and the photos, away.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || !Photos.ofForm(event.target).length) return;
  event.preventDefault();
  htmx.process(event.target);
  event.target.requestSubmit(event.submitter);
});

// By its answer a form is out of the page already, and htmx tells the page nothing more of it.
document.addEventListener("htmx:beforeRequest", ({ detail: { xhr, elt } }) => {
  xhr.addEventListener("load", () => xhr.status < 400 && follow(elt));
});

async function follow(form) {
  const photos = Photos.ofForm(form);
  if (!photos.length) return;
  const { sent, unsent } = form.querySelector("[data-photos]").dataset;
  Photos.forget(form);
  const actor = location.pathname.split("/").pop(); // encoded already
  const report = `${form.elements.action_id.value}.report`;
  for (const [n, photo] of photos.entries()) {
    const why = await sendPhoto(photo, report, n + 1, actor);
    notice(why === null ? unsent : why || sent);
  }
}
document.addEventListener("htmx:afterSwap", Photos.draw);
document.addEventListener("htmx:sseMessage", Photos.draw);
Photos.draw();
