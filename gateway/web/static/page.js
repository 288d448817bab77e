// What every live page does: how its line stands, clocks that go on, receipts, choices, sentences.
"use strict";

// How the line stands: live, away (the console is there, its gateway is not) or cut.
function live(state) {
  for (const one of ["live", "away", "cut"]) document.body.classList.toggle(`is-${one}`, one === state);
  if (state === "live") reason("");
}

function reason(text) {
  const place = document.querySelector(".line .reason");
  if (place) place.textContent = text;
}

// "2 minutes ago" goes on, by the gateway's clock and in the page's language.
const { justNow, justNowMs } = document.body.dataset;
const offset = Number(document.body.dataset.now) - Date.now();
const ago = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function tick() {
  for (const time of document.querySelectorAll("time[data-ms]")) {
    const passed = (Number(time.dataset.ms) - Date.now() - offset) / 1000;
    const [unit, seconds] = UNITS.find(([, size]) => Math.abs(passed) >= size) || UNITS[3];
    const text = -passed * 1000 < justNowMs ? justNow : ago.format(Math.trunc(passed / seconds), unit);
    if (time.textContent !== text) time.textContent = text;
  }
}
setInterval(tick, 1000);

// The handheld signs for every page that has reached it: that it arrived, not that it was read.
// What could not be signed for now is tried again with the next fragment, and every half minute.
const signed = new Set();

async function sign() {
  for (const { dataset } of document.querySelectorAll("[data-sign]")) {
    if (signed.has(dataset.sign)) continue;
    signed.add(dataset.sign);
    try {
      const answer = await fetch(dataset.sign, { method: "POST" });
      if (answer.status >= 500) signed.delete(dataset.sign);
    } catch {
      signed.delete(dataset.sign);
      return; // no way to the gateway: the line says so already
    }
  }
}
setInterval(sign, 30000);

// A fragment that comes by itself may replace a form in which somebody has chosen something already.
function keepChoices(before, after) {
  for (const field of before.querySelectorAll("input:checked, select, textarea, input[type=text]")) {
    const form = field.closest("form");
    const place = form && after.querySelector(`form[action="${CSS.escape(form.getAttribute("action"))}"]`);
    if (!place || !field.name) continue;
    const name = CSS.escape(field.name);
    if (field.type === "radio" || field.type === "checkbox") {
      const same = place.querySelector(`input[name="${name}"][value="${CSS.escape(field.value)}"]`);
      if (same) same.checked = true;
    } else {
      const same = place.querySelector(`[name="${name}"]`);
      if (same) same.value = field.value;
    }
  }
  const folded = after.querySelectorAll("details");
  before.querySelectorAll("details").forEach((one, n) => {
    if (folded[n]) folded[n].open = one.open;
  });
}

// Whoever works by keyboard goes on where they were in what is replaced: at the same control, else at
// the whole of it, for the next press of Tab.
function goOn(focused, after) {
  same(focused, after)?.focus();
  if (after.contains(document.activeElement)) return;
  after.tabIndex = -1;
  after.focus({ preventScroll: true });
}

function same(element, within) {
  const form = element.closest("form")?.getAttribute("action");
  const place = form ? within.querySelector(`form[action="${CSS.escape(form)}"]`) : within;
  const { tagName, name, value = "", href, textContent } = element;
  const isSaid = tagName === "SUMMARY";
  const alike = (one) =>
    one.name === name && (one.value ?? "") === value && one.href === href && (!isSaid || one.textContent === textContent);
  return [...(place?.querySelectorAll(tagName) || [])].find(alike);
}

// A new case is told to whoever does not look at the screen, too.
let waits = null;

function watchWaiting() {
  const now = document.querySelectorAll(".case.tone-waiting").length;
  if (waits !== null && now > waits) document.getElementById("said").textContent = document.body.dataset.came;
  else if (now === 0) document.getElementById("said").textContent = "";
  waits = now;
}

// What a press did is said once: not when the page is loaded again, or handed on.
{
  const said = new URL(location.href);
  if (said.searchParams.has("done")) {
    said.searchParams.delete("done");
    history.replaceState(history.state, "", said);
  }
}

// What went wrong, in the gateway's own sentence where it gave one.
function notice(text) {
  const place = document.getElementById("notice");
  place.textContent = text;
  clearTimeout(notice.timer);
  notice.timer = setTimeout(() => (place.textContent = ""), 8000);
}
