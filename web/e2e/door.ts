// An outside program at the generic door (docs/webhook.md): it posts signed events, gives files away over TLS and takes
// answers.
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type Server as Plain } from 'node:http';
import { createServer as createSecure, type Server as Secure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Tls {
  cert: string;
  key: string;
  /** With these in its environment a server believes the certificate, and fetches from this machine. */
  trusts: Record<string, string>;
}

/** A certificate for this machine, made once a run; null where there is no openssl to make it. */
export function certificate(): Tls | null {
  const folder = mkdtempSync(join(tmpdir(), 'centrala-e2e-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  try {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw err;
  }
  return { cert, key, trusts: { SSL_CERT_FILE: cert, CENTRALA_SOCIAL_PRIVATE_FILES: 'true' } };
}

export type Told = { type: string; id?: string; from?: Record<string, unknown>; [field: string]: unknown };
export interface Taken {
  type: string;
  id: string;
  to: { id: string };
  text: string;
  answers?: string;
}

export class Outside {
  /** The answers that were posted, each once. */
  readonly taken: Taken[] = [];
  /** What the next answer is refused with. */
  refuse: { reason: string; cause: string } | null = null;
  private readonly keys = new Map<string, string>();

  private constructor(
    private readonly answers: Plain,
    private readonly files: Secure,
  ) {}

  static async open(tls: Tls, file: Buffer): Promise<Outside> {
    const files = createSecure({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }, (_, res) => res.writeHead(200, { 'Content-Type': 'image/png' }).end(file));
    const answers = createServer((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (c: Buffer) => chunks.push(c));
      req.on('end', () => {
        const a = JSON.parse(Buffer.concat(chunks).toString()) as Taken;
        if (a.type !== 'message') return res.writeHead(204).end();
        if (outside.refuse) return res.writeHead(422, { 'Content-Type': 'application/json' }).end(JSON.stringify(outside.refuse));
        const key = String(req.headers['idempotency-key']);
        if (!outside.keys.has(key)) outside.taken.push(a);
        outside.keys.set(key, outside.keys.get(key) ?? `ours-${outside.taken.length}`);
        res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ id: outside.keys.get(key) }));
      });
    });
    const outside = new Outside(answers, files);
    await Promise.all([answers, files].map((s) => new Promise<void>((ready) => s.listen(0, '127.0.0.1', ready))));
    return outside;
  }
  get endpoint(): string {
    return `http://127.0.0.1:${(this.answers.address() as AddressInfo).port}/answers`;
  }
  file(name: string): string {
    return `https://127.0.0.1:${(this.files.address() as AddressInfo).port}/${name}`;
  }
  /** Posts events; gives the status, so that a forged post can be seen to be refused. */
  async tell(door: { hook: string; secret: string }, ...events: Told[]): Promise<number> {
    const body = JSON.stringify({ v: 1, events });
    const t = Math.floor(Date.now() / 1000);
    const v1 = createHmac('sha256', door.secret).update(`${t}.${body}`).digest('hex');
    const res = await fetch(door.hook, { method: 'POST', headers: { 'Content-Type': 'application/json', 'Centrala-Signature': `t=${t},v1=${v1}` }, body });
    return res.status;
  }
  async close(): Promise<void> {
    await Promise.all([this.answers, this.files].map((s) => new Promise((done) => (s.closeAllConnections(), s.close(done)))));
  }
}
