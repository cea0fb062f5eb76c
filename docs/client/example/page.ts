// Elements of the example's pages: always text, never markup, whatever the ledger answers.
import type { Coded } from "../ledger.js";

export function item<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string>,
  inside: (string | Node)[],
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...inside);
  return made;
}

/** A text by itself, or put in place of another. */
export function text(words: string, id?: string): Node {
  const found = id === undefined ? null : document.getElementById(id);
  if (found !== null) found.textContent = words;
  return found ?? item("p", {}, [words]);
}

export function table(heads: string[], rows: (string | Node)[][]): Node {
  const head = item("tr", {}, heads.map((each) => item("th", { scope: "col" }, [each])));
  const lines = rows.map((row) => item("tr", {}, row.map((cell) => item("td", {}, [cell]))));
  return item("table", {}, [item("thead", {}, [head]), item("tbody", {}, lines)]);
}

/** A labelled field; with options a select. Its fault, where there is one, is said below it. */
export function field(name: string, label: string, options?: Coded[], value = ""): Node {
  const input =
    options === undefined
      ? item("input", { id: name, name, value, "aria-describedby": `${name}-fault` }, [])
      : item("select", { id: name, name }, options.map((each) => option(each, value)));
  const fault = item("span", { id: `${name}-fault`, class: "fault" }, []);
  return item("p", {}, [item("label", { for: name }, [label]), input, fault]);
}

function option({ code, label }: Coded, chosen: string): Node {
  return item("option", code === chosen ? { value: code, selected: "" } : { value: code }, [label]);
}

/** The page's content; `buttons` says which of the head's are there. */
export function show(title: string, content: Node[], buttons?: Record<string, boolean>): void {
  for (const [id, there] of Object.entries(buttons ?? {})) document.getElementById(id)?.toggleAttribute("hidden", !there);
  const view = document.getElementById("view");
  view?.replaceChildren(...(title === "" ? [] : [item("h1", {}, [title])]), ...content);
  if (title !== "") document.title = title;
  view?.focus();
}

/** What went wrong, on top and at each field of the form. */
export function alertOf(words: string, form?: HTMLFormElement, faults?: Map<string, string>): void {
  const said = document.getElementById("said");
  if (said !== null) said.textContent = words;
  for (const place of form?.querySelectorAll(".fault") ?? []) {
    place.textContent = faults?.get(place.id.replace("-fault", "")) ?? "";
  }
}

export function euros(cents: number | null): string {
  return cents === null ? "" : new Intl.NumberFormat("fr-FR", { style: "currency", currency: "EUR" }).format(cents / 100);
}

/** An instant, as it is told in Paris. */
export function at(instant: string): string {
  const form = { timeZone: "Europe/Paris", dateStyle: "short", timeStyle: "short" } as const;
  return new Intl.DateTimeFormat("fr-FR", form).format(new Date(instant));
}
