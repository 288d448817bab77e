// Whether this phone wakes its owner: what a page can find out, the button that lets it ring, and
// the ringing of the open app itself for every page that nobody has taken.
"use strict";

(() => {
  const OLD_MS = 36 * 3600 * 1000; // the daily test comes each day; so long without one is a sign
  const RING_EVERY_MS = 30000; // while a page waits and the app is in front
  const LINE_MS = 4000; // without a line by then, it rings for what is kept
  const place = document.getElementById("ringing");
  const url = new URL("../api/v1/ringing", new URL(body.dataset.worker, location)).href;

  // ---- The open app rings for what waits

  let sound = null;
  const rung = new Map(); // case -> when it rang last
  // No browser lets a page sound before it was touched once.
  document.addEventListener("pointerdown", () => (sound ||= new AudioContext()), { once: true });

  function beep(pattern) {
    if (sound?.state !== "running") return;
    let at = sound.currentTime;
    pattern.forEach((ms, n) => {
      if (n % 2 === 0) {
        const tone = new OscillatorNode(sound, { frequency: 880 });
        tone.connect(sound.destination);
        tone.start(at);
        tone.stop(at + ms / 1000);
      }
      at += ms / 1000;
    });
  }

  function ring() {
    if (document.visibilityState !== "visible") return;
    if (!body.classList.contains("is-live") && performance.now() < LINE_MS) return; // what is kept may be old
    const now = Date.now();
    const waiting = [...document.querySelectorAll(":is(#inbox, #asked) .case[data-state=raised]")].filter((one) => !one.classList.contains("is-kept"));
    const due = waiting.filter(({ dataset }) => now - (rung.get(dataset.caseId) ?? 0) >= RING_EVERY_MS);
    if (!due.length) return;
    for (const { dataset } of due) rung.set(dataset.caseId, now);
    const pattern = Rings.PATTERNS[due.some((one) => one.classList.contains("tone-breach") || one.dataset.urgency === "high") ? "high" : "normal"];
    try {
      if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(pattern); // else it is refused, and said
    } catch {}
    beep(pattern);
    document.dispatchEvent(new CustomEvent("rang", { detail: due.length }));
  }

  if (document.getElementById("inbox")) {
    setInterval(ring, 1000);
    ring();
  }

  // ---- Whether it wakes her

  if (!place || !canKeep) return;
  const isApple = /iPhone|iPad/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
  const isInstalled = matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;
  const canPush = "PushManager" in window && "Notification" in window;

  // One sentence of each row is shown: that of what holds.
  function tell(row, holds) {
    for (const one of place.querySelectorAll(`[data-row="${row}"]`)) one.hidden = one.dataset.is !== holds;
  }

  function able(stands) {
    if (!stands) return "away";
    if (!stands.signs_in) return "nobody";
    if (!stands.key) return "off";
    if (isApple && !isInstalled) return "apple";
    return canPush ? "yes" : "browser";
  }

  async function look() {
    const worker = await navigator.serviceWorker.ready;
    const [stands, got] = await Promise.all([Rings.stands(url), canPush ? worker.pushManager.getSubscription() : null]);
    const can = able(stands);
    const permission = canPush ? Notification.permission : "denied";
    const isSame = Boolean(got && stands?.endpoint === got.endpoint && !stands.is_over);
    const rang = stands?.rang_ms == null ? "never" : stands.now_ms - stands.rang_ms > OLD_MS ? "old" : "lately";
    tell("able", can);
    tell("permission", can === "yes" ? permission : "");
    tell("subscribed", can === "yes" && permission === "granted" ? (isSame ? "yes" : stands.endpoint ? "lost" : "no") : "");
    tell("told", can === "yes" ? (stands.is_told ? "yes" : "no") : "");
    tell("rang", isSame ? rang : "");
    for (const time of place.querySelectorAll("time")) time.dataset.ms = stands?.rang_ms ?? "";
    const wakes = isSame && permission === "granted" && stands.is_told && rang === "lately";
    const isHalf = isSame && permission === "granted" && stands.is_told && rang === "never";
    if (can !== "away") {
      tell("verdict", wakes ? "yes" : isHalf ? "unproved" : "no");
      show("will-not-wake", !wakes && !isHalf && can !== "nobody" && can !== "off");
    }
    show("let-it-ring", can === "yes" && !isSame && permission !== "denied");
    show("let-it-be", isSame);
    tick();
    return worker;
  }

  async function press() {
    let why = "";
    try {
      const worker = await navigator.serviceWorker.ready;
      if ((await Notification.requestPermission()) === "granted") why = await Rings.subscribe(worker, url);
    } catch (error) {
      console.info("no subscription", error);
      why = place.dataset.unreached;
    }
    await look();
    if (why) notice(why);
  }

  document.querySelector("#let-it-ring button").addEventListener("click", press);
  document.querySelector("#let-it-be button").addEventListener("click", async () => {
    await Rings.end(await navigator.serviceWorker.ready, url).catch(() => notice(place.dataset.unreached));
    await look();
  });
  document.getElementById("will-not-wake")?.addEventListener("click", () => document.getElementById("phone").setAttribute("open", ""));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look().catch(() => {}));
  look().catch(() => {});
})();
