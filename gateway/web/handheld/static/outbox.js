// What the warden did and the gateway does not know yet: kept first, then sent one after the other,
// each with its own id and its age. A refusal lets what follows go on, an outage does not. Photos of a
// report go when nothing else waits, and stop in their way for what she does meanwhile.
"use strict";

const Outbox = (() => {
  const SEND_MS = 15000; // the gateway itself says within ten that it cannot store something
  const PHOTO_MS = 90000; // by 40 kbit/s, from a stairwell
  const LATE_MS = 60000; // before that, what came between is hers: one act was longer on its way
  const UNREAD_MS = 24 * 3600 * 1000;
  const LIFE = String(Math.random()); // of this page: its steady clock means nothing in another
  const channel = new BroadcastChannel("handheld"); // of all tabs and the worker
  let hear = () => {};
  let onItsWay = null; // the photo that is sent just now
  channel.onmessage = ({ data }) => told(data);

  function told(said) {
    if (said.acted) onItsWay?.abort();
    hear(said);
  }

  function tell(said) {
    channel.postMessage(said);
    told(said);
  }

  // The button says "kept" only after this: the action, and with it the photos that belong to it,
  // each `{ bytes, url, name }`.
  async function act(action, photos = []) {
    const when = { at: Date.now(), life: LIFE, tick: performance.now() };
    const id = crypto.randomUUID();
    const rows = await Promise.all(photos.map((photo, n) => row({ ...when, ...action }, id, n + 1, photo)));
    const also = (t) => rows.forEach((one) => t.objectStore("out").put(one));
    await Kept.write("out", {}, { id, ...when, ...action }, also);
    tell({ changed: true, acted: true });
  }

  async function row({ fields, ...action }, report, number, { bytes, url, name }) {
    const about = { ...action, id: `${report}.${number}`, report, number, url, name, action: "photo" };
    return { photo: await Kept.sealBytes(bytes), ...(await Kept.seal(about)) };
  }

  // A steady clock may stand still while the phone sleeps, and the other may be set back.
  function age(action) {
    const steady = action.life === LIFE ? performance.now() - action.tick : 0;
    return Math.round(Math.max(0, steady, Date.now() - action.at));
  }

  async function all(store) {
    const t = await Kept.begin([store]);
    const sealed = await Kept.request(t.objectStore(store).getAll());
    const opened = await Promise.all(sealed.map(Kept.unseal));
    return opened.filter(Boolean);
  }

  // Out of the queue and, if there is something to read, into what stays until it was read.
  async function take(seq, toRead) {
    if (toRead) return Kept.write("refused", { id: toRead.id }, toRead, (t) => t.objectStore("out").delete(seq));
    const t = await Kept.begin(["out"], "readwrite");
    t.objectStore("out").delete(seq);
    await Kept.done(t);
  }

  function asJson(action) {
    const body = JSON.stringify({ ...action.fields, action_id: action.id, age_ms: age(action) });
    return { url: action.url, type: "application/json", body, signal: AbortSignal.timeout(SEND_MS) };
  }

  function asPhoto(action, body) {
    const { report, number } = action;
    const said = new URLSearchParams({ report, number, age_ms: age(action) });
    onItsWay = new AbortController();
    setTimeout(() => onItsWay?.abort(), PHOTO_MS);
    return { url: `${action.url}?${said}`, type: "image/jpeg", body, signal: onItsWay.signal };
  }

  // What the gateway said, or why nobody knows it: "offline", "later", "signed out".
  async function send(action, bytes) {
    const did = encodeURIComponent(action.actor);
    const { url, type, body, signal } = bytes ? asPhoto(action, bytes) : asJson(action);
    let answer, said;
    try {
      answer = await fetch(url, {
        method: "POST",
        // Who acts is who signed in. What another did on this phone is not theirs: it stays here.
        headers: { "Content-Type": type, "Menshen-Actor": did, "Menshen-Did": did },
        body,
        redirect: "error",
        signal,
      });
      if (answer.status === 401) return "signed out";
      if (answer.status >= 500 || answer.status === 429) return "later";
      said = await answer.json();
    } catch {
      return "offline"; // nobody there, or somebody else: a hotel's page is no answer
    } finally {
      onItsWay = null;
    }
    const isOurs = answer.ok ? typeof said.changed === "boolean" : said.status === answer.status;
    return isOurs ? said : "offline";
  }

  // Who did it twice by two presses knows it already.
  function toRead(action, said) {
    const { id, at, actor, name, label, path, case_id } = action;
    const about = { id, at, actor, name, label, path, case_id };
    if (said.status && said.reason !== "done_already") return { ...about, why: said.why || said.detail };
    // A code that proves nothing: she is noted as there, and reads why that is not proved.
    if (said.why && !said.status) return { ...about, unproved: true, why: said.why };
    const isLate = said.arrived_ms - said.done_ms >= LATE_MS;
    return said.overtaken && isLate && !said.status ? { ...about, overtaken: true } : null;
  }

  // What a page that does not show it yet goes by; nothing of what was refused.
  function did(action, said) {
    if (!action || action.report || said.status) return undefined;
    const { case_id, action: done, at, actor } = action;
    return { case_id, action: done, at, actor };
  }

  // The first that may go: what those did who are signed out stops nobody else's. A photo is not
  // before any action.
  async function next(out) {
    const t = await Kept.begin(["out"]);
    const rows = await Kept.request(t.objectStore("out").getAll());
    for (const sealed of [...rows.filter(({ photo }) => !photo), ...rows.filter(({ photo }) => photo)]) {
      const action = await Kept.unseal(sealed);
      if (action && out.has(action.actor)) continue;
      const bytes = sealed.photo && (await Kept.unsealBytes(sealed.photo));
      const isLost = !action || (sealed.photo && !bytes); // an earlier key's
      return { seq: sealed.seq, action: isLost ? null : action, bytes };
    }
    return null;
  }

  async function isOvertaken(action) {
    const t = await Kept.begin(["out"]);
    const rows = await Kept.request(t.objectStore("out").getAll());
    return Boolean(action.report) && rows.some(({ photo }) => !photo);
  }

  // One sender in all tabs and the worker. "empty" if all is told, else what stops it.
  async function drain() {
    return navigator.locks.request("handheld-drain", { ifAvailable: true }, async (lock) => {
      if (!lock) return "busy";
      const out = new Set(); // who must sign in first
      for (;;) {
        const first = await next(out);
        if (!first) return out.size ? "signed out" : "empty";
        const { seq, action, bytes } = first;
        const said = action ? await send(action, bytes) : {};
        if (said === "signed out") out.add(action.actor);
        else if (said === "offline" && (await isOvertaken(action))) continue; // what she did goes first
        else if (typeof said === "string") return said;
        else {
          await take(seq, action && toRead(action, said));
          tell({ changed: true, sent: did(action, said) });
        }
      }
    });
  }

  async function read(id) {
    const t = await Kept.begin(["refused"], "readwrite");
    t.objectStore("refused").delete(id);
    await Kept.done(t);
    tell({ changed: true });
  }

  // What she has not read within a day says nothing any more of a household that may be gone.
  async function forget() {
    for (const { id, at } of await all("refused")) if (Date.now() - at > UNREAD_MS) await read(id);
  }

  return { act, drain, read, forget, tell, waiting: () => all("out"), refused: () => all("refused"), listen: (does) => (hear = does) };
})();
