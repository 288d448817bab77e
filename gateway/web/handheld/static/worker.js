// The handheld's worker: what makes its pages open without a line. Before this stand, written by the
// gateway: VERSION, FILES, READER and OFFLINE (addresses from here), RINGS (words), and the scripts that it
// shares with the pages. It answers no event stream: that would die with the worker, and the page with it.

const CACHE = `handheld-${VERSION}`;
const WAIT_MS = 8000; // for a page that is not on the phone
const shell = new Map(FILES.map((file) => [new URL(file, location).pathname, new URL(file, location).href]));
const reader = new Set(READER.map((file) => new URL(file, location).href));
const offline = new URL(OFFLINE, location).href;

self.addEventListener("install", (event) => {
  const files = [...shell.values(), offline].map((url) => new Request(url, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(files)));
});

// A new one waits until somebody presses "new version": never a new worker under an old page.
self.addEventListener("message", ({ data }) => data === "skip" && self.skipWaiting());

async function takeOver() {
  for (const name of await caches.keys()) {
    if (name.startsWith("handheld-") && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if ((request.headers.get("Accept") || "").includes("text/event-stream")) return;
  if (request.mode === "navigate") event.respondWith(page(request, url));
  else if (shell.has(url.pathname)) event.respondWith(file(request));
  else if (reader.has(url.href)) event.respondWith(caches.match(url.href).then((known) => known || fetch(request)));
});

// The kept page at once: its own line then makes good what it missed. Else the gateway's, else a
// page that says that there is nothing.
async function page(request, url) {
  const isOver = await Kept.isOver().catch(() => false);
  const kept = isOver ? null : await Kept.page(url.pathname).catch(() => null);
  if (kept && !url.search) return drawn(kept);
  try {
    const signal = AbortSignal.timeout(WAIT_MS);
    return await fetch(request, kept ? { signal } : undefined);
  } catch {
    if (isOver) await Kept.wipe(true);
    return kept ? drawn(kept) : (await caches.match(offline)) || Response.error();
  }
}

// Its clocks go on from now, by the gateway's clock, and it says of when it is.
async function drawn({ html, at }) {
  const { ahead = 0 } = (await Kept.session()) || {};
  const page = html
    .replace(/data-now="\d+"/, `data-now="${Math.round(Date.now() + ahead)}"`)
    .replace('data-as-of=""', `data-as-of="${at}"`);
  return new Response(page, { headers: { "Content-Type": "text/html; charset=utf-8", ...GUARDS } });
}

async function file(request) {
  const cache = await caches.open(CACHE);
  const known = await cache.match(request);
  if (known) return known;
  try {
    return await fetch(request);
  } catch (error) {
    const older = await cache.match(request, { ignoreSearch: true }); // of a page kept before
    if (older) return older;
    throw error;
  }
}

// An extra where the browser knows it: the pages themselves send at every chance.
async function send() {
  if ((await Outbox.drain()) !== "empty") throw new Error("not all is told yet");
}
self.addEventListener("sync", (event) => event.tag === "drain" && event.waitUntil(send()));

// ---- It rings

const FETCH_MS = 8000; // then the plain words stay: a phone that was woken is not left waiting
const RECEIPTS_MS = [0, 1000, 4000, 15000]; // when a receipt is tried
const FETCH = { headers: { Accept: "application/json" }, redirect: "error" };
const pause = (ms) => new Promise((ok) => setTimeout(ok, ms));
const here = (path) => new URL(path, location).href;

// Whatever comes ends in a notification: a browser takes the subscription from who shows none. It
// rings at once, by plain words, and says more as soon as that is here.
async function rung(data) {
  const pushed = Rings.read(data);
  const tag = pushed.page || "page";
  const language = navigator.language.startsWith("zh") ? "zh" : "en";
  const plain = { ...Rings.how(pushed.urgency), tag, icon: here("../static/handheld/icon-192.png"), data: { path: "" } };
  await self.registration.showNotification(RINGS[language], plain);
  if (!pushed.page) return;
  const api = here(`../api/v1/pages/${encodeURIComponent(pushed.page)}`);
  const [, answer] = await Promise.all([receipt(`${api}/received?by=push`), fetched(`${api}/notification`)]);
  if (!answer) return;
  const more = { body: answer.text, data: { path: answer.path }, renotify: false };
  if (answer.urgency === "low") Object.assign(more, { silent: true, vibrate: undefined, requireInteraction: false });
  await self.registration.showNotification(answer.title, { ...plain, ...more, tag: answer.tag });
  const plainOnes = answer.tag === tag ? [] : await self.registration.getNotifications({ tag });
  for (const one of plainOnes) one.close(); // a daily test stands for yesterday's
  if (answer.path && !answer.path.includes("/tests/")) await keep(here(answer.path));
}

// Its page is on the phone before she presses: then it opens at once, and where there is no line. It
// has no name for what it shows, so the app takes it anew as soon as it is open.
async function keep(url) {
  try {
    const signal = AbortSignal.timeout(FETCH_MS);
    const answer = await fetch(url, { headers: { Accept: "text/html" }, redirect: "error", signal });
    if (answer.ok) await Kept.keepPage(new URL(url).pathname, await answer.text(), "");
  } catch {} // nobody is signed in any more, or the line is gone
}

async function fetched(url) {
  try {
    const answer = await fetch(url, { ...FETCH, signal: AbortSignal.timeout(FETCH_MS) });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

// That the page has come to this phone and was shown. What cannot be told now, the app tells when it
// is opened.
async function receipt(url) {
  for (const wait of RECEIPTS_MS) {
    await pause(wait);
    try {
      const answer = await fetch(url, { ...FETCH, method: "POST" });
      if (answer.status < 500) return;
    } catch {}
  }
}

async function opens(path) {
  const url = here(path || "offline");
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = open.find((one) => one.url === url) || open.find((one) => one.url.startsWith(here("./")));
  if (!path) return page ? page.focus() : self.clients.openWindow(url);
  if (!page) return self.clients.openWindow(url);
  await page.focus();
  return page.url === url ? page : page.navigate(url);
}

self.addEventListener("push", (event) => event.waitUntil(rung(event.data)));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(opens(event.notification.data?.path));
});
// The browser has another address for us: the same phone, so it is told at once.
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(Rings.subscribe(self.registration, here("../api/v1/ringing"))));
