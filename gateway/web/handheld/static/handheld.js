// The handheld's pages: what is pressed is kept and sent, what is shown is kept, and the line heals.
// Where the browser has no worker, no locks or no crypto (plain HTTP), the forms go as forms do.
"use strict";

const { body } = document;
const say = document.getElementById("say").dataset;
const PARTS = ["asked", "asked_for", "matters", "counted", "inbox", "further", "tested", "notes", "waits", "task", "at_door", "knows", "workflow", "unsigned"];
const SYNC_MS = 1000; // what comes together is kept together
const DRAIN_MS = 10000;
const ANEW_MS = 600000;
const CLEARED_MS = 2000; // the browser answers by then, or is clearing what was kept
const canKeep = Boolean(navigator.serviceWorker && navigator.locks && window.indexedDB && crypto.subtle);
const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZone: body.dataset.zone || undefined,
});
const state = { waiting: [], refused: [], lost: 0, sent: new Map(), isOut: false };
const isHers = ({ actor }) => actor === body.dataset.warden; // others may have signed in on this phone

// ---- What is shown of what is kept

function fill(text, facts) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);
}

function show(id, isShown) {
  const place = document.getElementById(id);
  if (place) place.hidden = !isShown;
}

// Where a case stands once all of these is told, as a place of the table that came with it: what was
// refused leaves all as it was.
function walked(after, acts) {
  return acts.reduce((place, { action }) => after[place][action] ?? place, 0);
}

// Nobody is handed what they have then; another may be chosen in their place.
function withoutHolder(form, place) {
  for (const one of form.querySelectorAll("option[data-has-it]")) {
    one.hidden = one.disabled = one.dataset.hasIt.split(" ").includes(String(place));
  }
  const to = form.elements.to;
  const others = [...to.options].filter((one) => !one.disabled);
  if (others.length && !others.includes(to.selectedOptions[0])) to.value = others[0].value;
  return others.length > 0;
}

// Until when her report can be taken back, by this phone's clock: it counts from when it was made.
function takenBackUntil(holder, acts) {
  const report = acts.findLast(({ action }) => action === "report");
  if (report) return report.at + Number(body.dataset.takeBackMs);
  return Number(holder.dataset.takeBackUntil) - offset;
}

// Each case's buttons, as they will be once all is told that waits here.
function drawCase(holder) {
  const { caseId, state: stands } = holder.dataset;
  const mine = state.waiting.filter((action) => action.case_id === caseId);
  const sent = state.sent.get(caseId);
  if (sent && sent.stands !== stands) state.sent.delete(caseId); // it is shown by now
  const acts = [...(state.sent.get(caseId)?.acts || []), ...mine];
  const after = JSON.parse(holder.dataset.after);
  const place = walked(after, acts);
  const buttons = { ...after[place] };
  const handOver = holder.querySelector('form[data-action="hand_over"]');
  if (handOver && !withoutHolder(handOver, place)) delete buttons.hand_over;
  if ("take_back" in buttons) {
    const leftMs = takenBackUntil(holder, acts) - Date.now();
    if (leftMs > 0) redraw(leftMs);
    else delete buttons.take_back;
  }
  for (const form of holder.querySelectorAll("form[data-action]")) form.hidden = !(form.dataset.action in buttons);
  for (const fold of holder.querySelectorAll("details")) fold.hidden = !fold.querySelector("form:not([hidden])");
  holder.classList.toggle("is-kept", mine.length > 0);
  const kept = holder.querySelector(".kept");
  if (kept) kept.replaceChildren(...mine.map((action) => line(say.waits, action)));
  const report = holder.querySelector('form[data-action="report"]');
  if (report) wantNote(report);
}

let redrawing;
function redraw(ms) {
  clearTimeout(redrawing);
  redrawing = setTimeout(draw, ms);
}

function wantNote(form) {
  const wants = form.closest("[data-wants-note]")?.dataset.wantsNote.split(" ") || [];
  form.elements.note.required = wants.includes(form.elements.outcome.value);
}

// Whether the seal, as far as this page knows, says otherwise than she does and she was not asked.
function asks(form) {
  const { outcome, despite_seal } = form.elements;
  const says = [...form.querySelectorAll(".asked")];
  for (const one of says) one.hidden = despite_seal?.checked || !one.dataset.outcomes.split(" ").includes(outcome.value);
  const isAsked = says.some((one) => !one.hidden);
  if (isAsked) despite_seal.focus();
  return isAsked;
}

function line(text, action) {
  const item = document.createElement("li");
  item.textContent = fill(text, { time: clock.format(action.at), name: action.name });
  return item;
}

function drawRefused(place) {
  const cards = state.refused.map((one) => {
    const card = document.getElementById("to-read").content.cloneNode(true).firstElementChild;
    const title = card.querySelector("a");
    title.textContent = one.label;
    title.href = one.path;
    card.querySelector(".did").textContent = fill(one.unproved ? say.noted : one.overtaken ? say.counted : say.refused, {
      time: clock.format(one.at),
      name: one.name,
    });
    card.querySelector(".why").textContent = one.overtaken ? say.overtaken : one.why;
    card.querySelector("button").addEventListener("click", () => Outbox.read(one.id).then(look));
    return card;
  });
  place.replaceChildren(...cards);
}

function draw() {
  for (const holder of document.querySelectorAll("[data-case-id][data-after]")) drawCase(holder);
  const count = state.waiting.length;
  show("only-here", count > 0);
  document.getElementById("only-here").textContent = fill(count === 1 ? say.one : say.many, { count });
  show("lost", state.lost > 0);
  document.querySelector("#lost p").textContent = fill(state.lost === 1 ? say.lostOne : say.lostMany, { count: state.lost });
  drawRefused(document.getElementById("refused"));
  Photos.draw();
  tick();
}

// Read anew what is kept, then draw it, unless it is being read once more by then: what was read
// first may come last, and would stay.
let looks = 0;
let latest;
function look() {
  latest = readAndDraw(++looks);
  return latest;
}

async function readAndDraw(mine) {
  const [waiting, refused, lost] = await Promise.all([Outbox.waiting(), Outbox.refused(), Kept.lost()]);
  if (mine !== looks) return latest;
  Object.assign(state, { waiting: waiting.filter(isHers), refused: refused.filter(isHers), lost });
  draw();
}

// ---- What is pressed

async function press(form, button) {
  const holder = form.closest("[data-case-id]");
  const { action_id, ...fields } = Object.fromEntries(new FormData(form, button));
  const action = {
    url: form.dataset.api,
    action: form.dataset.action,
    actor: body.dataset.warden,
    name: named(form, button),
    label: holder.dataset.label,
    path: holder.dataset.path,
    case_id: holder.dataset.caseId,
    fields,
  };
  const isHere = form.contains(document.activeElement);
  form.inert = true; // until it is kept: one press is one action
  try {
    await Outbox.act(action, Photos.ofForm(form));
    Photos.forget(form);
  } catch (error) {
    console.info("not kept, sent as a form", error);
    return form.submit();
  } finally {
    form.inert = false;
  }
  await look();
  if (isHere) goOn(form, holder); // its button may be gone; the next one is not for a held key
  navigator.storage?.persist?.();
  navigator.serviceWorker.ready.then((worker) => worker.sync?.register("drain")).catch(() => {});
  send();
}

// What she did, by the words that she pressed.
function named(form, button) {
  const did = (button || form.querySelector("button")).textContent.trim();
  const ended = form.querySelector("input[type=radio]:checked")?.parentElement;
  const to = form.querySelector("select")?.selectedOptions[0];
  const about = (ended || to)?.textContent.trim();
  return about ? `${did} · ${about}` : did;
}

let sending;
async function send() {
  clearTimeout(sending);
  const stops = await Outbox.drain().catch(() => "later");
  await look();
  state.isOut = stops === "signed out" && state.waiting.length > 0;
  if (state.isOut) show("sign-in", true);
  if (stops === "empty") return;
  sending = setTimeout(send, stops === "busy" ? SYNC_MS : DRAIN_MS);
}

// ---- What is kept of what is shown

let syncing;
function sync(ms = SYNC_MS) {
  clearTimeout(syncing);
  syncing = setTimeout(() => keep().catch(() => {}), ms);
}

async function keep() {
  sync(ANEW_MS);
  const answer = await fetch(body.dataset.tasks, { headers: { Accept: "application/json" }, redirect: "error" });
  show("sign-in", state.isOut || [401, 404].includes(answer.status)); // 404: somebody else is in
  const said = await answer.json();
  // The gateway ended the session: nothing can be read here, and what she did stays until she
  // signs in again.
  if (answer.status === 401 && said.status === 401) await Kept.keepOnly([]);
  if (!answer.ok) return;
  const { now_ms, pages } = said;
  await Kept.signedIn(now_ms - Date.now());
  await Kept.keepOnly(Object.keys(pages));
  await Outbox.forget();
  for (const [path, seen] of Object.entries(pages)) {
    const known = await Kept.page(path);
    if (known?.seen !== seen) await keepPage(path, seen);
  }
}

async function keepPage(path, seen) {
  const answer = await fetch(path, { headers: { Accept: "text/html" }, redirect: "error" });
  if (!answer.ok) return;
  const html = await answer.text();
  await Kept.keepPage(path, html, seen);
  if (path === location.pathname && !body.classList.contains("is-live")) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    swap(PARTS.map((id) => fresh.getElementById(id)).filter(Boolean));
  }
}

// ---- What comes by the line

function swap(parts) {
  const left = [];
  for (const part of parts) {
    const before = document.getElementById(part.id);
    if (!before) continue;
    const after = document.importNode(part, true);
    const focused = before.contains(document.activeElement) && document.activeElement;
    keepChoices(before, after);
    before.replaceWith(after);
    left.push([focused, after]);
  }
  draw();
  for (const [focused, after] of left) if (focused) goOn(focused, after);
  watchWaiting();
  sign();
}

function listen() {
  const line = new Line(document.querySelector("[data-live]").dataset.live);
  line.addEventListener("why", ({ data }) => reason(data));
  line.addEventListener("state", ({ data }) => {
    const came = data === "live" && !body.classList.contains("is-live");
    live(data);
    if (came && canKeep) send();
  });
  line.addEventListener("fragment", ({ data }) => {
    const parts = new DOMParser().parseFromString(data, "text/html").body.children;
    swap([...parts]);
    if (canKeep) sync();
  });
}

// ---- The app itself

async function register() {
  const worker = await navigator.serviceWorker.register(body.dataset.worker, { updateViaCache: "none" });
  const offer = () => show("new-version", Boolean(worker.waiting && navigator.serviceWorker.controller));
  offer();
  worker.addEventListener("updatefound", () => worker.installing?.addEventListener("statechange", offer));
  document.querySelector("#new-version button").addEventListener("click", () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
    worker.waiting?.postMessage("skip");
  });
  setInterval(() => worker.update().catch(() => {}), ANEW_MS);
}

function offerInstall() {
  let asked;
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    asked = event;
    show("install", true);
  });
  document.querySelector("#install button")?.addEventListener("click", () => {
    asked?.prompt();
    show("install", false);
  });
}

function inTime(work) {
  return Promise.race([work, new Promise((late) => setTimeout(late, CLEARED_MS))]);
}

async function signOut(form) {
  const count = (await Outbox.waiting()).length; // of whoever worked on this phone
  if (count && !window.confirm(fill(say.leave, { count }))) return;
  try {
    // Its answer clears what the browser has of us, where the browser knows how.
    const answer = await fetch(form.action, { method: "POST", redirect: "manual" });
    if (answer.type !== "opaqueredirect") throw new Error(`sign-out: ${answer.status}`);
  } catch {
    return notice(say.noWayOut);
  }
  clearTimeout(syncing);
  clearTimeout(sending);
  // A slow phone's browser, while it clears, may answer neither: then nothing is left to us to clear.
  const left = (await inTime(indexedDB.databases?.() ?? [true])) ?? [];
  if (left.length) await inTime(Kept.wipe(false));
  Outbox.tell({ signedOut: true });
}

async function keepHere() {
  const isFresh = body.dataset.asOf === ""; // from the gateway, and so somebody is signed in
  if (isFresh) await Kept.signedIn(Number(body.dataset.now) - Date.now(), true);
  else if (await Kept.isOver()) await Kept.wipe(true);
  Outbox.listen((said) => {
    if (said.signedOut) return location.assign(body.dataset.out);
    if (said.sent) remember(said.sent);
    look();
  });
  await look();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id !== "sign-out" && !form.dataset.action) return;
    event.preventDefault();
    if (form.id === "sign-out") signOut(form);
    else if (form.dataset.action !== "report" || !asks(form)) press(form, event.submitter);
  });
  document.addEventListener("change", ({ target: { form } }) => {
    if (form?.dataset.action !== "report") return;
    wantNote(form);
    for (const one of form.querySelectorAll(".asked")) one.hidden = true;
  });
  document.querySelector("#lost button").addEventListener("click", () => Kept.lostRead().then(look));
  window.addEventListener("online", send);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && send());
  body.classList.add("is-ready");
  offerInstall();
  send();
  sync(0);
  await register();
}

// Sent, and this page does not show it yet: its buttons are those after it.
function remember(did) {
  const { case_id } = did;
  const holder = document.querySelector(`[data-case-id="${CSS.escape(case_id)}"]`);
  if (!holder || !isHers(did)) return;
  const { state: stands } = holder.dataset;
  const known = state.sent.get(case_id);
  const acts = known?.stands === stands ? known.acts : [];
  state.sent.set(case_id, { stands, acts: [...acts, did] });
}

if (body.dataset.asOf) {
  const time = clock.format(Number(body.dataset.asOf));
  document.getElementById("as-of").textContent = fill(say.asOf, { time });
}
const plain = () => body.classList.add("is-plain");
if (canKeep) keepHere().catch(plain);
else plain();
if (location.hash === "#phone") document.getElementById("phone")?.setAttribute("open", "");
listen();
sign();
