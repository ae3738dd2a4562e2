// One browser's way to the server: an HTTP proxy whose cable can be pulled. `drop` closes everything at once, as a
// router that restarts; `silence` keeps the connections open and lets nothing through, as a train in a tunnel:
// neither side is told. `sockets` lets pages through and no live connection, as some companies' proxies do.
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export type Cut = 'drop' | 'silence' | 'sockets';

export class Network {
  private state: 'up' | Cut = 'up';
  private readonly wires = new Set<Socket>();
  private readonly tunnels = new Set<Socket>();
  private readonly silenced = new Set<Socket>();
  /** How many bytes the server has sent through it. */
  received = 0;

  private constructor(private readonly server: Server) {
    server.on('request', (q: IncomingMessage, a: ServerResponse) => this.pass(q, a));
    server.on('connect', (q: IncomingMessage, near: Socket, head: Buffer) => this.tunnel(q, near, head));
    server.on('connection', (s: Socket) => {
      if (this.state === 'drop') s.destroy();
      else this.watch(s);
    });
  }

  static async open(): Promise<Network> {
    const network = new Network(createServer({ keepAlive: false }));
    await new Promise<void>((ready) => network.server.listen(0, '127.0.0.1', ready));
    return network;
  }

  get proxy(): { server: string; bypass: string } {
    return { server: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`, bypass: '<-loopback>' };
  }

  cut(how: Cut): void {
    this.state = how;
    for (const wire of how === 'sockets' ? this.tunnels : this.wires) {
      if (how !== 'silence') wire.destroy();
      else {
        wire.unpipe();
        wire.pause();
        this.silenced.add(wire);
      }
    }
  }

  /** New connections work again; what was cut stays dead, as in life. */
  restore(): void {
    this.state = 'up';
  }

  async close(): Promise<void> {
    for (const s of this.wires) s.destroy();
    await new Promise((done) => this.server.close(done));
  }

  private pass(q: IncomingMessage, a: ServerResponse): void {
    if (this.state === 'drop') return void q.socket.destroy();
    if (this.state === 'silence') return; // never answered
    const to = new URL(q.url ?? '');
    const onward = request({ host: '127.0.0.1', port: to.port, method: q.method, path: to.pathname + to.search, headers: q.headers, agent: false }, (r) => {
      a.writeHead(r.statusCode ?? 502, r.rawHeaders);
      r.on('data', (b: Buffer) => (this.received += b.length));
      r.pipe(a);
    });
    onward.on('socket', (s) => this.watch(s));
    onward.on('error', () => a.destroy());
    a.on('close', () => onward.destroy());
    q.pipe(onward);
  }

  private tunnel(q: IncomingMessage, near: Socket, head: Buffer): void {
    if (this.state === 'silence') return;
    if (this.state !== 'up') return void near.destroy();
    const far = connect(Number(q.url?.split(':').at(-1)), '127.0.0.1', () => {
      near.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      if (head.length > 0) far.write(head);
      near.pipe(far);
      far.pipe(near);
    });
    far.on('data', (b: Buffer) => (this.received += b.length));
    this.watch(far);
    this.tunnels.add(near);
    near.on('close', () => this.tunnels.delete(near));
    near.on('close', () => !this.silenced.has(near) && far.destroy());
    far.on('close', () => !this.silenced.has(far) && near.destroy());
  }

  private watch(s: Socket): void {
    this.wires.add(s);
    s.on('error', () => s.destroy());
    s.on('close', () => this.wires.delete(s));
  }
}
