// Two minutes before the session ends, a question at the foot of the page: staying is one button (WCAG 2.2.1).
// Another window may have put the end off: it is asked first, and asking does not put it off itself.
const WARNING_MS = 120_000;
const MOST_MS = 2_000_000_000;
const end = document.querySelector("time[data-session-end]");
const stay = document.querySelector("form[data-stay]");
let timer;

const until = (at) => new Date(at).getTime() - Date.now();
const french = new Intl.DateTimeFormat("fr-FR", { hour: "numeric", minute: "2-digit", timeZone: "Europe/Paris" });

function plan(at) {
  clearTimeout(timer);
  end.dateTime = at;
  end.textContent = french.format(new Date(at)).replace(":", "\u00a0h\u00a0");
  const rest = until(at);
  timer = setTimeout(rest > WARNING_MS ? look : over, Math.min(MOST_MS, Math.max(0, rest > WARNING_MS ? rest - WARNING_MS : rest)));
}

async function ends() {
  const answer = await fetch("/v1/session", { headers: { Accept: "application/json" }, cache: "no-store" });
  if (answer.status === 401) return null;
  const session = await answer.json();
  return [session.ends_at, session.idle_until ?? session.ends_at].sort((a, b) => until(a) - until(b))[0];
}

async function look() {
  const at = await ends().catch(() => end.dateTime);
  if (at === null) return leave();
  plan(at);
  if (until(at) <= WARNING_MS + 1000) warn();
}

async function over() {
  const at = await ends().catch(() => null);
  if (at === null || until(at) <= 0) return leave();
  plan(at);
}

// What is on the screen is somebody's: it does not stay there after the session.
function leave() {
  location.assign("/connexion?fait=session-finie");
}

function warn() {
  if (document.querySelector(".ending")) return;
  const box = document.createElement("div");
  box.className = "ending";
  box.setAttribute("role", "alert");
  const text = document.createElement("p");
  text.textContent = `Votre session se termine à ${end.textContent}.`;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button act";
  button.textContent = "Rester connecté";
  button.addEventListener("click", () => extend(box, text));
  box.append(text, button);
  document.body.append(box);
}

async function extend(box, text) {
  const answer = await fetch(stay.action, {
    method: "POST",
    body: new URLSearchParams(new FormData(stay)),
    headers: { Accept: "application/json" },
  }).catch(() => null);
  if (answer?.status === 401) return leave();
  const at = answer?.ok ? await ends().catch(() => null) : null;
  if (!at) {
    text.textContent = "La session n'a pas pu être prolongée : réessayez.";
    return;
  }
  box.remove();
  plan(at);
}

if (end && stay) plan(end.dateTime);
