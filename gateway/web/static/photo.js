// Photos with a report: made small on the phone, shown before they go, and taken away again if she
// wants. What is drawn anew is encoded anew: where it was taken, and by which phone, is not in it.
"use strict";

const Photos = (() => {
  const BYTES_MAX = 300000;
  const SIDE_MAX = 1280; // pixels
  const QUALITIES = [0.85, 0.75, 0.65, 0.55, 0.45, 0.35, 0.25]; // tried until it is short enough
  const taken = new Map(); // case_id -> what was taken for its report: { canvas, bytes }

  const caseOf = (element) => element.closest("[data-case-id]").dataset.caseId;
  const of = (element) => taken.get(caseOf(element)) || [];

  async function small(file) {
    const picture = await createImageBitmap(file); // upright
    const scale = Math.min(1, SIDE_MAX / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    for (const quality of QUALITIES) {
      const blob = await new Promise((ok) => canvas.toBlob(ok, "image/jpeg", quality));
      if (blob && blob.size <= BYTES_MAX) return { canvas, bytes: await blob.arrayBuffer() };
    }
    throw new Error("it stays too long");
  }

  async function add(input) {
    const place = input.closest("[data-photos]");
    const caseId = caseOf(place);
    const [file] = input.files;
    input.value = "";
    if (!file || of(place).length >= Number(place.dataset.most)) return;
    place.classList.add("is-at-work");
    let trouble = "";
    try {
      taken.set(caseId, [...(taken.get(caseId) || []), await small(file)]);
    } catch (error) {
      console.info("not taken", error);
      trouble = place.dataset.unread;
    }
    place.classList.remove("is-at-work");
    draw();
    say(caseId, trouble);
  }

  function say(caseId, text) {
    for (const place of document.querySelectorAll("[data-photos]")) {
      if (caseOf(place) === caseId) place.querySelector("[role=alert]").textContent = text;
    }
  }

  function shown(place, photo, n) {
    const item = place.querySelector("template").content.cloneNode(true).firstElementChild;
    const name = place.dataset.name.replace("{number}", n + 1);
    photo.canvas.setAttribute("role", "img");
    photo.canvas.setAttribute("aria-label", name);
    item.prepend(photo.canvas);
    const button = item.querySelector("button");
    button.setAttribute("aria-label", `${button.textContent} · ${name}`);
    button.addEventListener("click", () => {
      taken.set(caseOf(place), of(place).filter((one) => one !== photo));
      draw();
      place.querySelector("input").focus();
    });
    return item;
  }

  // A fragment that came anew shows what was taken before it; and what was taken while it came is
  // heard of at the old one, which is in no document any more.
  function draw() {
    for (const place of document.querySelectorAll("[data-photos]")) {
      const photos = of(place);
      if (place.hidden) place.querySelector("input").addEventListener("change", ({ target }) => add(target));
      place.hidden = false;
      place.querySelector("label").hidden = photos.length >= Number(place.dataset.most);
      const list = place.querySelector("ul");
      const isSame = list.children.length === photos.length && photos.every(({ canvas }, n) => list.children[n].firstElementChild === canvas);
      if (!isSame) list.replaceChildren(...photos.map((photo, n) => shown(place, photo, n)));
    }
  }

  // What goes with this form, as the outbox wants it.
  function ofForm(form) {
    const place = form.querySelector("[data-photos]");
    if (!place) return [];
    const { photos: url, name } = place.dataset;
    return of(place).map(({ bytes }, n) => ({ bytes, url, name: name.replace("{number}", n + 1) }));
  }

  function forget(form) {
    if (form.querySelector("[data-photos]")) taken.delete(caseOf(form));
    draw();
  }

  return { draw, ofForm, forget };
})();
