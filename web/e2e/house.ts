// The stage of every test: a server of its own, people with browsers of their own, and a look at every screen.
import AxeBuilder from '@axe-core/playwright';
import { expect, test as base, type Browser, type BrowserContext, type FrameLocator, type Locator, type Page } from '@playwright/test';
import { createHmac } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { Network, type Cut } from './network';
import { artifacts } from './places';
import { Server } from './server';

export { expect };

export const password = 'centrala-demo';

interface Answer {
  id: string;
  hook_secret: string;
  token: string;
  secret: string;
  items: { id: string; name: string; channel?: string }[];
}

/** RFC 6238 as authenticators do it: six digits of SHA-1, a new code every thirty seconds. */
function oneTimeCode(secret: string, at: number): string {
  const bits = [...secret.replace(/=+$/, '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac('sha1', key).update(step).digest();
  const from = (mac[19] ?? 0) & 15;
  return String((mac.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

interface Looks {
  locale?: string;
  size?: { width: number; height: number };
}

/** Somebody with a browser and a cable to the server. */
export class Person {
  constructor(
    readonly house: House,
    readonly context: BrowserContext,
    readonly page: Page,
    readonly network: Network,
  ) {}

  /** Pulls the cable; with `told` the browser knows and says so to the page. */
  async lose(how: Cut, told = false): Promise<void> {
    this.network.cut(how);
    if (told) await this.context.setOffline(true);
  }
  async regain(): Promise<void> {
    this.network.restore();
    await this.context.setOffline(false);
  }
  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: `${artifacts}/${name}.png`, animations: 'disabled' });
  }
}

/** A customer on the shop's page. */
export class Shopper extends Person {
  readonly window: FrameLocator = this.page.frameLocator('iframe');

  get launcher(): Locator {
    return this.page.getByRole('button', { name: /^(Pomoc|Help)/ });
  }
  get ask(): Locator {
    return this.window.getByRole('textbox', { name: /^(O co chodzi|What is it about)/ });
  }
  get write(): Locator {
    return this.window.getByRole('textbox', { name: /^(Wiadomość|Message)$/ });
  }
  get log(): Locator {
    return this.window.getByRole('log');
  }
  /** What is said in the conversation, by either, as it is read from top to bottom. */
  get said(): Locator {
    return this.log.locator('.say');
  }
  async open(path = '/'): Promise<void> {
    await this.page.goto(this.house.server.url + path);
    await this.launcher.click();
  }
  async say(text: string): Promise<void> {
    await this.write.fill(text);
    await this.write.press('Enter');
  }
  /** Opens the window, picks a side and sends the first words. */
  async begin(text: string, side: 'kupuję' | 'sprzedaję' | 'reklamuję się' = 'kupuję'): Promise<void> {
    await this.open();
    await this.window.getByText(side, { exact: true }).click();
    await this.ask.fill(text);
    await this.ask.press('Enter');
    await expect(this.window.getByText(/^Wysłane|^Doręczone|^Przeczytane/)).toBeVisible();
  }
}

/** Somebody of the team in the console. */
export class Colleague extends Person {
  get rows(): Locator {
    return this.page.getByRole('option');
  }
  row(words: string | RegExp): Locator {
    return this.rows.filter({ hasText: words });
  }
  get talk(): Locator {
    return this.page.getByRole('log');
  }
  get text(): Locator {
    return this.page.getByRole('textbox', { name: /^Treść (odpowiedzi|notatki)$/ });
  }
  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }
  /** What was said, by either, as it is read from top to bottom. */
  get said(): Locator {
    return this.talk.locator('.bub .text');
  }
  async signIn(email: string, secret = password): Promise<void> {
    await this.page.goto(`${this.house.server.url}/console`);
    await this.page.getByLabel('Adres e-mail').fill(email);
    await this.page.locator('input[type=password]').fill(secret);
    await this.page.getByRole('button', { name: 'Zaloguj' }).click();
    await expect(this.page.getByRole('navigation', { name: 'Rozmowy' })).toBeVisible();
  }
  async presence(status: 'Na linii' | 'Przerwa' | 'Poza linią'): Promise<void> {
    await this.page.getByRole('button', { name: /linii zajęte/ }).click();
    await this.page.getByRole('menuitemradio', { name: status }).click();
    await expect(this.page.getByRole('button', { name: new RegExp(`, ${status},`) })).toBeVisible();
  }
  async go(place: string): Promise<void> {
    await this.page.evaluate((p) => (location.hash = p), place);
  }
  async openRow(words: string | RegExp): Promise<void> {
    await this.row(words).click();
    await expect(this.text).toBeVisible();
  }
  async say(text: string): Promise<void> {
    await this.text.fill(text);
    await this.text.press('Control+Enter');
  }
}

export class House {
  private readonly people: Person[] = [];
  private readonly faults: string[] = [];

  constructor(
    readonly server: Server,
    private readonly browser: Browser,
  ) {}

  async shopper(looks: Looks = {}): Promise<Shopper> {
    return this.seat(Shopper, { size: { width: 1180, height: 780 }, ...looks });
  }

  /** Signs in at the console and, unless told otherwise, goes on the line. */
  async colleague(email: string, { online = true, ...looks }: Looks & { online?: boolean } = {}): Promise<Colleague> {
    const who = await this.seat(Colleague, { size: { width: 1440, height: 900 }, ...looks });
    await who.signIn(email);
    if (online) await who.presence('Na linii');
    return who;
  }

  /** Changes somebody by their name as the administrator does through the API. */
  async changeAgent(name: string, body: object): Promise<void> {
    const found = (await this.asAdmin('GET', 'agents')).items.find((i) => i.name === name);
    expect(found, name).toBeDefined();
    await this.asAdmin('PATCH', `agents/${found?.id}`, body);
  }
  /** A mailbox whose answers leave by a mail server on this machine; nothing is fetched. */
  async mailbox(port: number): Promise<void> {
    const line = { host: '127.0.0.1', port, tls: 'none', user: 'pomoc' };
    await this.asAdmin('POST', 'inboxes', { channel: 'email', name: 'Poczta', imap_password: 'x', smtp_password: 'x', mailbox: { address: 'pomoc@jarmark.example', from_name: 'Pomoc', folder: 'INBOX', imap: { ...line, port: 1 }, smtp: line } });
  }
  /** A mailbox that is fetched from a server on this machine; its answers leave to nowhere. */
  async fetches(port: number): Promise<void> {
    const line = { host: '127.0.0.1', port, tls: 'none', user: 'pomoc' };
    await this.asAdmin('POST', 'inboxes', { channel: 'email', name: 'pomoc@', imap_password: 'x', smtp_password: 'x', mailbox: { address: 'pomoc@jarmark.example', from_name: 'Pomoc', folder: 'INBOX', imap: line, smtp: { ...line, port: 1 } } });
  }
  /** A door for anything else, whose answers are posted to an address on this machine; with the key of its signatures. */
  async door(name: string, endpoint: string): Promise<{ hook: string; secret: string }> {
    const made = await this.asAdmin('POST', 'inboxes', { channel: 'webhook', name, side: 'buyer', account: { endpoint } });
    return { hook: `${this.server.url}/hooks/${made.id}`, secret: made.hook_secret };
  }
  /** The chat window's answer bot is switched on. */
  async answerBot(): Promise<void> {
    const chat = (await this.asAdmin('GET', 'inboxes')).items.find((i) => i.channel === 'chat');
    expect(chat, 'a chat window').toBeDefined();
    await this.asAdmin('PATCH', `inboxes/${chat?.id}`, { bot: true });
  }
  /** Switches somebody's second factor on; what comes back makes the code of this moment. */
  async secondFactor(email: string): Promise<() => string> {
    const { secret } = await this.as(email, 'POST', 'me/totp');
    const code = () => oneTimeCode(secret, Date.now());
    await this.as(email, 'PUT', 'me/totp', { secret, code: code(), password });
    return code;
  }
  private asAdmin(method: string, path: string, sent?: object): Promise<Answer> {
    return this.as('admin@demo.test', method, path, sent);
  }
  private async as(email: string, method: string, path: string, sent?: object): Promise<Answer> {
    const api = async (how: string, where: string, headers: Record<string, string>, body?: object) => {
      const answer = await fetch(`${this.server.url}/v1/${where}`, { method: how, headers: { 'Content-Type': 'application/json', ...headers }, ...(body ? { body: JSON.stringify(body) } : {}) });
      const text = await answer.text();
      expect(answer.ok, `${how} ${where}: ${answer.status} ${text}`).toBe(true);
      return (text ? JSON.parse(text) : {}) as Answer;
    };
    const { token } = await api('POST', 'sessions', {}, { email, password });
    return api(method, path, { Authorization: `Bearer ${token}` }, sent);
  }

  /** A browser at nobody's door yet. */
  async stranger(looks: Looks = {}): Promise<Colleague> {
    return this.seat(Colleague, { size: { width: 1440, height: 900 }, ...looks });
  }

  private async seat<P extends Person>(kind: new (h: House, c: BrowserContext, p: Page, n: Network) => P, looks: Looks): Promise<P> {
    const network = await Network.open();
    const context = await this.browser.newContext({
      proxy: network.proxy,
      viewport: looks.size ?? null,
      locale: looks.locale ?? 'pl-PL',
      timezoneId: 'Europe/Warsaw',
      colorScheme: 'light',
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    page.on('pageerror', (e) => this.faults.push(`${page.url()}: ${e.message}`));
    page.on('console', (m) => /Content Security Policy|Refused to/.test(m.text()) && this.faults.push(`${page.url()}: ${m.text()}`));
    const who = new kind(this, context, page, network);
    this.people.push(who);
    return who;
  }

  async close(failed: boolean, name: string): Promise<void> {
    if (failed) for (const [n, p] of this.people.entries()) await p.page.screenshot({ path: `${artifacts}/failed/${name}-${n}.png` }).catch(() => undefined);
    for (const p of this.people) {
      await p.context.close();
      await p.network.close();
    }
    await this.server.remove();
    expect(this.faults, 'errors of scripts and of the content policy').toEqual([]);
  }
}

export const test = base.extend<{ house: House; env: Record<string, string> }>({
  /** Settings of the server, as in its environment. */
  env: [{}, { option: true }],
  house: async ({ browser, env }, use, info) => {
    mkdirSync(`${artifacts}/failed`, { recursive: true });
    const house = new House(await Server.start(env), browser);
    await use(house);
    const failed = info.status !== info.expectedStatus;
    if (failed && house.server.said.length > 0) await info.attach('server', { body: house.server.said.join('\n'), contentType: 'text/plain' });
    await house.close(failed, info.title.replace(/[^\p{L}\d]+/gu, '-').slice(0, 50));
  },
});

/** Runs in the page: resolves when every transition that has an end is over. */
const settled = () =>
  Promise.all(document.getAnimations().filter((a) => Number.isFinite(a.effect?.getComputedTiming().endTime)).map((a) => a.finished.catch(() => undefined))).then(() => undefined);

/**
 * No serious fault of accessibility on what is shown now, in both themes. In the dark one only the rules about colours
 * are asked again: all others read the same page.
 */
export async function accessible(who: Person, what: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await who.page.emulateMedia({ colorScheme: theme });
    for (const frame of who.page.frames()) await frame.evaluate(settled); // a colour on its way is not the colour
    // All frames are of one origin: axe asks them itself, and no page is opened to put the answers together.
    const axe = new AxeBuilder({ page: who.page }).options({ resultTypes: ['violations'] }).setLegacyMode(true);
    if (theme === 'light') axe.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']);
    else axe.withRules(['color-contrast', 'link-in-text-block']);
    const { violations } = await axe.analyze();
    const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical');
    expect(serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`), `axe on ${what}, ${theme}`).toEqual([]);
    await who.picture(`axe-${what}-${theme}`);
  }
  await who.page.emulateMedia({ colorScheme: 'light' });
}
