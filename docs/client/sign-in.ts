// Authorization code with PKCE (RFC 6749, 7636, 9207) for a portal on an origin of its own. By hand, no dependency.
import { Connection } from "./http.js";
import { Ledger } from "./ledger.js";

const KEPT = "ledger.sign-in";
const KNOWN = "ledger.signed-in";

interface Attempt {
  verifier: string;
  state: string;
  back: string;
}

/**
 * The token stands in memory alone: a page that is loaded again asks for another one, and while the session at the
 * gateway lives nobody is asked anything.
 */
export class SignIn {
  private held: { secret: string; until: number } | null = null;
  readonly ledger: Ledger;

  constructor(
    /** The gateway's. */
    readonly origin: string,
    readonly clientId: string,
    /** By its exact text as FRONTENDS has it. */
    readonly redirectUri: string,
  ) {
    this.ledger = new Ledger(new Connection({ origin, token: () => this.token }));
  }

  /** The token for the next request; null where there is none, or where its ten minutes are over. */
  get token(): string | null {
    return this.held !== null && Date.now() < this.held.until ? this.held.secret : null;
  }

  /** Whether somebody signed in here since this window was opened: then a page that is loaded again just begins. */
  get known(): boolean {
    return sessionStorage.getItem(KNOWN) !== null;
  }

  /**
   * Sends the browser to the gateway, which leads it through what is missing and back to `redirectUri`. For what is grave
   * (`fresh-proof-required`) `maxAge` says how many seconds old the proof of who is there may be (RFC 9470).
   */
  async begin(back = location.hash, maxAge?: number): Promise<void> {
    const attempt: Attempt = { verifier: random(), state: random(), back };
    sessionStorage.setItem(KEPT, JSON.stringify(attempt));
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(attempt.verifier));
    const asked = new URLSearchParams({
      response_type: "code",
      client_id: this.clientId,
      redirect_uri: this.redirectUri,
      state: attempt.state,
      code_challenge: base64url(new Uint8Array(digest)),
      code_challenge_method: "S256",
      ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
    });
    location.assign(`${this.origin}/v1/oauth/authorize?${asked}`);
  }

  /** Back at `redirectUri`: takes the token, and the code out of the address. False where there was nothing to take. */
  async finish(): Promise<boolean> {
    const told = new URLSearchParams(location.search);
    const kept = sessionStorage.getItem(KEPT);
    if (!told.has("state") || kept === null) return false;
    const attempt = JSON.parse(kept) as Attempt;
    sessionStorage.removeItem(KEPT);
    history.replaceState(null, "", location.pathname + attempt.back);
    if (told.get("state") !== attempt.state || told.get("iss") !== this.origin) {
      throw new Error("Cette réponse n'est pas celle du service : recommencez la connexion.");
    }
    const code = told.get("code");
    if (code === null) throw new Error(`La connexion n'a pas abouti (${told.get("error")}).`);
    const { value } = await this.ledger.issueToken({
      body: {
        grant_type: "authorization_code",
        code,
        client_id: this.clientId,
        redirect_uri: this.redirectUri,
        code_verifier: attempt.verifier,
      },
    });
    sessionStorage.setItem(KNOWN, "1");
    // A little before its end, so that a request is not on its way when it comes.
    this.held = { secret: value.access_token, until: Date.now() + (value.expires_in - 10) * 1000 };
    return true;
  }

  /** Ends the session at the gateway, and with it this token and every other one that came of it. */
  async end(): Promise<void> {
    await this.ledger.signOut();
    sessionStorage.removeItem(KNOWN);
    this.held = null;
  }
}

function random(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
