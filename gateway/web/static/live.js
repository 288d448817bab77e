// One live connection a browser, whatever its tabs: a browser opens six to one address at most, and
// a press must always find one free. The tab that has the lock holds it for all; when that tab is
// closed, killed or asleep, another takes over. A browser without locks (it has none on plain HTTP)
// has one connection a tab.
"use strict";

class Feed {
  constructor() {
    this.topics = new Map(); // key -> { stream, kind, name, seen, language, tell }
    this.wait = Feed.FIRST_MS;
    this.heard = Date.now();
    const isSilent = () => this.source && Date.now() - this.heard > Feed.SILENT_MS;
    this.watch = setInterval(() => isSilent() && this.lost(), Feed.WATCH_MS);
  }

  add(key, topic) {
    this.topics.set(key, topic);
    this.soon(Feed.TOGETHER_MS);
  }

  remove(key) {
    if (this.topics.delete(key)) this.soon(Feed.LEAVING_MS);
  }

  end() {
    clearInterval(this.watch);
    clearTimeout(this.timer);
    this.topics.clear();
    if (this.source) this.source.close();
    this.source = null;
  }

  soon(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), ms);
  }

  open() {
    if (this.source) this.source.close();
    this.source = null;
    const topics = [...this.topics.values()].slice(-Feed.TOPICS_MAX);
    if (!topics.length) return;
    const url = new URL(topics[topics.length - 1].stream);
    for (const { kind, name, seen, language } of topics) {
      url.searchParams.append("topic", `${kind}:${encodeURIComponent(name)}:${seen}:${language}`);
    }
    this.heard = Date.now();
    const source = (this.source = new EventSource(url));
    source.onopen = () => {
      this.heard = Date.now();
      this.wait = Feed.FIRST_MS;
    };
    source.onerror = () => this.source === source && this.lost(url);
    topics.forEach((topic, n) => {
      for (const name of ["fragment", "ping", "away"]) {
        source.addEventListener(`${name}.${n}`, (event) => {
          this.heard = Date.now();
          if (name === "fragment") topic.seen = event.lastEventId || topic.seen;
          topic.tell({ name, data: event.data, seen: topic.seen });
        });
      }
    });
  }

  lost(url) {
    if (this.source) this.source.close();
    this.source = null;
    this.tellAll({ name: "cut" });
    if (url) this.why(url);
    this.soon(this.wait);
    this.wait = Math.min(this.wait * 2, Feed.LAST_MS);
  }

  // The gateway's own sentence, where it refuses a live page: an EventSource does not tell.
  async why(url) {
    const given = new AbortController();
    try {
      const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal: given.signal });
      const isSentence = (answer.headers.get("Content-Type") || "").startsWith("text/plain");
      if (!answer.ok && isSentence) this.tellAll({ name: "why", data: await answer.text() });
    } catch {
      return; // nobody there
    } finally {
      given.abort();
    }
  }

  tellAll(told) {
    for (const topic of this.topics.values()) topic.tell(told);
  }
}
Feed.FIRST_MS = 500;
Feed.LAST_MS = 4000;
Feed.SILENT_MS = 4500; // the gateway says a word every second or two
Feed.WATCH_MS = 500;
Feed.TOGETHER_MS = 20;
Feed.LEAVING_MS = 5000; // a tab that goes to its next page comes again
Feed.TOPICS_MAX = 24;

// What the tabs of a browser say to each other: who leads has the feed, the others' lines hear it.
class Shared {
  constructor() {
    this.lines = new Map(); // this tab's own: key -> topic
    this.latest = new Map(); // who leads: key of another tab's line -> when it was heard of
    this.feed = null;
    this.channel = new BroadcastChannel("menshen-live");
    this.channel.onmessage = ({ data }) => this.hear(data);
    this.ask({});
  }

  // The lock is held as long as the page lives, or until another takes it from a tab that sleeps.
  ask(options) {
    navigator.locks
      .request("menshen-live", options, () => new Promise(() => this.lead()))
      .catch(() => {
        this.unlead();
        this.ask({});
      });
  }

  lead() {
    this.feed = new Feed();
    for (const [key, topic] of this.lines) this.feed.add(key, topic);
    this.channel.postMessage({ leads: true });
    this.gone = setInterval(() => this.drop(), Shared.DROP_MS);
  }

  unlead() {
    if (this.feed) this.feed.end();
    clearInterval(this.gone);
    this.feed = null;
    this.latest.clear();
    for (const key of this.lines.keys()) this.open(key);
  }

  add(key, topic) {
    this.lines.set(key, topic);
    if (this.feed) this.feed.add(key, topic);
    else this.open(key);
  }

  remove(key) {
    this.lines.delete(key);
    if (this.feed) this.feed.remove(key);
    else this.channel.postMessage({ close: key });
  }

  again(key) {
    if (this.feed) this.feed.soon(0);
    else this.channel.postMessage({ again: key });
  }

  alive(key) {
    if (!this.feed) this.channel.postMessage({ alive: key });
  }

  steal() {
    if (!this.feed) this.ask({ steal: true });
  }

  open(key) {
    const { tell, ...topic } = this.lines.get(key);
    this.channel.postMessage({ open: key, topic });
  }

  hear(said) {
    if (said.leads) for (const key of this.lines.keys()) this.open(key);
    if (said.to && this.lines.has(said.to)) this.take(this.lines.get(said.to), said.told);
    if (!this.feed) return;
    const key = said.open || said.again || said.alive;
    if (key) this.latest.set(key, Date.now());
    if (said.open) {
      const tell = (told) => this.channel.postMessage({ to: key, told });
      this.feed.add(key, { ...said.topic, tell });
    }
    if (said.again) this.feed.soon(0);
    if (said.close) this.forget(said.close);
  }

  take(topic, told) {
    topic.seen = told.seen || topic.seen;
    topic.tell(told);
  }

  forget(key) {
    this.feed.remove(key);
    this.latest.delete(key);
  }

  drop() {
    for (const [key, at] of this.latest) if (Date.now() - at > Shared.GONE_MS) this.forget(key);
  }
}
Shared.GONE_MS = 180000; // tabs that sleep say a word once a minute
Shared.DROP_MS = 30000;

// A line that never gives up, as if it were an EventSource. It says what it has seen, and so the
// gateway sends what was missed. Events: "fragment" (HTML in `data`), "state" (how the line stands:
// live, away, cut) and "why" (the gateway's sentence, where it refuses a live page).
class Line extends EventTarget {
  constructor(url) {
    super();
    const { searchParams } = (this.url = new URL(url, location.href));
    this.topic = { kind: searchParams.get("view"), name: searchParams.get("name"), seen: searchParams.get("seen") };
    this.topic.stream = this.url.origin + this.url.pathname;
    this.topic.language = document.documentElement.lang.split("-")[0];
    this.key = `${Date.now()}-${Math.random()}`;
    this.readyState = EventSource.OPEN; // never CLOSED: reconnecting is ours
    this.heard = Date.now();
    this.onopen = this.onerror = null;
    this.open();
    this.watch = setInterval(() => this.look(), Line.WATCH_MS);
    this.alive = setInterval(() => Line.shared && Line.shared.alive(this.key), Line.ALIVE_MS);
    this.listen = (type, does) => {
      const target = type === "visibilitychange" ? document : window;
      target.addEventListener(type, does);
      return () => target.removeEventListener(type, does);
    };
    this.ends = [
      this.listen("offline", () => this.say("state", "cut")),
      this.listen("online", () => this.again()),
      this.listen("visibilitychange", () => this.seen()),
      this.listen("pagehide", () => this.leave()),
      this.listen("pageshow", (event) => event.persisted && this.open()),
    ];
  }

  open() {
    if (navigator.locks && !Line.shared) Line.shared = new Shared();
    if (!navigator.locks && !this.feed) this.feed = new Feed();
    (Line.shared || this.feed).add(this.key, { ...this.topic, tell: (told) => this.take(told) });
  }

  leave() {
    (Line.shared || this.feed).remove(this.key);
  }

  take({ name, data, seen }) {
    if (name === "why") return this.say("why", data);
    if (name === "cut") return this.say("state", "cut");
    this.heard = Date.now();
    if (name !== "fragment") return this.say("state", name === "away" ? "away" : "live");
    this.topic.seen = seen;
    this.say("fragment", data);
  }

  say(type, data) {
    this.dispatchEvent(new MessageEvent(type, { data }));
  }

  look() {
    const silent = Date.now() - this.heard;
    if (silent > Line.SILENT_MS) this.say("state", "cut");
    if (silent > Line.ANEW_MS && document.visibilityState === "visible") {
      this.heard = Date.now() - Line.SILENT_MS;
      if (Line.shared) Line.shared.steal(); // the tab that leads sleeps
      this.again();
    }
  }

  again() {
    if (Line.shared) Line.shared.again(this.key);
    else this.feed.soon(0);
  }

  // Without locks, a hidden tab gives its connection back; a phone keeps it, for it signs.
  seen() {
    const isShown = document.visibilityState === "visible";
    if (isShown && Date.now() - this.heard > Line.SILENT_MS) this.again();
    if (Line.shared || ["inbox", "tasks", "task"].includes(this.topic.kind)) return;
    if (isShown) this.open();
    else this.feed.remove(this.key);
  }

  close() {
    this.readyState = EventSource.CLOSED;
    this.ends.forEach((end) => end());
    clearInterval(this.watch);
    clearInterval(this.alive);
    this.leave();
  }
}
Line.SILENT_MS = 4500; // the gateway says a word every second or two
Line.WATCH_MS = 500;
Line.ANEW_MS = 15000;
Line.ALIVE_MS = 20000;
