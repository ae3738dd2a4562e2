-- +goose Up
-- What vendors post to us and what pollers fetch, as it came: sealed, kept for a while, read from here.
CREATE TABLE hook (
  id           bigint PRIMARY KEY,
  inbox        bigint  NOT NULL,
  channel      text    NOT NULL,
  key          text    NOT NULL,             -- the vendor's id of it, or the digest of its body
  what         text    NOT NULL,
  outcome      text    NOT NULL,
  cause        text    NOT NULL,
  detail       text    NOT NULL,
  size         bigint  NOT NULL,
  kept         integer NOT NULL,             -- its body is in hook_body
  parser       integer NOT NULL,
  tries        integer NOT NULL,
  items        integer NOT NULL,             -- of a forged one: how many it stands for
  messages     integer NOT NULL,
  conversation bigint  NOT NULL,
  number       bigint  NOT NULL,
  seq          bigint  NOT NULL,
  address      text    NOT NULL,
  at           bigint  NOT NULL,
  read_at      bigint  NOT NULL
);
CREATE UNIQUE INDEX hook_key ON hook (inbox, key) WHERE outcome <> 'forged';
CREATE INDEX hook_new ON hook (inbox, id) WHERE outcome = 'new';
CREATE INDEX hook_at ON hook (at, id, outcome);
CREATE INDEX hook_inbox ON hook (inbox, at, id, outcome);
CREATE INDEX hook_channel ON hook (channel, at, id, outcome);
CREATE INDEX hook_outcome ON hook (outcome, at, id);
CREATE INDEX hook_conversation ON hook (conversation) WHERE conversation <> 0;

-- Beside the rows, which are listed and rewritten; they are not.
CREATE TABLE hook_body (
  hook bigint PRIMARY KEY,
  body bytea NOT NULL                        -- sealed
);

-- Further conversations that a hook told something of: whoever is erased there takes its body along.
CREATE TABLE hook_also (
  hook         bigint NOT NULL,
  conversation bigint NOT NULL,
  PRIMARY KEY (hook, conversation)
);
CREATE INDEX hook_also_conversation ON hook_also (conversation);

-- How far pollers have come.
CREATE TABLE mark (
  inbox bigint NOT NULL,
  name  text   NOT NULL,
  value text   NOT NULL,
  at    bigint NOT NULL,
  PRIMARY KEY (inbox, name)
);

-- Files of messages that their vendors still have.
ALTER TABLE attachment ADD COLUMN state text NOT NULL DEFAULT '';      -- '', fetching, lost
ALTER TABLE attachment ADD COLUMN inbox bigint NOT NULL DEFAULT 0;
ALTER TABLE attachment ADD COLUMN handle bytea;                         -- sealed
ALTER TABLE attachment ADD COLUMN tries integer NOT NULL DEFAULT 0;
ALTER TABLE attachment ADD COLUMN next_at bigint NOT NULL DEFAULT 0;
ALTER TABLE attachment ADD COLUMN cause text NOT NULL DEFAULT '';
CREATE INDEX attachment_fetching ON attachment (inbox, next_at) WHERE state = 'fetching';

-- Who is who at the vendors.
CREATE TABLE identity (
  channel text    NOT NULL,
  account text    NOT NULL,                  -- ours at the vendor
  address text    NOT NULL,
  contact bigint  NOT NULL,
  inbox   bigint  NOT NULL,
  name    text    NOT NULL,
  lost    integer NOT NULL,
  at      bigint  NOT NULL,
  PRIMARY KEY (channel, account, address)
);
CREATE INDEX identity_contact ON identity (contact);
ALTER TABLE contact ADD COLUMN email_proven integer NOT NULL DEFAULT 0; -- signed by the host site, or confirmed by our own mail server
ALTER TABLE contact ADD COLUMN phone_proven integer NOT NULL DEFAULT 0;

ALTER TABLE conversation ADD COLUMN thread text NOT NULL DEFAULT '';   -- the vendor's name of it
ALTER TABLE conversation ADD COLUMN peer text NOT NULL DEFAULT '';     -- the address of whom it is with at the vendor
ALTER TABLE conversation ADD COLUMN matters text NOT NULL DEFAULT '';  -- JSON list
ALTER TABLE conversation ADD COLUMN heard_at bigint NOT NULL DEFAULT 0;
CREATE INDEX conversation_thread ON conversation (inbox, thread, id) WHERE thread <> '';
ALTER TABLE event ADD COLUMN answers bigint NOT NULL DEFAULT 0;        -- seq of the message that it answers

-- What messages said before they were edited.
CREATE TABLE edition (
  event   bigint  NOT NULL,
  version bigint  NOT NULL,                  -- of the words that took their place
  text    text    NOT NULL,
  at      bigint  NOT NULL,
  PRIMARY KEY (event, version)
);

CREATE TABLE reaction (
  event bigint NOT NULL,
  by    text   NOT NULL,
  emoji text   NOT NULL,
  at    bigint NOT NULL,
  PRIMARY KEY (event, by)
);

-- News of messages that are not here yet.
CREATE TABLE early (
  id    bigint PRIMARY KEY,
  inbox bigint NOT NULL,
  about text   NOT NULL,
  item  bytea   NOT NULL,                     -- sealed
  at    bigint NOT NULL
);
CREATE INDEX early_about ON early (inbox, about);
CREATE INDEX early_at ON early (at);

ALTER TABLE delivery ADD COLUMN portion integer NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN cause text NOT NULL DEFAULT '';
ALTER TABLE delivery ADD COLUMN answers text NOT NULL DEFAULT '';      -- the vendor's id of the message that it answers
ALTER TABLE delivery ADD COLUMN template text NOT NULL DEFAULT '';     -- JSON
CREATE INDEX delivery_unknown ON delivery (inbox, at) WHERE state = 'unknown';
CREATE INDEX delivery_handed ON delivery (inbox, address, at) WHERE state IN ('handed_over', 'delivered', 'unknown');

-- Contacts that turned out to be one, and what each of them had, so that they can be told apart again.
CREATE TABLE merger (
  id        bigint PRIMARY KEY,
  contact   bigint NOT NULL,                 -- who they are now
  other     bigint NOT NULL,
  by_kind   text   NOT NULL,
  by_id     text   NOT NULL,
  by_name   text   NOT NULL,
  evidence  text   NOT NULL,                 -- JSON list
  at        bigint NOT NULL,
  undone_at bigint NOT NULL
);
CREATE INDEX merger_contact ON merger (contact);
CREATE INDEX merger_other ON merger (other);
CREATE TABLE merger_part (
  merger bigint NOT NULL,
  kind   text   NOT NULL,                    -- trait: contact has it from other
  ref    text   NOT NULL,                    -- its name
  PRIMARY KEY (merger, kind, ref)
);
-- Contacts of whom somebody said that they are not one.
CREATE TABLE unlike (
  a  bigint NOT NULL,                        -- the smaller id
  b  bigint NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (a, b)
);
-- As whom they came, once that contact has been joined with another; 0: contact.
ALTER TABLE conversation ADD COLUMN origin bigint NOT NULL DEFAULT 0;
CREATE INDEX conversation_origin ON conversation (origin, inbox, id) WHERE origin <> 0;
DROP INDEX conversation_one_chat;
CREATE UNIQUE INDEX conversation_one_chat ON conversation (contact, inbox, origin) WHERE status <> 'resolved' AND channel = 'chat';
CREATE INDEX contact_merged ON contact (merged_into) WHERE merged_into <> 0;
CREATE INDEX contact_phone ON contact (phone) WHERE phone_proven = 1;
CREATE INDEX identity_address ON identity (address);
