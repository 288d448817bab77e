// One live connection a browser, whatever its tabs: a browser opens six to one address at most, and
// a press must always find one free. Runs as a shared worker; where a browser knows none, a page
// imports it and has a feed of its own.
"use strict";

class Feed {
  constructor() {
    this.topics = new Map(); // key -> { stream, kind, name, seen, language, tell }
    this.wait = Feed.FIRST_MS;
    this.heard = Date.now();
    setInterval(() => this.source && Date.now() - this.heard > Feed.SILENT_MS && this.lost(), Feed.WATCH_MS);
  }

  add(key, topic) {
    this.topics.set(key, topic);
    this.soon(Feed.TOGETHER_MS);
  }

  remove(key) {
    if (this.topics.delete(key)) this.soon(Feed.LEAVING_MS);
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
globalThis.Feed = Feed;

// As a shared worker: each tab has a port, and says now and then that it is still there.
if (globalThis.SharedWorkerGlobalScope) {
  const feed = new Feed();
  const latest = new Map();
  const GONE_MS = 180000; // tabs that sleep say a word once a minute
  onconnect = ({ ports: [port] }) => {
    port.onmessage = ({ data }) => {
      latest.set(port, Date.now());
      if (data.open) feed.add(port, { ...data.open, tell: (told) => port.postMessage(told) });
      if (data.again) feed.soon(0);
      if (data.close) {
        feed.remove(port);
        latest.delete(port);
      }
    };
  };
  setInterval(() => {
    for (const [port, at] of latest) {
      if (Date.now() - at < GONE_MS) continue;
      feed.remove(port);
      latest.delete(port);
    }
  }, 30000);
}
