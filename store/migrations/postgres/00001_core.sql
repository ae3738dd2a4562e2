-- +goose Up
CREATE TABLE meta (
  name  text PRIMARY KEY,
  value text NOT NULL
);

CREATE TABLE counter (
  name  text PRIMARY KEY,
  value bigint NOT NULL
);
INSERT INTO counter (name, value) VALUES ('conversation', 1000);

CREATE TABLE contact (
  id          bigint PRIMARY KEY,
  name        text   NOT NULL DEFAULT '',
  email       text   NOT NULL DEFAULT '',   -- lower case
  phone       text   NOT NULL DEFAULT '',
  side        text   NOT NULL DEFAULT '',
  locale      text   NOT NULL DEFAULT '',
  verified    integer NOT NULL DEFAULT 0,
  subject     text,                          -- the host site's own id, NULL unless signed
  blocked     integer NOT NULL DEFAULT 0,
  generation  bigint NOT NULL DEFAULT 0,     -- raised to make the contact's tokens void
  no_surveys  integer NOT NULL DEFAULT 0,
  merged_into bigint NOT NULL DEFAULT 0,
  created_at  bigint NOT NULL
);
CREATE UNIQUE INDEX contact_subject ON contact (subject) WHERE subject IS NOT NULL;
CREATE INDEX contact_email ON contact (email) WHERE email <> '';

CREATE TABLE conversation (
  id            bigint PRIMARY KEY,
  number        bigint NOT NULL UNIQUE,
  inbox         bigint NOT NULL,
  channel       text   NOT NULL,
  side          text   NOT NULL,
  status        text   NOT NULL,
  turn          text   NOT NULL,
  subject       text   NOT NULL,
  contact       bigint NOT NULL,
  team          bigint NOT NULL,
  assignee      bigint NOT NULL,
  last_assignee bigint NOT NULL,
  priority      integer NOT NULL,
  tags          text   NOT NULL,             -- JSON list
  complaint     integer NOT NULL,
  spam          integer NOT NULL,
  unasked       integer NOT NULL DEFAULT 0,
  human_replied integer NOT NULL,
  answers       integer NOT NULL,
  last_seq      bigint NOT NULL,
  last_n        bigint NOT NULL,
  preview_seq   bigint NOT NULL,
  preview_by    text   NOT NULL,
  preview       text   NOT NULL,
  preview_id    text   NOT NULL DEFAULT '',
  preview_name  text   NOT NULL DEFAULT '',
  preview_at    bigint NOT NULL DEFAULT 0,
  unread        integer NOT NULL,
  read_customer bigint NOT NULL,
  read_agent    bigint NOT NULL,
  received      bigint NOT NULL,
  opened_at     bigint NOT NULL,
  waiting_since bigint NOT NULL,             -- 0: the customer's turn
  queued_at     bigint NOT NULL,
  first_reply   bigint NOT NULL,
  first_due     bigint NOT NULL,
  due           bigint NOT NULL,
  snoozed_until bigint NOT NULL,
  resolved_at   bigint NOT NULL,
  updated_at    bigint NOT NULL,
  unseen_since  bigint NOT NULL,             -- the oldest chat answer that the customer has not read, 0: none
  reason        text   NOT NULL,
  previous      bigint NOT NULL,
  merged_into   bigint NOT NULL,
  version       bigint NOT NULL
);
-- At most one unresolved chat for a contact in an inbox.
CREATE UNIQUE INDEX conversation_one_chat ON conversation (contact, inbox) WHERE status <> 'resolved' AND channel = 'chat';
CREATE INDEX conversation_contact ON conversation (contact, id);
CREATE INDEX conversation_queue ON conversation (queued_at) WHERE status = 'waiting';
CREATE INDEX conversation_assignee ON conversation (assignee) WHERE assignee <> 0;
CREATE INDEX conversation_snoozed ON conversation (snoozed_until) WHERE status = 'snoozed';
CREATE INDEX conversation_unseen ON conversation (unseen_since) WHERE unseen_since <> 0;
CREATE INDEX conversation_opened ON conversation (opened_at);

-- The log: every event is a row; those of the timeline have a seq, and those that are words
-- carry them here and nowhere else.
CREATE TABLE event (
  id           bigint PRIMARY KEY,
  conversation bigint,
  n            bigint NOT NULL,
  seq          bigint,
  type         text   NOT NULL,
  at           bigint NOT NULL,
  side         text   NOT NULL,
  channel      text   NOT NULL,
  author_kind  text   NOT NULL,
  author_id    text   NOT NULL,
  author_name  text   NOT NULL,
  text         text   NOT NULL,
  data         text   NOT NULL,              -- JSON, '' when there is nothing to say
  extra        text   NOT NULL,              -- JSON list of attachments, '' without
  body         integer NOT NULL,             -- bit 0: an HTML form exists, bit 1: a longer text exists
  sender       text,
  key          text
);
CREATE UNIQUE INDEX event_seq ON event (conversation, seq) WHERE conversation IS NOT NULL;
CREATE UNIQUE INDEX event_key ON event (key, sender) WHERE key IS NOT NULL;

CREATE TABLE body (
  event     bigint PRIMARY KEY,
  full_text text NOT NULL,
  html      text NOT NULL,
  raw       text NOT NULL
);

CREATE TABLE outbox (
  event bigint PRIMARY KEY,
  at    bigint NOT NULL
);

CREATE TABLE dead_letter (
  id       bigint PRIMARY KEY,
  grp      text   NOT NULL,
  event    text   NOT NULL,
  error    text   NOT NULL,
  attempts integer NOT NULL,
  at       bigint NOT NULL
);

CREATE TABLE intake (
  inbox       bigint NOT NULL,
  external_id text   NOT NULL,
  outcome     text   NOT NULL,
  reason      text   NOT NULL,
  sender      text   NOT NULL,
  subject     text   NOT NULL,
  raw         text   NOT NULL,
  event       bigint NOT NULL,
  at          bigint NOT NULL,
  PRIMARY KEY (inbox, external_id)
);

CREATE TABLE cursor (
  inbox    bigint NOT NULL,
  folder   text   NOT NULL,
  validity bigint NOT NULL,
  uid      bigint NOT NULL,
  at       bigint NOT NULL,
  PRIMARY KEY (inbox, folder)
);

-- Message-IDs, theirs and ours: a key for threading, not an identity.
CREATE TABLE mail (
  message_id   text   NOT NULL,
  inbox        bigint NOT NULL,
  conversation bigint NOT NULL,
  event        bigint NOT NULL,
  digest       text   NOT NULL,
  ours         integer NOT NULL,
  PRIMARY KEY (message_id, inbox, event)
);
CREATE INDEX mail_conversation ON mail (conversation, event);

CREATE TABLE delivery (
  id           bigint PRIMARY KEY,
  conversation bigint NOT NULL,
  event        bigint NOT NULL,
  seq          bigint NOT NULL,
  from_seq     bigint NOT NULL,
  inbox        bigint NOT NULL,
  channel      text   NOT NULL,
  address      text   NOT NULL,
  message_id   text   NOT NULL,
  notice       text   NOT NULL,              -- JSON of a Notice; '' for messages
  state        text   NOT NULL,
  attempts     integer NOT NULL,
  reason       text   NOT NULL,
  external_id  text   NOT NULL,
  next_at      bigint NOT NULL,
  lease_until  bigint NOT NULL,
  made_at      bigint NOT NULL,              -- the date in the mail, the same for every attempt
  at           bigint NOT NULL
);
CREATE INDEX delivery_due ON delivery (inbox, next_at) WHERE state IN ('queued', 'leased', 'handing_over');
CREATE INDEX delivery_conversation ON delivery (conversation, seq);

CREATE TABLE attachment (
  id         bigint PRIMARY KEY,
  owner      text   NOT NULL,
  event      bigint NOT NULL,                -- 0: uploaded, not sent yet
  conversation bigint NOT NULL,
  name       text   NOT NULL,
  type       text   NOT NULL,
  size       bigint NOT NULL,
  blob       text   NOT NULL,
  inline     integer NOT NULL,
  cid        text   NOT NULL,
  at         bigint NOT NULL
);
CREATE INDEX attachment_event ON attachment (event) WHERE event <> 0;

CREATE TABLE presence (
  agent       bigint PRIMARY KEY,
  status      text   NOT NULL,
  since       bigint NOT NULL,
  lease_until bigint NOT NULL,
  served_at   bigint NOT NULL
);
