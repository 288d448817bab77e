// What htmx leaves to us: a line that comes back by itself, clocks that go on, and sentences.
"use strict";

// A line that never gives up, behind one object that htmx holds on to as if it were an EventSource.
// It says what it has seen, and so the gateway sends what was missed. All tabs share one connection
// (live.js).
const LIVE = new URL("live.js", document.currentScript.src);

class Line extends EventTarget {
  constructor(url) {
    super();
    const { searchParams } = (this.url = new URL(url, location.href));
    this.topic = { kind: searchParams.get("view"), name: searchParams.get("name"), seen: searchParams.get("seen") };
    this.topic.stream = this.url.origin + this.url.pathname;
    this.topic.language = document.documentElement.lang.split("-")[0];
    this.readyState = EventSource.OPEN; // never CLOSED for htmx: reconnecting is ours
    this.heard = Date.now();
    this.onopen = this.onerror = null;
    this.open();
    this.watch = setInterval(() => this.look(), Line.WATCH_MS);
    this.alive = setInterval(() => this.say({ alive: true }), Line.ALIVE_MS);
    this.listen = (type, does) => {
      const target = type === "visibilitychange" ? document : window;
      target.addEventListener(type, does);
      return () => target.removeEventListener(type, does);
    };
    this.ends = [
      this.listen("offline", () => live("cut")),
      this.listen("online", () => this.again()),
      this.listen("visibilitychange", () => this.seen()),
      this.listen("pagehide", () => this.say({ close: true })),
      this.listen("pageshow", (event) => event.persisted && this.open()),
    ];
  }

  open() {
    if (!window.SharedWorker || Line.isAlone) return this.openAlone();
    const worker = new SharedWorker(LIVE, "menshen");
    worker.onerror = () => {
      Line.isAlone = true;
      this.openAlone();
    };
    this.port = worker.port;
    this.port.onmessage = ({ data }) => this.take(data);
    this.say({ open: this.topic });
  }

  async openAlone() {
    this.port = null;
    if (!window.Feed) await import(LIVE);
    if (!this.feed) this.feed = new window.Feed();
    this.feed.add(this, { ...this.topic, tell: (told) => this.take(told) });
  }

  say(what) {
    if (this.port) this.port.postMessage(what);
    else if (what.close && this.feed) this.feed.remove(this);
  }

  take({ name, data, seen }) {
    if (name === "why") return reason(data);
    if (name === "cut") return live("cut");
    this.heard = Date.now();
    if (name === "fragment") {
      this.topic.seen = seen;
      this.dispatchEvent(new MessageEvent("fragment", { data }));
    } else live(name === "away" ? "away" : "live");
  }

  look() {
    const silent = Date.now() - this.heard;
    if (silent > Line.SILENT_MS) live("cut");
    if (silent > Line.ANEW_MS) {
      this.heard = Date.now() - Line.SILENT_MS;
      this.say({ close: true });
      this.open(); // the worker itself may have ended
    }
  }

  again() {
    if (this.port) this.say({ again: true });
    else if (this.feed) this.feed.soon(0);
  }

  // Without a worker, a hidden tab gives its connection back; a phone keeps it, for it signs.
  seen() {
    const isShown = document.visibilityState === "visible";
    if (isShown && Date.now() - this.heard > Line.SILENT_MS) this.again();
    if (this.port || !this.feed || this.topic.kind === "inbox") return;
    if (isShown) this.openAlone();
    else this.feed.remove(this);
  }

  close() {
    this.readyState = EventSource.CLOSED;
    this.ends.forEach((end) => end());
    clearInterval(this.watch);
    clearInterval(this.alive);
    this.say({ close: true });
  }
}
Line.SILENT_MS = 4500; // the gateway says a word every second or two
Line.WATCH_MS = 500;
Line.ANEW_MS = 15000;
Line.ALIVE_MS = 20000;
htmx.createEventSource = (url) => new Line(url);

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
const justNow = document.body.dataset;
const offset = Number(document.body.dataset.now) - Date.now();
const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function tick() {
  for (const time of document.querySelectorAll("time[data-ms]")) {
    const passed = (Number(time.dataset.ms) - Date.now() - offset) / 1000;
    const [unit, seconds] = UNITS.find(([, size]) => Math.abs(passed) >= size) || UNITS[3];
    const text = -passed * 1000 < justNow.justNowMs
      ? justNow.justNow
      : words.format(Math.trunc(passed / seconds), unit);
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
