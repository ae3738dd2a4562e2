// From what is held and what waits to what is shown: the lines of the conversation, in order.
import type { Attachment, Message } from '../protocol';
import type { Item, Progress, Shown } from '../wire';

export type MineState = 'sending' | 'waiting' | 'behind' | 'failed' | Progress;

export type Line =
  | { kind: 'day'; id: string; at: string }
  | { kind: 'joined' | 'resolved' | 'reopened' | 'ended'; id: string; at: string; name: string }
  | {
      kind: 'mine' | 'theirs';
      id: string;
      at: string;
      name: string;
      text: string;
      attachments: Attachment[];
      gone: boolean;
      edited: boolean;
      cut: boolean;
      /** A program's words: the addresses in them are links. */
      auto?: boolean;
      /** The last of a run: its state or its time stands below it. */
      last: boolean;
      /** The first of a run of theirs after ours, which says who it is. */
      state: MineState;
      /** The failed or waiting row's id in the outbox. */
      row?: string;
      code?: string;
    };
type Said = Extract<Line, { kind: 'mine' | 'theirs' }>;

const apart = 5 * 60_000; // words this far apart are not one run
const moves = ['joined', 'resolved', 'reopened', 'ended'] as const;

/** progress tells how far one of ours got. */
export function linesOf(items: readonly Item[], rows: readonly Shown[], progress: (seq: number) => Progress): Line[] {
  const lines: Line[] = [];
  const keys = new Set<string>();
  for (const item of items) {
    if (!item.message) continue;
    if (item.message.key) keys.add(item.message.key);
    const line = lineOf(item, item.message, progress);
    if (line) lines.push(line);
  }
  for (const row of rows) if (!keys.has(row.key)) lines.push(waiting(row));
  return runs(withDays(lines));
}

function lineOf(item: Item, m: Message, progress: (seq: number) => Progress): Line | null {
  const id = `s${item.seq}`;
  if (m.system) {
    const kind = m.system.kind === 'assigned' ? 'joined' : moves.find((k) => k === m.system?.kind);
    const name = m.system.agent_name ?? m.author.name ?? '';
    return !kind || (kind === 'joined' && name === '') ? null : { kind, id, at: m.at, name };
  }
  if (m.change) return null;
  const mine = m.author.kind === 'customer';
  return {
    kind: mine ? 'mine' : 'theirs', id: m.key ?? id, at: m.at, name: m.author.name ?? '', text: m.text,
    attachments: m.attachments ?? [], gone: item.gone ?? false, edited: item.edited ?? false, cut: m.cut ?? false,
    last: true, state: mine ? progress(item.seq) : 'sent', ...(m.author.kind === 'bot' ? { auto: true } : {}),
  };
}

function waiting(row: Shown): Line {
  return {
    kind: 'mine', id: row.key, at: new Date(row.at).toISOString(), name: '', text: row.text, attachments: row.attachments,
    gone: false, edited: false, cut: false, last: true, state: row.state, row: row.id,
    ...(row.failed ? { code: row.failed.code } : {}),
  };
}

function withDays(lines: Line[]): Line[] {
  const out: Line[] = [];
  let day = '';
  for (const line of lines) {
    const its = new Date(line.at).toDateString();
    if (its !== day) out.push({ kind: 'day', id: `d${line.id}`, at: line.at });
    day = its;
    out.push(line);
  }
  return out;
}

function runs(lines: Line[]): Line[] {
  return lines.map((line, i) => {
    const next = lines[i + 1];
    if (!said(line) || !next || !said(next) || next.kind !== line.kind) return line;
    const close = Date.parse(next.at) - Date.parse(line.at) < apart;
    const alike = line.kind === 'mine' ? next.state === line.state && line.row === undefined : next.name === line.name;
    return close && alike ? { ...line, last: false } : line;
  });
}

const said = (line: Line): line is Said => line.kind === 'mine' || line.kind === 'theirs';
