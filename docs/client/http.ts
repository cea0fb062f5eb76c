// How the ledger is asked over HTTP, by hand: what the generated methods of ledger.ts have in common. No dependency.
import type { Problem } from "./ledger.js";

/** What came back. `position` is `Ledger-Position`, of the read models; an order's own position is in its `value`. */
export interface Answer<T> {
  value: T;
  position: number | null;
  etag: string | null;
  location: string | null;
  headers: Headers;
}

export interface Asking {
  signal?: AbortSignal;
  /** Of a stream: the `id` of the last event that was read. */
  lastEventId?: string;
}

/** `key` is the order's `Idempotency-Key`: one for each intention, the same one when it is sent again. */
export interface Ordering extends Asking {
  key: string;
  /** The ETag that was read, where the order is for that version alone. */
  ifMatch?: string;
}

/** An event of a stream (`text/event-stream`). */
export interface ServerEvent {
  event: string;
  id: string;
  data: string;
}

/** Anything but an answer: a problem of RFC 9457, whose `type` programs compare and whose `detail` people read. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
    /** Seconds after which to try again, where the ledger says so. */
    readonly retryAfter: number | null,
  ) {
    super(problem.detail);
    this.name = "Refused";
  }

  /** The last part of the problem's type: `not-found`, `terms-pending`, `version-mismatch`… */
  get code(): string {
    return this.problem.type.split("/").at(-1) ?? "";
  }

  /** What is wrong with each field of the body, by its JSON pointer without the slash. */
  get faults(): Map<string, string> {
    return new Map((this.problem.errors ?? []).map((each) => [each.pointer.slice(1), each.detail]));
  }
}

export interface Settings {
  /** Of the gateway: `https://portail.exemple.fr`. */
  origin: string;
  /** The token for the `Authorization` header; null on the gateway's own origin, where the cookie counts. */
  token?: () => string | null;
  /** On the gateway's own origin: the session's `csrf_token`. */
  csrf?: () => string | null;
  /** How often a read model that is late is asked again (503 with `Retry-After`). */
  patience?: number;
}

type Body = "json" | "form" | "multipart";
type Request = Record<string, unknown>;

export class Connection {
  constructor(private readonly settings: Settings) {}

  async send<T>(
    method: string,
    path: string,
    request: Request,
    options: Asking | Ordering,
    kind: Body = "json",
  ): Promise<Answer<T>> {
    const response = await this.fetched(method, path, request, options, kind);
    const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
    return answer(response, (isJson ? await response.json() : undefined) as T);
  }

  async bytes(method: string, path: string, request: Request, options: Asking): Promise<Answer<Blob>> {
    const response = await this.fetched(method, path, request, options, "json");
    return answer(response, await response.blob());
  }

  /** The events of a stream as they come, until the ledger ends it or `signal` does. */
  async *events(method: string, path: string, request: Request, options: Asking): AsyncGenerator<ServerEvent> {
    const response = await this.fetched(method, path, request, options, "json");
    const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    let id = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const blocks = (text + part.value).split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const fields = new Map(block.split("\n").map((line) => line.split(/: ?(.*)/s, 2) as [string, string]));
        id = fields.get("id") ?? id;
        const data = fields.get("data");
        if (data !== undefined) yield { event: fields.get("event") ?? "message", id, data };
      }
    }
  }

  private async fetched(
    method: string,
    path: string,
    request: Request,
    options: Asking | Ordering,
    kind: Body,
  ): Promise<Response> {
    const [address, body] = placed(path, request);
    const sent: RequestInit = { method, headers: this.headers(method, options, body, kind) };
    if (body !== undefined) sent.body = written(body, kind);
    if (options.signal) sent.signal = options.signal;
    for (let left = this.settings.patience ?? 3; ; left--) {
      const response = await fetch(this.settings.origin + address, sent);
      if (response.ok) return response;
      const refused = await refusal(response);
      const again = response.status === 503 && refused.retryAfter !== null && (method === "GET" || "key" in options);
      if (!again || left <= 0) throw refused;
      await new Promise((resolve) => setTimeout(resolve, (refused.retryAfter ?? 1) * 1000));
    }
  }

  private headers(method: string, options: Asking | Ordering, body: unknown, kind: Body): Headers {
    const headers = new Headers();
    const token = this.settings.token?.() ?? null;
    const csrf = this.settings.csrf?.() ?? null;
    if (token !== null) headers.set("Authorization", `Bearer ${token}`);
    if (csrf !== null && method !== "GET") headers.set("X-CSRF-Token", csrf);
    if (body !== undefined && kind === "json") headers.set("Content-Type", "application/json");
    if ("key" in options) headers.set("Idempotency-Key", options.key);
    if ("ifMatch" in options && options.ifMatch !== undefined) headers.set("If-Match", options.ifMatch);
    if (options.lastEventId !== undefined) headers.set("Last-Event-ID", options.lastEventId);
    return headers;
  }
}

/** The address and the body: what the path names goes there, `body` is the body, the rest is the query. */
function placed(path: string, request: Request): [string, unknown] {
  const { body, ...rest } = request;
  const query = new URLSearchParams();
  const address = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(rest[name])));
  for (const [name, value] of Object.entries(rest)) {
    const inPath = path.includes(`{${name}}`);
    if (!inPath && value !== undefined && value !== null) query.set(name, String(value));
  }
  return [query.size > 0 ? `${address}?${query}` : address, body];
}

function written(body: unknown, kind: Body): BodyInit {
  if (kind === "json") return JSON.stringify(body);
  const form = kind === "form" ? new URLSearchParams() : new FormData();
  for (const [name, value] of Object.entries(body as Request)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each instanceof Blob && form instanceof FormData) form.append(name, each);
      else if (each !== undefined && each !== null) form.append(name, String(each));
    }
  }
  return form;
}

function answer<T>(response: Response, value: T): Answer<T> {
  const { headers } = response;
  const position = headers.get("Ledger-Position");
  return {
    value,
    position: position === null ? null : Number(position),
    etag: headers.get("ETag"),
    location: headers.get("Location"),
    headers,
  };
}

/** What was answered instead: a problem, RFC 6749's own form of one, or a text of something between us and the ledger. */
async function refusal(response: Response): Promise<Refused> {
  const after = Number(response.headers.get("Retry-After") ?? "x");
  const told: unknown = await response.json().catch(() => ({}));
  const found = told as Partial<Problem> & { error?: string; error_description?: string };
  const problem: Problem = {
    correlation_id: response.headers.get("Correlation-Id") ?? "",
    status: response.status,
    title: response.statusText,
    type: `/oauth/${found.error ?? "unreadable"}`,
    detail: found.error_description ?? `Le service a répondu ${response.status}.`,
    ...(found.type ? (found as Problem) : {}),
  };
  return new Refused(response.status, problem, Number.isNaN(after) ? null : after);
}
