// The ledger's API, made from schemas/openapi.v1.json by `python -m gateway.api.typescript`: not to be edited.
import { type Answer, type Asking, Connection, type Ordering, type ServerEvent } from "./http.js";

/** A UUID. */
export type Id = string;
/** `2026-09-01`: a day in Paris. */
export type Day = string;
/** `2026-09-01T08:30:00Z`: an instant. */
export type Instant = string;

/** The reference lists: a newer gateway may have codes that this file does not, so that a choice has an else. */
export interface Codes {
  civilities: "Madame" | "Monsieur";
  "closing-states": "open" | "settled" | "closed" | "cancelled";
  "document-analyses": "none" | "awaited" | "clean" | "infected";
  "document-categories": "agreement" | "remittance-advice" | "fund-document" | "contract" | "training-agreement" | "programme" | "quote" | "invoice" | "certificate" | "attendance" | "other";
  "document-sides": "fund" | "member" | "provider";
  "document-states": "awaited" | "none" | "clean" | "infected" | "withdrawn";
  "dossier-statuses": "ongoing" | "settled" | "cancelled" | "refused";
  "event-labels": "account.created.v1" | "account.disabled.v1" | "account.email-changed.v1" | "account.enabled.v1" | "account.membership-changed.v1" | "account.membership-ended.v1" | "account.membership-granted.v1" | "account.membership-resumed.v1" | "account.membership-suspended.v1" | "account.menu-rights-set.v1" | "account.terms-accepted.v1" | "account.terms-refused.v1" | "document.analysed.v1" | "document.deposited.v1" | "document.deposited.v2" | "document.withdrawn.v1" | "dossier.agreement-amended.v1" | "dossier.agreement-issued.v1" | "dossier.agreement-refused.v1" | "dossier.cancelled.v1" | "dossier.closed.v1" | "dossier.execution-broken-off.v1" | "dossier.execution-finished.v1" | "dossier.execution-started.v1" | "dossier.opened.v1" | "dossier.payment-recorded.v1" | "dossier.payment-reserved.v1" | "dossier.reservation-released.v1" | "dossier.settled.v1" | "dossier.trainee-enrolled.v1" | "dossier.trainee-withdrawn.v1" | "establishment.bank-details-recorded.v1" | "establishment.moved.v1" | "establishment.nda-changed.v1" | "establishment.registered.v1" | "establishment.renamed.v1" | "invitation.accepted.v1" | "invitation.sent-again.v1" | "invitation.sent.v1" | "invitation.withdrawn.v1" | "invoice.approved.v1" | "invoice.dispute-resolved.v1" | "invoice.disputed.v1" | "invoice.paid.v1" | "invoice.received.v1" | "invoice.scheduled.v1" | "invoice.service-attested.v1" | "invoice.unscheduled.v1" | "lot.opened.v1" | "lot.released.v1" | "lot.transfer-added.v1" | "lot.transfer-removed.v1" | "organisation.contact-recorded.v1" | "organisation.kind-added.v1" | "organisation.referent-named.v1" | "organisation.referent-stepped-down.v1" | "organisation.registered.v1" | "organisation.renamed.v1" | "person.employment-began.v1" | "person.employment-ended.v1" | "person.registered.v1" | "person.renamed.v1" | "transfer.paid.v1" | "transfer.prepared.v1" | "transfer.rejected.v1" | "transfer.withdrawn.v1";
  "execution-states": "not-started" | "started" | "broken-off" | "finished";
  "financial-states": "uncommitted" | "committed" | "approved" | "paid" | "settled";
  "instruction-states": "under-review" | "agreed" | "refused";
  "invoice-statuses": "received" | "disputed" | "approved" | "scheduled" | "paid";
  menus: "hr" | "accounting";
  "organisation-kinds": "provider" | "member";
  "payment-modes": "transfer";
  profiles: "user" | "referent";
  roles: "portal" | "case-manager" | "accountant" | "auditor" | "operator" | "system";
  schemes: "PLAN" | "ALTE" | "C PRO" | "PRO-A" | "RECONV" | "POEC" | "POEI";
  "sign-in-stages": "second-factor" | "enrolment" | "full";
  "transfer-statuses": "prepared" | "released" | "paid" | "rejected" | "withdrawn";
  "user-states": "active" | "suspended" | "invited" | "expired";
}

/** An order that was recorded: what it made or changed, and the position of its last event. */
export interface Accepted {
  id: Id;
  position: number;
}

/** `ends_on` is the last day of an auditor's mandate. */
export interface AccountShown {
  account_id: Id;
  disabled: boolean;
  ends_on: Day | null;
  memberships: MembershipShown[];
  person_id: Id;
  role: Coded<Codes["roles"]>;
}

export interface AddOrganisationKind {
  kind: OrganisationKind;
  member_number?: string | null;
}

/** The agreement as it will stand, whole: title and dates that are not given stay what they are. */
export interface AmendAgreement {
  amount_cents: number;
  ends_on?: Day | null;
  on: Day;
  reason?: string | null;
  starts_on?: Day | null;
  title?: string | null;
}

/** Without an amount, the whole of it. */
export interface ApproveInvoice {
  amount_cents?: number | null;
  on: Day;
}

export interface AttestService {
  on: Day;
}

/** Who was paid, as it was when the transfer was prepared. */
export interface Beneficiary {
  establishment_id: Id;
  name: string;
  postcode: string;
  siret: string;
  town: string;
}

export interface BeneficiarySummary {
  establishment_id: Id;
  name: string | null;
  siret: string | null;
}

export interface BreakOffExecution {
  on: Day;
  reason?: string | null;
}

export interface CancelDossier {
  on: Day;
  reason?: string | null;
}

/** What a document is. The first three are those that the fund issues itself. */
export type Category = "agreement" | "remittance-advice" | "fund-document" | "contract" | "training-agreement" | "programme" | "quote" | "invoice" | "certificate" | "attendance" | "other";

export interface ChangeMembership {
  establishment_ids: Id[];
  kind: OrganisationKind;
  organisation_id: Id;
  profile: Profile;
}

export interface ChangeNda {
  nda: string | null;
}

export interface CloseDossier {
  on: Day;
}

/** A code that programs compare, and the label that people read. */
export interface Coded<C extends string = string> {
  code: C;
  label: string;
}

export interface CompanySummary {
  establishment_id: Id;
  name: string | null;
  siret: string | null;
}

/** The reader's whole scope, unfiltered. `total` is the sum of `ongoing` and `settled`. */
export interface CountersShown {
  cancelled: number;
  ongoing: number;
  refused: number;
  settled: number;
  total: number;
}

/** `ends_on` is the last day of an auditor's mandate, and nobody else's. */
export interface CreateAccount {
  civility?: string | null;
  email: string;
  ends_on?: Day | null;
  first_name: string;
  last_name: string;
  role: Role;
}

/** `label` says what the token is for: it is no place for a person's name. */
export interface CreateToken {
  days?: number;
  label: string;
}

export interface DisableAccount {
  on: Day;
}

export interface DisputeInvoice {
  on: Day;
  reason: string;
}

/** How many pages the document has, and the pictures of the first of them, 30 at the most. */
export interface DocumentPreview {
  document_id: Id;
  items: PreviewPage[];
  pages: number;
}

/**
 * A file of a tab: its name and « Déposé le ». `content` is where its bytes are, once it is `downloadable`.
 * `receipt` is where the « accusé de dépôt » is, for whose establishment handed it in and for the fund's staff.
 * What was withdrawn, and why, the fund's staff alone are told: for anybody else the document is not there any more.
 */
export interface DocumentRow {
  analysis: Coded<Codes["document-analyses"]>;
  category: Coded<Codes["document-categories"]>;
  content: string;
  deposited_on: Day;
  document_id: Id;
  downloadable: boolean;
  media_type: string;
  name: string;
  receipt: string | null;
  side: Coded<Codes["document-sides"]>;
  size_bytes: number;
  state: Coded<Codes["document-states"]>;
  transfer_id: Id | null;
  withdrawal_reason: string | null;
  withdrawn_on: Day | null;
}

/** One document. `dossier_ids` are those of its dossiers that the caller sees. */
export interface DocumentShown {
  analysis: Coded<Codes["document-analyses"]>;
  category: Coded<Codes["document-categories"]>;
  content: string;
  deposited_on: Day;
  document_id: Id;
  dossier_ids: Id[];
  downloadable: boolean;
  establishment_id: Id | null;
  media_type: string;
  name: string;
  receipt: string | null;
  side: Coded<Codes["document-sides"]>;
  size_bytes: number;
  state: Coded<Codes["document-states"]>;
  transfer_id: Id | null;
  withdrawal_reason: string | null;
  withdrawn_on: Day | null;
}

/** What became of a document: how far its analysis came, until it is withdrawn. */
export type DocumentState = "awaited" | "none" | "clean" | "infected" | "withdrawn";

export interface DossierList {
  counters: CountersShown;
  items: DossierRow[];
  next_cursor: string | null;
  total: number | null;
  total_is_capped: boolean;
}

/** The columns of row O31. `agreement_document_id` is null where there is no agreement to download. */
export interface DossierRow {
  agreement_document_id: Id | null;
  company: CompanySummary;
  dossier_id: Id;
  ends_on: Day;
  number: string;
  request_number: string | null;
  scheme: Coded<Codes["schemes"]>;
  starts_on: Day;
  status: Coded<Codes["dossier-statuses"]>;
  title: string;
  trainees: TraineeSummary;
}

/** The same filters and the trainee's name, in a body. */
export interface DossierSearch {
  cursor?: string | null;
  ends_until?: Day | null;
  establishment_id?: Id | null;
  limit?: number;
  min_position?: number | null;
  number?: string | null;
  scheme?: Scheme | null;
  side?: Side;
  sort?: Sort;
  starts_from?: Day | null;
  trainee_name?: string | null;
}

/** One dossier, along its four axes. Amounts are cents, gross. */
export interface DossierShown {
  agreement_cents: number;
  agreement_document_id: Id | null;
  closed_on: Day | null;
  closing: Coded<Codes["closing-states"]>;
  company: Party | null;
  dossier_id: Id;
  ends_on: Day;
  execution: Coded<Codes["execution-states"]>;
  financial: Coded<Codes["financial-states"]>;
  instruction: Coded<Codes["instruction-states"]>;
  number: string;
  opened_on: Day;
  paid_cents: number;
  providers: Party[];
  released_cents: number;
  request_number: string | null;
  reserved_cents: number;
  scheme: Coded<Codes["schemes"]>;
  settled_on: Day | null;
  starts_on: Day;
  status: Coded<Codes["dossier-statuses"]>;
  title: string;
  trainee_count: number;
}

/**
 * The columns of row O34: the dossier's own line, never the transfer's total. `beneficiary_label` is
 * « raison sociale (SIRET) - CP / VILLE ». `transfer_in_sight`: the caller may open the transfer.
 */
export interface DossierTransferRow {
  amount_cents: number;
  beneficiary: Beneficiary;
  beneficiary_label: string;
  bic: string;
  ends_on: Day;
  iban: string;
  invoice_id: Id;
  invoice_reference: string;
  lot_reference: string;
  mode: Coded<Codes["payment-modes"]>;
  paid_on: Day | null;
  scheme: Coded<Codes["schemes"]>;
  starts_on: Day;
  status: Coded<Codes["transfer-statuses"]>;
  transfer_id: Id;
  transfer_in_sight: boolean;
}

/** The address that is to sign in from now on. */
export interface EmailWanted {
  email: string;
}

/** Somebody to pick (row O21). `user_id` is set where the team has them as a user, or has invited them, already. */
export interface EmployeeShown {
  birth_date: Day | null;
  civility: string | null;
  first_name: string | null;
  last_name: string | null;
  person_id: Id;
  user_id: Id | null;
}

export interface EnableAccount {
  on: Day;
}

export interface EndMembership {
  kind: OrganisationKind;
  organisation_id: Id;
}

/** Either `person_id`, or `last_name` and `first_name` with what else is known; the same NIR is the same person. */
export interface EnrolTrainee {
  birth_date?: Day | null;
  ends_on: Day;
  first_name?: string | null;
  last_name?: string | null;
  nir?: string | null;
  person_id?: Id | null;
  starts_on: Day;
}

/** The same filters and the beginning of words of the raison sociale (`name`) or of the enseigne (`trade_name`). */
export interface EstablishmentSearch {
  cursor?: string | null;
  limit?: number;
  min_position?: number | null;
  name?: string | null;
  nda?: string | null;
  number?: string | null;
  siret?: string | null;
  trade_name?: string | null;
}

/**
 * The columns of row O50 and the address. The IBAN is in full for those who hold the establishment, and for the
 * fund's accountants; masked for others. An erased value is null or « effacé ».
 */
export interface EstablishmentShown {
  bank_details_on: Day | null;
  bic: string | null;
  establishment_id: Id;
  iban: string | null;
  name: string | null;
  nda: string | null;
  number: string;
  organisation_id: Id;
  postcode: string;
  siret: string;
  street: string | null;
  town: string;
  trade_name: string | null;
}

/** The caller's second factors; `required` where its role must have one, `recovery_codes` are those left. */
export interface FactorsShown {
  passkeys: PasskeyShown[];
  recovery_codes: number;
  required: boolean;
  totp: boolean;
}

export interface FinishExecution {
  on: Day;
}

/** A short token (`dlf_`) for the `Authorization` header; `expires_in` in seconds. */
export interface FrontendToken {
  access_token: string;
  expires_in: number;
  token_type?: "Bearer";
}

/** What the fund has not published is null or empty. `terms_version`: of the text in force (`GET /v1/terms`). */
export interface FundShown {
  contact: string | null;
  help: PublishedLink[];
  help_hours: string | null;
  help_phone: string | null;
  name: string;
  offices: OfficeShown[];
  pages: PageLink[];
  terms_version: string;
  themes: ThemeShown[];
  tools: ToolShown[];
  welcome: string | null;
}

export interface GrantMembership {
  establishment_ids: Id[];
  kind: OrganisationKind;
  organisation_id: Id;
  profile?: Profile;
}

/** A line of the grid of row O23. `assigned` is « Affecté ». */
export interface GridLine {
  assigned: boolean;
  establishment_id: Id;
  name: string | null;
  postcode: string;
  siret: string;
  street: string | null;
  town: string;
  trade_name: string | null;
}

export interface History {
  items: HistoryEvent[];
  next_cursor: string | null;
}

/**
 * One event. `on` is the paper's date, where it has one; `amount_cents` the part that concerns this dossier; the
 * ids are those of the stream that it belongs to, where that is not the dossier. Of a document that is withdrawn, and
 * so not there any more for the caller, there is none.
 */
export interface HistoryEvent {
  actor: Coded<Codes["roles"]>;
  amount_cents: number | null;
  document_id: Id | null;
  event: string;
  invoice_id: Id | null;
  label: string;
  on: Day | null;
  position: number;
  recorded_at: Instant;
  transfer_id: Id | null;
}

/** One invoice. Amounts are cents; the rate is in hundredths of a percent. An erased reason is « effacé ». */
export interface InvoiceShown {
  approved_cents: number;
  approved_on: Day | null;
  beneficiary: BeneficiarySummary;
  dispute_reason: string | null;
  dossier_id: Id;
  dossier_number: string | null;
  ends_on: Day;
  gross_cents: number;
  invoice_id: Id;
  issued_on: Day;
  net_cents: number;
  paid_on: Day | null;
  received_on: Day;
  reference: string;
  service_attested_on: Day | null;
  starts_on: Day;
  status: Coded<Codes["invoice-statuses"]>;
  transfer_id: Id | null;
  vat_cents: number;
  vat_exemption: string | null;
  vat_rate_basis_points: number;
}

export interface IssueAgreement {
  amount_cents: number;
  on: Day;
}

export interface ItemsOfCoded {
  items: Coded[];
}

export interface ItemsOfDossierTransferRow {
  items: DossierTransferRow[];
}

export interface ItemsOfGridLine {
  items: GridLine[];
}

export interface ItemsOfOwnSession {
  items: OwnSession[];
}

export interface ItemsOfProjectionShown {
  items: ProjectionShown[];
}

export interface ItemsOfTeamUserShown {
  items: TeamUserShown[];
}

export interface ItemsOfTokenShown {
  items: TokenShown[];
}

export interface ItemsOfTraineeShown {
  items: TraineeShown[];
}

export interface ItemsOfTransferMonthShown {
  items: TransferMonthShown[];
}

/** One line. `account_id` is whom it is about, `actor_id` who did it. `facts` holds ids, codes and figures. */
export interface JournalEntry {
  account_id: Id | null;
  actor_id: Id | null;
  address: string | null;
  at: Instant;
  correlation_id: Id | null;
  entry_id: Id;
  facts: Record<string, string | number | boolean>;
  kind: string;
  kind_label: string;
  outcome: string;
  target_id: Id | null;
}

/** A page of lines, newest first. They are not counted: a journal has no end that anybody needs to know. */
export interface JournalPage {
  items: JournalEntry[];
  next_cursor: string | null;
}

/** An address is personal: it stands in the body, never in a URL. Days are Paris', both included. */
export interface JournalSearch {
  account_id?: Id | null;
  actor_id?: Id | null;
  address?: string | null;
  cursor?: string | null;
  kind?: "sign-in" | "sign-out" | "second-factor" | "refusal" | "password" | "link" | "session" | "token" | "rights" | "mandate" | "terms" | "email" | "registration" | "oidc" | "journal" | "document" | null;
  limit?: number;
  outcome?: string | null;
  since?: Day | null;
  target_id?: Id | null;
  until?: Day | null;
}

/** A line of row O41. The sum of the lines is the transfer's total. */
export interface LineShown {
  amount_cents: number;
  dossier_id: Id;
  dossier_number: string;
  ends_on: Day;
  invoice_id: Id;
  invoice_issued_on: Day;
  invoice_reference: string;
  number: number;
  scheme: Coded<Codes["schemes"]>;
  starts_on: Day;
  title: string;
}

/** What a link asks. `identifier` is the e-mail of its account; `rules` are of the password that it asks for. */
export interface LinkShown {
  button: string;
  cancel: string | null;
  expires_at: Instant;
  identifier: string | null;
  paragraphs: string[];
  password: boolean;
  purpose: string;
  rules: RuleShown[];
  title: string;
}

/** `password` where the link asks for one; `cancel` to press its second button instead. */
export interface LinkUse {
  cancel?: boolean;
  password?: string | null;
  secret: string;
}

/** What was done, and where one goes on: `sign-in` or `home`. */
export interface LinkUsed {
  message: string;
  next: string;
}

export interface ListedOfDocumentRow {
  items: DocumentRow[];
  next_cursor: string | null;
  total: number | null;
  total_is_capped: boolean;
}

export interface ListedOfEmployeeShown {
  items: EmployeeShown[];
  next_cursor: string | null;
  total: number | null;
  total_is_capped: boolean;
}

export interface ListedOfEstablishmentShown {
  items: EstablishmentShown[];
  next_cursor: string | null;
  total: number | null;
  total_is_capped: boolean;
}

export interface ListedOfInvoiceShown {
  items: InvoiceShown[];
  next_cursor: string | null;
  total: number | null;
  total_is_capped: boolean;
}

export interface ListedOfLotRow {
  items: LotRow[];
  next_cursor: string | null;
  total: number | null;
  total_is_capped: boolean;
}

export interface ListedOfTransferRow {
  items: TransferRow[];
  next_cursor: string | null;
  total: number | null;
  total_is_capped: boolean;
}

/** One weekly run. Withdrawn transfers are not counted; nothing can be added once it is released. */
export interface LotRow {
  lot_id: Id;
  reference: string;
  released_on: Day | null;
  scheduled_on: Day;
  total_cents: number;
  transfer_count: number;
}

/** With what the bank answered. */
export interface LotShown {
  lot_id: Id;
  paid_count: number;
  reference: string;
  rejected_count: number;
  released_on: Day | null;
  scheduled_on: Day;
  total_cents: number;
  transfer_count: number;
}

/**
 * The caller. `actions` are the operationIds that it has at this stage and with these terms; what is grave among
 * them is accepted while `grave` is true, until `grave_until` for a session. `terms_pending`: the terms in force wait
 * for an answer, and come before everything else. Before the sign-in is whole there are no names and no memberships.
 * An erased name is null. `spaces` are those of the portal with their menus, as its own pages show them. `unread`
 * counts what waits in the messages; null as long as this version has none.
 */
export interface Me {
  account_id: Id;
  actions: string[];
  civility: string | null;
  email: string | null;
  first_name: string | null;
  grave: boolean;
  grave_until: Instant | null;
  last_name: string | null;
  managed: TeamShown[];
  memberships: MembershipShown[];
  menus: Coded<Codes["menus"]>[];
  person_id: Id;
  role: Coded<Codes["roles"]>;
  spaces: SpaceShown[];
  stage: Coded<Codes["sign-in-stages"]>;
  terms_pending: boolean;
  unread: number | null;
  via: string;
}

/** `menus` is null for all of them; only a member company's users have any to choose from (row E15). */
export interface MembershipShown {
  establishment_ids: Id[];
  kind: OrganisationKind;
  menus: Coded<Codes["menus"]>[] | null;
  organisation_id: Id;
  profile: Coded<Codes["profiles"]>;
  suspended: boolean;
}

/** What of a member's portal is opened entry by entry (row E15): « RH » and « comptable ». */
export type Menu = "hr" | "accounting";

/**
 * A line of a menu. `name` and `action` are stable: the page, and the operation that it begins with; `path`
 * is the page's address on the gateway's own portal.
 */
export interface MenuEntry {
  action: string;
  label: string;
  name: string;
  path: string;
}

export interface MoveEstablishment {
  postcode: string;
  street?: string | null;
  town: string;
}

export interface NewPassword {
  password: string;
}

/** `detail` is for a person to read; it does not tell whether anything was found. */
export interface Noted {
  detail: string;
}

/** A refusal as RFC 6749, 5.2, has it: `error` is stable, the description is for people. */
export interface OAuthFault {
  error: string;
  error_description: string;
}

/** RFC 8414, 2, with RFC 9207's own. No scopes and no registration: frontends are those of the settings. */
export interface OAuthMetadata {
  authorization_endpoint: string;
  authorization_response_iss_parameter_supported?: boolean;
  code_challenge_methods_supported?: string[];
  grant_types_supported?: "authorization_code"[];
  issuer: string;
  response_modes_supported?: "query"[];
  response_types_supported?: "code"[];
  revocation_endpoint: string;
  revocation_endpoint_auth_methods_supported?: "none"[];
  token_endpoint: string;
  token_endpoint_auth_methods_supported?: "none"[];
  ui_locales_supported?: string[];
}

/** A regional office. `departments` are codes (`31`, `2A`, `971`); `address` is line by line. */
export interface OfficeShown {
  address: string[];
  departments: string[];
  email: string | null;
  name: string;
  phone: string | null;
}

/** The company's establishment employs, the providers' train; the first provider is the principal one. */
export interface OpenDossier {
  company_establishment_id: Id;
  ends_on: Day;
  number: string;
  on: Day;
  provider_establishment_ids: Id[];
  request_number?: string | null;
  scheme: Scheme;
  starts_on: Day;
  title: string;
}

/** `reference` as the avis shows it (« VIR550 »); `scheduled_on` is the day of the run. */
export interface OpenLot {
  reference: string;
  scheduled_on: Day;
}

/** What an organisation is to the fund. */
export type OrganisationKind = "provider" | "member";

/** An erased name is null. */
export interface OrganisationShown {
  kinds: Coded<Codes["organisation-kinds"]>[];
  legal_category: string | null;
  member_number: string | null;
  name: string | null;
  organisation_id: Id;
  siren: string;
}

/** One of the caller's sessions. `label` is the browser's family; `own` marks the one that asks. */
export interface OwnSession {
  created_at: Instant;
  ends_at: Instant;
  label: string;
  method: string;
  own: boolean;
  seen_at: Instant;
  session_id: Id;
}

/** A page that everybody may read, on the gateway's own portal. */
export interface PageLink {
  label: string;
  path: string;
}

/** An establishment by its public identity. An erased name is null. */
export interface Party {
  establishment_id: Id;
  name: string | null;
  postcode: string;
  siret: string;
  town: string;
  trade_name: string | null;
}

/** What `navigator.credentials.get` answered. */
export interface PasskeyAnswer {
  challenge_id: Id;
  credential: Record<string, unknown>;
}

/** What `navigator.credentials.create` answered; `label` says which device it is. */
export interface PasskeyMade {
  challenge_id: Id;
  credential: Record<string, unknown>;
  label: string;
}

/** `options` go to `navigator.credentials`; its answer comes back with `challenge_id`, within five minutes. */
export interface PasskeyOffered {
  challenge_id: Id;
  options: Record<string, unknown>;
}

/** `credential_id` in base64url. */
export interface PasskeyShown {
  created_at: Instant;
  credential_id: string;
  label: string;
  used_at: Instant | null;
}

/** The identifier of the account: its e-mail. */
export interface PasswordReset {
  email: string;
}

export interface PayTransfer {
  on: Day;
}

/** An erased name is null. */
export interface PersonShown {
  first_name: string | null;
  last_name: string | null;
  person_id: Id;
}

/** What became of it. `already_deposited`: these very bytes were there, in this category, and `id` is theirs. */
export interface PieceAccepted {
  already_deposited: boolean;
  id: Id;
  position: number;
  state: Coded<Codes["document-states"]>;
}

/** `establishments` are the caller's on that side. A dossier that is closed or cancelled is not `open`. */
export interface PieceCategories {
  establishments: Party[];
  items: PieceCategory[];
  open: boolean;
  side: Coded<Codes["document-sides"]>;
}

/** What may be handed in as one category: of the types `types`, `limit_bytes` at most each, `count` so far. */
export interface PieceCategory {
  code: string;
  count: number;
  label: string;
  limit_bytes: number;
  required: boolean;
  types: string[];
}

/** The account to pay is never told here: it is the beneficiary's own, as it was recorded before. */
export interface PrepareTransfer {
  beneficiary_establishment_id: Id;
  invoice_ids: Id[];
}

/** One picture (PNG): where it is, and its size in pixels. */
export interface PreviewPage {
  height: number;
  page: number;
  picture: string;
  width: number;
}

/** RFC 9457. Les types sont expliqués dans docs/api.md. */
export interface Problem {
  correlation_id: Id;
  detail: string;
  errors?: ({
    code: string;
    detail: string;
    in: "body" | "query" | "header";
    pointer: string;
  })[];
  status: number;
  title: string;
  type: string;
}

/** A référent has a user's rights and manages the organisation's users. */
export type Profile = "user" | "referent";

/** One read model. `failed_position` is the event that stopped it; the error itself is shown by the command line. */
export interface ProjectionShown {
  failed_position: number | null;
  position: number;
  projector: string;
  state: "live" | "failed" | "waiting";
  updated_at: Instant;
  version: number;
}

/** The password, with a second factor where the account has one; or a passkey, which is both. */
export interface Proof {
  passkey?: PasskeyAnswer | null;
  password?: string | null;
  recovery_code?: string | null;
  totp?: string | null;
}

/** `url` is null where the fund has published no address of it. */
export interface PublishedLink {
  label: string;
  text: string | null;
  url: string | null;
}

/** `starts_on` to `ends_on` is the period billed. An advance is billed before its period: any day of issue goes. */
export interface ReceiveInvoice {
  beneficiary_establishment_id: Id;
  dossier_id: Id;
  ends_on: Day;
  gross_cents: number;
  issued_on: Day;
  net_cents: number;
  on: Day;
  reference: string;
  starts_on: Day;
  vat_cents?: number;
  vat_exemption?: string | null;
  vat_rate_basis_points?: number;
}

export interface RecordBankDetails {
  bic: string;
  iban: string;
  on: Day;
}

/** The contact on file, who confirms that somebody speaks for the organisation (row E1). */
export interface RecordContact {
  email: string;
}

/** Ten codes, shown this once; the ones before are void. */
export interface RecoveryCodes {
  codes: string[];
}

/** Every reference list, by the name under which it is also had alone. */
export interface Reference {
  lists: Record<string, Coded[]>;
}

export interface RefuseAgreement {
  on: Day;
  reason: string;
}

export interface RegisterEmployee {
  birth_date: Day;
  civility: string;
  first_name: string;
  last_name: string;
}

export interface RegisterEstablishment {
  name: string;
  nda?: string | null;
  number: string;
  organisation_id: Id;
  postcode: string;
  siret: string;
  street?: string | null;
  town: string;
  trade_name?: string | null;
}

/** `siret` of one of the company's establishments, and its member number (« numéro d'adhérent »). */
export interface RegisterMember {
  civility: string;
  email: string;
  first_name: string;
  last_name: string;
  member_number: string;
  siret: string;
}

export interface RegisterOrganisation {
  kinds: OrganisationKind[];
  legal_category?: string | null;
  member_number?: string | null;
  name: string;
  siren: string;
}

export interface RegisterPerson {
  birth_date?: Day | null;
  civility?: string | null;
  first_name: string;
  last_name: string;
  nir?: string | null;
}

/** The bank's answers (ISO 20022 external codes) that end a transfer. */
export type RejectReason = "AC01" | "AC03" | "AC04" | "AC06" | "AG01" | "AM05" | "MS03" | "RR01" | "RR02" | "RR03" | "RR04";

export interface RejectTransfer {
  on: Day;
  reason: RejectReason;
}

/** `transfer_count` and `total_cents` are control totals: what the releaser believes the lot to hold. */
export interface ReleaseLot {
  on: Day;
  total_cents: number;
  transfer_count: number;
}

export interface RenameEstablishment {
  name: string;
  trade_name?: string | null;
}

export interface RenameOrganisation {
  name: string;
}

export interface RenamePerson {
  first_name: string;
  last_name: string;
}

export interface ResolveDispute {
  on: Day;
}

export interface ResumeMembership {
  kind: OrganisationKind;
  organisation_id: Id;
}

/** What an account is. `portal` sees through its memberships; the others work for, audit or operate the fund. */
export type Role = "portal" | "case-manager" | "accountant" | "auditor" | "operator";

/** A rule of passwords: the code that a fault names, and what a person reads. */
export interface RuleShown {
  rule: string;
  text: string;
}

export type Scheme = "PLAN" | "ALTE" | "C PRO" | "PRO-A" | "RECONV" | "POEC" | "POEI";

/** Exactly one of the three. */
export interface SecondFactor {
  passkey?: PasskeyAnswer | null;
  recovery_code?: string | null;
  totp?: string | null;
}

/** The last part of the link's address. */
export interface Secret {
  secret: string;
}

/** The documents of an archive, in its order. */
export interface Selection {
  document_ids: Id[];
}

/**
 * `person_id` is an employee whom the sender picked; else the three names are of somebody new (rows O21, O22).
 * `menus` is None for all those that the sender holds.
 */
export interface SendInvitation {
  civility?: string | null;
  email: string;
  establishment_ids: Id[];
  first_name?: string | null;
  last_name?: string | null;
  menus?: Menu[] | null;
  person_id?: Id | null;
  profile?: Profile;
}

export type SendInvitationAgain = Record<string, never>;

/**
 * The caller's session. `stage` says what is still missing: `second-factor`, `enrolment`, or nothing (`full`).
 * `csrf_token` goes into `X-CSRF-Token` of every order. Without another request the session ends at `idle_until`, at
 * the latest at `ends_at`. `proved_until` is until when what is grave may be done.
 * `factors` are those that the account has (`totp`, `passkey`, `recovery`).
 */
export interface SessionShown {
  csrf_token: string;
  ends_at: Instant;
  factor_required: boolean;
  factors: string[];
  idle_seconds: number;
  idle_until: Instant;
  proved_until: Instant | null;
  stage: string;
  terms_pending: boolean;
}

export interface SetMenuRights {
  kind: OrganisationKind;
  menus: Menu[];
  organisation_id: Id;
}

export interface SettleDossier {
  on: Day;
}

/** « Espace OF » shows the dossiers that one trains for, « Espace Adhérent » those that one employs for. */
export type Side = "provider" | "company";

export interface SignInForm {
  email: string;
  password: string;
}

/** By the day of start, then by id. A minus is the most recent first. */
export type Sort = "-starts_on" | "starts_on";

/** A part of the portal. `kind` is that of the memberships that it is for, `staff` for the fund's own people. */
export interface SpaceShown {
  entries: MenuEntry[];
  kind: string;
  label: string;
  path: string;
}

export interface StartExecution {
  on: Day;
}

/** « Service fait » is a fact beside it (`service_attested_on`): an advance is paid before its service. */
export type Status = "received" | "disputed" | "approved" | "scheduled" | "paid";

export interface SuspendMembership {
  kind: OrganisationKind;
  organisation_id: Id;
}

/** A team whose users the caller manages: `/v1/teams/{organisation_id}/{kind}`. */
export interface TeamShown {
  kind: OrganisationKind;
  organisation_id: Id;
}

/** `name` is the beginning of words of the name; `email` the whole address, in any case. */
export interface TeamUserSearch {
  email?: string | null;
  min_position?: number | null;
  name?: string | null;
  state?: "active" | "suspended" | "invited" | "expired" | null;
}

/**
 * A user, or somebody invited: `user_id` is the account's id or, while it is open, the invitation's. `menus` is
 * null for all of them. An erased value is null or « effacé ».
 */
export interface TeamUserShown {
  account_id: Id | null;
  civility: string | null;
  email: string | null;
  establishment_ids: Id[];
  first_name: string | null;
  invitation_id: Id | null;
  invited_at: Instant | null;
  last_name: string | null;
  menus: Coded<Codes["menus"]>[] | null;
  person_id: Id;
  profile: Coded<Codes["profiles"]>;
  state: Coded<Codes["user-states"]>;
  user_id: Id;
}

/** The session goes on as it is, with its CSRF token; a frontend's token has none. */
export interface TermsAccepted {
  csrf_token: string | null;
  version: string;
}

/** Which text is answered: its version and hash as they were shown. */
export interface TermsAnswer {
  sha256: string;
  version: string;
}

/** The text in force, in Markdown. `sha256` is of its UTF-8 bytes; `accepted` says whether the caller did. */
export interface TermsShown {
  accepted: boolean;
  sha256: string;
  text: string;
  undertakings: string[];
  version: string;
}

/** A theme of the services portal (row E2). */
export interface ThemeShown {
  code: string;
  links: PublishedLink[];
  text: string | null;
  title: string;
}

/** `secret` is shown now and never again. */
export interface TokenMade {
  secret: string;
  token: TokenShown;
}

/** A token without its secret. `grave`: it may do what asks a person for a fresh proof. */
export interface TokenShown {
  account_id: Id;
  created_at: Instant;
  expires_at: Instant;
  grave: boolean;
  label: string;
  last_used_at: Instant | null;
  revoked_at: Instant | null;
  token_id: Id;
}

/** A tool of the services portal. `code` stays when its label changes; `url` is null where it is still to come. */
export interface ToolShown {
  code: string;
  label: string;
  text: string | null;
  url: string | null;
}

export interface TotpConfirmation {
  totp: string;
}

/** To be copied into an authenticator app; shown this once. */
export interface TotpOffered {
  secret: string;
  uri: string;
}

/** Never NIR, birth date or address. An erased name is null. */
export interface TraineeShown {
  ends_on: Day;
  first_name: string | null;
  last_name: string | null;
  person_id: Id;
  starts_on: Day;
}

/** The only trainee's name, or how many there are. */
export interface TraineeSummary {
  count: number;
  first_name: string | null;
  last_name: string | null;
}

/** `month` is its first day. `paid_cents` is gross (TTC), over `count` transfers; rejected ones are in neither. */
export interface TransferMonthShown {
  count: number;
  month: Day;
  paid_cents: number;
}

/** The columns of row O40. `advice_document_ids` are the avis de virement to download, in order. */
export interface TransferRow {
  advice_document_ids: Id[];
  beneficiary: BeneficiarySummary;
  dated_on: Day;
  line_count: number;
  lot_id: Id;
  lot_reference: string;
  paid_on: Day | null;
  reject_reason: string | null;
  status: Coded<Codes["transfer-statuses"]>;
  total_cents: number;
  transfer_id: Id;
}

/** « RÈGLEMENT N° VIR550 »: one beneficiary's part of a lot. The account is the one that was paid, frozen. */
export interface TransferShown {
  advice_document_ids: Id[];
  beneficiary: Beneficiary;
  bic: string;
  dated_on: Day;
  iban: string;
  line_count: number;
  lines: LineShown[];
  lot_id: Id;
  lot_reference: string;
  paid_on: Day | null;
  reject_reason: string | null;
  scheduled_on: Day;
  status: Coded<Codes["transfer-statuses"]>;
  total_cents: number;
  transfer_id: Id;
}

export interface WithdrawDocument {
  on: Day;
  reason: string;
}

export type WithdrawInvitation = Record<string, never>;

export interface WithdrawTrainee {
  on: Day;
  person_id: Id;
}

export interface WithdrawTransfer {
  on: Day;
}

export class Ledger {
  constructor(readonly connection: Connection) {}

  /** Où et comment une application du portail obtient un jeton: `GET /.well-known/oauth-authorization-server` */
  getOauthMetadata(request: Record<string, never> = {}, options: Asking = {}): Promise<Answer<OAuthMetadata>> {
    return this.connection.send<OAuthMetadata>("GET", "/.well-known/oauth-authorization-server", request, options);
  }

  /** Créer un compte: `POST /v1/accounts` */
  createAccount(request: { body: CreateAccount }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/accounts", request, options);
  }

  /** Un compte: `GET /v1/accounts/{account_id}` */
  getAccount(request: { account_id: Id; min_position?: number }, options: Asking = {}): Promise<Answer<AccountShown>> {
    return this.connection.send<AccountShown>("GET", "/v1/accounts/{account_id}", request, options);
  }

  /** Désactiver un compte: `POST /v1/accounts/{account_id}/disablement` */
  disableAccount(request: { account_id: Id; body: DisableAccount }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/accounts/{account_id}/disablement", request, options);
  }

  /** Réactiver un compte: `POST /v1/accounts/{account_id}/enablement` */
  enableAccount(request: { account_id: Id; body: EnableAccount }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/accounts/{account_id}/enablement", request, options);
  }

  /** Rattacher un compte: `POST /v1/accounts/{account_id}/memberships` */
  grantMembership(request: { account_id: Id; body: GrantMembership }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/accounts/{account_id}/memberships", request, options);
  }

  /** Modifier un rattachement: `POST /v1/accounts/{account_id}/memberships/change` */
  changeMembership(request: { account_id: Id; body: ChangeMembership }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/accounts/{account_id}/memberships/change", request, options);
  }

  /** Mettre fin à un rattachement: `POST /v1/accounts/{account_id}/memberships/end` */
  endMembership(request: { account_id: Id; body: EndMembership }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/accounts/{account_id}/memberships/end", request, options);
  }

  /** Choisir les rubriques d'un utilisateur d'un adhérent: `POST /v1/accounts/{account_id}/memberships/menus` */
  setMenuRights(request: { account_id: Id; body: SetMenuRights }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/accounts/{account_id}/memberships/menus", request, options);
  }

  /** Réactiver un utilisateur dans un organisme: `POST /v1/accounts/{account_id}/memberships/resumption` */
  resumeMembership(request: { account_id: Id; body: ResumeMembership }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/accounts/{account_id}/memberships/resumption", request, options);
  }

  /** Désactiver un utilisateur dans un organisme: `POST /v1/accounts/{account_id}/memberships/suspension` */
  suspendMembership(request: { account_id: Id; body: SuspendMembership }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/accounts/{account_id}/memberships/suspension", request, options);
  }

  /** Suivre ce qui change: `GET /v1/changes` */
  followChanges(request: { max_seconds?: number } = {}, options: Asking = {}): AsyncGenerator<ServerEvent> {
    return this.connection.events("GET", "/v1/changes", request, options);
  }

  /** Civilités: `GET /v1/civilities` */
  listCivilities(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/civilities", request, options);
  }

  /** États de clôture d'un dossier: `GET /v1/closing-states` */
  listClosingStates(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/closing-states", request, options);
  }

  /** Analyses antivirus d'un document: `GET /v1/document-analyses` */
  listDocumentAnalyses(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/document-analyses", request, options);
  }

  /** Catégories de documents: `GET /v1/document-categories` */
  listDocumentCategories(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/document-categories", request, options);
  }

  /** Déposants d'un document: `GET /v1/document-sides` */
  listDocumentSides(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/document-sides", request, options);
  }

  /** États d'un document: `GET /v1/document-states` */
  listDocumentStates(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/document-states", request, options);
  }

  /** Déposer un document: `POST /v1/documents` */
  depositDocument(request: { body: {
    category: "agreement" | "remittance-advice" | "fund-document" | "contract" | "training-agreement" | "programme" | "quote" | "invoice" | "certificate" | "attendance" | "other";
    dossier_ids?: Id[];
    establishment_id?: Id;
    file: Blob;
    on: Day;
    transfer_id?: Id;
  } }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/documents", request, options, "multipart");
  }

  /** Télécharger une sélection de documents: `POST /v1/documents/archive` */
  archiveDocuments(request: { body: Selection }, options: Asking = {}): Promise<Answer<Blob>> {
    return this.connection.bytes("POST", "/v1/documents/archive", request, options);
  }

  /** Un document: `GET /v1/documents/{document_id}` */
  getDocument(request: { document_id: Id; min_position?: number }, options: Asking = {}): Promise<Answer<DocumentShown>> {
    return this.connection.send<DocumentShown>("GET", "/v1/documents/{document_id}", request, options);
  }

  /** Télécharger un document: `GET /v1/documents/{document_id}/content` */
  getDocumentContent(request: { document_id: Id; min_position?: number }, options: Asking = {}): Promise<Answer<Blob>> {
    return this.connection.bytes("GET", "/v1/documents/{document_id}/content", request, options);
  }

  /** Aperçu d'un document: `GET /v1/documents/{document_id}/preview` */
  getDocumentPreview(request: { document_id: Id; min_position?: number }, options: Asking = {}): Promise<Answer<DocumentPreview>> {
    return this.connection.send<DocumentPreview>("GET", "/v1/documents/{document_id}/preview", request, options);
  }

  /** Aperçu d'une page: `GET /v1/documents/{document_id}/preview/{page}` */
  getDocumentPreviewPage(request: { document_id: Id; page: number; min_position?: number }, options: Asking = {}): Promise<Answer<Blob>> {
    return this.connection.bytes("GET", "/v1/documents/{document_id}/preview/{page}", request, options);
  }

  /** Accusé de dépôt: `GET /v1/documents/{document_id}/receipt` */
  getDocumentReceipt(request: { document_id: Id; min_position?: number }, options: Asking = {}): Promise<Answer<Blob>> {
    return this.connection.bytes("GET", "/v1/documents/{document_id}/receipt", request, options);
  }

  /** Retirer un document: `POST /v1/documents/{document_id}/withdrawal` */
  withdrawDocument(request: { document_id: Id; body: WithdrawDocument }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/documents/{document_id}/withdrawal", request, options);
  }

  /** Statuts d'un dossier: `GET /v1/dossier-statuses` */
  listDossierStatuses(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/dossier-statuses", request, options);
  }

  /** Suivre les dossiers: `GET /v1/dossiers` */
  listDossiers(request: { min_position?: number; limit?: number; cursor?: string; side?: Side; scheme?: Scheme; establishment_id?: Id; starts_from?: Day; ends_until?: Day; number?: string; sort?: Sort } = {}, options: Asking = {}): Promise<Answer<DossierList>> {
    return this.connection.send<DossierList>("GET", "/v1/dossiers", request, options);
  }

  /** Ouvrir un dossier: `POST /v1/dossiers` */
  openDossier(request: { body: OpenDossier }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/dossiers", request, options);
  }

  /** Chercher des dossiers, y compris par le nom d'un stagiaire: `POST /v1/dossiers/search` */
  searchDossiers(request: { body: DossierSearch }, options: Asking = {}): Promise<Answer<DossierList>> {
    return this.connection.send<DossierList>("POST", "/v1/dossiers/search", request, options);
  }

  /** Un dossier: `GET /v1/dossiers/{dossier_id}` */
  getDossier(request: { dossier_id: Id; min_position?: number }, options: Asking = {}): Promise<Answer<DossierShown>> {
    return this.connection.send<DossierShown>("GET", "/v1/dossiers/{dossier_id}", request, options);
  }

  /** Donner l'accord de prise en charge: `POST /v1/dossiers/{dossier_id}/agreement` */
  issueAgreement(request: { dossier_id: Id; body: IssueAgreement }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/dossiers/{dossier_id}/agreement", request, options);
  }

  /** Faire un avenant à l'accord: `POST /v1/dossiers/{dossier_id}/amendments` */
  amendAgreement(request: { dossier_id: Id; body: AmendAgreement }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/dossiers/{dossier_id}/amendments", request, options);
  }

  /** Annuler le dossier: `POST /v1/dossiers/{dossier_id}/cancellation` */
  cancelDossier(request: { dossier_id: Id; body: CancelDossier }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/dossiers/{dossier_id}/cancellation", request, options);
  }

  /** Clore le dossier: `POST /v1/dossiers/{dossier_id}/closing` */
  closeDossier(request: { dossier_id: Id; body: CloseDossier }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/dossiers/{dossier_id}/closing", request, options);
  }

  /** Onglet DOCUMENTS: `GET /v1/dossiers/{dossier_id}/documents` */
  listDossierDocuments(request: { dossier_id: Id; min_position?: number; limit?: number; cursor?: string; side?: "fund" | "member" | "provider"; category?: Category; state?: DocumentState }, options: Asking = {}): Promise<Answer<ListedOfDocumentRow>> {
    return this.connection.send<ListedOfDocumentRow>("GET", "/v1/dossiers/{dossier_id}/documents", request, options);
  }

  /** Noter la rupture: `POST /v1/dossiers/{dossier_id}/execution/break-off` */
  breakOffExecution(request: { dossier_id: Id; body: BreakOffExecution }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/dossiers/{dossier_id}/execution/break-off", request, options);
  }

  /** Noter la fin: `POST /v1/dossiers/{dossier_id}/execution/finish` */
  finishExecution(request: { dossier_id: Id; body: FinishExecution }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/dossiers/{dossier_id}/execution/finish", request, options);
  }

  /** Noter le début: `POST /v1/dossiers/{dossier_id}/execution/start` */
  startExecution(request: { dossier_id: Id; body: StartExecution }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/dossiers/{dossier_id}/execution/start", request, options);
  }

  /** Historique du dossier: `GET /v1/dossiers/{dossier_id}/history` */
  getDossierHistory(request: { dossier_id: Id; min_position?: number; limit?: number; cursor?: string }, options: Asking = {}): Promise<Answer<History>> {
    return this.connection.send<History>("GET", "/v1/dossiers/{dossier_id}/history", request, options);
  }

  /** Les pièces à déposer, par catégorie: `GET /v1/dossiers/{dossier_id}/piece-categories` */
  listPieceCategories(request: { dossier_id: Id; min_position?: number; side?: "member" | "provider" }, options: Asking = {}): Promise<Answer<PieceCategories>> {
    return this.connection.send<PieceCategories>("GET", "/v1/dossiers/{dossier_id}/piece-categories", request, options);
  }

  /** Déposer une pièce sur un dossier: `POST /v1/dossiers/{dossier_id}/pieces` */
  depositPiece(request: { dossier_id: Id; body: {
    category: "agreement" | "remittance-advice" | "fund-document" | "contract" | "training-agreement" | "programme" | "quote" | "invoice" | "certificate" | "attendance" | "other";
    establishment_id?: Id;
    file: Blob;
    side?: "member" | "provider";
  } }, options: Asking = {}): Promise<Answer<PieceAccepted>> {
    return this.connection.send<PieceAccepted>("POST", "/v1/dossiers/{dossier_id}/pieces", request, options, "multipart");
  }

  /** Refuser la prise en charge: `POST /v1/dossiers/{dossier_id}/refusal` */
  refuseAgreement(request: { dossier_id: Id; body: RefuseAgreement }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/dossiers/{dossier_id}/refusal", request, options);
  }

  /** Solder le dossier: `POST /v1/dossiers/{dossier_id}/settlement` */
  settleDossier(request: { dossier_id: Id; body: SettleDossier }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/dossiers/{dossier_id}/settlement", request, options);
  }

  /** Onglet STAGIAIRE(S): `GET /v1/dossiers/{dossier_id}/trainees` */
  listDossierTrainees(request: { dossier_id: Id; min_position?: number }, options: Asking = {}): Promise<Answer<ItemsOfTraineeShown>> {
    return this.connection.send<ItemsOfTraineeShown>("GET", "/v1/dossiers/{dossier_id}/trainees", request, options);
  }

  /** Inscrire un stagiaire: `POST /v1/dossiers/{dossier_id}/trainees` */
  enrolTrainee(request: { dossier_id: Id; body: EnrolTrainee }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/dossiers/{dossier_id}/trainees", request, options);
  }

  /** Retirer un stagiaire: `POST /v1/dossiers/{dossier_id}/trainees/withdrawal` */
  withdrawTrainee(request: { dossier_id: Id; body: WithdrawTrainee }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/dossiers/{dossier_id}/trainees/withdrawal", request, options);
  }

  /** Onglet RÈGLEMENTS: `GET /v1/dossiers/{dossier_id}/transfers` */
  listDossierTransfers(request: { dossier_id: Id; min_position?: number }, options: Asking = {}): Promise<Answer<ItemsOfDossierTransferRow>> {
    return this.connection.send<ItemsOfDossierTransferRow>("GET", "/v1/dossiers/{dossier_id}/transfers", request, options);
  }

  /** Voir mes établissements: `GET /v1/establishments` */
  listEstablishments(request: { min_position?: number; limit?: number; cursor?: string; number?: string; siret?: string; nda?: string } = {}, options: Asking = {}): Promise<Answer<ListedOfEstablishmentShown>> {
    return this.connection.send<ListedOfEstablishmentShown>("GET", "/v1/establishments", request, options);
  }

  /** Enregistrer un établissement: `POST /v1/establishments` */
  registerEstablishment(request: { body: RegisterEstablishment }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/establishments", request, options);
  }

  /** Chercher des établissements, y compris par leur nom: `POST /v1/establishments/search` */
  searchEstablishments(request: { body: EstablishmentSearch }, options: Asking = {}): Promise<Answer<ListedOfEstablishmentShown>> {
    return this.connection.send<ListedOfEstablishmentShown>("POST", "/v1/establishments/search", request, options);
  }

  /** Un établissement: `GET /v1/establishments/{establishment_id}` */
  getEstablishment(request: { establishment_id: Id; min_position?: number }, options: Asking = {}): Promise<Answer<EstablishmentShown>> {
    return this.connection.send<EstablishmentShown>("GET", "/v1/establishments/{establishment_id}", request, options);
  }

  /** Changer l'adresse: `POST /v1/establishments/{establishment_id}/address` */
  moveEstablishment(request: { establishment_id: Id; body: MoveEstablishment }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/establishments/{establishment_id}/address", request, options);
  }

  /** Enregistrer les coordonnées bancaires: `POST /v1/establishments/{establishment_id}/bank-details` */
  recordBankDetails(request: { establishment_id: Id; body: RecordBankDetails }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/establishments/{establishment_id}/bank-details", request, options);
  }

  /** Documents d'un établissement: `GET /v1/establishments/{establishment_id}/documents` */
  listEstablishmentDocuments(request: { establishment_id: Id; min_position?: number; limit?: number; cursor?: string }, options: Asking = {}): Promise<Answer<ListedOfDocumentRow>> {
    return this.connection.send<ListedOfDocumentRow>("GET", "/v1/establishments/{establishment_id}/documents", request, options);
  }

  /** Changer la raison sociale ou l'enseigne: `POST /v1/establishments/{establishment_id}/name` */
  renameEstablishment(request: { establishment_id: Id; body: RenameEstablishment }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/establishments/{establishment_id}/name", request, options);
  }

  /** Changer le numéro de déclaration d'activité: `POST /v1/establishments/{establishment_id}/nda` */
  changeNda(request: { establishment_id: Id; body: ChangeNda }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/establishments/{establishment_id}/nda", request, options);
  }

  /** Libellés de l'historique d'un dossier: `GET /v1/event-labels` */
  listEventLabels(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/event-labels", request, options);
  }

  /** États de l'action de formation: `GET /v1/execution-states` */
  listExecutionStates(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/execution-states", request, options);
  }

  /** États financiers d'un dossier: `GET /v1/financial-states` */
  listFinancialStates(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/financial-states", request, options);
  }

  /** Le fonds, ses contacts et ses outils: `GET /v1/fund` */
  getFund(request: Record<string, never> = {}, options: Asking = {}): Promise<Answer<FundShown>> {
    return this.connection.send<FundShown>("GET", "/v1/fund", request, options);
  }

  /** États de l'instruction d'un dossier: `GET /v1/instruction-states` */
  listInstructionStates(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/instruction-states", request, options);
  }

  /** Envoyer de nouveau une invitation: `POST /v1/invitations/{invitation_id}/again` */
  sendInvitationAgain(request: { invitation_id: Id; body: SendInvitationAgain }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/invitations/{invitation_id}/again", request, options);
  }

  /** Retirer une invitation: `POST /v1/invitations/{invitation_id}/withdrawal` */
  withdrawInvitation(request: { invitation_id: Id; body: WithdrawInvitation }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/invitations/{invitation_id}/withdrawal", request, options);
  }

  /** Statuts d'une facture: `GET /v1/invoice-statuses` */
  listInvoiceStatuses(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/invoice-statuses", request, options);
  }

  /** Les factures: `GET /v1/invoices` */
  listInvoices(request: { min_position?: number; limit?: number; cursor?: string; establishment_id?: Id; dossier_id?: Id; status?: Status } = {}, options: Asking = {}): Promise<Answer<ListedOfInvoiceShown>> {
    return this.connection.send<ListedOfInvoiceShown>("GET", "/v1/invoices", request, options);
  }

  /** Recevoir une facture: `POST /v1/invoices` */
  receiveInvoice(request: { body: ReceiveInvoice }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/invoices", request, options);
  }

  /** Une facture: `GET /v1/invoices/{invoice_id}` */
  getInvoice(request: { invoice_id: Id; min_position?: number }, options: Asking = {}): Promise<Answer<InvoiceShown>> {
    return this.connection.send<InvoiceShown>("GET", "/v1/invoices/{invoice_id}", request, options);
  }

  /** Approuver la facture: `POST /v1/invoices/{invoice_id}/approval` */
  approveInvoice(request: { invoice_id: Id; body: ApproveInvoice }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/invoices/{invoice_id}/approval", request, options);
  }

  /** Attester le service: `POST /v1/invoices/{invoice_id}/attestation` */
  attestService(request: { invoice_id: Id; body: AttestService }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/invoices/{invoice_id}/attestation", request, options);
  }

  /** Mettre la facture en litige: `POST /v1/invoices/{invoice_id}/dispute` */
  disputeInvoice(request: { invoice_id: Id; body: DisputeInvoice }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/invoices/{invoice_id}/dispute", request, options);
  }

  /** Lever le litige: `POST /v1/invoices/{invoice_id}/dispute-resolution` */
  resolveDispute(request: { invoice_id: Id; body: ResolveDispute }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/invoices/{invoice_id}/dispute-resolution", request, options);
  }

  /** Le journal de sécurité: `GET /v1/journal` */
  listJournal(request: { kind?: "sign-in" | "sign-out" | "second-factor" | "refusal" | "password" | "link" | "session" | "token" | "rights" | "mandate" | "terms" | "email" | "registration" | "oidc" | "journal" | "document"; limit?: number; cursor?: string } = {}, options: Asking = {}): Promise<Answer<JournalPage>> {
    return this.connection.send<JournalPage>("GET", "/v1/journal", request, options);
  }

  /** Chercher dans le journal de sécurité: `POST /v1/journal/search` */
  searchJournal(request: { body: JournalSearch }, options: Asking = {}): Promise<Answer<JournalPage>> {
    return this.connection.send<JournalPage>("POST", "/v1/journal/search", request, options);
  }

  /** Lire ce que demande un lien reçu par courriel: `POST /v1/links/look` */
  lookAtLink(request: { body: Secret }, options: Asking = {}): Promise<Answer<LinkShown>> {
    return this.connection.send<LinkShown>("POST", "/v1/links/look", request, options);
  }

  /** Utiliser un lien reçu par courriel: `POST /v1/links/use` */
  useLink(request: { body: LinkUse }, options: Asking = {}): Promise<Answer<LinkUsed>> {
    return this.connection.send<LinkUsed>("POST", "/v1/links/use", request, options);
  }

  /** Les lots: `GET /v1/lots` */
  listLots(request: { min_position?: number; limit?: number; cursor?: string } = {}, options: Asking = {}): Promise<Answer<ListedOfLotRow>> {
    return this.connection.send<ListedOfLotRow>("GET", "/v1/lots", request, options);
  }

  /** Ouvrir un lot: `POST /v1/lots` */
  openLot(request: { body: OpenLot }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/lots", request, options);
  }

  /** Un lot: `GET /v1/lots/{lot_id}` */
  getLot(request: { lot_id: Id; min_position?: number }, options: Asking = {}): Promise<Answer<LotShown>> {
    return this.connection.send<LotShown>("GET", "/v1/lots/{lot_id}", request, options);
  }

  /** Libérer le lot: `POST /v1/lots/{lot_id}/release` */
  releaseLot(request: { lot_id: Id; body: ReleaseLot }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/lots/{lot_id}/release", request, options);
  }

  /** Préparer un virement: `POST /v1/lots/{lot_id}/transfers` */
  prepareTransfer(request: { lot_id: Id; body: PrepareTransfer }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/lots/{lot_id}/transfers", request, options);
  }

  /** Qui suis-je: `GET /v1/me` */
  getMe(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<Me>> {
    return this.connection.send<Me>("GET", "/v1/me", request, options);
  }

  /** Changer l'adresse de son compte: `POST /v1/me/email` */
  changeEmail(request: { body: EmailWanted }, options: Asking = {}): Promise<Answer<Noted>> {
    return this.connection.send<Noted>("POST", "/v1/me/email", request, options);
  }

  /** Mes seconds facteurs: `GET /v1/me/factors` */
  listFactors(request: Record<string, never> = {}, options: Asking = {}): Promise<Answer<FactorsShown>> {
    return this.connection.send<FactorsShown>("GET", "/v1/me/factors", request, options);
  }

  /** Enregistrer une clé: `POST /v1/me/factors/passkeys` */
  addPasskey(request: { body: PasskeyMade }, options: Asking = {}): Promise<Answer<SessionShown>> {
    return this.connection.send<SessionShown>("POST", "/v1/me/factors/passkeys", request, options);
  }

  /** Préparer une clé: `POST /v1/me/factors/passkeys/options` */
  beginPasskey(request: Record<string, never> = {}, options: Asking = {}): Promise<Answer<PasskeyOffered>> {
    return this.connection.send<PasskeyOffered>("POST", "/v1/me/factors/passkeys/options", request, options);
  }

  /** Retirer une clé: `POST /v1/me/factors/passkeys/{credential_id}/removal` */
  removePasskey(request: { credential_id: string }, options: Asking = {}): Promise<Answer<SessionShown>> {
    return this.connection.send<SessionShown>("POST", "/v1/me/factors/passkeys/{credential_id}/removal", request, options);
  }

  /** Codes de secours: `POST /v1/me/factors/recovery-codes` */
  makeRecoveryCodes(request: Record<string, never> = {}, options: Asking = {}): Promise<Answer<RecoveryCodes>> {
    return this.connection.send<RecoveryCodes>("POST", "/v1/me/factors/recovery-codes", request, options);
  }

  /** Préparer une application: `POST /v1/me/factors/totp` */
  beginTotp(request: Record<string, never> = {}, options: Asking = {}): Promise<Answer<TotpOffered>> {
    return this.connection.send<TotpOffered>("POST", "/v1/me/factors/totp", request, options);
  }

  /** Enregistrer une application: `POST /v1/me/factors/totp/confirmation` */
  confirmTotp(request: { body: TotpConfirmation }, options: Asking = {}): Promise<Answer<SessionShown>> {
    return this.connection.send<SessionShown>("POST", "/v1/me/factors/totp/confirmation", request, options);
  }

  /** Retirer l'application: `POST /v1/me/factors/totp/removal` */
  removeTotp(request: Record<string, never> = {}, options: Asking = {}): Promise<Answer<SessionShown>> {
    return this.connection.send<SessionShown>("POST", "/v1/me/factors/totp/removal", request, options);
  }

  /** Changer mon mot de passe: `POST /v1/me/password` */
  changePassword(request: { body: NewPassword }, options: Asking = {}): Promise<Answer<SessionShown>> {
    return this.connection.send<SessionShown>("POST", "/v1/me/password", request, options);
  }

  /** Mes sessions: `GET /v1/me/sessions` */
  listSessions(request: Record<string, never> = {}, options: Asking = {}): Promise<Answer<ItemsOfOwnSession>> {
    return this.connection.send<ItemsOfOwnSession>("GET", "/v1/me/sessions", request, options);
  }

  /** Mettre fin à mes autres sessions: `POST /v1/me/sessions/end-others` */
  endOtherSessions(request: Record<string, never> = {}, options: Asking = {}): Promise<Answer<void>> {
    return this.connection.send<void>("POST", "/v1/me/sessions/end-others", request, options);
  }

  /** Mettre fin à une session: `POST /v1/me/sessions/{session_id}/end` */
  endSession(request: { session_id: Id }, options: Asking = {}): Promise<Answer<void>> {
    return this.connection.send<void>("POST", "/v1/me/sessions/{session_id}/end", request, options);
  }

  /** Rubriques d'un adhérent: `GET /v1/menus` */
  listMenus(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/menus", request, options);
  }

  /** Mettre fin à un jeton court: `POST /v1/oauth/revocation` */
  revokeFrontendToken(request: { body: {
    client_id: string;
    token: string;
    token_type_hint?: string;
  } }, options: Asking = {}): Promise<Answer<void>> {
    return this.connection.send<void>("POST", "/v1/oauth/revocation", request, options, "form");
  }

  /** Échanger un code contre un jeton court: `POST /v1/oauth/token` */
  issueToken(request: { body: {
    client_id: string;
    code: string;
    code_verifier: string;
    grant_type: string;
    redirect_uri: string;
  } }, options: Asking = {}): Promise<Answer<FrontendToken>> {
    return this.connection.send<FrontendToken>("POST", "/v1/oauth/token", request, options, "form");
  }

  /** Qualités d'un organisme: `GET /v1/organisation-kinds` */
  listOrganisationKinds(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/organisation-kinds", request, options);
  }

  /** Enregistrer un organisme: `POST /v1/organisations` */
  registerOrganisation(request: { body: RegisterOrganisation }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/organisations", request, options);
  }

  /** Un organisme: `GET /v1/organisations/{organisation_id}` */
  getOrganisation(request: { organisation_id: Id; min_position?: number }, options: Asking = {}): Promise<Answer<OrganisationShown>> {
    return this.connection.send<OrganisationShown>("GET", "/v1/organisations/{organisation_id}", request, options);
  }

  /** Noter le contact d'un organisme, qui confirme qui parle en son nom: `POST /v1/organisations/{organisation_id}/contact` */
  recordContact(request: { organisation_id: Id; body: RecordContact }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/organisations/{organisation_id}/contact", request, options);
  }

  /** Donner une qualité de plus à un organisme: `POST /v1/organisations/{organisation_id}/kinds` */
  addOrganisationKind(request: { organisation_id: Id; body: AddOrganisationKind }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/organisations/{organisation_id}/kinds", request, options);
  }

  /** Changer le nom d'un organisme: `POST /v1/organisations/{organisation_id}/name` */
  renameOrganisation(request: { organisation_id: Id; body: RenameOrganisation }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/organisations/{organisation_id}/name", request, options);
  }

  /** Demander un lien pour choisir un nouveau mot de passe: `POST /v1/password-reset` */
  requestPasswordReset(request: { body: PasswordReset }, options: Asking = {}): Promise<Answer<Noted>> {
    return this.connection.send<Noted>("POST", "/v1/password-reset", request, options);
  }

  /** Modes de règlement: `GET /v1/payment-modes` */
  listPaymentModes(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/payment-modes", request, options);
  }

  /** Enregistrer une personne: `POST /v1/persons` */
  registerPerson(request: { body: RegisterPerson }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/persons", request, options);
  }

  /** Une personne: `GET /v1/persons/{person_id}` */
  getPerson(request: { person_id: Id; min_position?: number }, options: Asking = {}): Promise<Answer<PersonShown>> {
    return this.connection.send<PersonShown>("GET", "/v1/persons/{person_id}", request, options);
  }

  /** Changer le nom d'une personne: `POST /v1/persons/{person_id}/name` */
  renamePerson(request: { person_id: Id; body: RenamePerson }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/persons/{person_id}/name", request, options);
  }

  /** Profils d'un utilisateur: `GET /v1/profiles` */
  listProfiles(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/profiles", request, options);
  }

  /** État des modèles de lecture: `GET /v1/projections` */
  listProjections(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfProjectionShown>> {
    return this.connection.send<ItemsOfProjectionShown>("GET", "/v1/projections", request, options);
  }

  /** Toutes les listes de référence: `GET /v1/reference` */
  getReference(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<Reference>> {
    return this.connection.send<Reference>("GET", "/v1/reference", request, options);
  }

  /** Créer le premier compte d'un adhérent: `POST /v1/registrations` */
  registerMember(request: { body: RegisterMember }, options: Asking = {}): Promise<Answer<Noted>> {
    return this.connection.send<Noted>("POST", "/v1/registrations", request, options);
  }

  /** Rôles d'un compte: `GET /v1/roles` */
  listRoles(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/roles", request, options);
  }

  /** Dispositifs: `GET /v1/schemes` */
  listSchemes(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/schemes", request, options);
  }

  /** Se déconnecter: `DELETE /v1/session` */
  signOut(request: Record<string, never> = {}, options: Asking = {}): Promise<Answer<void>> {
    return this.connection.send<void>("DELETE", "/v1/session", request, options);
  }

  /** Ma session: `GET /v1/session` */
  getSession(request: Record<string, never> = {}, options: Asking = {}): Promise<Answer<SessionShown>> {
    return this.connection.send<SessionShown>("GET", "/v1/session", request, options);
  }

  /** Se connecter: `POST /v1/session` */
  signIn(request: { body: SignInForm }, options: Asking = {}): Promise<Answer<SessionShown>> {
    return this.connection.send<SessionShown>("POST", "/v1/session", request, options);
  }

  /** Prolonger ma session: `POST /v1/session/extension` */
  extendSession(request: Record<string, never> = {}, options: Asking = {}): Promise<Answer<SessionShown>> {
    return this.connection.send<SessionShown>("POST", "/v1/session/extension", request, options);
  }

  /** Se connecter par clé: `POST /v1/session/passkey` */
  signInWithPasskey(request: { body: PasskeyAnswer }, options: Asking = {}): Promise<Answer<SessionShown>> {
    return this.connection.send<SessionShown>("POST", "/v1/session/passkey", request, options);
  }

  /** Préparer une connexion par clé: `POST /v1/session/passkey-options` */
  beginPasskeySignIn(request: Record<string, never> = {}, options: Asking = {}): Promise<Answer<PasskeyOffered>> {
    return this.connection.send<PasskeyOffered>("POST", "/v1/session/passkey-options", request, options);
  }

  /** Confirmer mon identité: `POST /v1/session/proof` */
  proveAgain(request: { body: Proof }, options: Asking = {}): Promise<Answer<SessionShown>> {
    return this.connection.send<SessionShown>("POST", "/v1/session/proof", request, options);
  }

  /** Confirmer la connexion: `POST /v1/session/second-factor` */
  proveSecondFactor(request: { body: SecondFactor }, options: Asking = {}): Promise<Answer<SessionShown>> {
    return this.connection.send<SessionShown>("POST", "/v1/session/second-factor", request, options);
  }

  /** Étapes d'une connexion: `GET /v1/sign-in-stages` */
  listSignInStages(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/sign-in-stages", request, options);
  }

  /** Sélection d'un salarié: `GET /v1/teams/{organisation_id}/{kind}/employees` */
  listTeamEmployees(request: { organisation_id: Id; kind: string; min_position?: number; limit?: number; cursor?: string }, options: Asking = {}): Promise<Answer<ListedOfEmployeeShown>> {
    return this.connection.send<ListedOfEmployeeShown>("GET", "/v1/teams/{organisation_id}/{kind}/employees", request, options);
  }

  /** Ajouter un salarié: `POST /v1/teams/{organisation_id}/{kind}/employees` */
  registerEmployee(request: { organisation_id: Id; kind: "provider" | "member"; body: RegisterEmployee }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/teams/{organisation_id}/{kind}/employees", request, options);
  }

  /** Établissements à affecter: `GET /v1/teams/{organisation_id}/{kind}/establishments` */
  listTeamEstablishments(request: { organisation_id: Id; kind: string; min_position?: number; user_id?: Id; all?: boolean }, options: Asking = {}): Promise<Answer<ItemsOfGridLine>> {
    return this.connection.send<ItemsOfGridLine>("GET", "/v1/teams/{organisation_id}/{kind}/establishments", request, options);
  }

  /** Inviter un utilisateur: `POST /v1/teams/{organisation_id}/{kind}/invitations` */
  sendInvitation(request: { organisation_id: Id; kind: "provider" | "member"; body: SendInvitation }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/teams/{organisation_id}/{kind}/invitations", request, options);
  }

  /** Gérer les utilisateurs: `GET /v1/teams/{organisation_id}/{kind}/users` */
  listTeamUsers(request: { organisation_id: Id; kind: string; min_position?: number; state?: "active" | "suspended" | "invited" | "expired" }, options: Asking = {}): Promise<Answer<ItemsOfTeamUserShown>> {
    return this.connection.send<ItemsOfTeamUserShown>("GET", "/v1/teams/{organisation_id}/{kind}/users", request, options);
  }

  /** Chercher des utilisateurs par leur nom ou leur adresse: `POST /v1/teams/{organisation_id}/{kind}/users/search` */
  searchTeamUsers(request: { organisation_id: Id; kind: string; body: TeamUserSearch }, options: Asking = {}): Promise<Answer<ItemsOfTeamUserShown>> {
    return this.connection.send<ItemsOfTeamUserShown>("POST", "/v1/teams/{organisation_id}/{kind}/users/search", request, options);
  }

  /** Un utilisateur: `GET /v1/teams/{organisation_id}/{kind}/users/{user_id}` */
  getTeamUser(request: { user_id: Id; organisation_id: Id; kind: string; min_position?: number }, options: Asking = {}): Promise<Answer<TeamUserShown>> {
    return this.connection.send<TeamUserShown>("GET", "/v1/teams/{organisation_id}/{kind}/users/{user_id}", request, options);
  }

  /** Conditions d'utilisation: `GET /v1/terms` */
  getTerms(request: Record<string, never> = {}, options: Asking = {}): Promise<Answer<TermsShown>> {
    return this.connection.send<TermsShown>("GET", "/v1/terms", request, options);
  }

  /** Accepter les conditions d'utilisation: `POST /v1/terms/acceptance` */
  acceptTerms(request: { body: TermsAnswer }, options: Asking = {}): Promise<Answer<TermsAccepted>> {
    return this.connection.send<TermsAccepted>("POST", "/v1/terms/acceptance", request, options);
  }

  /** Refuser les conditions d'utilisation: `POST /v1/terms/refusal` */
  refuseTerms(request: { body: TermsAnswer }, options: Asking = {}): Promise<Answer<void>> {
    return this.connection.send<void>("POST", "/v1/terms/refusal", request, options);
  }

  /** Jetons d'accès: `GET /v1/tokens` */
  listTokens(request: { min_position?: number; account_id?: Id } = {}, options: Asking = {}): Promise<Answer<ItemsOfTokenShown>> {
    return this.connection.send<ItemsOfTokenShown>("GET", "/v1/tokens", request, options);
  }

  /** Créer un jeton d'accès: `POST /v1/tokens` */
  createToken(request: { body: CreateToken }, options: Asking = {}): Promise<Answer<TokenMade>> {
    return this.connection.send<TokenMade>("POST", "/v1/tokens", request, options);
  }

  /** Révoquer un jeton d'accès: `POST /v1/tokens/{token_id}/revocation` */
  revokeToken(request: { token_id: Id }, options: Asking = {}): Promise<Answer<TokenShown>> {
    return this.connection.send<TokenShown>("POST", "/v1/tokens/{token_id}/revocation", request, options);
  }

  /** Règlements par mois: `GET /v1/transfer-months` */
  listTransferMonths(request: { min_position?: number; establishment_id?: Id; until?: Day; months?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfTransferMonthShown>> {
    return this.connection.send<ItemsOfTransferMonthShown>("GET", "/v1/transfer-months", request, options);
  }

  /** Statuts d'un règlement: `GET /v1/transfer-statuses` */
  listTransferStatuses(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/transfer-statuses", request, options);
  }

  /** Consulter les règlements: `GET /v1/transfers` */
  listTransfers(request: { min_position?: number; limit?: number; cursor?: string; establishment_id?: Id; lot?: string } = {}, options: Asking = {}): Promise<Answer<ListedOfTransferRow>> {
    return this.connection.send<ListedOfTransferRow>("GET", "/v1/transfers", request, options);
  }

  /** Un règlement: `GET /v1/transfers/{transfer_id}` */
  getTransfer(request: { transfer_id: Id; min_position?: number }, options: Asking = {}): Promise<Answer<TransferShown>> {
    return this.connection.send<TransferShown>("GET", "/v1/transfers/{transfer_id}", request, options);
  }

  /** Noter le paiement: `POST /v1/transfers/{transfer_id}/payment` */
  payTransfer(request: { transfer_id: Id; body: PayTransfer }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/transfers/{transfer_id}/payment", request, options);
  }

  /** Noter le rejet par la banque: `POST /v1/transfers/{transfer_id}/rejection` */
  rejectTransfer(request: { transfer_id: Id; body: RejectTransfer }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/transfers/{transfer_id}/rejection", request, options);
  }

  /** Retirer le virement du lot: `POST /v1/transfers/{transfer_id}/withdrawal` */
  withdrawTransfer(request: { transfer_id: Id; body: WithdrawTransfer }, options: Ordering): Promise<Answer<Accepted>> {
    return this.connection.send<Accepted>("POST", "/v1/transfers/{transfer_id}/withdrawal", request, options);
  }

  /** Statuts d'un utilisateur: `GET /v1/user-states` */
  listUserStates(request: { min_position?: number } = {}, options: Asking = {}): Promise<Answer<ItemsOfCoded>> {
    return this.connection.send<ItemsOfCoded>("GET", "/v1/user-states", request, options);
  }
}
