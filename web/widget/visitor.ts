// Who the visitor is to the server: a token, kept in this origin's localStorage, asked for once. A token that no
// longer holds is never swapped for a new visitor without the person's word.
import type { Contact } from '../protocol';
import { Problem, ownStorage } from '../wire';

interface Kept {
  token: string;
  /** The subject of the identity it was given for, null for an anonymous one. */
  sub: string | null;
}

export class Visitor {
  readonly #name: string;
  readonly #storage = ownStorage();
  #kept: Kept | null;

  constructor(
    private readonly inbox: string,
    private readonly locale: string,
  ) {
    this.#name = `centrala-visitor:${inbox}`;
    this.#kept = this.#read();
    // Another tab may have been given a later token; the later one counts.
    addEventListener('storage', (event) => {
      if (event.key === this.#name) this.#kept = later(this.#kept, this.#read());
    });
  }

  get token(): string | null {
    return this.#kept?.token ?? null;
  }

  /** Makes sure there is a token, and that it is this identity's. Rejects with Problem (401: the identity is bad). */
  async obtain(identity: string | null): Promise<void> {
    const sub = identity === null ? null : subjectOf(identity);
    const has = () => this.#kept !== null && (identity === null || this.#kept.sub === sub);
    if (has()) return;
    await oneTab(this.#name, async () => {
      this.#kept = later(this.#kept, this.#read()); // another tab may have asked while we waited
      if (has()) return;
      try {
        await this.#ask(identity, sub, this.#kept?.token);
      } catch (err) {
        if (!(err instanceof Problem && err.status === 401 && identity !== null && this.#kept)) throw err;
        await this.#ask(identity, sub); // it may be the old token that no longer holds: the host's word stands alone
      }
    });
  }

  /** The person asked for a new beginning, or the host vouches for them: a token without the old one. */
  async renew(identity: string | null): Promise<void> {
    await this.#ask(identity, identity === null ? null : subjectOf(identity));
  }

  /** The server gave a fresh token in a welcome. */
  rotated(token: string): void {
    this.#keep({ token, sub: this.#kept?.sub ?? null });
  }

  /** What HTTP calls carry. */
  headers(): Record<string, string> {
    return this.#kept ? { Authorization: `Bearer ${this.#kept.token}` } : {};
  }

  async #ask(identity: string | null, sub: string | null, old?: string): Promise<void> {
    const response = await fetch('/v1/visitors', {
      method: 'POST',
      credentials: 'omit', // an agent who looks at the shop is a customer here
      headers: { 'Content-Type': 'application/json', ...(old ? { Authorization: `Bearer ${old}` } : {}) },
      body: JSON.stringify({ inbox: this.inbox, locale: this.locale, ...(identity === null ? {} : { identity }) }),
    });
    const body = (await response.json().catch(() => ({}))) as { token?: string; contact?: Contact };
    if (!response.ok || !body.token) throw new Problem(response.status, body as { detail?: string });
    this.#keep({ token: body.token, sub });
  }

  #read(): Kept | null {
    try {
      return JSON.parse(this.#storage?.getItem(this.#name) ?? 'null') as Kept | null;
    } catch {
      return null; // not ours, or from another version: as if there were none
    }
  }

  #keep(kept: Kept): void {
    this.#kept = kept;
    try {
      this.#storage?.setItem(this.#name, JSON.stringify(kept));
    } catch {
      return; // storage is full or forbidden: the token lives as long as the page
    }
  }
}

/** Two tabs that open at once must not become two visitors. */
async function oneTab(name: string, what: () => Promise<void>): Promise<void> {
  if (globalThis.navigator?.locks) await navigator.locks.request(name, what);
  else await what();
}

/** Of two tokens the one issued later; one that does not tell loses to one that does, and else the newer wins. */
function later(mine: Kept | null, theirs: Kept | null): Kept | null {
  if (!mine || !theirs) return theirs ?? mine;
  return issued(theirs.token) >= issued(mine.token) ? theirs : mine;
}

function issued(token: string): number {
  return Number(claims(token).iat ?? 0);
}

/** The subject inside an identity. It is not verified here: the server does that. */
function subjectOf(identity: string): string {
  return String(claims(identity).sub ?? identity);
}

/** The first part of a dotted token that is JSON and has claims. */
function claims(token: string): Record<string, unknown> {
  for (const part of token.split('.').reverse()) {
    try {
      const bytes = Uint8Array.from(atob(part.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
      const found = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
      if (typeof found === 'object' && found !== null && ('sub' in found || 'iat' in found)) return found;
    } catch {
      continue; // a signature, or an opaque token
    }
  }
  return {};
}
