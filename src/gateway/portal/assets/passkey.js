// A passkey's device answers to a script alone: what the page offers goes to the device, its answer into the form.
// Forms that only a script can send are shown by it; whoever has none is told.
const octets = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

const named = (list) => (list ?? []).map((each) => ({ ...each, id: octets(each.id) }));

function create(options) {
  const publicKey = {
    ...options,
    challenge: octets(options.challenge),
    user: { ...options.user, id: octets(options.user.id) },
    excludeCredentials: named(options.excludeCredentials),
  };
  return navigator.credentials.create({ publicKey });
}

function get(options) {
  const allowCredentials = named(options.allowCredentials);
  return navigator.credentials.get({ publicKey: { ...options, challenge: octets(options.challenge), allowCredentials } });
}

function told(found) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (found.response[name]) response[name] = text(found.response[name]);
  }
  return JSON.stringify({ id: found.id, rawId: text(found.rawId), type: found.type, response });
}

async function offered(form) {
  if (form.dataset.options) return [form.querySelector("[data-challenge]").value, JSON.parse(form.dataset.options)];
  const answer = await fetch(form.dataset.ask, { method: "POST", headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const offer = await answer.json();
  return [offer.challenge_id, offer.options];
}

async function sent(form) {
  const word = form.querySelector("[data-word]");
  word.textContent = "Suivez les indications de votre appareil.";
  try {
    const [challenge, options] = await offered(form);
    const found = await (form.dataset.passkey === "create" ? create : get)(options);
    form.querySelector("[data-challenge]").value = challenge;
    form.querySelector("[data-credential]").value = told(found);
    form.submit();
  } catch (error) {
    word.textContent =
      error.name === "InvalidStateError"
        ? "Cet appareil a déjà une clé d'accès pour ce compte."
        : "L'appareil n'a pas donné de clé d'accès. Réessayez, ou utilisez un autre moyen.";
  }
}

// The style keeps their room: nothing moves when they are shown.
const able = Boolean(window.PublicKeyCredential);
for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.hidden = !able;
  form.dataset.ready = "";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sent(form);
  });
}
for (const each of able ? [] : document.querySelectorAll("[data-without-passkey]")) each.dataset.ready = "";
