// A server of made-up conversations that speaks the contract, to drive the console without the real one:
//   node console/test/server.mjs [port] [--rows N] [--empty]
// serves the built console (npm run build first) under the policy of the real pages.
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WebSocketServer } from 'ws';

const dist = join(import.meta.dirname, '../../dist');
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
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
      { seq: 7, id: 'm_7', author: cust, channel: 'chat', at: iso(now - 6 * MIN), text: 'Bank mówi, że nic nie widzi na koncie. Mam się martwić?', attachments: [{ id: 'f_1', name: 'historia-konta.png', type: 'image/png', size: 184_000, url: '/f/1' }] },
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
  ];
  const macros = [['Zwrot w drodze, BLIK', 'buyer', 't_1', 'Dzień dobry, {{name}}! Zwrot za sprawę {{ref}} zlecono. Numer u operatora to {{numer zwrotu}}. BLIK wraca w 2 dni robocze.'], ['Zwrot w drodze, karta', 'buyer', 't_1', 'Dzień dobry! Zwrot na kartę trwa do 5 dni roboczych.'], ['Etykieta zwrotna', 'buyer', '', 'W załączniku jest etykieta zwrotna.'], ['Prośba o numer sprawy', '', '', 'Poproszę o numer zamówienia.'], ['Dokumenty do wypłaty', 'seller', 't_2', 'Proszę dosłać potwierdzenie rachunku.']].map(([title, side, team, text], i) => ({ id: `ma_${i}`, title, ...(side ? { side } : {}), ...(team ? { team } : {}), text: { pl: text } }));
  const keys = [{ id: 'k_1', name: 'Raporty tygodniowe', hint: 'ck_…7Q2f', scopes: ['reports:read'], sides: ['buyer'], created_by: 'Jerzy Nowak', created_at: iso(now), expires_at: iso(now + 90 * 1440 * MIN) }];
  const audit = [['agent.created', 'Kinga Maj', 'agent'], ['inbox.changed', 'pomoc@jarmark.example', 'folder: INBOX'], ['key.created', 'Raporty tygodniowe', 'reports:read'], ['session.failed', 'ania@demo.test', 'złe hasło']].map(([action, subject, detail], i) => ({ id: `au_${i}`, at: iso(now - i * 37 * MIN), actor: i === 1 ? null : { kind: 'agent', id: 'a_8', name: 'Jerzy Nowak' }, action, subject, detail, address: '203.0.113.18' }));
  return { me: agents[0], teams, agents, conversations, logs, followUps, articles, inboxes, macros, keys, audit, signedIn: true, empty };
}

export function serve({ port = 0, ...options } = {}) {
  const w = world(options);
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
      if (verb && acts[verb]) return [200, acts[verb](c, body)];
      if (req.method === 'PATCH') return [200, change(c, body)];
      return [200, c];
    }
    if (kind === 'contacts') {
      if (verb === 'conversations') return [200, list(w.empty ? [] : [{ id: 'c_95000', ref: '48001', subject: 'Gdzie jest moja paczka?', channel: 'chat', status: 'resolved', opened_at: iso(Date.now() - 20 * 1440 * MIN), score: 9 }, { id: 'c_95000x', ref: '47000', subject: 'Faktura za lampę, brak NIP-u na dokumencie', channel: 'email', status: 'resolved', opened_at: iso(Date.now() - 40 * 1440 * MIN) }])];
      const c = [...w.conversations.values()].find((x) => x.contact.id === id);
      return [200, { id, name: body?.name ?? c?.contact.name ?? '', email: body?.email ?? 'marta.wisniewska@poczta.example', side: c?.side ?? 'buyer', locale: 'pl', verified: c?.contact.verified ?? false, blocked: body?.blocked ?? false, created_at: iso(Date.now() - 400 * 1440 * MIN) }];
    }
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
    if (kind === 'inboxes' && (id === 'test' || verb === 'test')) return [200, { ok: true, steps: ['resolve', 'tls', 'login', 'folder', 'smtp_tls', 'smtp_login'].map((name, i) => ({ name, state: i === 4 ? 'warn' : 'ok', detail: ['imap.jarmark.example istnieje', 'TLS 1.3', 'hasło przyjęte', '1 204 wiadomości, nowe przychodzą od razu (IDLE)', 'certyfikat wygasa za 9 dni', 'hasło przyjęte'][i], took_ms: 18 + i * 31 })) }];
    const books = { agents: w.agents, teams: w.teams, inboxes: w.inboxes, macros: w.macros, keys: w.keys, audit: w.audit, articles: w.articles };
    const book = books[kind];
    if (!book) return [404, { title: 'Not found', code: 'not_found' }];
    if (req.method === 'GET') return [200, list(book)];
    if (req.method === 'DELETE') return book.splice(book.findIndex((x) => x.id === id), 1), [204];
    if (req.method === 'PATCH') return [200, Object.assign(book.find((x) => x.id === id), body)];
    if (kind === 'agents') return verb === 'reset' ? [200, { link: 'https://pomoc.example/console/set-password#s3cret' }] : (book.push({ ...w.me, ...body, id: `a_${book.length + 1}`, load: 0, status: 'offline' }), [201, { agent: book.at(-1), link: 'https://pomoc.example/console/set-password#s3cret' }]);
    if (kind === 'keys') return book.unshift({ ...w.keys[0], ...body, id: `k_${book.length + 1}`, hint: 'ck_…9xYz' }), [201, { key: book[0], secret: 'ck_4mT9xPzR2vN7cKqW8hYbD3sF6jLg7Q2f' }];
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
    if (!url.pathname.startsWith('/v1/')) return send(404, 'no', 'text/plain');
    const chunks = [];
    for await (const c of req) chunks.push(c);
    const text = Buffer.concat(chunks).toString();
    send(...(await rest(req, url, text ? JSON.parse(text) : {})));
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
          const seq = log.length + 1;
          const message = { id: `m_${seq}`, author: { kind: 'agent', id: 'a_1', name: w.me.name }, text: f.text, channel: 'chat', at: iso(Date.now()), key: f.key, ...(f.note ? { note: true } : {}) };
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
  const s = await serve({ port: Number(process.argv[2]) || 0, rows, empty: process.argv.includes('--empty') });
  console.log(s.url + '/console');
}
