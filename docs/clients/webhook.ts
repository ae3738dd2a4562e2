// Speaks with centrala's door for anything else (docs/webhook.md), both ways. For Node 18 and later.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type Server } from "node:http";

export type Event = { type: string; id?: string; from?: Record<string, unknown>; [field: string]: unknown };
export type Answer = { v: 1; type: string; id: string; to: { id: string }; text?: string; [field: string]: unknown };

/** The header of a body that is posted at t, in Unix seconds. */
export function sign(secret: string, body: string, t = Math.floor(Date.now() / 1000)): string {
  return `t=${t},v1=${createHmac("sha256", secret).update(`${t}.${body}`).digest("hex")}`;
}

/** Whether a header signs a body, within five minutes of now. */
export function verify(secret: string, header: string, body: string, now = Date.now() / 1000): boolean {
  const t = Number(/^t=(\d+),/.exec(header)?.[1]);
  if (!(Math.abs(now - t) < 300)) return false;
  const want = Buffer.from(sign(secret, body, t).split(",")[1]);
  return header.split(",").some((part) => {
    const got = Buffer.from(part);
    return got.length === want.length && timingSafeEqual(got, want);
  });
}

/** Tells centrala of events. When it throws, the same events may be posted again. */
export async function post(hook: string, secret: string, ...events: Event[]): Promise<void> {
  const body = JSON.stringify({ v: 1, events });
  const headers = { "Content-Type": "application/json", "Centrala-Signature": sign(secret, body) };
  const res = await fetch(hook, { method: "POST", headers, body });
  if (!res.ok) throw new Error(`${res.status}: ${await res.text()}`);
}

/** Takes answers: send gives the id of the message that it became. A key that was taken gets its id again. */
export function receive(secret: string, send: (a: Answer) => Promise<string>): Server {
  const taken = new Map<string, string>(); // yours belongs in a database
  return createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    if (!verify(secret, String(req.headers["centrala-signature"] ?? ""), body)) return res.writeHead(401).end();
    const answer = JSON.parse(body) as Answer;
    if (answer.type !== "message") return res.writeHead(204).end(); // a ping, or something newer
    const key = String(req.headers["idempotency-key"]);
    try {
      const id = taken.get(key) ?? (await send(answer));
      taken.set(key, id);
      res.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ id }));
    } catch {
      res.writeHead(503).end(); // it comes again
    }
  });
}
