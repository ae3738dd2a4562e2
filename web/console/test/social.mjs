// The made-up conversations of social channels, for server.mjs: every state that the console draws for them.
import { deflateSync } from 'node:zlib';

const MIN = 60_000;
const HOUR = 60 * MIN;
const iso = (ms) => new Date(ms).toISOString();

const me = { kind: 'agent', id: 'a_1', name: 'Hanna Bielecka' };

/** A picture of two blue fields, as PNG. */
export const picture = png(240, 160, (x, y) => (x > 70 && x < 170 && y > 30 && y < 140 ? [35, 64, 107] : [206, 219, 236]));

function png(width, height, colour) {
  const crc = (data) => {
    let c = ~0;
    for (const byte of data) for (let k = (c ^= byte, 0); k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    return ~c >>> 0;
  };
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const dots = Buffer.from(Array.from({ length: height }, (_, y) => [0, ...Array.from({ length: width }, (_, x) => colour(x, y)).flat()]).flat());
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', deflateSync(dots)), chunk('IEND', Buffer.alloc(0))]);
}

/** A second of silence, as WAV. */
export function silence() {
  const out = Buffer.alloc(44 + 8000, 128);
  out.write('RIFF', 0);
  out.writeUInt32LE(36 + 8000, 4);
  out.write('WAVEfmt ', 8);
  for (const [at, v] of [[16, 16], [24, 8000], [28, 8000], [40, 8000]]) out.writeUInt32LE(v, at);
  for (const [at, v] of [[20, 1], [22, 1], [32, 1], [34, 8]]) out.writeUInt16LE(v, at);
  out.write('data', 36);
  return out;
}

const templates = [
  { name: 'zwrot_w_drodze', locale: 'pl', body: 'Dzień dobry, {{1}}! Zwrot {{2}} zł jest w drodze i będzie na koncie do {{3}}.', blanks: 3 },
  { name: 'prosba_o_kontakt', locale: 'pl', body: 'Dzień dobry, mamy odpowiedź w Twojej sprawie. Napisz do nas, a podamy szczegóły.', blanks: 0 },
  { name: 'refund_on_its_way', locale: 'en', body: 'Hello {{1}}, your refund of PLN {{2}} is on its way.', blanks: 2 },
];

/** Adds them to a world and says how REST answers about them: undefined for what is not theirs. */
export function socialize(w) {
  const now = Date.now();
  const add = (id, channel, name, side, subject, entries, more = {}, person = {}) => {
    const who = { kind: 'customer', id: `ct_${id}`, name };
    const log = entries.map(([from, text, min, extra = {}], n) => ({ seq: n + 1, id: `m_${id}_${n + 1}`, author: from === 'c' ? who : from === 'a' ? me : from === 's' ? { kind: 'system', id: 'centrala' } : from, text, channel, at: iso(now - min * MIN), ...extra }));
    const last = [...log].reverse().find((e) => !e.system && !e.change);
    w.logs.set(`c_${id}`, log);
    w.conversations.set(`c_${id}`, {
      id: `c_${id}`, ref: String(48300 + w.conversations.size), inbox: `in_${channel}`, channel, side, status: 'open', turn: 'agent', subject, contact: { id: `ct_${id}`, name, verified: false }, team: 't_1', assignee: { id: 'a_1', name: me.name },
      priority: 0, tags: [], complaint: false, last_seq: log.length, last_message: { seq: last.seq, author: last.author, text: last.text, at: last.at }, unread: 0, read: { customer: 0, agent: log.length }, opened_at: iso(now - 26 * HOUR), due: iso(now + 100 * MIN), version: 1, reason: 'Kupujący → Zwroty', ...more,
    });
    w.people.set(`ct_${id}`, { id: `ct_${id}`, name, side, locale: 'pl', verified: false, created_at: iso(now - 40 * 24 * HOUR), identities: [{ channel: channel === 'facebook' ? 'messenger' : channel, inbox: `in_${channel}`, address: `7${id}20418`, name, since: iso(now - 40 * 24 * HOUR) }], ...person });
  };
  w.people = new Map();
  w.deliveries = new Map();
  const file = (id, name, type, size, more = {}) => ({ id, name, type, size, url: `/f/${name}`, ...more });

  add('ms', 'messenger', 'Kamil Pietrzyk', 'buyer', '', [
    ['c', 'Rozpocznij', 180, { pressed: true }],
    ['c', 'Dzień dobry, przyszedł inny kolor niż na aukcji', 178, { edited: true, reactions: [{ by: 'a_1', emoji: '👍' }, { by: 'customer', emoji: '👍' }, { by: 'a_2', emoji: '❤️' }] }],
    ['c', '', 177, { attachments: [file('f_p', 'dzbanek.png', 'image/png', 184_000), file('f_v', 'glos.wav', 'audio/wav', 8044)] }],
    ['a', 'Widzę, to pomyłka sprzedawcy. Czy może Pan wysłać zdjęcie etykiety?', 170, { answers: 3 }],
    ['c', '', 165, { attachments: [{ id: 'f_w', name: 'etykieta.jpg', type: 'image/jpeg', size: 0, state: 'fetching' }, { id: 'f_l', name: 'film-z-rozpakowania.mov', type: 'video/quicktime', size: 0, state: 'lost' }] }],
    ['c', '', 160, { unsent: true }],
    [{ kind: 'agent', id: 'outside', name: 'Meta Business Suite' }, 'Już sprawdzam w magazynie.', 150],
    ['c', 'Czekam na odpowiedź. Mogę odesłać jeszcze dziś?', 48, { answers: 4 }],
    ['c', '', 47, { change: { of: 2, kind: 'edit', text: 'Dzień dobry, przyszedł inny kolor niż na aukcji, granatowy zamiast zielonego' } }],
  ], { window: { until: iso(now + 3 * HOUR + 12.5 * MIN), human_until: iso(now + 147 * HOUR) } });
  add('soon', 'instagram', 'Grażyna Wójcik', 'buyer', '', [['c', 'Czy zdążycie przed świętami?', 1430]], { window: { until: iso(now + 9.07 * MIN) } });
  add('hum', 'messenger', 'Łukasz Żurawski', 'buyer', '', [['c', 'Etykieta zwrotna nie działa', 1700], ['a', 'Sprawdzamy to z kurierem.', 1690]], { window: { until: iso(now - 4 * HOUR), human_until: iso(now + 140 * HOUR) } });
  add('mail', 'instagram', 'Jagoda Królikowska', 'buyer', '', [['c', 'Sprzedawca odsyła mnie do banku', 2000]], { window: { until: iso(now - 9 * HOUR) } }, { email: 'jagoda@poczta.example' });
  add('none', 'instagram', 'halinka_77', 'buyer', '', [['c', 'hej, jest tam kto?', 2400]], { window: { until: iso(now - 16 * HOUR) } });
  add('wa', 'whatsapp', 'Marta W.', 'buyer', '', [['c', 'Podaję numer zamówienia: 2487-1193-05', 2900], ['a', 'Dziękujemy, zwrot zlecony.', 2890]], { window: { until: iso(now - 24 * HOUR), template: true }, matters: [{ kind: 'order', id: '2487-1193-05', title: 'Dzbanek emaliowany 1,2 l, granat', status: 'CANCELLED' }] }, { phone: '+48 600 100 214', email: 'marta@poczta.example' });
  add('fb', 'facebook', 'Ewelina Brzęczyszczykiewicz-Łuczak', 'buyer', '', [['c', 'Trzeci raz piszę, a nikt nie odpowiada!', 40]], { matters: [{ kind: 'post', id: '104_88', title: 'Promocja na dzbanki do niedzieli', url: 'https://facebook.example/104/posts/88' }] });
  add('al', 'allegro', 'ceramika_krk', 'buyer', 'Dyskusja: uszkodzona przesyłka', [['c', 'Paczka przyszła rozbita, proszę o zwrot pieniędzy.', 300]], {
    matters: [
      { kind: 'order', id: '29738e61-7f6a', title: 'Miska gliniana 24 cm', status: 'READY_FOR_PROCESSING', url: 'https://allegro.example/moje-allegro/sprzedaz/zamowienia/29738e61' },
      { kind: 'offer', id: '12345678901', title: 'Miska gliniana 24 cm, ręcznie toczona', url: 'https://allegro.example/oferta/12345678901' },
      { kind: 'issue', id: '7a1f20', title: 'Przesyłka uszkodzona', status: 'DISPUTE_ONGOING', due: iso(now + 20 * HOUR) },
      { kind: 'offer', id: '12345678902', title: 'Talerz gliniany' },
    ],
  });
  add('wh', 'webhook', 'Meble Orzech sp. z o.o.', 'seller', 'Telefon bez odpowiedzi', [['c', 'Nieodebrane połączenie z +48 61 555 01 02, prośba o telefon.', 60]], { matters: [{ kind: 'callback', id: 'cb-19', title: '+48 61 555 01 02', status: 'open', due: iso(now + 35 * MIN) }] }, { phone: '+48 61 555 01 02' });
  add('tg', 'telegram', 'Autoczęści Ślęza', 'seller', '', [
    ['c', 'Prowizja naliczona dwa razy', 300],
    ['a', 'Bardzo długa odpowiedź, która wyszła w dwóch częściach. '.repeat(3), 290],
    ['s', 'Ślęza Jan', 200, { system: { kind: 'joined', other: 'ct_x', merger: 'mg_1', via: 'messenger' }, author: me }],
    ['c', 'Halo?', 20],
  ]);
  w.mergers = new Map([['ct_tg', [{ id: 'mg_1', contact: 'ct_tg', other: 'ct_x', name: 'Ślęza Jan', channels: ['messenger'], by: me, evidence: [{ kind: 'email', strong: true, detail: 'jan@sleza.example' }, { kind: 'phone', strong: true }], at: iso(now - 200 * MIN) }]]]);
  const tries = (outcome, reason) => [{ number: 1, node: 'n1', leased_at: iso(now - 290 * MIN), began_at: iso(now - 290 * MIN), ended_at: iso(now - 289 * MIN), outcome, ...(reason ? { reason } : {}) }];
  w.deliveries.set('c_tg', [
    { id: 'd_1', seq: 2, channel: 'telegram', state: 'delivered', at: iso(now), history: tries('handed_over') },
    { id: 'd_2', seq: 2, channel: 'telegram', state: 'failed', cause: 'unreachable', reason: 'Forbidden: bot was blocked by the user', at: iso(now), history: tries('failed', 'Forbidden: bot was blocked by the user') },
  ]);
  w.deliveries.set('c_hum', [{ id: 'd_3', seq: 2, channel: 'messenger', state: 'unknown', at: iso(now), history: tries('unknown', 'no answer in 20 s') }]);
  w.deliveries.set('c_wa', [{ id: 'd_4', seq: 2, channel: 'whatsapp', state: 'failed', cause: 'outside-window', reason: '131047 Re-engagement message', at: iso(now), history: tries('failed', '131047 Re-engagement message') }]);
  const likely = new Map([['ct_1', [{
    contact: w.people.get('ct_wa'), conversations: 2, channels: ['whatsapp'], since: iso(now - 48 * 24 * HOUR),
    evidence: [{ kind: 'phone', strong: true, detail: '+48 600 100 214' }, { kind: 'order', detail: '2487-1193-05' }, { kind: 'locale', detail: 'pl' }, { kind: 'other-email', against: true }],
  }]]]);
  return { rest: (kind, id, verb, q, body, method, tell) => answer(w, likely, { kind, id, verb, q, body, method, tell }), outcomes: [['c_tg', 2, 'failed', 'Forbidden: bot was blocked by the user', 'unreachable'], ['c_hum', 2, 'unknown', 'no answer in 20 s'], ['c_wa', 2, 'failed', '131047 Re-engagement message', 'outside-window']] };
}

const list = (items) => [200, { items, next: null }];

function answer(w, likely, { kind, id, verb, q, body, method, tell }) {
  if (kind === 'inboxes' && verb === 'templates') return w.broken ? [502, { title: 'The vendor does not answer', code: 'unavailable' }] : list(w.bare ? [] : templates);
  if (kind === 'conversations' && verb === 'deliveries') return list(w.deliveries.get(id) ?? []);
  if (kind !== 'contacts') return undefined;
  if (!id) return list([...w.people.values()].filter((p) => `${p.name} ${p.email ?? ''} ${p.phone ?? ''}`.toLowerCase().includes((q.get('q') ?? '').toLowerCase())).slice(0, 8));
  const note = (what) => {
    for (const [c, log] of w.logs) {
      if (w.conversations.get(c)?.contact.id !== id) continue;
      const seq = log.length + 1;
      const entry = { id: `m_${c}_${seq}`, author: me, text: what.text, channel: 'chat', at: iso(Date.now()), system: what.system };
      log.push({ seq, ...entry });
      tell({ type: 'message', conversation: c, seq, message: entry });
    }
  };
  switch (verb) {
    case 'likely':
      return list((likely.get(id) ?? []).filter((l) => !q.get('other') || l.contact.id === q.get('other')));
    case 'mergers':
      return list(w.mergers.get(id) ?? []);
    case 'merge': {
      const other = w.people.get(body.other);
      const l = (likely.get(id) ?? []).find((x) => x.contact.id === body.other);
      const merger = { id: `mg_${w.mergers.size + 1}`, contact: id, other: body.other, name: other?.name, channels: l?.channels ?? ['chat'], by: me, evidence: l?.evidence ?? [], at: iso(Date.now()) };
      w.mergers.set(id, [...(w.mergers.get(id) ?? []), merger]);
      likely.set(id, (likely.get(id) ?? []).filter((x) => x !== l));
      note({ text: other?.name ?? '', system: { kind: 'joined', other: body.other, merger: merger.id, via: merger.channels[0] } });
      return [200, { contact: { id, name: '', verified: true, created_at: iso(Date.now()) }, merger: merger.id }];
    }
    case 'unmerge': {
      const m = (w.mergers.get(id) ?? []).find((x) => x.id === body.merger);
      if (!m) return [404, { title: 'Not found', code: 'not_found' }];
      m.undone_at = iso(Date.now());
      note({ text: m.name, system: { kind: 'parted', other: m.other, merger: m.id, via: m.channels[0] } });
      return [200, {}];
    }
    case 'unlike':
      likely.set(id, (likely.get(id) ?? []).filter((l) => l.contact.id !== body.other));
      return [200, {}];
    case undefined:
      return method === 'GET' && w.people.has(id) ? [200, w.people.get(id)] : undefined;
  }
  return undefined;
}
