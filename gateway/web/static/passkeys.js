// Passkeys: asks the browser for one, and sends what it says as a form. Without script none is offered.
"use strict";

(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const described = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  // What the console asks, as the browser wants it.
  function asked(options) {
    const key = { ...options, challenge: bytes(options.challenge) };
    if (options.user) key.user = { ...options.user, id: bytes(options.user.id) };
    if (options.allowCredentials) key.allowCredentials = described(options.allowCredentials);
    if (options.excludeCredentials) key.excludeCredentials = described(options.excludeCredentials);
    return { publicKey: key };
  }

  // What the browser says, as the console reads it.
  function told(credential) {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      const value = credential.response[name];
      if (value) response[name] = text(value);
    }
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
  }

  async function ask(form) {
    const answer = await fetch(form.dataset.options, { method: "POST", headers: { accept: "application/json" } });
    const options = await answer.json();
    if (!answer.ok) {
      if (options.prove) location.reload(); // the page itself leads to the proof, and back
      else notice(options.detail);
      return;
    }
    const made = form.dataset.passkey === "make";
    const credential = await navigator.credentials[made ? "create" : "get"](asked(options));
    form.elements.credential.value = told(credential);
    form.submit();
  }

  if (!window.PublicKeyCredential || !navigator.credentials) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.parentElement.querySelector(".no-passkeys")?.remove();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form).catch(() => notice(form.dataset.refused));
    });
  }
})();
