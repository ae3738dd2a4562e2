// The real program: `centrala demo` in a scratch folder on a port of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { binary } from './places';

export class Server {
  url = '';
  /** What the program said on stderr; warnings and errors of a test run are read by whoever looks for a cause. */
  readonly said: string[] = [];
  private process: ChildProcess | null = null;

  private constructor(
    private readonly folder: string,
    private readonly env: Record<string, string>,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<Server> {
    const server = new Server(await mkdtemp(join(tmpdir(), 'centrala-e2e-')), env);
    await server.begin();
    return server;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Starts it on the port it had, or on a free one. Resolves when it answers. */
  async begin(): Promise<void> {
    const listen = this.url ? `127.0.0.1:${this.port}` : '127.0.0.1:0';
    const child = spawn(binary, ['demo', '--data', this.folder, '--listen', listen, '--no-limits'], {
      env: { PATH: process.env.PATH ?? '', HOME: this.folder, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process = child;
    createInterface({ input: child.stderr }).on('line', (l) => this.said.push(l));
    this.url = await new Promise<string>((found, fail) => {
      const late = setTimeout(() => fail(new Error(`centrala demo did not say its address: ${this.said.join('\n')}`)), 20_000);
      createInterface({ input: child.stdout }).on('line', (l) => {
        const address = /^\s*Shop with the chat window\s+(http:\/\/[^/\s]+)\//.exec(l)?.[1];
        if (!address) return;
        clearTimeout(late);
        found(address);
      });
      child.once('exit', (code) => {
        clearTimeout(late);
        fail(new Error(`centrala demo ended with ${code}: ${this.said.join('\n')}`));
      });
    });
  }

  /** Ends it like a crash (SIGKILL) or like an operator (SIGTERM). */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.process;
    this.process = null;
    if (!child || child.exitCode !== null) return;
    await new Promise<void>((gone) => {
      child.once('exit', () => gone());
      child.kill(signal);
    });
  }

  async remove(): Promise<void> {
    await this.end('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }
}
