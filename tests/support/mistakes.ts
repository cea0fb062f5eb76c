// What must not compile: each line expects an error, and an error that does not come is one.
import { Connection } from "./http.js";
import { type Coded, type Codes, Ledger } from "./ledger.js";

export async function mistakes(): Promise<void> {
  const ledger = new Ledger(new Connection({ origin: "" }));
  // @ts-expect-error a dossier is asked for by its id
  await ledger.getDossier({});
  // @ts-expect-error a filter that the list does not have would list everything
  await ledger.listDossiers({ schema: "PLAN" });
  // @ts-expect-error no scheme is called so
  await ledger.listDossiers({ scheme: "PLANS" });
  // @ts-expect-error an order has its key
  await ledger.withdrawInvitation({ invitation_id: "", body: {} });
  // @ts-expect-error an order has its body whole
  await ledger.registerEmployee({ organisation_id: "", kind: "provider", body: { last_name: "Exemple" } }, { key: "x" });
  const { value } = await ledger.getDossier({ dossier_id: "" });
  // @ts-expect-error there is no such status
  console.log(value.status.code === "finished");
  // @ts-expect-error an erased name is null
  console.log(value.company.name.length);
  // @ts-expect-error a transfer's status is none of a dossier's
  const status: Coded<Codes["transfer-statuses"]> = value.status;
  console.log(status);
}
