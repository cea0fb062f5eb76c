// Files are sent two at a time, then counter and rows are shown anew. Without a script the form sends them. To send one
// again is harmless: the same bytes are the same document.
const AT_ONCE = 2;
const model = document.querySelector("template");
const words = model.dataset;
const waiting = [];
let sending = 0;

function take(form, files) {
  if (form.jobs.every((job) => job.over)) {
    form.querySelector("ul").replaceChildren();
    form.jobs = [];
  }
  for (const file of files) add(form, file);
  form.elements.file.value = "";
  next();
}

function add(form, file) {
  const line = model.content.firstElementChild.cloneNode(true);
  const [name, bar, word, stop] = line.children;
  const job = { form, file, line, bar, word, stop, position: 0 };
  name.textContent = file.name;
  bar.ariaLabel = `Envoi de ${file.name}`;
  stop.ariaLabel = `Annuler ${file.name}`;
  stop.addEventListener("click", () => cancel(job));
  form.querySelector("ul").append(line);
  form.jobs.push(job);
  if (file.size > form.dataset.limit) end(job, `Le fichier dépasse ${form.dataset.limit >> 20} Mo.`);
  else waiting.push(job);
}

function next() {
  while (sending < AT_ONCE && waiting.length) send(waiting.shift());
}

function send(job) {
  const { elements, dataset } = job.form;
  const body = new FormData();
  for (const name of ["category", "side", "establishment_id"]) body.append(name, elements[name].value);
  body.append("file", job.file);
  const request = new XMLHttpRequest();
  request.open("POST", dataset.upload);
  request.responseType = "json";
  request.setRequestHeader("X-CSRF-Token", elements.csrf_token.value);
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    job.bar.value = loaded / total;
    job.stop.hidden = loaded === total;
    job.word.textContent = job.stop.hidden ? words.checked : `${Math.floor((100 * loaded) / total)} %`;
  });
  request.addEventListener("loadend", () => {
    sending -= 1;
    const { status, response } = request;
    job.position = status === 201 ? response.position : 0;
    end(job, job.position ? "" : (words[status] ?? (response?.errors?.[0] ?? response)?.detail ?? words.lost));
    next();
  });
  job.request = request;
  sending += 1;
  request.send(body);
}

function cancel(job) {
  if (waiting.includes(job)) waiting.splice(waiting.indexOf(job), 1);
  job.form.elements.file.focus();
  end(job, words.stopped);
  job.request?.abort();
}

function end(job, wrong) {
  if (job.over) return;
  job.over = true;
  job.word.textContent = wrong || "Déposé";
  if (wrong) job.word.className = "fault";
  job.bar.remove();
  job.stop.remove();
  if (job.form.jobs.every((each) => each.over)) tell(job.form);
}

async function tell(form) {
  const done = form.jobs.filter((job) => job.position);
  const wrong = form.jobs.length - done.length;
  if (done.length) await show(form, done).catch(() => {});
  form.querySelector("[role=status]").textContent =
    `Fichiers déposés : ${done.length}.${wrong ? ` Non déposés : ${wrong}.` : ""}`;
}

async function show(form, done) {
  const asked = new URLSearchParams(location.search);
  asked.delete("cursor");
  asked.set("min_position", Math.max(...done.map((job) => job.position)));
  const answer = await fetch(`?${asked}`);
  if (answer.status === 503) setTimeout(show, 1000, form, done); // not to be read yet
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const here = form.parentElement;
  for (const part of ["h2", "div"]) here.querySelector(part).replaceWith(page.querySelector(`#${here.id} ${part}`));
  for (const job of done) job.line.remove();
}

for (const form of document.querySelectorAll("form[data-upload]")) {
  const here = form.parentElement;
  form.jobs = [];
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    take(form, form.elements.file.files);
  });
  here.addEventListener("dragover", (event) => event.preventDefault());
  here.addEventListener("drop", (event) => {
    event.preventDefault();
    take(form, event.dataTransfer.files);
  });
}
addEventListener("beforeunload", (event) => sending && event.preventDefault());
