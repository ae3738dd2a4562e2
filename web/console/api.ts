// Every REST call the console makes, with what it sends and what comes back. Resources follow docs/protocol.md
// section 3: JSON, times RFC 3339 in UTC, lists {"items":[…],"next":"<cursor>"|null}, errors as
// application/problem+json. All calls are same-origin with the session cookie; those that change something carry
// the header Centrala-CSRF: 1. A field marked `?` in a request may be left out and is then unchanged.
import type { Attachment, Conversation, Entry, Matter, Presence, Side, Status, Template, Window } from '../protocol';

export type { Attachment, Conversation, Entry, Matter, Presence, Side, Status, Template, Window };

// ── what every answer may contain ──────────────────────────────────────────────────────────────────────────────

export type Role = 'agent' | 'supervisor' | 'admin';
export type Locale = 'pl' | 'en';

export interface List<T> {
  items: T[];
  next: string | null;
}

/** A refusal, as RFC 9457 with our code. `code` is one of the error codes of the socket, or `csrf`. */
export interface Problem {
  type?: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  /** The request's field that is wrong, when one is. */
  field?: string;
  retry_after_ms?: number;
  /** On a failed sign-in: how many tries are left this minute. */
  tries_left?: number;
}

/** Thrown by every call that was refused (`problem.status` ≥ 400) or could not be made (`problem.status` 0). */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
    this.name = 'ApiError';
  }
  get offline(): boolean {
    return this.problem.status === 0;
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': document.documentElement.lang };
  if (method !== 'GET') headers['Centrala-CSRF'] = '1';
  let payload: BodyInit | undefined;
  if (body instanceof FormData) payload = body;
  else if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
    payload = JSON.stringify(body);
  }
  let res: Response;
  try {
    res = await fetch(path, { method, headers, body: payload, credentials: 'same-origin', signal: signal ?? null });
  } catch (err) {
    if (signal?.aborted) throw err;
    throw new ApiError({ title: 'no connection', status: 0, code: 'unavailable' });
  }
  if (!res.ok) throw new ApiError(await problemOf(res));
  if (res.status === 204) return undefined as T;
  const type = res.headers.get('Content-Type') ?? '';
  return (type.includes('json') ? await res.json() : await res.text()) as T;
}

/** Codes of refusals that are no document of ours: a proxy's. */
const codes: Record<number, string> = { 401: 'unauthorized', 403: 'forbidden', 404: 'not_found', 413: 'too_long', 429: 'rate_limited' };

async function problemOf(res: Response): Promise<Problem> {
  const wait = Number(res.headers.get('Retry-After'));
  const base: Problem = { title: res.statusText || 'error', status: res.status, code: codes[res.status] ?? 'unavailable' };
  if (wait > 0) base.retry_after_ms = wait * 1000;
  try {
    return { ...base, ...((await res.json()) as Partial<Problem>), status: res.status };
  } catch {
    return base; // a proxy's own page, not a problem document: the status alone has to do
  }
}

export function q(path: string, query: Query): string {
  const params = new URLSearchParams();
  for (const [k, v] of Object.entries(query)) if (v !== undefined && v !== null && v !== '') params.set(k, String(v));
  const s = params.toString();
  return s ? `${path}?${s}` : path;
}

const id = encodeURIComponent;

// ── signing in ─────────────────────────────────────────────────────────────────────────────────────────────────

export interface Agent {
  id: string;
  name: string;
  email: string;
  role: Role;
  /** Ids. */
  teams: string[];
  /** Of the teams. */
  sides: Side[];
  /** Units of work at once: a chat costs 4, a social message 3, an e-mail, a form or a call 2. */
  capacity: number;
  locale: Locale;
  /** Cannot sign in; the name stays on what was written. */
  disabled?: boolean;
  created_at: string;
  /** The line as it is now. */
  status: Presence;
  load: number;
}

export interface Me {
  agent: Agent;
  /** Name of the marketplace, shown on the sign-in page and in texts. */
  organisation: string;
  /** Hours after which a resolved conversation's customer is asked by mail, and the days of quarantine. */
  survey: { delay_hours: number; quarantine_days: number };
  /** Whether a language model drafts answers. */
  drafts: boolean;
}

/** 200; 401 `unauthorized` with tries_left; 429 `rate_limited` with Retry-After. Sets the cookie. */
export const signIn = (email: string, password: string, totp?: string) =>
  call<{ token: string; agent: Agent }>('POST', '/v1/sessions', { email, password, ...(totp ? { totp } : {}) });
/** 204. */
export const signOut = () => call<void>('DELETE', '/v1/sessions');
/** Uses up a one-time link. 204; 404 when it was used or is older than its day; 422 `invalid` for a weak password. */
export const setPassword = (token: string, password: string) =>
  call<void>('POST', '/v1/passwords', { token, password });
/** 401 without a session. */
export const getMe = () => call<Me>('GET', '/v1/me');
export const patchMe = (body: { name?: string; locale?: Locale }) => call<Me>('PATCH', '/v1/me', body);

// ── conversations ──────────────────────────────────────────────────────────────────────────────────────────────

/** What a language model drafted for the composer, and the passages it was given. It is never sent by itself. */
export interface AnswerDraft {
  text: string;
  cut: boolean;
  sources: { id: string; title: string; url: string }[];
}
/** 404 field draft: nothing is configured; 409 draft: nothing was asked; 429 and 503 (draft.key, draft.model, draft.late, draft.lost, draft.answer): the model. */
export const draft = (id: string) => call<AnswerDraft>('POST', `/v1/conversations/${id}/draft`);

export type View = 'mine' | 'queue' | 'team' | 'mentions' | 'snoozed' | 'resolved';

/** `team` and `assignee` are ids. `q` searches subjects, names, addresses and messages. Ordered by `due`, then age; with `q` by relevance. */
export interface ConversationQuery {
  view?: View;
  status?: Status;
  side?: Side;
  team?: string;
  assignee?: string;
  contact?: string;
  tag?: string;
  channel?: string;
  complaint?: boolean;
  q?: string;
  cursor?: string;
  limit?: number;
}

/** With `q`: the best sentence, inflected words included; ranges are [from, to) in UTF-16 units of `text`. */
export interface Hit {
  seq: number;
  text: string;
  marks: [number, number][];
  hits: number;
}

export interface ConversationRow extends Conversation {
  hit?: Hit;
}

export interface ConversationList extends List<ConversationRow> {
  /** How many there are in all, when it is cheap to say. */
  total?: number;
  took_ms?: number;
}

export const listConversations = (query: ConversationQuery, signal?: AbortSignal) =>
  call<ConversationList>('GET', q('/v1/conversations', { ...query }), undefined, signal);
export const getConversation = (c: string) => call<Conversation>('GET', `/v1/conversations/${id(c)}`);

/** A call or a walk-in written down by hand: becomes an open conversation of the agent who wrote it. 201. */
export interface LoggedByHand {
  channel: 'phone' | 'walk_in';
  side: Side;
  contact: { name: string; email?: string; phone?: string };
  subject: string;
  text: string;
}
export const logConversation = (body: LoggedByHand) => call<Conversation>('POST', '/v1/conversations', body);

export const listMessages = (c: string, query: { before?: number; after?: number; limit?: number }) =>
  call<List<Entry> & { more: boolean }>('GET', q(`/v1/conversations/${id(c)}/messages`, query));
/** The whole of one message: `full_text` when the text shown is a part, the sanitised `html` of a mail (also at …/html, a document for a sandbox). */
export const getMessage = (c: string, seq: number) =>
  call<Entry & { full_text?: string; html?: string; earlier?: string[] }>('GET', `/v1/conversations/${id(c)}/messages/${seq}`);
/** An own document, sanitised, with a CSP of its own; remote images only with `images`. */
export const messageHtmlUrl = (c: string, seq: number, images: boolean) =>
  q(`/v1/conversations/${id(c)}/messages/${seq}/html`, { images: images ? 1 : undefined });
/** One try to send a delivery; without `ended_at` it is under way. */
export interface Attempt {
  number: number;
  node: string;
  leased_at: string;
  began_at?: string;
  ended_at?: string;
  outcome?: string;
  reason?: string;
  external_id?: string;
}
/** What left for the outside: the answer `seq`, or the answers of a chat up to it. */
export interface Delivery {
  id: string;
  seq: number;
  /** Which of the messages it left as, from 0. */
  portion?: number;
  channel: string;
  state: string;
  reason?: string;
  /** Why it did not arrive, for programs: outside-window, unreachable, bad-template, bad-file, not-open, or of a mail. */
  cause?: string;
  at: string;
  history: Attempt[];
}
export const listDeliveries = (c: string) => call<List<Delivery>>('GET', `/v1/conversations/${id(c)}/deliveries`);
/** Sends a failed, bounced or doubtful one again, under the same Message-ID. */
export const sendAgain = (c: string, delivery: string) =>
  call<List<Delivery>>('POST', `/v1/conversations/${id(c)}/deliveries/${id(delivery)}/retry`, {});
export const getTranscript = (c: string) => call<string>('GET', `/v1/conversations/${id(c)}/transcript`);
export const transcriptUrl = (c: string) => `/v1/conversations/${id(c)}/transcript`;

/** Each answers with the conversation as it is now. A lost race is 409 `conflict` whose detail names the winner. */
const act = <B>(verb: string) => (c: string, body?: B) =>
  call<Conversation>('POST', `/v1/conversations/${id(c)}/${verb}`, body ?? {});

/** To oneself. */
export const claim = act<Record<string, never>>('claim');
/** To a person; supervisors and admins anybody of their sides, agents within own teams. */
export const assign = act<{ agent: string }>('assign');
/** Back to the queue of its team. */
export const unassign = act<Record<string, never>>('unassign');
/** To a team (its queue) or a person, with an optional private note; `side` corrects the side as well. */
export const transfer = act<{ team?: string; agent?: string; side?: Side; note?: string }>('transfer');
/** `survey: false` asks nobody how it went this time. Tags and the complaint are set before, by their own calls. */
export const resolve = act<{ survey?: boolean }>('resolve');
export const reopen = act<Record<string, never>>('reopen');
/** A customer's message always wakes it earlier. */
export const snooze = act<{ until: string }>('snooze');
/** 0 normal, 1 high, 2 urgent. */
export const setPriority = act<{ priority: number }>('priority');
/** Replaces all tags. */
export const setTags = act<{ tags: string[] }>('tags');
export const setComplaint = act<{ on: boolean }>('complaint');
/** Resolves it, out of the lists and figures, and nobody is asked; `on: false` reopens it. */
export const setSpam = act<{ on: boolean }>('spam');
export const setSubject = (c: string, subject: string) =>
  call<Conversation>('PATCH', `/v1/conversations/${id(c)}`, { subject });

/** Numbers of the rail; only what this agent may see. `late` among them is shown red. */
export interface Counts {
  mine: number;
  queue: number;
  team: number;
  /** Conversations with a note that mentions the agent and that they have not read. */
  mentions: number;
  snoozed: number;
  late: { mine: number; queue: number; team: number };
  waiting: { side: Side; n: number; oldest_at: string | null }[];
  follow_ups: number;
}
export const getCounts = () => call<Counts>('GET', '/v1/counts');

/** Multipart field `file`, ≤ 20 MB. 413 `too_long`, 415 `invalid` for a kind that is not taken. */
export const upload = (file: File, signal?: AbortSignal) => {
  const form = new FormData();
  form.append('file', file, file.name);
  return call<Attachment>('POST', '/v1/attachments', form, signal);
};

// ── contacts ───────────────────────────────────────────────────────────────────────────────────────────────────

export interface Contact {
  id: string;
  name: string;
  email?: string;
  phone?: string;
  side?: Side;
  locale?: Locale;
  /** The host site signed who this is. */
  verified: boolean;
  external_id?: string;
  blocked?: boolean;
  created_at: string;
  /** Mail does not reach the address any more. */
  undeliverable?: { since: string; reason: string };
  /** Our own mail server says that the address is not theirs. */
  doubted?: boolean;
  /** Sides on which this contact has conversations the reader may not see: that they exist, no more. */
  other_sides?: Side[];
  /** At vendors; where a single contact is read. */
  identities?: Identity[];
}
/** An address of a contact at a vendor: the vendor's own id of the person towards one of our accounts. */
export interface Identity {
  channel: string;
  inbox: string;
  address: string;
  name?: string;
  since: string;
  /** They have blocked us there. */
  lost?: boolean;
}
/** What speaks for or against two contacts being one person. */
export interface Evidence {
  kind: 'identity' | 'email' | 'phone' | 'order' | 'name' | 'locale' | 'other-identity' | 'other-email' | 'other-side' | 'doubted' | (string & {});
  strong?: boolean;
  against?: boolean;
  detail?: string;
}
/** Somebody who may be the same person. */
export interface Likeness {
  contact: Contact;
  evidence: Evidence[];
  conversations: number;
  channels: string[];
  since: string;
}
/** Two contacts that were found to be one person. */
export interface Merger {
  id: string;
  contact: string;
  other: string;
  /** Of the other. */
  name?: string;
  channels: string[];
  by: { kind: string; id?: string; name?: string };
  evidence: Evidence[];
  at: string;
  undone_at?: string;
}
/** One earlier conversation of a contact: what an agent may see of it. */
export interface Earlier {
  id: string;
  ref: string;
  subject: string;
  /** Its last public words. */
  text?: string;
  channel: string;
  status: Status;
  opened_at: string;
  resolved_at?: string;
  /** The NPS answer to it, 0–10. */
  score?: number;
}
export const getContact = (c: string) => call<Contact>('GET', `/v1/contacts/${id(c)}`);
export const patchContact = (c: string, body: { name?: string; email?: string; phone?: string; side?: Side }) =>
  call<Contact>('PATCH', `/v1/contacts/${id(c)}`, body);
export const blockContact = (c: string, blocked: boolean) =>
  call<Contact>('POST', `/v1/contacts/${id(c)}/block`, { blocked });
export const reachable = (c: string) => call<Contact>('DELETE', `/v1/contacts/${id(c)}/undeliverable`);
/** Who reads a conversation along by mail; bounced: why a copy did not reach them. */
export interface Participant {
  address: string;
  name?: string;
  bounced?: string;
}
export const addParticipant = (c: string, address: string, name?: string) =>
  call<List<Participant>>('POST', `/v1/conversations/${id(c)}/participants`, { address, ...(name ? { name } : {}) });
export const removeParticipant = (c: string, address: string) =>
  call<List<Participant>>('DELETE', `/v1/conversations/${id(c)}/participants/${id(address)}`);
/** By a part of a name, address or number. */
export const findContacts = (words: string, signal?: AbortSignal) =>
  call<List<Contact>>('GET', q('/v1/contacts', { q: words, limit: 8 }), undefined, signal);
/** Who may be the same person, the likeliest first. With `other` only how it stands with that one, likely or not. */
export const listLikely = (c: string, other?: string) => call<List<Likeness>>('GET', q(`/v1/contacts/${id(c)}/likely`, { other }));
/** They are one person: `contact` is who they are from now on. 409 `conflict` when something speaks against it for certain. */
export const mergeContacts = (c: string, other: string) =>
  call<{ contact: Contact; merger: string }>('POST', `/v1/contacts/${id(c)}/merge`, { other });
/** They are two after all: everything goes back to where it was. */
export const unmergeContacts = (c: string, merger: string) =>
  call<unknown>('POST', `/v1/contacts/${id(c)}/unmerge`, { merger });
/** They are not one person, and nobody is asked again. */
export const unlikeContacts = (c: string, other: string) =>
  call<unknown>('POST', `/v1/contacts/${id(c)}/unlike`, { other });
export const listMergers = (c: string) => call<List<Merger>>('GET', `/v1/contacts/${id(c)}/mergers`);
/** Messages that the vendor has approved, by which people may be written to at any time. */
export const listTemplates = (inbox: string) => call<List<Template>>('GET', `/v1/inboxes/${id(inbox)}/templates`);
export const listEarlier = (c: string) => call<List<Earlier>>('GET', `/v1/contacts/${id(c)}/conversations`);

// ── people, teams, doors ───────────────────────────────────────────────────────────────────────────────────────

/** What stands still because it looks like a loop of mail: a sender, or with an empty name an inbox's acknowledgements. */
export interface Fuse {
  inbox: string;
  inbox_name: string;
  name: string;
  reason: 'flood' | 'echo' | 'budget';
  blown_at: string;
  until: string;
}
export const listFuses = () => call<List<Fuse>>('GET', '/v1/fuses');
export const resetFuse = (inbox: string, name: string) => call<List<Fuse>>('POST', '/v1/fuses/reset', { inbox, name });
export const listAgents = () => call<List<Agent>>('GET', '/v1/agents');
/** 201; `link` is the one-time address where the person sets a password, shown this once, good for a day. */
export const createAgent = (body: {
  name: string
  email: string
  role: Role
  teams: string[]
  capacity?: number
  locale?: Locale
}) => call<{ agent: Agent; link: string }>('POST', '/v1/agents', body);
export const patchAgent = (
  a: string,
  body: { name?: string; role?: Role; teams?: string[]; capacity?: number; locale?: Locale; disabled?: boolean },
) => call<Agent>('PATCH', `/v1/agents/${id(a)}`, body);
/** A new one-time link; the old password stays valid until it is used. */
export const resetAgent = (a: string) => call<{ link: string }>('POST', `/v1/agents/${id(a)}/reset`, {});

/** [from, to) in minutes from midnight, local time; `to` may be 1440. */
export interface Span {
  from: number;
  to: number;
}
/** When a team answers. No intervals at all mean around the clock. */
export interface Hours {
  /** IANA name. */
  zone?: string;
  /** Seven lists, Sunday first. */
  week: (Span[] | null)[];
  /** "2026-12-24": other hours that day, none = closed. */
  days?: Record<string, Span[] | null>;
  /** Closed on Polish public holidays. */
  holidays: boolean;
  /** What customers read outside the hours, by locale. */
  outside?: Partial<Record<Locale, string>>;
}
export interface Team {
  id: string;
  name: string;
  sides: Side[];
  hours: Hours;
  signature?: string;
}
export const listTeams = () => call<List<Team>>('GET', '/v1/teams');
/** 201. Hours: around the clock until set. */
export const createTeam = (body: { name: string; sides: Side[]; signature?: string }) =>
  call<Team>('POST', '/v1/teams', body);
export const patchTeam = (t: string, body: { name?: string; sides?: Side[]; signature?: string }) =>
  call<Team>('PATCH', `/v1/teams/${id(t)}`, body);
/** 409 `conflict` while it has members, inboxes or unresolved conversations. */
export const deleteTeam = (t: string) => call<void>('DELETE', `/v1/teams/${id(t)}`);

/** Hours of all teams, with whether each answers now and when that changes next. */
export interface TeamHours {
  team: string;
  hours: Hours;
  open: boolean;
  changes_at: string | null;
}
export const listHours = () => call<List<TeamHours>>('GET', '/v1/hours');
export const putHours = (team: string, hours: Hours) => call<TeamHours>('PUT', `/v1/hours/${id(team)}`, hours);

export type SocialChannel = 'messenger' | 'instagram' | 'whatsapp' | 'telegram' | 'allegro' | 'webhook';
export type InboxChannel = 'chat' | 'email' | 'form' | SocialChannel;
/** How a social inbox is reached at its vendor; what is secret is sent beside it and never answered. */
export interface Account {
  /** The vendor's: of the page, professional account, phone number, bot or seller. */
  id?: string;
  name?: string;
  /** WhatsApp: the business account that has the templates. */
  business?: string;
  /** Allegro: of the registered application. */
  client?: string;
  sandbox?: boolean;
  /** Webhook: where answers are posted. */
  endpoint?: string;
  /** Telegram: we look, instead of being told. */
  polling?: boolean;
  /** Messenger: comments below the page's posts are conversations, too. */
  comments?: boolean;
  /** Messenger, Instagram: people may answer for seven days. */
  human_agent?: boolean;
  mark_read?: boolean;
  expires_at?: string;
}
export interface Server {
  host: string;
  port: number;
  /** "none" only on loopback. */
  tls: 'tls' | 'starttls' | 'none';
  user: string;
}
export type Login = 'google' | 'microsoft';
export interface Mailbox {
  /** What customers write to. */
  address: string;
  from_name: string;
  imap: Server;
  smtp: Server;
  /** Left out: by password. The providers' begin with a consent in the browser, see connectInbox. */
  login?: Login;
  /** Default INBOX. */
  folders?: string[];
  /** Done on the server with a mail once it is stored. */
  after?: 'seen' | 'move';
  move_to?: string;
  /** Answers are also put there. */
  sent_folder?: string;
  /** Days of mail read when the mailbox is new. */
  history?: number;
  poll_every?: string;
  /** authserv-id of our own mail server, whose findings about senders are believed. */
  authority?: string;
  dkim_selector?: string;
  per_minute?: number;
  /** Answers ask for replies to the bare address: the provider delivers nothing to box+something@. */
  plain_reply?: boolean;
}
export interface Inbox {
  id: string;
  /** In addresses: /widget/{slug}. */
  slug: string;
  name: string;
  channel: InboxChannel;
  /** All who come in here, if one side; else the customer is asked or the signed identity says. */
  side?: Side;
  team?: string;
  enabled: boolean;
  /** Widget: who may embed it and connect. */
  origins?: string[];
  /** Widget: where the host site's public keys are. */
  jwks?: string;
  mailbox?: Mailbox;
  acknowledge?: boolean;
  ack_articles?: boolean;
  /** Own words of the acknowledgement, by locale. */
  ack_text?: Record<string, string>;
  bot?: boolean;
  /** Somebody has signed the mailbox in with its provider. */
  signed_in?: boolean;
  /** What the domain has to publish for the kept DKIM key. */
  dkim?: { name: string; value: string };
  account?: Account;
  /** Where the vendor posts to. */
  hook_url?: string;
  /** Whether vendors can post to this server, by its configured address. */
  reachable?: boolean;
  /** Only in the answer to its creation: verify token, secret header or key of signatures. */
  hook_secret?: string;
  state: InboxState;
}
export interface InboxState {
  ok: boolean;
  /** Why not, in the server's words. */
  error?: string;
  last_ok_at?: string;
  failing_since?: string;
  /** Widget: sockets open now. */
  connected?: number;
  code?: string;
  /** What does not work although the door does. */
  warning?: string;
  /** Whether the server tells of new mail, or is looked into. */
  watch?: 'idle' | 'poll';
  behind?: number;
  lag_s?: number;
  /** Of the provider's access token, which is renewed by itself at renews_at. */
  expires_at?: string;
  renews_at?: string;
  /** Within 7 days, and nobody but a person can renew it. */
  expires_soon?: boolean;
  /** The vendor wants nothing from us until then. */
  limited_until?: string;
  /** Answers that wait to be sent. */
  queued?: number;
  /** How long the last of what came took until it was in the log. */
  delay_ms?: number;
}
/** Passwords are sent to set them and never answered; left out they stay as they are. */
export interface InboxBody {
  name?: string;
  slug?: string;
  side?: Side | null;
  team?: string | null;
  enabled?: boolean;
  origins?: string[];
  jwks?: string;
  mailbox?: Mailbox;
  imap_password?: string;
  smtp_password?: string;
  /** PEM of the private key. */
  dkim_key?: string;
  acknowledge?: boolean;
  ack_articles?: boolean;
  ack_text?: Record<string, string>;
  bot?: boolean;
  account?: Account;
  token?: string;
  /** Several, with a space between them, while it is changed. */
  app_secret?: string;
  client_secret?: string;
}
export const listInboxes = () => call<List<Inbox>>('GET', '/v1/inboxes');
/** 201. */
export const createInbox = (body: InboxBody & { channel: InboxChannel; name: string }) =>
  call<Inbox>('POST', '/v1/inboxes', body);
export const patchInbox = (i: string, body: InboxBody) => call<Inbox>('PATCH', `/v1/inboxes/${id(i)}`, body);
/** 409 `conflict` when conversations came in there: switch it off instead. */
export const deleteInbox = (i: string) => call<void>('DELETE', `/v1/inboxes/${id(i)}`);
/** A new secret, shown this once: for signed identities of a widget, where the old one is void at once; of a social channel, where it stays valid beside it. */
export const rotateInboxSecret = (i: string) => call<{ secret: string }>('POST', `/v1/inboxes/${id(i)}/secret`, {});

/** Connecting an Allegro account: the code that its owner types at Allegro. */
export interface DeviceCode {
  user_code: string;
  verification_uri: string;
  verification_uri_complete: string;
  expires_at: string;
  interval_s: number;
}
export type DeviceState = 'none' | 'pending' | 'connected' | 'denied' | 'expired';
export const startDevice = (i: string) => call<DeviceCode>('POST', `/v1/inboxes/${id(i)}/device`, {});
export const deviceState = (i: string, signal?: AbortSignal) => call<{ state: DeviceState; detail?: string; code?: DeviceCode }>('GET', `/v1/inboxes/${id(i)}/device`, undefined, signal);

/** Where the browser has to go to sign a mailbox in with its provider; it comes back to #settings/channels/{id}/{outcome}. */
export const connectInbox = (i: string) => call<{ address: string }>('POST', `/v1/inboxes/${id(i)}/connect`, {});

export interface TestStep {
  /** imap or smtp and the step (name, tls, login, folder), or what of it failed (connect, timeout, certificate); dkim; oauth and why a provider does not let us in. */
  name: string;
  state: 'ok' | 'warn' | 'failed' | 'skipped';
  /** What was found, or the server's words. */
  detail: string;
  took_ms: number;
  /** Of the mailbox, to choose from. */
  folders?: string[];
}
/** Tries a line without saving it; for a saved one `id` lets passwords and secrets be left out. Within 30 s. */
export const testInbox = (i: string | null, body: InboxBody & { channel?: InboxChannel }) =>
  call<{ ok: boolean; steps: TestStep[] }>('POST', i ? `/v1/inboxes/${id(i)}/test` : '/v1/inboxes/test', body);

// ── macros, articles, keys, audit ──────────────────────────────────────────────────────────────────────────────

export interface Macro {
  id: string;
  title: string;
  side?: Side;
  team?: string;
  /** By locale; {{name}}, {{ref}} and {{agent}} are filled from the conversation, other blanks by the agent. */
  text: Partial<Record<Locale, string>>;
}
export interface MacroBody {
  title: string;
  side: Side | null;
  team: string | null;
  text: Partial<Record<Locale, string>>;
}
export const listMacros = () => call<List<Macro>>('GET', '/v1/macros');
export const createMacro = (body: MacroBody) => call<Macro>('POST', '/v1/macros', body);
export const patchMacro = (m: string, body: Partial<MacroBody>) => call<Macro>('PATCH', `/v1/macros/${id(m)}`, body);
export const deleteMacro = (m: string) => call<void>('DELETE', `/v1/macros/${id(m)}`);
export interface ArticleHit {
  id: string;
  slug: string;
  title: string;
  url: string;
  snippet: string;
  score: number;
  heading?: string;
  /** Who alone may read it. */
  readers?: Side[];
  /** What its section says, to be written on. */
  passage?: string;
}
export const searchArticles = (query: { q: string; locale?: Locale; side?: Side; limit?: number; prefix?: boolean; conversation?: string }, signal?: AbortSignal) =>
  call<{ items: ArticleHit[]; engine: string; took_ms: number; locale?: Locale; side?: Side }>('GET', q('/v1/articles/search', query), undefined, signal);

export const scopes = [
  'conversations:read', 'conversations:write', 'contacts:read', 'contacts:write', 'articles:read', 'articles:write', 'mail:read', 'mail:write', 'surveys:read', 'reports:read', 'stream:read', 'settings:write',
] as const;
export type Scope = (typeof scopes)[number];
export interface ApiKey {
  id: string;
  name: string;
  /** "ck_…7Q2f" */
  hint: string;
  scopes: Scope[];
  sides: Side[];
  created_at: string;
  last_used_at?: string;
  revoked_at?: string;
}
export const listKeys = () => call<List<ApiKey>>('GET', '/v1/keys');
/** 201 with `secret`, shown this once; the key counts until it is revoked. */
export const createKey = (body: { name: string; scopes: Scope[]; sides: Side[] }) =>
  call<{ key: ApiKey; secret: string }>('POST', '/v1/keys', body);
export const revokeKey = (k: string) => call<void>('DELETE', `/v1/keys/${id(k)}`);

// ── the book of fetched mail ───────────────────────────────────────────────────────────────────────────────────

export const outcomes = ['ingested', 'automatic', 'spam', 'duplicate', 'bounce', 'oversize', 'quarantined'] as const;
export type Outcome = (typeof outcomes)[number];
/** One fetched mail. `conversation` is where it is or, without a `seq`, what it is about. */
export interface MailLine {
  id: string;
  inbox: string;
  folder?: string;
  uid?: number;
  outcome: Outcome;
  /** In English, for who does not know the cause's code. */
  reason: string;
  cause: { code: string; detail?: string };
  from: { name: string; address: string };
  to: string;
  subject: string;
  message_id?: string;
  size: number;
  has_raw: boolean;
  written_at?: string;
  at: string;
  conversation?: string;
  number?: number;
  seq?: number;
  link?: string;
  parser: number;
  trust: { verdict?: string; by?: string; spf?: string; dkim?: string; dmarc?: string; pretended?: string };
  report?: { action: string; status: string; recipient: string; original_message_id: string };
  decided_by?: string;
  decided_at?: string;
}
/** With what the log knows about its sender, and where it belongs by what it answers. */
export interface MailEntry extends MailLine {
  sender: { wrote: number; answers: boolean; conversation?: string; number?: number };
}
export interface MailQuery {
  q?: string;
  inbox?: string;
  outcome?: Outcome | '';
  from?: string;
  before?: string;
  conversation?: string;
  seq?: number;
  cursor?: string;
  limit?: number;
}
export const listMail = (query: MailQuery, signal?: AbortSignal) =>
  call<List<MailLine> & { tally: Record<Outcome, number> }>('GET', q('/v1/mail', { ...query }), undefined, signal);
export const mailTableUrl = (query: MailQuery) => q('/v1/mail.csv', { ...query });
export const getMail = (e: string) => call<MailEntry>('GET', `/v1/mail/${id(e)}`);
/** `text` is the beginning of the mail as it came; `cut` tells that there is more. */
export const getMailHeaders = (e: string) =>
  call<{ headers: { name: string; value: string }[]; text: string; cut: boolean }>('GET', `/v1/mail/${id(e)}/headers`);
export const rawMailUrl = (e: string) => `/v1/mail/${id(e)}/raw`;
/** 409 `conflict` when it is no longer what `was` says. */
export const releaseMail = (e: string, was: Outcome) => call<MailEntry>('POST', `/v1/mail/${id(e)}/release`, { was });
export const spamMail = (e: string, was: Outcome) => call<MailEntry>('POST', `/v1/mail/${id(e)}/spam`, { was });
/** As the parser of today reads it; only with `apply` anything changes. */
export interface MailReading {
  entry: MailEntry;
  reading: {
    outcome: Outcome;
    reason: string;
    cause?: { code: string; detail?: string };
    inbound: { subject: string; text: string; attachments: { name: string }[] }[];
  };
  applied: boolean;
}
export const rereadMail = (e: string, was: Outcome, apply: boolean) => call<MailReading>('POST', `/v1/mail/${id(e)}/reread`, { was, apply });

// ── the book of webhooks ───────────────────────────────────────────────────────────────────────────────────────

export const hookOutcomes = ['taken', 'nothing', 'repeated', 'unread', 'forged', 'new'] as const;
export type HookOutcome = (typeof hookOutcomes)[number];
/** One post of a vendor, or one thing that was fetched from it. */
export interface Hook {
  id: string;
  inbox: string;
  inbox_name?: string;
  channel: string;
  at: string;
  key?: string;
  /** In the vendor's words: "page / messages". */
  what?: string;
  outcome: HookOutcome;
  cause?: { code: string; detail?: string };
  size: number;
  has_body: boolean;
  parser?: number;
  tries?: number;
  read_at?: string;
  items: number;
  messages: number;
  conversation?: string;
  number?: number;
  seq?: number;
  address?: string;
}
/** With its raw body, "" once that is not kept, and how the parser of today reads it. */
export interface HookEntry extends Hook {
  body: string;
  explanation: { outcome: string; reason: string; cause?: { code: string; detail?: string }; inbound: { kind: string; text: string; from: { name: string; address: string } }[]; notes: string[] } | null;
}
export interface HookQuery {
  q?: string;
  inbox?: string;
  channel?: string;
  outcome?: HookOutcome | '';
  from?: string;
  before?: string;
  cursor?: string;
  limit?: number;
}
export const listHooks = (query: HookQuery, signal?: AbortSignal) => call<List<Hook>>('GET', q('/v1/hooks', { ...query }), undefined, signal);
/** How many ended how, whatever outcome is asked for. */
export const tallyHooks = (query: HookQuery, signal?: AbortSignal) => call<Record<HookOutcome, number>>('GET', q('/v1/hooks/tally', { ...query }), undefined, signal);
export const hookTableUrl = (query: HookQuery) => q('/v1/hooks.csv', { ...query });
export const getHook = (h: string) => call<HookEntry>('GET', `/v1/hooks/${id(h)}`);
/** What reading them again would do; at most 500. */
export interface HookPreview {
  hooks: number;
  conversations: number;
  reopened: number;
  messages: number;
  repeated: number;
}
export const previewHooks = (ids: string[]) => call<HookPreview>('POST', '/v1/hooks/preview', { ids });
export const replayHooks = (ids: string[]) => call<{ replayed: number; messages: number; unread: number }>('POST', '/v1/hooks/replay', { ids });

export interface AuditEntry {
  id: string;
  at: string;
  /** null: centrala itself. */
  actor: { kind: 'agent' | 'key' | 'system'; id: string; name: string } | null;
  /** Dotted: agent.created, inbox.changed, session.failed … */
  action: string;
  subject: string;
  detail: string;
  address: string | null;
}
export const listAudit = (query: { q?: string; action?: string; cursor?: string; limit?: number }) =>
  call<List<AuditEntry>>('GET', q('/v1/audit', query));

// ── surveys and figures ────────────────────────────────────────────────────────────────────────────────────────

/** The figures of one range; `nps`, `low` and `high` (95 % interval, points) are null without answers. */
/** Under 30 answers the interval is the adjusted one (`adjusted`). */
export interface SurveyResults {
  n: number;
  promoters: number;
  passives: number;
  detractors: number;
  nps: number | null;
  low: number | null;
  high: number | null;
  /** Answers by score, eleven numbers. */
  scores: number[];
}
export const surveyResults = (query: { from?: string; to?: string; side?: Side }) =>
  call<SurveyResults>('GET', q('/v1/surveys/results', query));

export type FollowUpState = 'new' | 'contacted' | 'closed';
export type CloseReason = 'resolved' | 'explained' | 'compensated' | 'unreachable' | 'declined';
export interface FollowUp {
  id: string;
  survey: string;
  conversation: string;
  contact: string;
  contact_name: string;
  side: Side;
  team: string;
  /** "" or left out: nobody has it. */
  owner?: string;
  owner_name?: string;
  score: number;
  comment?: string;
  state: FollowUpState;
  note?: string;
  reason?: CloseReason;
  due: string;
  opened_at: string;
  closed_at?: string;
}
/** Without `state`: all that are not closed, and those closed in the last 7 days. */
export const listFollowUps = (query: { state?: FollowUpState; side?: Side; cursor?: string }) =>
  call<List<FollowUp>>('GET', q('/v1/surveys/follow-ups', query));
/** Leaving `new` needs a note, `closed` a reason too; the score cannot be changed. */
export const patchFollowUp = (
  f: string,
  body: { state?: FollowUpState; note?: string; reason?: CloseReason; owner?: string | null },
) => call<FollowUp>('PATCH', `/v1/surveys/follow-ups/${id(f)}`, body);

/** Figures of the shift's desk, over `days` (30 by default), for what this agent may see. */
export interface Tiles {
  days: number;
  at: string;
  /** Conversations whose customer wrote, without spam and automatic mail. */
  conversations: number;
  /** First human answer within … of the customer's first message, within the team's hours. */
  answered: number;
  within_6h: number
  within_4h: number
  complaints: number;
  unanswered: number;
  /** How long the oldest unanswered one waits. */
  unanswered_oldest_at: string | null;
  survey: SurveyResults;
  follow_ups: { opened: number; closed: number; in_time: number };
}
export const getTiles = (query: { days?: number; side?: Side }) => call<Tiles>('GET', q('/v1/reports/tiles', query));
