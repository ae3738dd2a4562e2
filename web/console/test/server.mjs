// A server of made-up conversations that speaks the contract, to drive the console without the real one:
//   node console/test/server.mjs [port] [--rows N] [--empty] [--social]
// serves the built console (npm run build first) under the policy of the real pages.
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WebSocketServer } from 'ws';
import { library } from './library.mjs';
import { picture, silence, socialize } from './social.mjs';

const dist = join(import.meta.dirname, '../../dist');
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const types = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

const MIN = 60_000;
const iso = (ms) => new Date(ms).toISOString();

export function world({ rows = 8, empty = false } = {}) {
  const now = Date.now();
  const teams = [
    { id: 't_1', name: 'Zwroty i płatności', sides: ['buyer'] }, { id: 't_2', name: 'Konto sprzedawcy', sides: ['seller'] }, { id: 't_3', name: 'Reklamy', sides: ['advertiser'] },
  ].map((t) => ({ ...t, hours: { zone: 'Europe/Warsaw', week: [[], ...Array.from({ length: 5 }, () => [{ from: 480, to: 780 }, { from: 810, to: 1200 }]), [{ from: 540, to: 900 }]], holidays: true, days: { '2026-12-24': [], '2026-12-31': [{ from: 480, to: 840 }] }, outside: { pl: 'Odpisujemy w dni robocze od 8:00.' } } }));
  const person = (id, name, role, team, load, status = 'online', capacity = 24) => ({ id, name, email: `${id}@demo.test`, role, teams: team, sides: ['buyer'], capacity, load, status, locale: 'pl', created_at: iso(now - 90 * 1440 * MIN) });
  const agents = [
    person('a_1', 'Hanna Bielecka', 'admin', ['t_1'], 16), person('a_2', 'Ania Rutkowska', 'agent', ['t_1'], 12), person('a_3', 'Oskar Wrona', 'agent', ['t_1'], 27), person('a_4', 'Michalina Dąbrowska-Kępińska', 'agent', ['t_1', 't_2'], 24),
    person('a_5', 'Piotr Gajda', 'agent', ['t_2'], 15), person('a_6', 'Wojtek Śliwa', 'agent', ['t_1'], 4, 'away'), person('a_7', 'Barbara Sowa', 'supervisor', ['t_1', 't_3'], 2, 'online', 12), person('a_8', 'Jerzy Nowak', 'admin', [], 0, 'offline', 8),
  ];
  const seeds = [
    ['Marta Wiśniewska', 'buyer', 'chat', 'Anulowane zamówienie: kiedy zwrot?', 'Bank mówi, że nic nie widzi na koncie. Mam się martwić?', 3.2, 2, { verified: true, tags: ['zwrot', 'BLIK'] }],
    ['Naczynia Żbik s.c.', 'seller', 'email', 'Wypłata wstrzymana', 'Wypłata wstrzymana od piątku. Jakie dokumenty mam dosłać?', -12, 1, { complaint: true, team: 't_2' }],
    ['Ewelina Brzęczyszczykiewicz-Łuczak', 'buyer', 'form', 'Paczka wróciła', 'Automat pokazuje, że paczka wróciła do nadawcy', 24, 1, {}],
    ['Pracownia Mebli Dąb i Syn', 'advertiser', 'form', 'Kampania nie wydaje budżetu', 'Kampania „Jesień w jadalni” nie wydaje budżetu', 65, 0, { team: 't_3' }],
    ['Kamil Pietrzyk', 'buyer', 'email', 'Inny kolor', 'Zdjęcie: przyszedł inny kolor niż na aukcji', 160, 0, {}],
    ['Grażyna Wójcik', 'buyer', 'chat', 'Numer nadania', 'Proszę czekać na numer nadania.', null, 0, {}],
    ['Łukasz Żurawski', 'buyer', 'email', 'Etykieta zwrotna', 'W załączniku etykieta zwrotna, ważna do piątku', null, 0, {}],
    ['Autoczęści Ślęza', 'seller', 'email', 'Prowizja', 'Dziękuję, sprawdzam w dziale opłat.', null, 0, { team: 't_2' }],
  ];
  const conversations = new Map();
  const logs = new Map();
  const make = (i, [name, side, channel, subject, text, due, unread, more], over = {}) => {
    const id = `c_${i}`;
    const theirs = due === null;
    const last = { seq: 3, author: theirs ? { kind: 'agent', id: 'a_1', name: 'Hanna Bielecka' } : { kind: 'customer', id: `ct_${i}`, name }, text, at: iso(now - (theirs ? 38 : 7) * MIN) };
    const c = { id, ref: String(48213 + i), inbox: channel === 'email' ? 'pomoc' : 'web', channel, side, status: 'open', turn: theirs ? 'customer' : 'agent', subject, contact: { id: `ct_${i}`, name, verified: more.verified ?? false }, team: more.team ?? 't_1', assignee: { id: 'a_1', name: 'Hanna Bielecka' }, priority: 0, tags: more.tags ?? [], complaint: more.complaint ?? false, last_seq: 3, last_message: last, unread, read: { customer: 2, agent: 3 - unread }, opened_at: iso(now - 16 * 60 * MIN), due: due === null ? null : iso(now + due * MIN), version: 1, reason: 'Kupujący → Zwroty, 2 wolne linie z 6', ...over };
    conversations.set(id, c);
    const say = (seq, kind, words, min, extra = {}) => ({ seq, id: `m_${i}_${seq}`, author: kind === 'customer' ? { kind, id: c.contact.id, name } : { kind, id: 'a_1', name: 'Hanna Bielecka' }, text: words, channel, at: iso(now - min * MIN), ...extra });
    logs.set(id, [say(1, 'customer', `Dzień dobry, piszę w sprawie: ${subject}`, 60), say(2, 'agent', 'Dzień dobry, już sprawdzam. Zwrot zlecono w poniedziałek o 14:20.', 50), { ...say(3, last.author.kind, text, 7), author: last.author }]);
    return c;
  };
  if (!empty) {
    for (let i = 0; i < rows; i++) {
      const seed = seeds[i % seeds.length];
      make(i + 1, i < seeds.length ? seed : [`${seed[0]} ${i + 1}`, ...seed.slice(1, 5), seed[5] === null ? null : seed[5] + i, i % 5 === 0 ? 1 : 0, {}]);
    }
    const mailed = conversations.get('c_5');
    mailed.participants = [{ address: 'ewa@meble.example', name: 'Ewa Nowak' }, { address: 'adam@meble.example', bounced: 'mailbox-full' }];
    mailed.last_seq = 6;
    logs.get('c_5')[0].trust = { verdict: 'unproven' };
    logs.get('c_5')[2].trust = { verdict: 'contradicted' };
    const robot = { kind: 'system', id: 'centrala' };
    logs.get('c_5').push(
      { seq: 4, id: 'm_5_4', author: robot, text: 'ewa@meble.example, adam@meble.example', channel: 'email', at: iso(now - 6 * MIN), system: { kind: 'joined' } },
      { seq: 5, id: 'm_5_5', author: robot, text: '', channel: 'email', at: iso(now - 5 * MIN), system: { kind: 'elsewhere', inbox_name: 'sprzedawcy@jarmark.example', number: 48230 } },
      { seq: 6, id: 'm_5_6', author: robot, text: '', channel: 'email', at: iso(now - 4 * MIN), system: { kind: 'returned', of: 2, state: 'bounced', cause: 'mailbox-full', reason: 'the mailbox is full (5.2.2)' } },
    );
    const c = conversations.get('c_1');
    const name = c.contact.name;
    const cust = { kind: 'customer', id: 'ct_1', name };
    const me = { kind: 'agent', id: 'a_1', name: 'Hanna Bielecka' };
    logs.set('c_1', [
      { seq: 1, id: 'm_1', author: cust, channel: 'email', at: iso(now - 960 * MIN), text: 'W aplikacji mam „Zwrot w toku”, a 129,00 zł nie wróciło od poniedziałku.', has_html: true, has_more: true },
      { seq: 2, id: 'm_2', author: { kind: 'agent', id: 'a_2', name: 'Ania Rutkowska' }, channel: 'email', at: iso(now - 22 * MIN), text: 'Zwrot zlecony w poniedziałek o 14:20, numer u operatora ZW-77120. BLIK wraca zwykle w 2 dni robocze.', note: true },
      { seq: 3, id: 'm_3', author: { kind: 'system' }, channel: 'chat', at: iso(now - 13 * MIN), text: '', system: { kind: 'assigned', agent: 'a_1', agent_name: 'Hanna Bielecka', reasons: ['Kupujący → Zwroty', 'zna sprawę', '2 wolne linie z 6'] } },
      { seq: 4, id: 'm_4', author: cust, channel: 'chat', at: iso(now - 13 * MIN), text: 'Dzień dobry, pisałam wczoraj mailem. Czy coś już wiadomo?' },
      { seq: 5, id: 'm_5', author: me, channel: 'chat', at: iso(now - 11 * MIN), text: 'Dzień dobry, Pani Marto! Mam przed sobą wczorajszy e-mail, więc nie musi Pani niczego powtarzać. Zwrot zlecono w poniedziałek o 14:20, sprawdzam, gdzie jest teraz.' },
      { seq: 6, id: 'm_6', author: cust, channel: 'chat', at: iso(now - 7 * MIN), text: 'Sprawdziłam jeszcze raz w aplikacji.' },
      { seq: 7, id: 'm_7', author: cust, channel: 'chat', at: iso(now - 6 * MIN), text: 'Bank mówi, że nic nie widzi na koncie. Mam się martwić?', attachments: [{ id: 'f_1', name: 'historia-konta.png', type: 'image/png', size: 184_000, url: '/f/1' }, { id: 'f_2', name: 'invite.ics', type: 'text/calendar', size: 900, url: '/f/2', card: { method: 'CANCEL', summary: 'Odbiór palety', start: '2026-11-20T09:00:00Z', end: '2026-11-20T10:30:00Z', location: 'Poznań, ul. Kasztanowa 4', organizer: 'Marta Wiśniewska' } }] },
    ]);
    Object.assign(c, { last_seq: 7, read: { customer: 5, agent: 5 }, last_message: { ...c.last_message, seq: 7 } });
  }
  for (let i = 0; i < 14; i++) make(90_000 + i, [`${['Jagoda Królikowska', 'Meble Orzech', 'Studio Reklama'][i % 14 < 9 ? 0 : i < 13 ? 1 : 2]} ${i + 1}`, i < 9 ? 'buyer' : i < 13 ? 'seller' : 'advertiser', i % 3 ? 'chat' : 'email', 'Sprzedawca nie przyjmuje zwrotu', 'Sprzedawca odsyła mnie do banku', i === 11 ? -20 : 2 + i * 2.2, 1, {}], { status: 'waiting', assignee: null, reason: 'Czeka: nikt z zespołu nie ma wolnej linii' });
  make(95_000, ['Halina Kruk', 'buyer', 'email', 'Dostawa', 'Dziękuję za pomoc', null, 0, {}], { status: 'resolved', assignee: null });
  const follow = (i, name, score, comment, state, hours, extra = {}) => ({ id: `fu_${i}`, survey: `s_${i}`, conversation: 'c_1', contact: `ct_${i}`, contact_name: name, side: ['buyer', 'seller', 'advertiser'][i % 3], team: 't_1', score, comment, state, due: iso(now + hours * 60 * MIN), opened_at: iso(now - 30 * 60 * MIN), ...extra });
  const followUps = empty ? [] : [
    follow(1, 'Naczynia Żbik s.c.', 0, 'Pieniądze zamrożone od piątku, a nikt nie napisał, jakich dokumentów brakuje.', 'new', -1.3),
    follow(3, 'Ewelina Brzęczyszczykiewicz-Łuczak', 1, 'Trzeci raz piszę to samo, każdy pyta o numer zamówienia.', 'new', 0.9, { owner: 'a_7', owner_name: 'Barbara Sowa' }),
    follow(6, 'Kamil Pietrzyk', 5, '', 'new', 20), follow(9, 'Grażyna Wójcik', 3, 'Obiecano telefon, nikt nie zadzwonił.', 'contacted', 26, { owner: 'a_2', owner_name: 'Ania Rutkowska', note: 'Telefon 9:20. Czeka na numer nadania od sprzedawcy.' }),
    follow(4, 'Autoczęści Ślęza', 4, 'Prowizję oddajecie po dwóch tygodniach.', 'contacted', 60, { owner: 'a_3', owner_name: 'Oskar Wrona', note: 'Wyliczenie wysłane do działu opłat.' }),
    follow(12, 'Halina Kruk', 3, '', 'closed', -40, { reason: 'resolved', note: 'paczka dotarła', closed_at: iso(now - 600 * MIN) }), follow(13, 'Meble Orzech sp. z o.o.', 0, '', 'closed', -40, { reason: 'explained', note: 'wypłata wyszła', closed_at: iso(now - 900 * MIN) }),
  ];
  const articles = ['Kiedy wrócą pieniądze za BLIK', 'Brak zwrotu po 5 dniach', 'Sprzedawca anulował zamówienie: co dalej', 'Etykieta zwrotna'].map((title, i) => ({ id: `ar_${i}`, slug: `a-${i}`, title, url: `/help/pl/a-${i}`, snippet: 'Zwrot zlecamy w dniu anulowania. Bank księguje go do dwóch dni roboczych.', score: 1 - i / 10, locale: 'pl', summary: '', sides: ['buyer'], tags: [], section: 'Zwroty', updated_at: iso(now - 9 * 1440 * MIN) }));
  const inboxes = [
    { id: 'in_1', slug: 'web', name: 'Widżet na jarmark.example', channel: 'chat', enabled: true, origins: ['https://jarmark.example'], state: { ok: true, connected: 412 } },
    { id: 'in_2', slug: 'pomoc', name: 'pomoc@jarmark.example', channel: 'email', side: 'buyer', team: 't_1', enabled: true, mailbox: { address: 'pomoc@jarmark.example', from_name: 'Pomoc Jarmarku', imap: { host: 'imap.jarmark.example', port: 993, tls: 'tls', user: 'pomoc@jarmark.example' }, smtp: { host: 'smtp.jarmark.example', port: 465, tls: 'tls', user: 'pomoc@jarmark.example' }, folder: 'INBOX' }, state: { ok: true, last_ok_at: iso(now - MIN) } },
    { id: 'in_3', slug: 'sprzedawcy', name: 'sprzedawcy@jarmark.example', channel: 'email', side: 'seller', team: 't_2', enabled: true, mailbox: { address: 'sprzedawcy@jarmark.example', from_name: '', imap: { host: 'imap.jarmark.example', port: 993, tls: 'tls', user: 's' }, smtp: { host: 'smtp.jarmark.example', port: 465, tls: 'tls', user: 's' } }, state: { ok: false, error: 'AUTHENTICATIONFAILED Invalid credentials', failing_since: iso(now - 20 * MIN) } },
    { id: 'in_4', slug: 'form', name: 'Formularz kontaktowy', channel: 'form', enabled: true, state: { ok: true, last_ok_at: iso(now - MIN) } },
    { id: 'in_5', slug: 'panel', name: 'Panel sprzedawcy', channel: 'webhook', side: 'seller', enabled: true, account: { endpoint: 'https://panel.jarmark.example/centrala' }, hook_url: 'https://pomoc.jarmark.example/hooks/in_5', reachable: true, state: { ok: false, error: 'Wysyłka się nie udaje. Próbujemy dalej, kolejka jest zachowana. (panel.jarmark.example: connection refused)', code: 'webhook.connect', failing_since: iso(now - 41 * MIN), queued: 7, last_ok_at: iso(now - 42 * MIN) } },
    { id: 'in_6', slug: 'messenger', name: 'Messenger, Jarmark', channel: 'messenger', side: 'buyer', enabled: true, account: { id: '900100200300', name: 'Jarmark', comments: true, expires_at: iso(now + 5.4 * 1440 * MIN) }, hook_url: 'https://pomoc.jarmark.example/hooks/in_6', reachable: true, state: { ok: true, last_ok_at: iso(now - 9000), delay_ms: 620, expires_at: iso(now + 5.4 * 1440 * MIN), expires_soon: true } },
    { id: 'in_7', slug: 'whatsapp', name: 'WhatsApp, +48 22 000 20 20', channel: 'whatsapp', enabled: true, account: { id: '770011', business: '330044', name: '+48 22 000 20 20' }, hook_url: 'https://pomoc.jarmark.example/hooks/in_7', reachable: true, state: { ok: true, last_ok_at: iso(now - 21_000), delay_ms: 1100 } },
    { id: 'in_8', slug: 'instagram', name: 'Instagram, @jarmark', channel: 'instagram', enabled: true, account: { id: '17840000000000001', name: '@jarmark', expires_at: iso(now + 53.5 * 1440 * MIN) }, hook_url: 'https://pomoc.jarmark.example/hooks/in_8', reachable: true, state: { ok: true, last_ok_at: iso(now - 2 * MIN), delay_ms: 900, expires_at: iso(now + 53.5 * 1440 * MIN) } },
    { id: 'in_9', slug: 'telegram', name: 'Telegram, @jarmark_pomoc', channel: 'telegram', enabled: true, account: { id: '7700001', name: '@jarmark_pomoc' }, hook_url: 'https://pomoc.jarmark.example/hooks/in_9', reachable: true, state: { ok: true, last_ok_at: iso(now - MIN), delay_ms: 300, limited_until: iso(now + 4 * MIN) } },
    { id: 'in_10', slug: 'allegro', name: 'Allegro, jarmark-sklep', channel: 'allegro', side: 'buyer', enabled: true, account: { id: '44556677', name: 'jarmark-sklep', client: 'a1b2c3' }, reachable: true, state: { ok: true, last_ok_at: iso(now - 38_000), renews_at: iso(now + 600 * MIN), expires_at: iso(now + 720 * MIN) } },
  ];
  const because = { code: 'shape', detail: 'nieznana wartość pola "side": "vendor"' };
  const hook = (n, min, inbox, what, outcome, more = {}) => ({ id: `hk_${n}`, inbox, inbox_name: inboxes.find((i) => i.id === inbox)?.name ?? '', channel: inboxes.find((i) => i.id === inbox)?.channel ?? 'messenger', at: iso(now - min * MIN - n * 1441), what, outcome, size: 431, has_body: outcome !== 'forged', parser: 2, items: 1, messages: 0, ...more });
  const hooks = [
    hook(1, 1, 'in_6', 'page / messages', 'taken', { messages: 1, number: 48220, conversation: 'c_7', seq: 3 }), hook(2, 1, 'in_7', 'statuses', 'taken', { items: 4 }),
    hook(3, 2, 'in_6', 'page / messages', 'repeated', { cause: { code: 'repeated' } }), ...Array.from({ length: 12 }, (_, i) => hook(10 + i, 8 + i, 'in_5', 'ticket.created', 'unread', { cause: because, key: `tk_${99120 - i}`, items: 0 })),
    hook(4, 11, 'in_8', 'reaction', 'nothing', { cause: { code: 'skipped', detail: 'polubienie' } }), hook(5, 15, 'in_6', '', 'forged', { cause: { code: 'signature' }, address: '203.0.113.0/24', items: 0 }),
    hook(6, 16, 'in_9', 'update 771 204', 'taken', { messages: 1, number: 48188, conversation: 'c_6', seq: 1 }), hook(7, 18, 'in_7', 'messages', 'taken', { messages: 1, number: 48190, conversation: 'c_6', seq: 2 }),
  ];
  const macros = [['Zwrot w drodze, BLIK', 'buyer', 't_1', 'Dzień dobry, {{name}}! Zwrot za sprawę {{ref}} zlecono. Numer u operatora to {{numer zwrotu}}. BLIK wraca w 2 dni robocze.'], ['Zwrot w drodze, karta', 'buyer', 't_1', 'Dzień dobry! Zwrot na kartę trwa do 5 dni roboczych.'], ['Etykieta zwrotna', 'buyer', '', 'W załączniku jest etykieta zwrotna.'], ['Prośba o numer sprawy', '', '', 'Poproszę o numer zamówienia.'], ['Dokumenty do wypłaty', 'seller', 't_2', 'Proszę dosłać potwierdzenie rachunku.']].map(([title, side, team, text], i) => ({ id: `ma_${i}`, title, ...(side ? { side } : {}), ...(team ? { team } : {}), text: { pl: text } }));
  const keys = [{ id: 'k_1', name: 'Raporty tygodniowe', hint: 'ck_…7Q2f', scopes: ['reports:read'], sides: ['buyer'], created_by: 'Jerzy Nowak', created_at: iso(now), expires_at: iso(now + 90 * 1440 * MIN) }];
  const audit = [['agent.created', 'Kinga Maj', 'agent'], ['inbox.changed', 'pomoc@jarmark.example', 'folder: INBOX'], ['key.created', 'Raporty tygodniowe', 'reports:read'], ['session.failed', 'ania@demo.test', 'złe hasło']].map(([action, subject, detail], i) => ({ id: `au_${i}`, at: iso(now - i * 37 * MIN), actor: i === 1 ? null : { kind: 'agent', id: 'a_8', name: 'Jerzy Nowak' }, action, subject, detail, address: '203.0.113.18' }));
  return { me: agents[0], teams, agents, conversations, logs, followUps, articles, inboxes, hooks, macros, keys, audit, signedIn: true, empty, blown: false };
}

export function serve({ port = 0, social = false, ...options } = {}) {
  const w = world(options);
  const more = social ? socialize(w) : null;
  const centre = library({ empty: options.empty, many: options.articles });
  w.library = centre.state;
  const refusals = []; // what the next words are refused with
  const sockets = new Set();
  const list = (items, more = {}) => ({ items, next: null, ...more });
  const views = { mine: (c) => c.status === 'open' && c.assignee?.id === 'a_1', queue: (c) => c.status === 'waiting', team: (c) => c.status === 'waiting' || c.status === 'open', mentions: (c) => c.mentions?.some((m) => m.agent === 'a_1' && !m.read) ?? false, snoozed: (c) => c.status === 'snoozed', resolved: (c) => c.status === 'resolved' };
  const tell = (frame) => sockets.forEach((s) => s.send(JSON.stringify(frame)));
  const survey = w.empty ? { n: 4, promoters: 2, passives: 1, detractors: 1, nps: null, low: null, high: null, scores: [0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1] } : { n: 276, promoters: 182, passives: 55, detractors: 39, nps: 52, low: 43.6, high: 60.2, scores: [8, 2, 3, 4, 5, 7, 10, 20, 35, 72, 110] };
  const change = (c, part) => {
    Object.assign(c, part, { version: c.version + 1 });
    setTimeout(() => tell({ type: 'conversation', ...c }), 5);
    return c;
  };
  const acts = {
    claim: (c) => change(c, { status: 'open', assignee: { id: 'a_1', name: w.me.name } }), unassign: (c) => change(c, { status: 'waiting', assignee: null }),
    transfer: (c, b) => change(c, b.agent ? { status: 'open', assignee: { id: b.agent, name: w.agents.find((a) => a.id === b.agent)?.name } } : { status: 'waiting', assignee: null, ...(b.team ? { team: b.team } : {}) }),
    resolve: (c) => change(c, { status: 'resolved', assignee: null, due: null, turn: 'customer', unread: 0 }), reopen: (c) => change(c, { status: 'waiting' }), snooze: (c) => change(c, { status: 'snoozed' }),
    tags: (c, b) => change(c, { tags: b.tags }), complaint: (c, b) => change(c, { complaint: b.on }), priority: (c, b) => change(c, { priority: b.priority }), spam: (c, b) => change(c, { status: b.on ? 'resolved' : 'waiting' }),
  };

  async function rest(req, url, body) {
    const [, , kind, id, verb, extra, tail] = url.pathname.split('/');
    const q = url.searchParams;
    const key = `${req.method} ${kind}`;
    if (key === 'POST sessions') {
      if (body.password !== 'centrala-demo') return [401, { title: 'Unauthorized', code: 'unauthorized', tries_left: 7 }];
      w.signedIn = true;
      return [200, { token: 't', agent: w.me }];
    }
    if (key === 'POST passwords') return body.token === 'good' ? [204] : [404, { title: 'Not found', code: 'not_found' }];
    if (!w.signedIn) return [401, { title: 'Unauthorized', code: 'unauthorized' }];
    if (req.method !== 'GET' && req.headers['centrala-csrf'] !== '1') return [403, { title: 'CSRF', code: 'forbidden' }];
    if (key === 'DELETE sessions') return (w.signedIn = false), [204];
    if (kind === 'me') return [200, { agent: w.me, organisation: 'Jarmark', survey: { delay_hours: 24, quarantine_days: 90 } }];
    if (w.library.down && ['manuscripts', 'shelves'].includes(kind)) return [503, { title: 'Unavailable', code: 'unavailable', status: 503 }];
    const article = centre.rest(kind, id, verb, extra, tail, q, body, req.method);
    if (article) return article;
    const theirs = more?.rest(kind, id, verb, q, body, req.method, tell);
    if (theirs) return theirs;
    if (kind === 'counts') {
      const all = [...w.conversations.values()];
      const n = (v) => all.filter(views[v]).length;
      return [200, { mine: n('mine'), queue: n('queue'), team: n('team'), mentions: n('mentions'), snoozed: n('snoozed'), late: { mine: 1, queue: 1, team: 1 }, waiting: ['buyer', 'seller', 'advertiser'].map((side) => ({ side, n: all.filter((c) => views.queue(c) && c.side === side).length, oldest_at: iso(Date.now() - 6 * MIN) })), follow_ups: w.followUps.filter((f) => f.state === 'new').length }];
    }
    if (kind === 'conversations' && !id) {
      if (req.method === 'POST') {
        const c = { ...structuredClone(w.conversations.get('c_90000')), id: `c_${Date.now()}`, channel: body.channel, side: body.side, subject: body.subject, status: 'open', assignee: { id: 'a_1', name: w.me.name }, contact: { id: 'ct_new', name: body.contact.name, verified: false } };
        w.conversations.set(c.id, c);
        w.logs.set(c.id, [{ seq: 1, id: 'm_n', author: { kind: 'customer', name: body.contact.name }, text: body.text, channel: body.channel, at: iso(Date.now()) }]);
        return [201, c];
      }
      const words = (q.get('q') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
      let found = [...w.conversations.values()].filter((c) => (!q.get('view') || views[q.get('view')](c)) && (!q.get('side') || c.side === q.get('side')) && (!q.get('status') || c.status === q.get('status')));
      if (words.length > 0)
        found = found.flatMap((c) => {
          const text = c.last_message.text;
          const hay = `${c.contact.name} ${c.subject} ${text}`.toLowerCase();
          if (!words.some((x) => hay.includes(x))) return [];
          const marks = words.flatMap((x) => (text.toLowerCase().indexOf(x) < 0 ? [] : [[text.toLowerCase().indexOf(x), text.toLowerCase().indexOf(x) + x.length]])).sort((a, b) => a[0] - b[0]);
          return [{ ...c, hit: { seq: c.last_seq, text, marks, hits: 2 } }];
        });
      const at = Number(q.get('cursor') ?? 0);
      const limit = Number(q.get('limit') ?? 50);
      return [200, { items: found.slice(at, at + limit), next: at + limit < found.length ? String(at + limit) : null, total: found.length, took_ms: 38 }];
    }
    if (kind === 'conversations') {
      const c = w.conversations.get(id);
      if (!c) return [404, { title: 'Not found', code: 'not_found' }];
      if (verb === 'messages' && tail === undefined && extra) return [200, { ...w.logs.get(id)[Number(extra) - 1], full_text: 'W aplikacji mam „Zwrot w toku”, a 129,00 zł nie wróciło od poniedziałku.\n\nPozdrawiam\nMarta' }];
      if (verb === 'messages' && tail === 'html') return [200, '<!doctype html><body style="font-family:sans-serif"><h2>Anulowane zamówienie</h2><p>W aplikacji mam <b>Zwrot w toku</b>.</p></body>', 'text/html'];
      if (verb === 'transcript') return [200, 'Zapis rozmowy', 'text/plain'];
      if (verb === 'participants') {
        const others = (c.participants ?? []).filter((x) => x.address !== decodeURIComponent(extra ?? body.address));
        return [200, list(change(c, { participants: req.method === 'POST' ? [...others, body] : others }).participants)];
      }
      if (verb && acts[verb]) return [200, acts[verb](c, body)];
      if (req.method === 'PATCH') return [200, change(c, body)];
      return [200, c];
    }
    if (kind === 'contacts' && (verb === 'likely' || verb === 'mergers')) return [200, list([])];
    if (kind === 'contacts') {
      if (verb === 'conversations') return [200, list(w.empty ? [] : [{ id: 'c_95000', ref: '48001', subject: 'Gdzie jest moja paczka?', channel: 'chat', status: 'resolved', opened_at: iso(Date.now() - 20 * 1440 * MIN), score: 9 }, { id: 'c_95000x', ref: '47000', subject: 'Faktura za lampę, brak NIP-u na dokumencie', channel: 'email', status: 'resolved', opened_at: iso(Date.now() - 40 * 1440 * MIN) }])];
      const c = [...w.conversations.values()].find((x) => x.contact.id === id);
      return [200, { id, name: body?.name ?? c?.contact.name ?? '', email: body?.email ?? 'marta.wisniewska@poczta.example', side: c?.side ?? 'buyer', locale: 'pl', verified: c?.contact.verified ?? false, ...(id === 'ct_5' && verb !== 'undeliverable' ? { undeliverable: { since: iso(Date.now() - 2 * 1440 * MIN), reason: 'mailbox-full' } } : {}), blocked: body?.blocked ?? false, created_at: iso(Date.now() - 400 * 1440 * MIN) }];
    }
    if (kind === 'fuses') return [200, list(w.blown && id !== 'reset' ? [{ inbox: 'in_2', inbox_name: 'pomoc@jarmark.example', name: 'system@kurier.example', reason: 'flood', blown_at: iso(Date.now()), until: iso(Date.now() + 50 * MIN) }] : [])];
    if (kind === 'articles' && id === 'search') return [200, { items: w.articles, engine: 'bleve', took_ms: 3 }];
    if (kind === 'surveys' && id === 'follow-ups') {
      if (req.method === 'GET') return [200, list(w.followUps)];
      const f = w.followUps.find((x) => x.id === verb);
      return [200, Object.assign(f, body, body.owner ? { owner_name: w.me.name } : {})];
    }
    if (kind === 'reports') return [200, { days: 30, at: iso(Date.now()), conversations: w.empty ? 3 : 904, answered: w.empty ? 2 : 880, within_6h: w.empty ? 2 : 748, within_4h: w.empty ? 1 : 606, complaints: w.empty ? 0 : 3, unanswered: w.empty ? 1 : 24, unanswered_oldest_at: iso(Date.now() - 95 * MIN), survey, follow_ups: { opened: w.empty ? 0 : 39, closed: w.empty ? 0 : 26, in_time: w.empty ? 0 : 24 } }];
    if (kind === 'hours') {
      if (req.method === 'PUT') Object.assign(w.teams.find((t) => t.id === id), { hours: body });
      const all = w.teams.map((t) => ({ team: t.id, hours: t.hours, open: true, changes_at: iso(Date.now() + 90 * MIN) }));
      return [200, req.method === 'PUT' ? all.find((h) => h.team === id) : list(all)];
    }
    if (kind === 'hooks' || kind === 'hooks.csv') {
      if (w.slow) await new Promise((r) => setTimeout(r, w.slow));
      if (w.broken) return [503, { title: 'Unavailable', code: 'unavailable' }];
      const kept = w.empty ? [] : w.hooks;
      if (id === 'preview') return [200, { hooks: body.ids.length, conversations: Math.max(1, body.ids.length - 3), reopened: body.ids.length > 1 ? 2 : 0, messages: body.ids.length, repeated: 0 }];
      if (id === 'replay') {
        for (const h of kept.filter((x) => body.ids.includes(x.id))) Object.assign(h, { outcome: 'taken', cause: undefined, items: 1, messages: 1, number: 48207, conversation: 'c_2', seq: 4, parser: 3 });
        return [200, { replayed: body.ids.length, messages: body.ids.length, unread: 0 }];
      }
      const text = (h) => `${h.what} ${h.key ?? ''} ${h.cause?.code ?? ''} ${h.cause?.detail ?? ''} ${h.number ?? ''}`.toLowerCase();
      const let_ = kept.filter((h) => (!q.get('inbox') || h.inbox === q.get('inbox')) && (!q.get('q') || text(h).includes(q.get('q').toLowerCase())) && (!q.get('before') || h.at < q.get('before')));
      if (id === 'tally') return [200, Object.fromEntries(['taken', 'nothing', 'repeated', 'unread', 'forged', 'new'].map((o) => [o, let_.filter((h) => h.outcome === o).length + (q.get('q') || q.get('inbox') ? 0 : (w.empty ? {} : { taken: 3898, nothing: 140, repeated: 57, forged: 4 })[o] ?? 0)]))];
      if (id) {
        const h = kept.find((x) => x.id === id);
        return h ? [200, { ...h, body: h.has_body ? '{"id":"tk_99120","shop":"Naczynia \\u017bbik s.c.","side":"vendor","text":"Wyp\\u0142ata wstrzymana od pi\\u0105tku…","files":[]}' : '', explanation: h.has_body ? { outcome: h.outcome === 'unread' ? 'ingested' : 'ingested', reason: 'read', inbound: [{ kind: 'message', text: 'Wypłata wstrzymana od piątku…', from: { name: 'Naczynia Żbik s.c.', address: '5512' } }], notes: [] } : null }] : [404, { title: 'Not found', code: 'not_found' }];
      }
      return [200, list(let_.filter((h) => !q.get('outcome') || h.outcome === q.get('outcome')).slice(0, Number(q.get('limit') ?? 50)))];
    }
    if (kind === 'mail') return [200, { ...list([]), tally: { ingested: 0, automatic: 0, spam: 0, duplicate: 0, bounce: 0, oversize: 0, quarantined: w.empty ? 0 : 2 } }];
    if (kind === 'inboxes' && verb === 'device') {
      if (req.method === 'POST') {
        w.device = { code: { user_code: 'ABC 123', verification_uri: 'https://allegro.pl/skojarz-aplikacje', verification_uri_complete: 'https://allegro.pl/skojarz-aplikacje?code=ABC123', expires_at: iso(Date.now() + 10 * MIN), interval_s: 2 } };
        return [200, w.device.code];
      }
      return [200, w.device && !w.device.confirmed ? { state: 'pending', code: w.device.code } : { state: w.device ? 'connected' : w.inboxes.find((i) => i.id === id)?.account?.id ? 'connected' : 'none' }];
    }
    if (kind === 'inboxes' && verb === 'secret') return [200, { secret: 'Zm9vYmFyYmF6cXV4LWxvcmVtLWlwc3VtLWRvbG9yXzE' }];
    if (kind === 'inboxes' && (id === 'test' || verb === 'test') && !['email', undefined].includes(body.channel ?? w.inboxes.find((i) => i.id === id)?.channel)) {
      const refused = body.token === 'zly';
      return [200, { ok: !refused, steps: [{ name: 'meta.token', state: refused ? 'failed' : 'ok', detail: refused ? 'Meta nie przyjmuje tokenu. Wygeneruj nowy w panelu aplikacji. (190: Error validating access token)' : 'token przyjęty, ważny do 28 stycznia', took_ms: 214 }, { name: 'meta.page', state: refused ? 'skipped' : 'ok', detail: refused ? '' : 'strona Jarmark', took_ms: 180 }, { name: 'meta.permissions', state: refused ? 'skipped' : 'warn', detail: refused ? '' : 'bez pages_read_engagement, więc komentarze nie przyjdą', took_ms: 96 }] }];
    }
    if (kind === 'inboxes' && (id === 'test' || verb === 'test')) return [200, { ok: true, steps: ['resolve', 'tls', 'login', 'folder', 'smtp_tls', 'smtp_login'].map((name, i) => ({ name, state: i === 4 ? 'warn' : 'ok', detail: ['imap.jarmark.example istnieje', 'TLS 1.3', 'hasło przyjęte', '1 204 wiadomości, nowe przychodzą od razu (IDLE)', 'certyfikat wygasa za 9 dni', 'hasło przyjęte'][i], took_ms: 18 + i * 31 })) }];
    if (kind === 'inboxes' && req.method === 'GET' && w.slow) await new Promise((r) => setTimeout(r, w.slow));
    if (kind === 'inboxes' && req.method === 'GET' && w.broken) return [503, { title: 'Unavailable', code: 'unavailable' }];
    const books = { agents: w.agents, teams: w.teams, inboxes: w.inboxes, macros: w.macros, keys: w.keys, audit: w.audit, articles: w.articles };
    const book = kind === 'inboxes' && w.empty ? [] : books[kind];
    if (!book) return [404, { title: 'Not found', code: 'not_found' }];
    if (req.method === 'GET') return [200, list(book)];
    if (req.method === 'DELETE') return book.splice(book.findIndex((x) => x.id === id), 1), [204];
    if (req.method === 'PATCH') return [200, Object.assign(book.find((x) => x.id === id), body)];
    if (kind === 'agents') return verb === 'reset' ? [200, { link: 'https://pomoc.example/console/set-password#s3cret' }] : (book.push({ ...w.me, ...body, id: `a_${book.length + 1}`, load: 0, status: 'offline' }), [201, { agent: book.at(-1), link: 'https://pomoc.example/console/set-password#s3cret' }]);
    if (kind === 'keys') return book.unshift({ ...w.keys[0], ...body, id: `k_${book.length + 1}`, hint: 'ck_…9xYz' }), [201, { key: book[0], secret: 'ck_4mT9xPzR2vN7cKqW8hYbD3sF6jLg7Q2f' }];
    if (kind === 'inboxes' && w.refusal) return [422, w.refusal];
    if (kind === 'inboxes' && body.account) {
      const secrets = ['token', 'app_secret', 'client_secret'];
      book.push({ ...Object.fromEntries(Object.entries(body).filter(([k]) => !secrets.includes(k))), slug: 'x', id: `in_${book.length + 1}`, hook_url: `https://pomoc.jarmark.example/hooks/in_${book.length + 1}`, reachable: body.account.id !== '404404', state: { ok: true } });
      return [201, { ...book.at(-1), ...(body.channel === 'allegro' ? {} : { hook_secret: 'Zm9vYmFyYmF6cXV4LWxvcmVtLWlwc3VtLWRvbG9yXzE' }) }];
    }
    book.push({ ...body, id: `${kind}_${book.length + 1}`, state: { ok: true }, slug: body.slug ?? 'x', enabled: true });
    return [201, book.at(-1)];
  }

  const http = createServer(async (req, res) => {
    const url = new URL(req.url, 'http://x');
    const send = (status, body, type) => {
      res.writeHead(status, { 'Content-Type': type ?? (status >= 400 ? 'application/problem+json' : 'application/json'), 'Content-Security-Policy': type === 'text/html' ? "default-src 'none'; style-src 'unsafe-inline'; sandbox" : csp });
      res.end(body === undefined ? undefined : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    };
    if (url.pathname.startsWith('/assets/')) {
      const file = join(dist, url.pathname.slice('/assets/'.length));
      return existsSync(file) ? send(200, readFileSync(file), types[extname(file)]) : send(404, 'no');
    }
    if (url.pathname.startsWith('/console')) {
      const m = JSON.parse(readFileSync(join(dist, 'console/manifest.json'), 'utf8'))['console/main.ts'];
      res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': csp });
      return res.end(`<!doctype html><html lang="pl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>centrala</title>${(m.css ?? []).map((c) => `<link rel="stylesheet" href="/assets/console/${c}">`).join('')}</head><body><div id="app"></div><script type="module" src="/assets/console/${m.file}"></script></body></html>`);
    }
    if (url.pathname.startsWith('/v1/attachments')) return send(201, { id: `f_${Date.now()}`, name: 'plik.png', type: 'image/png', size: 1234 });
    if (url.pathname.startsWith('/f/')) return url.pathname.endsWith('.wav') ? send(200, silence(), 'audio/wav') : send(200, picture, 'image/png');
    if (!url.pathname.startsWith('/v1/')) return send(404, 'no', 'text/plain');
    const chunks = [];
    for await (const c of req) chunks.push(c);
    const text = Buffer.concat(chunks).toString();
    send(...(await rest(req, url, text && !/multipart/.test(req.headers['content-type'] ?? '') ? JSON.parse(text) : {})));
  });

  const wss = new WebSocketServer({ noServer: true });
  let refuse = false;
  http.on('upgrade', (req, socket, head) => (refuse || !w.signedIn ? socket.destroy() : wss.handleUpgrade(req, socket, head, (s) => live(s))));
  function live(s) {
    const out = (f) => s.readyState === 1 && s.send(JSON.stringify(f));
    s.on('close', () => sockets.delete(s));
    s.on('message', (data) => {
      const f = JSON.parse(String(data));
      const log = f.conversation ? (w.logs.get(f.conversation) ?? []) : [];
      switch (f.type) {
        case 'hello':
          sockets.add(s);
          out({ type: 'welcome', session: 's', me: w.me, conversations: [...w.conversations.values()].slice(0, 20) });
          for (const [conversation, seq, state, reason, cause] of more?.outcomes ?? []) out({ type: 'delivery', conversation, seq, state, reason, cause, at: iso(Date.now()) });
          for (const r of f.resume ?? []) {
            const l = w.logs.get(r.conversation) ?? [];
            for (const { seq, ...message } of l.filter((e) => e.seq > r.after)) out({ type: 'message', conversation: r.conversation, seq, message });
            out({ type: 'resumed', conversation: r.conversation, from: r.after + 1, seq: l.at(-1)?.seq ?? 0 });
          }
          return;
        case 'ping':
          return out({ type: 'pong', ref: f.ref, at: iso(Date.now()) });
        case 'history': {
          const l = log.filter((e) => (!f.before || e.seq < f.before) && (!f.after || e.seq > f.after));
          return out({ type: 'history', ref: f.ref, conversation: f.conversation, messages: f.after ? l.slice(0, f.limit ?? 50) : l.slice(-(f.limit ?? 50)), more: false });
        }
        case 'message.send': {
          w.sent = f;
          const no = refusals.shift();
          if (no) return out({ type: 'error', ref: f.ref, retry: false, ...no });
          const seq = log.length + 1;
          const message = { id: `m_${seq}`, author: { kind: 'agent', id: 'a_1', name: w.me.name }, text: f.text, channel: f.via ?? w.conversations.get(f.conversation)?.channel ?? 'chat', at: iso(Date.now()), key: f.key, ...(f.note ? { note: true } : {}), ...(f.answers ? { answers: f.answers } : {}) };
          log.push({ seq, ...message });
          out({ type: 'ack', ref: f.ref, conversation: f.conversation, message: message.id, seq, at: message.at });
          const c = w.conversations.get(f.conversation);
          if (c) change(c, { last_seq: seq, ...(f.note ? {} : { turn: 'customer', due: null, unread: 0, last_message: { seq, author: message.author, text: f.text.slice(0, 200), at: message.at } }) });
          setTimeout(() => out({ type: 'delivery', conversation: f.conversation, seq, state: 'delivered', at: iso(Date.now()) }), 150);
          return;
        }
        case 'suggest':
          return out({ type: 'suggestions', ref: f.ref, query: f.text, articles: w.articles });
        case 'view':
          if (f.conversation === 'c_1') out({ type: 'viewers', conversation: 'c_1', agents: [{ id: 'a_2', name: 'Ania Rutkowska' }, { id: 'a_1', name: w.me.name }] });
          return;
        case 'presence.set':
          w.me.status = f.status;
          return tell({ type: 'presence', agent: 'a_1', status: f.status, load: w.me.load, capacity: w.me.capacity });
        default:
          if (f.ref) out({ type: 'ack', ref: f.ref });
      }
    });
  }
  return new Promise((resolve) =>
    http.listen(port, '127.0.0.1', () =>
      resolve({
        url: `http://127.0.0.1:${http.address().port}`, world: w, tell,
        customer(id, text) {
          const log = w.logs.get(id);
          const c = w.conversations.get(id);
          const seq = log.length + 1;
          const message = { id: `m_${seq}`, author: { kind: 'customer', id: c.contact.id, name: c.contact.name }, text, channel: 'chat', at: iso(Date.now()) };
          log.push({ seq, ...message });
          change(c, { last_seq: seq, turn: 'agent', due: iso(Date.now() + 9.5 * MIN), unread: c.unread + 1, last_message: { seq, author: message.author, text, at: message.at } });
          tell({ type: 'message', conversation: id, seq, message });
        },
        refuse: (error) => refusals.push(error),
        change(id, of, kind, more = {}) {
          const log = w.logs.get(id);
          const c = w.conversations.get(id);
          const { text, ...rest } = more;
          const message = { id: `m_${log.length + 1}`, author: { kind: 'customer', id: c.contact.id, name: c.contact.name }, text: '', channel: c.channel, at: iso(Date.now()), change: { of, kind, ...(text === undefined ? {} : { text }) }, ...rest };
          log.push({ seq: log.length + 1, ...message });
          tell({ type: 'message', conversation: id, seq: log.length, message });
        },
        cut(on) {
          refuse = on;
          if (on) sockets.forEach((s) => s.terminate());
        },
        close: () => new Promise((done) => { sockets.forEach((s) => s.terminate()); http.close(done); http.closeAllConnections(); }),
      }),
    ),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const rows = Number(process.argv[process.argv.indexOf('--rows') + 1]) || 8;
  const s = await serve({ port: Number(process.argv[2]) || 0, rows, empty: process.argv.includes('--empty'), social: process.argv.includes('--social') });
  console.log(s.url + '/console');
}
