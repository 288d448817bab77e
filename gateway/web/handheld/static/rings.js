// How a phone rings, for the worker and the pages: what a push says, how it sounds, and the
// subscription to it.
"use strict";

const Rings = (() => {
  // By urgency: on and off in ms. What is low makes neither sound nor movement.
  const PATTERNS = { high: [600, 200, 600, 200, 600, 200, 1000], normal: [300, 200, 300] };
  const WAIT_MS = 10000; // where the browser's service cannot be reached it may never answer

  // A push as {page, urgency}; whatever came, it is one.
  function read(data) {
    let said = {};
    try {
      said = data?.json() ?? {};
    } catch {}
    const page = typeof said.page === "string" ? said.page : "";
    return { page, urgency: said.urgency === "low" || said.urgency in PATTERNS ? said.urgency : "high" };
  }

  // The options of a notification. A silent one may not name a pattern.
  function how(urgency) {
    const vibrate = PATTERNS[urgency];
    return vibrate ? { vibrate, renotify: true, silent: false, requireInteraction: urgency === "high" } : { silent: true };
  }

  async function within(promise) {
    const late = new Promise((_, no) => setTimeout(() => no(new Error("late")), WAIT_MS));
    return Promise.race([promise, late]);
  }

  const octets = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

  // How this phone stands with the gateway; null without an answer.
  async function stands(url) {
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" }, redirect: "error" });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  // Ask the browser's service to bring us pages, and tell the gateway where. The gateway's sentence
  // where it refuses, "" where all is well; throws what the browser throws.
  async function subscribe(registration, url) {
    const { key } = (await stands(url)) || {};
    if (!key) throw new Error("no key");
    const options = { userVisibleOnly: true, applicationServerKey: octets(key) };
    const ask = () => within(registration.pushManager.subscribe(options));
    const got = await ask().catch(async (error) => {
      const other = await registration.pushManager.getSubscription(); // by a key that the site had before
      if (!other || error.name !== "InvalidStateError") throw error;
      await other.unsubscribe();
      return ask();
    });
    const headers = { Accept: "application/json", "Content-Type": "application/json" };
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(got), redirect: "error" });
    return answer.ok ? "" : (await answer.json()).detail;
  }

  async function end(registration, url) {
    const got = await registration.pushManager.getSubscription();
    await fetch(`${url}/end`, { method: "POST", redirect: "error" });
    await got?.unsubscribe();
  }

  return { PATTERNS, read, how, stands, subscribe, end };
})();
