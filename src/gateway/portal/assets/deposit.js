// The form's files may be dropped on it, go with a bar, and can be stopped. What the server then answers is shown as it is
// without a script: the page again with what is wrong, or the one that it leads to.
let request;

function send(form) {
  const { checked, lost, stopped } = form.dataset;
  const [line, told] = form.querySelectorAll("[role=group], [role=status]");
  const [bar, word, stop] = line.children;
  const over = (text) => {
    request = undefined;
    line.hidden = true;
    told.textContent = text;
  };
  request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.responseType = "document";
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = loaded / total;
    stop.hidden = loaded === total;
    word.textContent = stop.hidden ? checked : `${Math.floor((100 * loaded) / total)} %`;
  });
  request.addEventListener("error", () => over(lost));
  request.addEventListener("abort", () => {
    form.elements.file.focus();
    over(stopped);
  });
  request.addEventListener("load", ({ target: { responseURL, response } }) => {
    const main = response?.querySelector("main");
    over(main ? "" : lost);
    if (responseURL !== location.href.replace(/#.*/, "")) location.assign(responseURL);
    else if (main) show(main);
  });
  stop.onclick = () => request?.abort();
  line.hidden = stop.hidden = false;
  told.textContent = word.textContent = "";
  request.send(new FormData(form));
}

function show(main) {
  document.querySelector("main").replaceWith(main);
  begin();
  (main.querySelector("[autofocus]") ?? main).focus();
}

function begin() {
  const form = document.querySelector("form[data-stopped]");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!request) send(form);
  });
  form?.addEventListener("dragover", (event) => event.preventDefault());
  form?.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!request) form.elements.file.files = event.dataTransfer.files;
  });
}

begin();
addEventListener("beforeunload", (event) => request && event.preventDefault());
