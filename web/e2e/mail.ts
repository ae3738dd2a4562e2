// A mail server that takes everything and keeps it: where the program's mails end in these tests.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Letter {
  from: string;
  to: string[];
  /** The whole message as it came, headers first. */
  raw: string;
}

const answers: Record<string, string> = {
  EHLO: '250-sink\r\n250-8BITMIME\r\n250-AUTH PLAIN LOGIN\r\n250 SMTPUTF8',
  AUTH: '235 welcome',
  DATA: '354 go on',
  QUIT: '221 bye',
};

export class MailSink {
  readonly letters: Letter[] = [];
  /** Addresses that nobody has. */
  readonly gone = new Set<string>();
  private readonly open = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (s) => this.talk(s));
  }

  static async start(): Promise<MailSink> {
    const sink = new MailSink(createServer());
    await new Promise<void>((ready) => sink.server.listen(0, '127.0.0.1', ready));
    return sink;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const s of this.open) s.destroy();
    await new Promise((done) => this.server.close(done));
  }

  /** The letters to an address, decoded as far as reading needs: quoted-printable and base64 bodies as text. */
  to(address: string): string[] {
    return this.letters.filter((l) => l.to.includes(address)).map((l) => readable(l.raw));
  }

  private talk(s: Socket): void {
    this.open.add(s);
    s.on('close', () => this.open.delete(s));
    s.on('error', () => s.destroy());
    const say = (line: string) => s.write(`${line}\r\n`);
    let letter: Letter = { from: '', to: [], raw: '' };
    let data = false;
    let rest = '';
    say('220 sink ESMTP');
    s.setEncoding('latin1');
    s.on('data', (chunk: string) => {
      rest += chunk;
      for (;;) {
        if (data) {
          const end = rest.indexOf('\r\n.\r\n');
          if (end < 0) return;
          letter.raw = rest.slice(0, end).replace(/^\.\./gm, '.');
          rest = rest.slice(end + 5);
          data = false;
          this.letters.push(letter);
          letter = { from: '', to: [], raw: '' };
          say('250 kept');
          continue;
        }
        const at = rest.indexOf('\r\n');
        if (at < 0) return;
        const line = rest.slice(0, at);
        rest = rest.slice(at + 2);
        const verb = line.slice(0, 4).toUpperCase();
        const address = /<([^>]*)>/.exec(line)?.[1] ?? '';
        if (verb === 'MAIL') letter.from = address;
        if (verb === 'RCPT' && this.gone.has(address)) {
          say('550 5.1.1 nobody here');
          continue;
        }
        if (verb === 'RCPT') letter.to.push(address);
        data = verb === 'DATA';
        say(answers[verb] ?? '250 ok');
        if (verb === 'QUIT') s.end();
      }
    });
  }
}

function readable(raw: string): string {
  const utf8 = (latin1: string) => Buffer.from(latin1, 'latin1').toString('utf8');
  const parts = raw.split(/(?=^Content-Transfer-Encoding:)/im).map((p) => {
    const kind = /^Content-Transfer-Encoding:\s*(\S+)/i.exec(p)?.[1]?.toLowerCase();
    if (kind === 'quoted-printable') return p.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/gi, (_, h: string) => String.fromCharCode(parseInt(h, 16)));
    if (kind === 'base64') return p.replace(/^[A-Za-z0-9+/=\r\n]{60,}$/gm, (b) => Buffer.from(b, 'base64').toString('latin1'));
    return p;
  });
  return utf8(parts.join(''));
}
