// The wire contract, version 1 (docs/protocol.md, section 2): every object and every frame of the socket, once.
// The TypeScript types below are derived from these lists, and protocol.json, which `npm test` keeps equal to
// them, is what the server's own test compares itself with.
//
// A field is name: type. A name that ends with ? may be missing. A type is string, number, boolean, an object of
// the list, a literal word, null, any of them with [], or several of them joined by |.

export const objects = {
  Author: { kind: 'customer|agent|bot|system', 'id?': 'string', 'name?': 'string' },
  /** state: fetching while its vendor still has it, lost when nobody has it any more, with the cause; without one it can be opened. */
  Attachment: { id: 'string', name: 'string', type: 'string', size: 'number', 'url?': 'string', 'card?': 'Card', 'state?': 'string', 'cause?': 'string' },
  /** An invitation as people read it; start and end are times, or dates of whole days. */
  Card: { 'method?': 'string', summary: 'string', 'start?': 'string', 'end?': 'string', 'location?': 'string', 'organizer?': 'string' },
  /** A move of the conversation: kind is the last word of the event's type (assigned, resolved …). */
  System: {
    kind: 'string', 'agent?': 'string', 'agent_name?': 'string', 'from?': 'string', 'team?': 'string',
    'team_name?': 'string', 'side?': 'Side', 'reason?': 'string', 'reasons?': 'string[]', 'note?': 'string',
    'until?': 'string', 'tags?': 'string[]', 'priority?': 'number', 'on?': 'boolean', 'into?': 'string',
    'contact?': 'string', 'other?': 'string', 'of?': 'number', 'state?': 'string', 'score?': 'number',
    'inbox?': 'string', 'inbox_name?': 'string', 'number?': 'number', 'cause?': 'string', 'delivery?': 'string',
    'merger?': 'string', 'via?': 'string', 'article?': 'string', 'title?': 'string',
  },
  /** kind is edit, unsend, reaction, file, erase, or one that this version does not know and leaves alone. */
  Change: { of: 'number', kind: 'string', 'text?': 'string' },
  /** by: "customer", or the id of an agent. */
  Reaction: { by: 'string', emoji: 'string' },
  /** Until when somebody may be answered: in free words, by a person after that, by an approved template at any time. */
  Window: { 'until?': 'string', 'human_until?': 'string', 'template?': 'boolean' },
  /** What a conversation is about: an order, offer, issue, call, callback or post; status is in the vendor's words. */
  Matter: { kind: 'string', id: 'string', 'title?': 'string', 'url?': 'string', 'status?': 'string', 'due?': 'string' },
  Template: { name: 'string', locale: 'string', 'params?': 'string[]', 'body?': 'string', 'blanks?': 'number' },
  Message: {
    id: 'string', author: 'Author', text: 'string', 'cut?': 'boolean', 'has_html?': 'boolean',
    'has_more?': 'boolean', 'attachments?': 'Attachment[]', 'note?': 'boolean', 'mentions?': 'string[]',
    'trust?': 'Trust', 'answers?': 'number', 'system?': 'System', 'change?': 'Change', 'reactions?': 'Reaction[]',
    'edited?': 'boolean', 'unsent?': 'boolean', 'pressed?': 'boolean', channel: 'string', at: 'string', 'key?': 'string',
  },
  /** An entry of a history answer: a message with its seq, or the trace of one this reader may not see. */
  Entry: {
    seq: 'number', 'hidden?': 'boolean', 'id?': 'string', 'author?': 'Author', 'text?': 'string', 'cut?': 'boolean',
    'has_html?': 'boolean', 'has_more?': 'boolean', 'attachments?': 'Attachment[]', 'note?': 'boolean',
    'mentions?': 'string[]', 'trust?': 'Trust', 'answers?': 'number', 'system?': 'System', 'change?': 'Change',
    'reactions?': 'Reaction[]', 'edited?': 'boolean', 'unsent?': 'boolean', 'pressed?': 'boolean', 'channel?': 'string', 'at?': 'string', 'key?': 'string',
  },
  Queue: { position: 'number', 'eta_low_s?': 'number|null', 'eta_high_s?': 'number|null' },
  Contact: { id: 'string', side: 'Side|null', name: 'string|null', verified: 'boolean', 'email?': 'string|null' },
  Agent: {
    id: 'string', name: 'string', 'email?': 'string', 'role?': 'string', 'status?': 'Presence',
    'capacity?': 'number', 'load?': 'number',
  },
  /** What a customer sees of a conversation. */
  Talk: {
    id: 'string', status: 'Status', assignee: 'Face|null', team: 'string|null', queue: 'Queue|null', online: 'boolean',
    'last_seq?': 'number', 'unread?': 'number', 'read?': 'Read', 'opened_at?': 'string',
  },
  Face: { name: 'string', 'avatar?': 'string|null', 'id?': 'string' },
  Read: { customer: 'number', agent: 'number' },
  LastMessage: { seq: 'number', author: 'Author', text: 'string', at: 'string' },
  /** What an agent sees of a conversation. */
  Conversation: {
    id: 'string', 'ref?': 'string', inbox: 'string', channel: 'string', side: 'Side|null', status: 'Status',
    turn: 'customer|agent', subject: 'string', contact: 'Person', team: 'string|null', assignee: 'Face|null',
    priority: 'number', tags: 'string[]', complaint: 'boolean', last_seq: 'number',
    'last_message?': 'LastMessage|null', unread: 'number', read: 'Read', opened_at: 'string', 'due?': 'string|null',
    version: 'number', 'reason?': 'string', 'mentions?': 'Mention[]', 'participants?': 'Participant[]', 'window?': 'Window', 'matters?': 'Matter[]', 'gone?': 'boolean', 'queue?': 'Queue|null',
  },
  /** A colleague whom a note of the conversation names: in which one at last, and whether they have read it. */
  Mention: { agent: 'string', seq: 'number', read: 'boolean' },
  /** Who reads along by mail besides the contact; bounced: why a copy did not reach them. */
  Participant: { address: 'string', 'name?': 'string', 'bounced?': 'string' },
  /** How far the sender of a mail may be believed; pretended: their name shows another address. */
  Trust: { 'verdict?': 'string', 'pretended?': 'boolean' },
  Person: { id: 'string', name: 'string|null', verified: 'boolean' },
  Article: {
    id: 'string', title: 'string', 'heading?': 'string', url: 'string', snippet: 'string', score: 'number', 'readers?': 'Side[]',
    'passage?': 'string',
  },
  Survey: {
    survey: 'string', conversation: 'string', kind: 'string', question: 'string', scale: 'number[]', locale: 'string',
    expires_at: 'string',
  },
  /** What the answer bot asks: whether it may show a passage (offer), or whether what it quoted is enough (quote), and from where. */
  Bot: { conversation: 'string', step: 'offer|quote', until: 'string', 'title?': 'string', 'url?': 'string' },
  ResumePoint: { conversation: 'string', after: 'number' },
  Filter: { 'status?': 'Status', 'side?': 'Side', 'team?': 'string', 'assignee?': 'string' },
  Watch: { 'filter?': 'Filter', 'messages?': 'boolean' },
} as const;

/** Closed lists of words; each may be used as a type. */
export const words = {
  Side: 'buyer|seller|advertiser',
  Status: 'waiting|open|snoozed|resolved',
  Presence: 'online|away|offline',
  ErrorCode:
    'bad_frame|unknown_type|unauthorized|forbidden|not_found|invalid|too_long|too_many|rate_limited|closed|conflict|unavailable',
} as const;

/** Frames by who sends them. The field type, which every frame has, is the name here. */
export const frames = {
  client: {
    both: {
      hello: {
        'token?': 'string', 'resume?': 'ResumePoint[]', 'resume_events?': 'string', 'watch?': 'Watch', 'ref?': 'string',
      },
      ping: { ref: 'string' },
      'message.send': {
        ref: 'string', key: 'string', 'conversation?': 'string', text: 'string', 'attachments?': 'string[]',
        'note?': 'boolean', 'mentions?': 'string[]', 'claim?': 'boolean', 'via?': 'string', 'answers?': 'number', 'template?': 'Template',
      },
      typing: { conversation: 'string', on: 'boolean' },
      received: { conversation: 'string', upto: 'number' },
      read: { conversation: 'string', upto: 'number' },
      history: { ref: 'string', conversation: 'string', 'before?': 'number', 'after?': 'number', 'limit?': 'number' },
      suggest: { ref: 'string', text: 'string', 'conversation?': 'string', 'side?': 'Side' },
      'article.feedback': { ref: 'string', article: 'string', 'conversation?': 'string', kind: 'opened|solved|unsolved' },
    },
    customer: {
      'survey.answer': { ref: 'string', survey: 'string', score: 'number', 'comment?': 'string' },
      'bot.answer': { ref: 'string', conversation: 'string', step: 'offer|quote', yes: 'boolean' },
      'conversation.end': { ref: 'string', conversation: 'string' },
      'contact.set': { ref: 'string', 'email?': 'string', 'name?': 'string', 'side?': 'Side' },
    },
    agent: {
      'presence.set': { status: 'Presence', 'ref?': 'string' },
      view: { conversation: 'string|null' },
      watch: { ref: 'string', filter: 'Filter', 'messages?': 'boolean' },
    },
  },
  server: {
    both: {
      pong: { ref: 'string', at: 'string' },
      ack: {
        ref: 'string', 'conversation?': 'string', 'message?': 'string', 'seq?': 'number', 'at?': 'string',
      },
      error: {
        'ref?': 'string', code: 'ErrorCode', message: 'string', 'field?': 'string', 'retry?': 'boolean',
        'retry_after_ms?': 'number',
      },
      message: { conversation: 'string', seq: 'number', 'message?': 'Message', 'hidden?': 'boolean' },
      typing: { conversation: 'string', author: 'Author', on: 'boolean' },
      delivery: { conversation: 'string', seq: 'number', state: 'string', at: 'string', 'reason?': 'string', 'cause?': 'string', 'via?': 'string' },
      read: { conversation: 'string', author: 'Author', upto: 'number' },
      history: { ref: 'string', conversation: 'string', messages: 'Entry[]', more: 'boolean' },
      suggestions: { ref: 'string', query: 'string', articles: 'Article[]' },
      resumed: {
        conversation: 'string', 'from?': 'number', 'seq?': 'number', 'truncated?': 'boolean', 'gone?': 'boolean',
        'moved?': 'string',
      },
    },
    customer: {
      welcome: {
        'ref?': 'string', session: 'string', 'token?': 'string', me: 'Contact', conversations: 'Talk[]', 'surveys?': 'Survey[]',
        online: 'boolean', eta_s: 'number[]|null', 'bot?': 'Bot',
      },
      conversation: {
        id: 'string', 'status?': 'Status', 'assignee?': 'Face|null', 'team?': 'string|null', 'queue?': 'Queue|null',
        'online?': 'boolean', 'last_seq?': 'number', 'unread?': 'number', 'read?': 'Read', 'opened_at?': 'string',
        'gone?': 'boolean',
      },
      survey: {
        survey: 'string', conversation: 'string', kind: 'string', question: 'string', scale: 'number[]',
        locale: 'string', expires_at: 'string',
      },
      bot: { conversation: 'string', step: 'offer|quote', until: 'string', 'title?': 'string', 'url?': 'string' },
      'bot.closed': { conversation: 'string' },
      'survey.closed': { survey: 'string', 'conversation?': 'string' },
    },
    agent: {
      welcome: {
        'ref?': 'string', session: 'string', 'token?': 'string', me: 'Agent', conversations: 'Conversation[]', 'surveys?': 'Survey[]',
        'online?': 'boolean', 'eta_s?': 'number[]|null',
      },
      conversation: {
        id: 'string', 'ref?': 'string', 'inbox?': 'string', 'channel?': 'string', 'side?': 'Side|null',
        'status?': 'Status', 'turn?': 'customer|agent', 'subject?': 'string', 'contact?': 'Person',
        'team?': 'string|null', 'assignee?': 'Face|null', 'priority?': 'number', 'tags?': 'string[]',
        'complaint?': 'boolean', 'last_seq?': 'number', 'last_message?': 'LastMessage|null', 'unread?': 'number',
        'read?': 'Read', 'opened_at?': 'string', 'due?': 'string|null', 'version?': 'number', 'reason?': 'string',
        'mentions?': 'Mention[]', 'participants?': 'Participant[]', 'window?': 'Window', 'matters?': 'Matter[]', 'gone?': 'boolean', 'queue?': 'Queue|null',
      },
      presence: { agent: 'string', status: 'Presence', load: 'number', capacity: 'number' },
      viewers: { conversation: 'string', agents: 'Face[]' },
      cursor: { value: 'string' },
      caught_up: { cursor: 'string' },
      stale: { 'cursor?': 'string' },
    },
  },
} as const;

/** Why the server closes a socket, by close code. */
export const closes = {
  tooBig: 1009, // the frame being sent is too large; sending it again is useless
  restart: 1012, // the reason is {"retry_after_ms":…}
  badFrame: 4000,
  token: 4001, // the reason is expired, revoked or bad
  origin: 4003,
  tooSlow: 4008, // resume by seq: nothing is lost
  rate: 4029,
} as const;

export const limits = { frameBytes: 65_536, textChars: 16_000, resumeEntries: 50, historyEntries: 100 } as const;

// ── the types, derived ──────────────────────────────────────────────────────────────────────────────────────────

type Primitives = { string: string; number: number; boolean: boolean; null: null };
type Value<S extends string> = S extends `${infer A}|${infer B}`
  ? Value<A> | Value<B>
  : S extends `${infer E}[]`
    ? Value<E>[]
    : S extends keyof Primitives
      ? Primitives[S]
      : S extends keyof typeof objects
        ? Shape<(typeof objects)[S]>
        : S extends keyof typeof words
          ? Value<(typeof words)[S]>
          : S;
type Fields = Readonly<Record<string, string>>;
type Shape<F extends Fields> = {
  [K in keyof F as K extends `${string}?` ? never : K]: Value<F[K]>;
} & { [K in keyof F as K extends `${infer N}?` ? N : never]?: Value<F[K]> };
type FrameOf<L extends Readonly<Record<string, Fields>>> = {
  [T in keyof L]: { type: T } & Shape<L[T]>;
}[keyof L];

export type Side = Value<'Side'>;
export type Status = Value<'Status'>;
export type Presence = Value<'Presence'>;
export type ErrorCode = Value<'ErrorCode'>;
export type Author = Value<'Author'>;
export type Attachment = Value<'Attachment'>;
export type System = Value<'System'>;
export type Change = Value<'Change'>;
export type Reaction = Value<'Reaction'>;
export type Window = Value<'Window'>;
export type Matter = Value<'Matter'>;
export type Template = Value<'Template'>;
export type Message = Value<'Message'>;
export type Entry = Value<'Entry'>;
export type Queue = Value<'Queue'>;
export type Contact = Value<'Contact'>;
export type Agent = Value<'Agent'>;
export type Talk = Value<'Talk'>;
export type Face = Value<'Face'>;
export type Conversation = Value<'Conversation'>;
export type Mention = Value<'Mention'>;
export type Article = Value<'Article'>;
export type Survey = Value<'Survey'>;
export type Bot = Value<'Bot'>;
export type ResumePoint = Value<'ResumePoint'>;
export type Filter = Value<'Filter'>;

type Client = typeof frames.client;
type Server = typeof frames.server;

/** What a customer's client may send, and an agent's. */
export type CustomerSends = FrameOf<Client['both']> | FrameOf<Client['customer']>;
export type AgentSends = FrameOf<Client['both']> | FrameOf<Client['agent']>;
export type ClientFrame = CustomerSends | AgentSends;

/** What the server sends a customer, and an agent. */
export type CustomerGets = FrameOf<Server['both']> | FrameOf<Server['customer']>;
export type AgentGets = FrameOf<Server['both']> | FrameOf<Server['agent']>;
export type ServerFrame = CustomerGets | AgentGets;

/** The frame of a given type among those of a direction. */
export type Frame<F extends { type: string }, T extends F['type']> = Extract<F, { type: T }>;
