// The page of the demo. The supervisor sends the whole view whenever it changes; here it is shown.
// Doors, gateway and journal are as they are told; only the phone is watched (phone.js).
import { ring, watchPhone } from "./phone.js";

const at = (id) => document.getElementById(id);
const said = at("sentences").dataset;
const language = document.body.dataset.language;
let wasUp = true;
let newest = null;
let drawn = false;

function act(name, body) {
  return fetch(`act/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

function text(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

// A plate on a phone is narrower than the longest word on it, and few browsers know where to part it.
const breakable = (words) => words.replace("acknowledged", "ac\u00adknowl\u00adedged");

function span(ms) {
  if (ms < 1000) return [String(Math.max(Math.round(ms), 0)), said.ms];
  return [(ms / 1000).toFixed(1), said.s];
}

const timeZone = document.body.dataset.zone || undefined; // the site's; else the browser's
const moment = (ms) => new Date(ms).toLocaleTimeString(language, { hour12: false, timeZone });

function showDoor(door, isStale) {
  const flat = at(`door-${door.id}`);
  const classes = ["flat", `tone-${door.tone}`, `kind-${door.kind}`];
  if (door.open) classes.push("is-open");
  if (!door.online) classes.push("is-offline");
  if (door.waiting) classes.push("is-keeping");
  if (isStale) classes.push("is-stale");
  const name = classes.join(" ");
  if (flat.className !== name) flat.className = name;
  flat.querySelector(".doorway").setAttribute("aria-pressed", String(door.open));
  text(flat.querySelector(".word"), breakable(door.word));
  text(flat.querySelector(".sign"), door.sign);
}

function showGateway(gateway) {
  at("engine").dataset.phase = gateway.phase;
  text(at("pid"), gateway.phase === "killed" ? `${gateway.pid} †` : String(gateway.pid));
  at("kill").disabled = gateway.phase !== "up";
  const isUp = gateway.phase === "up";
  if (isUp && !wasUp) phone.wake();
  wasUp = isUp;
}

function took(one) {
  if (one.reason === "permit") return said.notDisturbed;
  if (!one.case) return "";
  return one.shown_ms === null ? said.paged : `${said.in} ${span(one.shown_ms).join(" ")}`;
}

function showHappening(item, one) {
  item.className = `tone-${one.tone}`;
  text(item.querySelector(".label"), one.door);
  item.querySelector(".tag").className = `tag tone-${one.tone}`;
  text(item.querySelector(".tag"), one.word);
  text(item.querySelector("time"), moment(one.opened_ms));
  text(item.querySelector(".why"), one.why);
  const more = [one.case];
  if (one.bounces) more.push(said.bounces.replace("{n}", one.bounces));
  if (one.joined) more.push(said.joined);
  text(item.querySelector(".more"), more.filter(Boolean).join(" · "));
  text(item.querySelector(".took"), took(one));
}

function showHappenings(happenings) {
  const list = at("happenings");
  const kept = new Map([...list.children].map((item) => [item.dataset.id, item]));
  const items = happenings.map((one) => {
    let item = kept.get(one.id);
    if (!item) {
      item = at("a-happening").content.firstElementChild.cloneNode(true);
      item.dataset.id = one.id;
    }
    showHappening(item, one);
    if (!kept.has(one.id) && drawn) item.classList.add("is-new");
    return item;
  });
  if (items.some((item, i) => list.children[i] !== item) || items.length !== list.children.length) {
    list.replaceChildren(...items);
  }
  at("nothing").hidden = items.length > 0;
  showLatest(happenings[0]);
}

function showLatest(one) {
  const latest = at("latest");
  latest.hidden = !one;
  if (!one) return;
  latest.className = `latest tone-${one.tone}`;
  text(latest, [one.door, one.word, took(one)].filter(Boolean).join(" · "));
}

function showFigure(happenings) {
  const measured = happenings.find((one) => one.shown_ms !== null);
  if (!measured) return;
  const [number, unit] = span(measured.shown_ms);
  text(at("figure"), number);
  text(at("unit"), unit);
  if (newest !== null && newest !== measured.id) ring();
  newest = measured.id;
}

function showStory(story) {
  at("story").hidden = !story;
  at("kill-why").hidden = Boolean(story);
  if (!story) return;
  const steps = at("steps");
  const start = story.steps.length ? story.steps[0].at_ms : 0;
  if (steps.dataset.start !== String(start)) steps.replaceChildren();
  steps.dataset.start = start;
  for (const [i, step] of story.steps.entries()) {
    let item = steps.children[i];
    if (!item) {
      item = at("a-step").content.firstElementChild.cloneNode(true);
      steps.append(item);
    }
    item.className = `turn-${step.turn}${drawn ? " is-new" : ""}`;
    text(item.querySelector("time"), `${((step.at_ms - start) / 1000).toFixed(2)} ${said.s}`);
    item.querySelector("time").title = moment(step.at_ms);
    text(item.querySelector("span"), step.text);
  }
  const verdict = at("verdict");
  verdict.hidden = !story.verdict && !story.failed;
  verdict.classList.toggle("is-failed", Boolean(story.failed));
  text(verdict, story.failed || story.verdict);
}

function show(view) {
  showGateway(view.gateway);
  for (const door of view.doors) showDoor(door, view.gateway.phase !== "up");
  showHappenings(view.happenings);
  showFigure(view.happenings);
  showStory(view.story);
  drawn = true;
}

// The plate moves its door too, for a hand that does not aim.
for (const flat of document.querySelectorAll(".flat")) {
  flat.addEventListener("click", () => {
    act("move", { door_id: flat.dataset.door, open: !flat.classList.contains("is-open") });
  });
}
at("kill").addEventListener("click", () => act("kill", {}));

const phone = watchPhone(at("phone"), (page_id, at_ms) => act("shown", { page_id, at_ms }));
const live = new EventSource(`live?lang=${language}`);
live.onmessage = (event) => {
  text(at("notice"), "");
  show(JSON.parse(event.data));
};
live.onerror = () => setTimeout(() => live.readyState !== 1 && text(at("notice"), said.lost), 1500);
