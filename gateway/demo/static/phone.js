// Watches the warden's phone, which is the gateway's own page in a frame, and says when a page has
// appeared there. "Appeared" is after the frame in which it was painted, not when it was received.

let offset_ms = 0; // the building's clock less this browser's

export function ring() {
  document.body.classList.remove("is-ringing");
  requestAnimationFrame(() => document.body.classList.add("is-ringing"));
}

export function watchPhone(frame, shown) {
  const seen = new Set();
  let loads = 0;

  function measure(isMeasured) {
    const now = frame.contentDocument?.querySelectorAll("[data-page-id]") || [];
    for (const page of now) {
      const id = page.dataset.pageId;
      if (seen.has(id)) continue;
      seen.add(id);
      // In a hidden tab nothing is painted, so there is nothing to measure.
      if (isMeasured && !document.hidden) painted(() => shown(id, Date.now() + offset_ms));
    }
  }

  function loaded() {
    const inside = frame.contentDocument;
    if (!inside?.body) return;
    measure(loads > 0); // what lay there when this page was opened came at some other time
    if (inside.getElementById("inbox")) loads += 1;
    new MutationObserver(() => measure(true)).observe(inside.body, { childList: true, subtree: true });
  }

  frame.addEventListener("load", loaded);
  if (frame.contentDocument?.readyState === "complete") loaded();
  compareClocks();
  return {
    // The phone notices by itself that the gateway is back, within seconds; this is its network
    // telling it at once, as it does on a real phone.
    wake: () => frame.contentWindow?.dispatchEvent(new Event("online")),
  };
}

function painted(then) {
  requestAnimationFrame(() => {
    const afterwards = new MessageChannel();
    afterwards.port1.onmessage = then;
    afterwards.port2.postMessage(null);
  });
}

// The browser is on the same machine, save behind a tunnel: then the clocks are compared first.
async function compareClocks() {
  let best = null;
  for (let i = 0; i < 6; i += 1) {
    const before = Date.now();
    const { now_ms } = await (await fetch("clock")).json();
    const after = Date.now();
    const way_ms = after - before;
    if (!best || way_ms < best.way_ms) best = { way_ms, apart_ms: now_ms - (before + after) / 2 };
  }
  if (Math.abs(best.apart_ms) <= best.way_ms / 2 + 2) return;
  offset_ms = best.apart_ms;
  document.getElementById("other-clock").hidden = false;
}
