// A mailbox that the program fetches from: an IMAP server with one folder, as much of one as a reader needs.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Kept {
  raw: Buffer;
  /** As the server says; a mail may be larger than what a test writes of it. */
  size: number;
}

export class Mailbox {
  private readonly mails: Kept[] = [];
  private readonly open = new Set<Socket>();
  private readonly idle = new Map<Socket, string>();

  private constructor(private readonly server: Server) {
    server.on('connection', (s) => this.talk(s));
  }

  static async start(): Promise<Mailbox> {
    const box = new Mailbox(createServer());
    await new Promise<void>((ready) => box.server.listen(0, '127.0.0.1', ready));
    return box;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const s of this.open) s.destroy();
    await new Promise((done) => this.server.close(done));
  }

  /** A mail comes in: its lines, or bytes as they are; who waits is told. */
  deliver(mail: string | Buffer, size?: number): void {
    const raw = typeof mail === 'string' ? Buffer.from(mail.replace(/\r?\n/g, '\r\n')) : mail;
    this.mails.push({ raw, size: size ?? raw.length });
    for (const s of this.idle.keys()) s.write(`* ${this.mails.length} EXISTS\r\n`);
  }

  private talk(s: Socket): void {
    this.open.add(s);
    s.on('close', () => {
      this.open.delete(s);
      this.idle.delete(s);
    });
    s.on('error', () => s.destroy());
    s.write('* OK [CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN] ready\r\n');
    let rest = '';
    s.on('data', (b: Buffer) => {
      rest += b.toString('latin1');
      for (let at = rest.indexOf('\r\n'); at >= 0; at = rest.indexOf('\r\n')) {
        const line = rest.slice(0, at);
        rest = rest.slice(at + 2);
        this.answer(s, line);
      }
    });
  }

  private answer(s: Socket, line: string): void {
    const waiting = this.idle.get(s);
    if (waiting !== undefined) {
      this.idle.delete(s);
      s.write(`${waiting} OK done\r\n`);
      return;
    }
    const [tag = '*', verb = '', ...more] = line.split(' ');
    const what = verb.toUpperCase() === 'UID' ? `UID ${(more.shift() ?? '').toUpperCase()}` : verb.toUpperCase();
    const said = more.join(' ');
    if (what === 'CAPABILITY') s.write('* CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN\r\n');
    if (what === 'LIST') s.write('* LIST () "/" INBOX\r\n');
    if (what === 'SELECT' || what === 'EXAMINE')
      s.write(`* FLAGS (\\Seen)\r\n* ${this.mails.length} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1] .\r\n* OK [UIDNEXT ${this.mails.length + 1}] .\r\n`);
    if (what === 'UID SEARCH') s.write(`* SEARCH ${this.numbers(/UID ([\d,:*]+)/i.exec(said)?.[1] ?? '1:*').join(' ')}\r\n`);
    if (what === 'UID FETCH') this.fetch(s, more[0] ?? '', said);
    if (what === 'IDLE') {
      this.idle.set(s, tag);
      s.write('+ idling\r\n');
      return;
    }
    if (what === 'LOGOUT') s.write('* BYE\r\n');
    s.write(`${tag} OK done\r\n`);
    if (what === 'LOGOUT') s.end();
  }

  private numbers(set: string): number[] {
    const last = this.mails.length;
    const number = (n: string) => (n === '*' ? last : Number(n));
    const wanted = set.split(',').map((r) => r.split(':').map(number));
    return this.mails.map((_, i) => i + 1).filter((n) => wanted.some(([a = 0, b = a]) => n >= Math.min(a, b) && n <= Math.max(a, b)));
  }

  private fetch(s: Socket, set: string, asked: string): void {
    for (const n of this.numbers(set)) {
      const mail = this.mails[n - 1];
      if (!mail) continue;
      const head = `* ${n} FETCH (UID ${n} RFC822.SIZE ${mail.size} FLAGS () INTERNALDATE "${date(new Date())}"`;
      const section = /BODY\.PEEK\[(HEADER)?\](<\d+)?/i.exec(asked);
      if (!section) {
        s.write(`${head})\r\n`);
        continue;
      }
      const bytes = section[1] ? mail.raw.subarray(0, mail.raw.indexOf('\r\n\r\n') + 4) : mail.raw;
      s.write(`${head} BODY[${section[1] ?? ''}]${section[2] ? '<0>' : ''} {${bytes.length}}\r\n`);
      s.write(bytes);
      s.write(')\r\n');
    }
  }
}

function date(d: Date): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(d.toUTCString()) ?? [];
  return `${day}-${month}-${year} ${time} +0000`;
}
