// Something has arrived that concerns this page: it is said once, and shown when the reader asks. Nothing moves by
// itself. The stream is open only while the page is in front, since a browser has six connections for all its windows.
const BEGIN_MS = 1000;
const AGAIN_MS = 5000;
const MOST_MS = 300_000;
const LEFT_MS = 30_000;
const KEY = "annonces";
const page = document.querySelector("[data-live]");
const news = document.querySelector("[data-news]");
const [said, show, later] = news.children;
const pause = page.querySelector("button");
let { position } = page.dataset;
let stream = null;
let timer;
let wait = AGAIN_MS;
let over = false;

const wanted = () => !over && !document.hidden && !("shown" in news.dataset) && localStorage.getItem(KEY) !== "non";

function stop() {
  clearTimeout(timer);
  stream?.abort();
  stream = null;
}

function soon(ms) {
  stop();
  if (wanted()) timer = setTimeout(follow, ms);
}

async function follow() {
  const mine = new AbortController();
  stream = mine;
  let next = AGAIN_MS;
  try {
    const headers = { Accept: "text/event-stream" };
    if (position) headers["Last-Event-ID"] = position; // without one, from now on
    const answer = await fetch("/v1/changes", { headers, cache: "no-store", signal: mine.signal });
    if (answer.ok) await listen(answer.body.pipeThrough(new TextDecoderStream()));
    // Signed out, no right: there is nothing to come back for. Too often, or too many: when it says.
    else if (answer.status < 500 && answer.status !== 429) over = true;
    else next = Math.max(next, 1000 * (answer.headers.get("Retry-After") || 0));
    wait = AGAIN_MS;
  } catch {
    if (stream !== mine) return; // we have stopped it
    next = wait;
    wait = Math.min(2 * wait, MOST_MS);
  }
  // Not all at once, where a process has stopped with everybody's streams.
  if (stream === mine) soon(next * (1 + Math.random()));
}

async function listen(texts) {
  let rest = "";
  const reader = texts.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const blocks = (rest + read.value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) hear(Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s))));
  }
}

function hear({ id, event, data }) {
  if (id) position = id;
  const told = data ? JSON.parse(data) : {};
  if (event === "end") over = told.reason === "right-ended";
  else if (event === "reset" || (event === "change" && concerns(told[page.dataset.live]))) tell();
}

function concerns(things) {
  const { thing } = page.dataset;
  return thing ? things.includes(thing) : things.length > 0;
}

function tell() {
  if ("shown" in news.dataset) return;
  news.dataset.shown = "";
  said.textContent = "De nouvelles informations sont arrivées.";
  show.hidden = later.hidden = false;
  stop(); // there is nothing more to say until the reader has looked
}

function dismiss() {
  if (news.contains(document.activeElement)) document.querySelector("main").focus();
  delete news.dataset.shown;
  said.textContent = "";
  show.hidden = later.hidden = true;
  position = null; // what came while it stood there is put away with it
  soon(0);
}

function label() {
  const off = localStorage.getItem(KEY) === "non";
  pause.textContent = `${off ? "Reprendre" : "Suspendre"} les annonces`;
}

pause.addEventListener("click", () => {
  if (localStorage.getItem(KEY) === "non") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, "non");
  label();
  soon(0);
});
later.addEventListener("click", dismiss);
// In another window; signing out clears all that is kept (`key` is null then), and there is nothing to ask any more.
addEventListener("storage", ({ key }) => key === KEY && (label(), soon(0)));
// What is sent may end the session. A page that is still there long after has been given a file.
addEventListener("submit", (event) => event.defaultPrevented || soon(LEFT_MS));
addEventListener("pagehide", stop);
addEventListener("pageshow", () => soon(BEGIN_MS));
document.addEventListener("visibilitychange", () => soon(BEGIN_MS));
label();
pause.dataset.ready = "";
