// What is kept on this phone, for its pages and its worker: sealed by a key that never leaves the
// browser, and gone when the key is. The numbers beside what is sealed name nobody.
"use strict";

const Kept = (() => {
  const SCHEMA = 1; // its own number: a new release with another one must move what waits
  const SESSION_MS = 24 * 3600 * 1000; // without the gateway's word, nothing stays longer
  const STORES = { key: "name", about: "name", pages: "place", refused: "id" };
  let opening = null;

  const request = (asked) =>
    new Promise((ok, no) => {
      asked.onsuccess = () => ok(asked.result);
      asked.onerror = () => no(asked.error);
    });
  const done = (t) =>
    new Promise((ok, no) => {
      t.oncomplete = () => ok();
      t.onabort = t.onerror = () => no(t.error);
    });

  function open() {
    opening ||= new Promise((ok, no) => {
      const asked = indexedDB.open("handheld", SCHEMA);
      asked.onupgradeneeded = () => {
        for (const [name, keyPath] of Object.entries(STORES)) asked.result.createObjectStore(name, { keyPath });
        asked.result.createObjectStore("out", { keyPath: "seq", autoIncrement: true });
      };
      asked.onerror = () => no(asked.error);
      asked.onsuccess = () => {
        const db = asked.result;
        db.onversionchange = () => db.close(); // never in another tab's way
        db.onclose = () => (opening = null);
        ok(db);
      };
    });
    return opening;
  }

  async function begin(stores, mode = "readonly") {
    return (await open()).transaction(stores, mode, { durability: "strict" });
  }

  async function get(store, key) {
    return request((await begin([store])).objectStore(store).get(key));
  }

  async function key() {
    const known = await get("key", "own");
    if (known) return known;
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const t = await begin(["key"], "readwrite");
    const store = t.objectStore("key");
    const other = await request(store.get("own")); // another tab's, made in the same moment
    const own = other || { name: "own", id: crypto.randomUUID(), key: made };
    if (!other) store.put(own);
    await done(t);
    return own;
  }

  async function sealBytes(plain) {
    const { id: by, key: own } = await key();
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { by, iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, own, plain) };
  }

  async function seal(value) {
    return sealBytes(new TextEncoder().encode(JSON.stringify(value)));
  }

  // undefined for what an earlier key sealed: it is wiped already.
  async function unsealBytes({ by, iv, data }) {
    const own = await get("key", "own");
    if (!own || own.id !== by) return undefined;
    return crypto.subtle.decrypt({ name: "AES-GCM", iv }, own.key, data);
  }

  async function unseal(sealed) {
    const plain = await unsealBytes(sealed);
    return plain && JSON.parse(new TextDecoder().decode(plain));
  }

  // Written only while somebody is signed in, and by the key of that time: in one transaction, so
  // that nothing slips in behind a wipe. `also` may do more in it.
  async function write(store, beside, value, also) {
    const sealed = await seal(value);
    const t = await begin([...new Set([store, "key", "about", "out"])], "readwrite");
    const [own, session] = await Promise.all([
      request(t.objectStore("key").get("own")),
      request(t.objectStore("about").get("session")),
    ]);
    if (!session || !own || own.id !== sealed.by) {
      t.abort();
      throw new Error("this phone was wiped meanwhile");
    }
    t.objectStore(store).put({ ...beside, ...sealed });
    if (also) also(t);
    await done(t);
  }

  // A page's place tells nothing to who reads the store.
  async function place(path) {
    const { id } = await key();
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(id + path));
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // `until`: the end of the order that it is about, by the gateway's clock, as the page has it.
  async function keepPage(path, html, seen) {
    const until = Number(html.match(/ data-until="(\d+)"/)?.[1] || Infinity);
    await write("pages", { place: await place(path) }, { html, seen, until, at: Date.now() });
  }

  // From its end on nobody reads it here any more, with a line or without.
  async function page(path) {
    const at = await place(path);
    const sealed = await get("pages", at);
    const kept = sealed && (await unseal(sealed));
    const { ahead = 0 } = (kept && (await session())) || {};
    if (!kept || Date.now() + ahead < (kept.until ?? Infinity)) return kept;
    const t = await begin(["pages"], "readwrite");
    t.objectStore("pages").delete(at);
    await done(t);
    return undefined;
  }

  // Only these pages stay; the others are of cases that are over.
  async function keepOnly(paths) {
    const places = new Set(await Promise.all(paths.map(place)));
    const t = await begin(["pages"], "readwrite");
    const pages = t.objectStore("pages");
    for (const one of await request(pages.getAllKeys())) if (!places.has(one)) pages.delete(one);
    await done(t);
  }

  // The gateway just spoke to who is signed in here. `ahead`: its clock before ours, in ms.
  async function signedIn(ahead, isNew = false) {
    const t = await begin(["about"], "readwrite");
    const about = t.objectStore("about");
    if (isNew || (await request(about.get("session")))) about.put({ name: "session", at: Date.now(), ahead });
    await done(t);
  }

  async function session() {
    return get("about", "session");
  }

  async function isOver() {
    const known = await session();
    return Boolean(known) && Math.abs(Date.now() - known.at) > SESSION_MS;
  }

  // Everything goes, the key first. Of actions that nobody got, their number stays to be told.
  async function wipe(tellLost) {
    const stores = ["key", "about", "pages", "refused", "out"];
    const t = await begin(stores, "readwrite");
    const count = (await request(t.objectStore("out").count())) + (await lostIn(t));
    for (const name of stores) t.objectStore(name).clear();
    if (tellLost && count) t.objectStore("about").put({ name: "lost", count });
    await done(t);
  }

  async function lostIn(t) {
    return (await request(t.objectStore("about").get("lost")))?.count || 0;
  }

  async function lost() {
    return (await get("about", "lost"))?.count || 0;
  }

  async function lostRead() {
    const t = await begin(["about"], "readwrite");
    t.objectStore("about").delete("lost");
    await done(t);
  }

  return { begin, request, done, get, seal, sealBytes, unseal, unsealBytes, write, page, keepPage, keepOnly, signedIn, session, isOver, wipe, lost, lostRead };
})();
