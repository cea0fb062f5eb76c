// Two minutes before the session ends, a question at the foot of the page: staying is one button (WCAG 2.2.1).
// Another window may have put the end off: it is asked first, and asking does not put it off itself.
const WARNING_MS = 120_000;
const MOST_MS = 2_000_000_000;
const end = document.querySelector("time[data-session-end]");
const stay = document.querySelector("form[data-stay]");
const french = new Intl.DateTimeFormat("fr-FR", { hour: "numeric", minute: "2-digit", timeZone: "Europe/Paris" });
let timer;
let box;

const until = (at) => new Date(at).getTime() - Date.now();

// `last`: the end that no activity puts off.
function plan(at, last = false) {
  clearTimeout(timer);
  end.dateTime = at;
  end.textContent = french.format(new Date(at)).replace(":", "\u00a0h\u00a0");
  const rest = until(at);
  const soon = rest <= WARNING_MS;
  if (soon) warn(last);
  else box?.remove();
  timer = setTimeout(soon ? over : look, Math.min(MOST_MS, Math.max(0, soon ? rest : rest - WARNING_MS)));
}

async function ends() {
  const answer = await fetch("/v1/session", { headers: { Accept: "application/json" }, cache: "no-store" });
  if (answer.status === 401) return null;
  const session = await answer.json();
  const idle = session.idle_until ?? session.ends_at;
  return until(idle) < until(session.ends_at) ? [idle, false] : [session.ends_at, true];
}

// The network may be away just then: the end that is known stands.
async function look() {
  const found = await ends().catch(() => [end.dateTime, false]);
  if (found === null) return leave();
  plan(...found);
}

async function over() {
  const found = await ends().catch(() => null);
  if (found === null || until(found[0]) <= 0) return leave();
  plan(...found);
}

// What is on the screen is somebody's: it does not stay there after the session.
function leave() {
  location.assign("/connexion?fait=session-finie");
}

function warn(last) {
  if (box?.isConnected) return;
  box = document.createElement("div");
  box.className = "ending";
  box.setAttribute("role", "alert");
  const text = document.createElement("p");
  const more = last ? " Elle ne peut pas être prolongée : reconnectez-vous ensuite." : "";
  text.textContent = `Votre session se termine à ${end.textContent}.${more}`;
  box.append(text);
  if (!last) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button act";
    button.textContent = "Rester connecté";
    button.addEventListener("click", () => extend(text));
    box.append(button);
  }
  document.body.append(box);
}

async function extend(text) {
  const answer = await fetch(stay.action, {
    method: "POST",
    body: new URLSearchParams(new FormData(stay)),
    headers: { Accept: "application/json" },
  }).catch(() => null);
  if (answer?.redirected || answer?.status === 401) return leave();
  const found = answer?.ok ? await ends().catch(() => null) : null;
  if (!found) {
    text.textContent = "La session n'a pas pu être prolongée : réessayez.";
    return;
  }
  box.remove();
  plan(...found);
}

if (end && stay) plan(end.dateTime);
