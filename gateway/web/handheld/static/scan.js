// At the door: the code of its label, by the camera or typed; an installer's page takes a seal's as
// well. It is read here and judged by the gateway; without a line it waits with the act. The camera
// runs only while this is in sight.
"use strict";

(() => {
  const PREFIX = "menshen:door:";
  const SEAL = /^(?:menshen:seal:|\S*\/seals\/)?([0-9a-f]{16})\/?$/; // or a link to its page
  const CACHE = "scan-"; // the decoder's, with its version: a new release need not fetch it again
  const LOOK_MS = 100; // between two looks
  const SIDE_MAX = 800; // pixels of a picture that is looked at: a label at arm's length has enough
  const WARM_MS = 1000; // after the page is there
  const HINT_MS = 1500; // of another code; then it is looked for anew
  const dialog = document.getElementById("scan");
  let stream = null; // the camera's, while it runs
  let form = null; // which act the code goes with
  let opened = 0; // each opening has its number: what an earlier one waited for is too late

  // ISO 7064, MOD 11,10, as the gateway does: a digit mistyped is found before it is kept.
  function isCode(digits) {
    if (!/^\d{10}$/.test(digits)) return false;
    let product = 10;
    for (const digit of digits.slice(0, -1)) product = (2 * ((product + Number(digit)) % 10 || 10)) % 11;
    return (11 - product) % 10 === Number(digits.at(-1));
  }

  function digitsOf(text) {
    const plain = text.normalize("NFKC").trim();
    const digits = (plain.startsWith(PREFIX) ? plain.slice(PREFIX.length) : plain).replace(/[\s.-]+/g, "");
    return isCode(digits) ? digits : null;
  }

  function sealOf(text) {
    const plain = text.normalize("NFKC").toLowerCase().replace(/[\s.-]+/g, "");
    return SEAL.exec(plain)?.[1] ?? null;
  }

  // What a form asks for: a door's digits; where it says so, a seal's id as well.
  function codeOf(text, of) {
    return (of.dataset.codes === "seal" && sealOf(text)) || digitsOf(text);
  }

  // ---- What reads

  // The browser's own reader may be there and know no QR code, or break when it is asked.
  async function own() {
    try {
      const formats = await BarcodeDetector.getSupportedFormats();
      if (!formats.includes("qr_code")) return null;
      const detector = new BarcodeDetector({ formats: ["qr_code"] });
      return async (video) => (await detector.detect(video)).map(({ rawValue }) => rawValue);
    } catch {
      return null;
    }
  }

  let loading;
  function fetched() {
    loading ||= new Promise((ok, no) => {
      const script = document.createElement("script");
      script.src = dialog.dataset.reader;
      script.onload = ok;
      script.onerror = () => {
        loading = undefined; // there may be a line next time
        no(new Error("no decoder here"));
      };
      document.head.append(script);
    });
    return loading;
  }

  async function zxing() {
    await fetched();
    const overrides = { locateFile: () => dialog.dataset.wasm };
    await ZXingWASM.prepareZXingModule({ overrides, fireImmediately: true });
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const how = { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 1 };
    return async (video) => {
      const scale = Math.min(1, SIDE_MAX / Math.max(video.videoWidth, video.videoHeight));
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      const picture = context.getImageData(0, 0, canvas.width, canvas.height);
      return (await ZXingWASM.readBarcodes(picture, how)).map(({ text }) => text);
    };
  }

  const pause = (ms) => new Promise((ok) => setTimeout(ok, ms));

  // Until a door's code is seen, or the dialog is closed (null).
  async function look(video, reads, isMine) {
    while (isMine()) {
      const texts = video.readyState >= video.HAVE_CURRENT_DATA ? await reads(video) : [];
      const code = texts.map((text) => codeOf(text, form)).find(Boolean);
      if (code) return isMine() ? code : null;
      if (texts.length) hint("other");
      await pause(texts.length ? HINT_MS : LOOK_MS);
      if (texts.length && isMine()) hint("looking");
    }
    return null;
  }

  // ---- The camera

  function hint(name) {
    dialog.querySelector(".hint").textContent = dialog.dataset[name];
  }

  function stop() {
    opened += 1;
    for (const track of stream?.getTracks() || []) track.stop();
    stream = null;
    dialog.querySelector("video").srcObject = null;
    if (dialog.open) dialog.close();
  }

  // Without a camera, or without a reader: why, beside the digits that do the same.
  function instead(name) {
    const now = current();
    stop();
    if (!now) return;
    now.querySelector(".scan-said").textContent = dialog.dataset[name];
    now.elements.code.focus();
  }

  async function camera() {
    const video = { facingMode: "environment", width: { ideal: 1280 } };
    return navigator.mediaDevices.getUserMedia({ video, audio: false });
  }

  function offerLight(track) {
    const button = dialog.querySelector(".light");
    button.hidden = !track.getCapabilities?.().torch;
    button.setAttribute("aria-pressed", "false");
  }

  async function light({ currentTarget: button }) {
    const torch = button.getAttribute("aria-pressed") !== "true";
    try {
      await stream?.getVideoTracks()[0].applyConstraints({ advanced: [{ torch }] });
      button.setAttribute("aria-pressed", String(torch));
    } catch {
      button.hidden = true;
    }
  }

  async function open(from) {
    form = from;
    form.querySelector(".scan-said").textContent = "";
    const number = ++opened;
    const isMine = () => opened === number;
    const video = dialog.querySelector("video");
    hint("opening");
    dialog.showModal();
    let came;
    try {
      came = await camera();
    } catch (error) {
      console.info("no camera", error);
      if (isMine()) instead(error.name === "NotAllowedError" ? "refused" : "none");
      return;
    }
    if (!isMine()) return came.getTracks().forEach((track) => track.stop());
    stream = came;
    try {
      video.srcObject = stream;
      await video.play();
      offerLight(stream.getVideoTracks()[0]);
      hint("looking");
      const code = await read(video, isMine);
      if (code) give(code);
    } catch (error) {
      console.info("no reader", error);
      if (isMine()) instead("unread");
    }
  }

  async function read(video, isMine) {
    const reads = await own();
    try {
      if (reads) return await look(video, reads, isMine);
    } catch (error) {
      console.info("the browser's own reader broke", error);
    }
    return isMine() ? look(video, await zxing(), isMine) : null;
  }

  // The form may have come anew meanwhile: it is found again by where it goes.
  function current() {
    return document.querySelector(`form[action="${CSS.escape(form.getAttribute("action"))}"]`);
  }

  function give(code) {
    const now = current();
    navigator.vibrate?.(80);
    stop();
    if (!now) return;
    now.elements.code.value = code;
    judge(now.elements.code);
    now.requestSubmit(now.querySelector("button:not([type=button])"));
  }

  // ---- What is typed

  function judge(field) {
    const isWrong = field.value.trim() !== "" && codeOf(field.value, field.form) === null;
    field.setCustomValidity(isWrong ? dialog.dataset.mistyped : "");
  }

  // ---- Before it is needed

  // Fetched once somebody is signed in, outside of what a page loads first; the worker finds it.
  async function warm() {
    if (!window.caches || (await own()) || !(await Kept.session())) return;
    const { reader, wasm, version } = dialog.dataset;
    for (const name of await caches.keys()) {
      if (name.startsWith(CACHE) && name !== CACHE + version) await caches.delete(name);
    }
    const cache = await caches.open(CACHE + version);
    for (const url of [reader, wasm]) if (!(await cache.match(url))) await cache.add(url);
  }

  if (!dialog) return; // a page that has nothing of hers
  const canScan = Boolean(navigator.mediaDevices?.getUserMedia);
  document.body.classList.toggle("can-scan", canScan);
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-scan]");
    if (button) open(button.form);
  });
  document.addEventListener("input", ({ target }) => target.name === "code" && judge(target));
  document.addEventListener("submit", ({ target }) => {
    const field = target.elements.code;
    if (field) setTimeout(() => (field.value = "")); // it went: another case's is not this one's
  });
  dialog.addEventListener("close", stop);
  dialog.querySelector(".close").addEventListener("click", stop);
  dialog.querySelector(".light").addEventListener("click", light);
  document.addEventListener("visibilitychange", () => document.hidden && stop());
  window.addEventListener("pagehide", stop);
  if (canScan) window.addEventListener("load", () => setTimeout(() => warm().catch(() => {}), WARM_MS));
})();
