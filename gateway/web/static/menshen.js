// What htmx leaves to us: a line that comes back by itself, clocks that go on, and sentences.
"use strict";

// A server-sent-events line that never gives up. Browsers stop trying after some failures (a proxy
// that answers 502 while the gateway restarts, a phone that slept), so each attempt is a new
// EventSource behind one object that htmx holds on to. It says what it has seen, and so the
// gateway sends what was missed.
class Line extends EventTarget {
  constructor(url) {
    super();
    this.url = url;
    this.seen = null;
    this.names = new Set();
    this.readyState = EventSource.CONNECTING; // never CLOSED for htmx: reconnecting is ours
    this.wait = Line.FIRST_MS;
    this.onopen = this.onerror = null;
    this.open();
    this.back = () => document.visibilityState === "visible" && this.isStale() && this.open();
    document.addEventListener("visibilitychange", this.back);
    window.addEventListener("online", this.back);
    this.watch = setInterval(() => this.isStale() && this.lost(), Line.WATCH_MS);
  }

  open() {
    clearTimeout(this.timer);
    if (this.source) this.source.close();
    const url = new URL(this.url, location.href);
    if (this.seen) url.searchParams.set("seen", this.seen);
    this.heard = Date.now();
    const source = (this.source = new EventSource(url));
    source.onopen = (event) => {
      this.wait = Line.FIRST_MS;
      this.heard = Date.now();
      this.readyState = EventSource.OPEN;
      if (this.onopen) this.onopen(event);
      live(true);
    };
    source.onerror = () => this.source === source && this.lost();
    for (const name of ["ping", "committed"]) {
      source.addEventListener(name, () => (this.heard = Date.now()));
    }
    for (const name of this.names) this.carry(name);
  }

  lost() {
    live(false);
    this.readyState = EventSource.CONNECTING;
    this.source.close();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), this.wait);
    this.wait = Math.min(this.wait * 2, Line.LAST_MS);
    this.heard = Date.now();
  }

  isStale() {
    return Date.now() - this.heard > Line.SILENT_MS || this.source.readyState === EventSource.CLOSED;
  }

  carry(name) {
    this.source.addEventListener(name, (event) => {
      this.heard = Date.now();
      if (event.lastEventId) this.seen = event.lastEventId;
      this.dispatchEvent(new MessageEvent(name, { data: event.data }));
    });
  }

  addEventListener(name, ...rest) {
    super.addEventListener(name, ...rest);
    if (this.names && !this.names.has(name)) {
      this.names.add(name);
      this.carry(name);
    }
  }

  close() {
    this.readyState = EventSource.CLOSED;
    document.removeEventListener("visibilitychange", this.back);
    window.removeEventListener("online", this.back);
    clearInterval(this.watch);
    clearTimeout(this.timer);
    this.source.close();
  }
}
Line.FIRST_MS = 500;
Line.LAST_MS = 4000;
Line.SILENT_MS = 40000; // the gateway says a word every 15 s
Line.WATCH_MS = 5000;
htmx.createEventSource = (url) => new Line(url);

function live(isLive) {
  document.body.classList.toggle("is-live", isLive);
  document.body.classList.toggle("is-cut", !isLive);
}

// "2 minutes ago" goes on, by the gateway's clock and in the page's language.
const offset = Number(document.body.dataset.now) - Date.now();
const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function tick() {
  for (const time of document.querySelectorAll("time[data-ms]")) {
    const passed = (Number(time.dataset.ms) - Date.now() - offset) / 1000;
    const [unit, seconds] = UNITS.find(([, size]) => Math.abs(passed) >= size) || UNITS[3];
    const text = words.format(Math.trunc(Math.min(passed, 0) / seconds) || -0, unit);
    if (time.textContent !== text) time.textContent = text;
  }
}
setInterval(tick, 1000);

// The phone: a new case pushes the others down, so for a moment no button can be hit by mistake.
const title = document.title;
let waiting = null;

function watchInbox() {
  const inbox = document.getElementById("inbox");
  if (!inbox) return;
  const now = inbox.querySelectorAll("[data-waits]").length;
  document.title = now ? `(${now}) ${title}` : title;
  if (waiting !== null && now > waiting) {
    inbox.classList.add("settling");
    setTimeout(() => inbox.classList.remove("settling"), 700);
    if (navigator.vibrate && navigator.userActivation?.hasBeenActive) navigator.vibrate([200, 100, 200]);
  }
  waiting = now;
}

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
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  keepChoices(event.detail.target, event.detail.fragment);
});

function refresh() {
  tick();
  watchInbox();
  sign();
}
document.addEventListener("htmx:sseMessage", refresh);
document.addEventListener("htmx:afterSwap", refresh);
refresh();

// What went wrong, in the gateway's own sentence where it gave one.
function notice(text) {
  const place = document.getElementById("notice");
  place.textContent = text;
  clearTimeout(notice.timer);
  notice.timer = setTimeout(() => (place.textContent = ""), 8000);
}
document.addEventListener("htmx:sendError", () => notice(document.body.dataset.failed));
document.addEventListener("htmx:responseError", (event) => {
  const answer = event.detail.xhr;
  const isSentence = (answer.getResponseHeader("Content-Type") || "").startsWith("text/plain");
  notice(isSentence ? answer.responseText : document.body.dataset.failed);
});
