// A small portal on an origin of its own: dossiers, one dossier with its history, employees and one order.
import { Refused } from "../http.js";
import type { Answer } from "../http.js";
import type { Coded, DossierRow, Me, Reference, RegisterEmployee } from "../ledger.js";
import { SignIn } from "../sign-in.js";
import { alertOf, at, euros, field, item, show, table, text } from "./page.js";

interface Wanted {
  origin: string;
  client_id: string;
}

const wanted = (await (await fetch("settings.json")).json()) as Wanted;
const signIn = new SignIn(wanted.origin, wanted.client_id, location.origin + location.pathname);
const { ledger } = signIn;
let me: Me | null = null;
let reference: Reference | null = null;

/** Every address of this portal, and what it shows. */
async function route(): Promise<void> {
  const [, noun = "", id = ""] = location.hash.split("/");
  if (noun === "dossiers") await showDossier(id);
  else if (noun === "salaries") await showEmployees();
  else await showDossiers({});
}

type Filters = NonNullable<Parameters<typeof ledger.listDossiers>[0]>;

async function showDossiers(filters: Filters, trainee_name?: string): Promise<void> {
  // A member company sees the dossiers that it employs for, a provider those that it trains for.
  const side = me?.memberships[0]?.kind === "member" ? "company" : "provider";
  const asked = { side, ...filters, limit: 10 } as const;
  // A name is never in an address: with one, the filters go in the body of a search.
  const { value: list } = trainee_name
    ? await ledger.searchDossiers({ body: { ...asked, trainee_name } })
    : await ledger.listDossiers(asked);
  const { ongoing, settled, total } = list.counters;
  const form = item("form", {}, [
    field("scheme", "Dispositif", [{ code: "", label: "Tous" }, ...codes("schemes")], filters.scheme),
    field("trainee_name", "Nom du stagiaire", undefined, trainee_name),
    item("button", {}, ["Filtrer"]),
  ]);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { trainee_name: name, ...rest } = told(form);
    void shown(() => showDossiers(rest, name));
  });
  show("Mes dossiers de formation", [
    item("p", { id: "counters" }, [`En cours : ${ongoing}, soldés : ${settled}, total : ${total}`]),
    form,
    table(["N°", "Intitulé", "Dispositif", "Début", "Statut"], list.items.map(dossierLine)),
    ...(list.next_cursor === null ? [] : [next(() => showDossiers({ ...filters, cursor: list.next_cursor ?? "" }, trainee_name))]),
  ]);
}

function dossierLine(row: DossierRow): (string | Node)[] {
  const link = item("a", { href: `#/dossiers/${row.dossier_id}` }, [row.number]);
  return [link, row.title, row.scheme.label, row.starts_on, row.status.label];
}

async function showDossier(id: string): Promise<void> {
  const [{ value: dossier, etag }, { value: history }] = await Promise.all([
    ledger.getDossier({ dossier_id: id }),
    ledger.getDossierHistory({ dossier_id: id }),
  ]);
  show(`Dossier ${dossier.number}`, [
    item("p", { id: "version", "data-etag": etag ?? "" }, [`${dossier.title} : ${dossier.status.label}`]),
    table(
      ["Le", "Quoi", "Par", "Montant"],
      history.items.map((each) => [at(each.recorded_at), each.label, each.actor.label, euros(each.amount_cents)]),
    ),
  ]);
}

async function showEmployees(after?: number): Promise<void> {
  const [team] = me?.managed ?? [];
  if (team === undefined) return show("Salariés", [text("Vous ne gérez pas d'équipe.")]);
  const { organisation_id, kind } = team;
  // After an order: what was recorded is in the list, or the list waits for it.
  const asked = after === undefined ? {} : { min_position: after };
  const { value: list } = await ledger.listTeamEmployees({ organisation_id, kind, ...asked });
  const form = item("form", {}, [
    field("civility", "Civilité", codes("civilities")),
    field("last_name", "Nom"),
    field("first_name", "Prénom"),
    field("birth_date", "Date de naissance (AAAA-MM-JJ)"),
    item("button", {}, ["Ajouter"]),
  ]);
  const key = crypto.randomUUID(); // one for this form: sent twice, it is one order
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void shown(async () => {
      const body = told(form) as unknown as RegisterEmployee; // what is missing the ledger says, field by field
      const { value } = await ledger.registerEmployee({ organisation_id, kind, body }, { key });
      await showEmployees(value.position);
    }, form);
  });
  const rows = list.items.map((each) => [`${each.last_name} ${each.first_name}`, each.birth_date ?? "—"]);
  show("Salariés", [table(["Nom", "Naissance"], rows), form]);
}

/** The words of a reference list, for a select. */
function codes(name: string): Coded[] {
  return reference?.lists[name] ?? [];
}

/** What a form holds; an empty field was not filled in. */
function told(form: HTMLFormElement): Record<string, string> {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]).filter((pair) => pair[1]));
}

function next(go: () => Promise<void>): Node {
  const button = item("button", { type: "button", id: "next" }, ["Suivants"]);
  button.addEventListener("click", () => void shown(go));
  return button;
}

/** Does it, and says what went wrong; where the token is over, the gateway is asked for another one on the way. */
async function shown(what: () => Promise<unknown>, form?: HTMLFormElement): Promise<void> {
  try {
    if (me !== null && signIn.token === null) return await signIn.begin();
    await what();
    alertOf("");
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.code === "unauthenticated") return await signIn.begin();
    if (error.code === "terms-pending") return await signIn.begin(); // the gateway shows them
    if (error.code === "fresh-proof-required") return await signIn.begin(location.hash, 60); // and asks who is there
    alertOf(error.message, form, error.faults);
  }
}

async function start(): Promise<void> {
  const { value: fund } = await ledger.getFund();
  text(fund.name, "fund");
  if (!(await signIn.finish())) return signIn.known ? signIn.begin() : undefined;
  const [who, lists]: [Answer<Me>, Answer<Reference>] = await Promise.all([ledger.getMe(), ledger.getReference()]);
  me = who.value;
  reference = lists.value;
  text(`${me.first_name} ${me.last_name}`, "person");
  show("", [], { in: false, out: true });
  window.addEventListener("hashchange", () => void shown(route));
  await route();
}

document.getElementById("in")?.addEventListener("click", () => void signIn.begin());
document.getElementById("out")?.addEventListener("click", () => {
  void shown(async () => {
    await signIn.end();
    location.assign(location.pathname);
  });
});
await shown(start);
