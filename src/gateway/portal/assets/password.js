// A password can be shown while it is typed, and the rules that a browser can judge are ticked as they are met.
// What is shown goes back to dots before the form leaves, so that no browser keeps it among what was typed.
const judged = {
  length: (text) => [...text].length >= 12 && [...text].length <= 50,
  "lower-case": (text) => /\p{Ll}/u.test(text),
  "upper-case": (text) => /\p{Lu}/u.test(text),
  digit: (text) => /\p{Nd}/u.test(text),
  special: (text) => /[^\p{L}\p{N}]/u.test(text),
};

for (const field of document.querySelectorAll("input[data-show]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button plain";
  button.textContent = "Afficher";
  button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-controls", field.id);
  const label = document.querySelector(`label[for="${field.id}"]`);
  button.setAttribute("aria-label", `Afficher : ${(label?.firstChild?.textContent ?? "mot de passe").trim()}`);
  const show = (shown) => {
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    button.textContent = shown ? "Masquer" : "Afficher";
  };
  button.addEventListener("click", () => show(field.type === "password"));
  field.form?.addEventListener("submit", () => show(false));
  const row = document.createElement("div");
  row.className = "secret";
  field.before(row);
  row.append(field, button);

  const rules = document.getElementById(`${field.id}-regles`);
  if (!rules) continue;
  field.addEventListener("input", () => {
    const text = field.value.normalize("NFC");
    for (const rule of rules.querySelectorAll("[data-rule]")) {
      const met = judged[rule.dataset.rule]?.(text) ?? false;
      rule.classList.toggle("met", met);
      if (met) rule.classList.remove("broken");
    }
  });
}
