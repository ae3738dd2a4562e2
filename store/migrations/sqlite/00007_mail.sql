-- +goose Up
-- The book of fetched mail: every message has an entry that people can find, open and decide on.
ALTER TABLE intake ADD COLUMN id bigint NOT NULL DEFAULT 0;
ALTER TABLE intake ADD COLUMN folder text NOT NULL DEFAULT '';
ALTER TABLE intake ADD COLUMN uid bigint NOT NULL DEFAULT 0;
ALTER TABLE intake ADD COLUMN message_id text NOT NULL DEFAULT '';
ALTER TABLE intake ADD COLUMN sender_name text NOT NULL DEFAULT '';
ALTER TABLE intake ADD COLUMN recipient text NOT NULL DEFAULT '';
ALTER TABLE intake ADD COLUMN size bigint NOT NULL DEFAULT 0;
ALTER TABLE intake ADD COLUMN written_at bigint NOT NULL DEFAULT 0;
ALTER TABLE intake ADD COLUMN cause text NOT NULL DEFAULT '';          -- why, as a code
ALTER TABLE intake ADD COLUMN detail text NOT NULL DEFAULT '';         -- and what belongs to it
ALTER TABLE intake ADD COLUMN conversation bigint NOT NULL DEFAULT 0;  -- where it is, or what it is about
ALTER TABLE intake ADD COLUMN delivery bigint NOT NULL DEFAULT 0;      -- of ours that it is about
ALTER TABLE intake ADD COLUMN link text NOT NULL DEFAULT '';           -- by what it found the conversation
ALTER TABLE intake ADD COLUMN parser integer NOT NULL DEFAULT 0;       -- the version that read it
ALTER TABLE intake ADD COLUMN facts text NOT NULL DEFAULT '';          -- JSON: trust, delivery report
ALTER TABLE intake ADD COLUMN decided_by bigint NOT NULL DEFAULT 0;
ALTER TABLE intake ADD COLUMN decided_at bigint NOT NULL DEFAULT 0;
UPDATE intake SET id = rowid;
ALTER TABLE intake ADD COLUMN digest text NOT NULL DEFAULT '';         -- of what the sender wrote
CREATE INDEX intake_message ON intake (message_id);
CREATE INDEX intake_sender ON intake (lower(sender), written_at);
CREATE UNIQUE INDEX intake_id ON intake (id);
CREATE INDEX intake_at ON intake (at, id);
CREATE INDEX intake_inbox ON intake (inbox, at, id);
CREATE INDEX intake_outcome ON intake (outcome, at, id);
CREATE INDEX intake_conversation ON intake (conversation) WHERE conversation <> 0;
CREATE INDEX intake_event ON intake (event) WHERE event <> 0;

ALTER TABLE body ADD COLUMN policy integer NOT NULL DEFAULT 0;         -- the rules that its HTML was cleaned by
ALTER TABLE attachment ADD COLUMN card text NOT NULL DEFAULT '';       -- JSON of an invitation

-- Who else reads along: answers go to them as well, and theirs belong here.
CREATE TABLE participant (
  conversation bigint NOT NULL,
  address      text   NOT NULL, -- lower case
  name         text   NOT NULL,
  left_at      bigint NOT NULL, -- 0: still there
  bounced      text   NOT NULL DEFAULT '', -- why mail does not reach them, as a code
  PRIMARY KEY (conversation, address)
) WITHOUT ROWID;
ALTER TABLE conversation ADD COLUMN participants text NOT NULL DEFAULT ''; -- JSON: the same, for whoever reads the conversation
ALTER TABLE delivery ADD COLUMN cc text NOT NULL DEFAULT '';           -- JSON list of addresses
ALTER TABLE delivery ADD COLUMN head text NOT NULL DEFAULT '';         -- JSON: what its first attempt took from elsewhere

-- What came back, by the address it was for.
CREATE TABLE bounce (
  id           bigint NOT NULL PRIMARY KEY,
  address      text   NOT NULL, -- lower case
  at           bigint NOT NULL,
  hard         integer NOT NULL,
  status       text   NOT NULL,
  reason       text   NOT NULL,
  conversation bigint NOT NULL,
  delivery     bigint NOT NULL
);
CREATE INDEX bounce_address ON bounce (address, at);
CREATE INDEX bounce_delivery ON bounce (delivery);
CREATE INDEX delivery_address ON delivery (address, at);
ALTER TABLE contact ADD COLUMN doubted integer NOT NULL DEFAULT 0;     -- somebody else: their mail server says that the address is not theirs
ALTER TABLE contact ADD COLUMN bounced_at bigint NOT NULL DEFAULT 0;   -- the address does not work any more
ALTER TABLE contact ADD COLUMN bounce_reason text NOT NULL DEFAULT '';

-- What the program wrote by itself to whom, for the budgets that keep it from writing to another
-- program for ever.
CREATE TABLE robot_mail (
  id           bigint NOT NULL PRIMARY KEY,
  inbox        bigint NOT NULL,
  conversation bigint NOT NULL,
  address      text   NOT NULL,
  domain       text   NOT NULL,
  at           bigint NOT NULL
);
CREATE INDEX robot_mail_address ON robot_mail (address, at);
CREATE INDEX robot_mail_domain ON robot_mail (domain, at);
CREATE INDEX robot_mail_inbox ON robot_mail (inbox, at);

-- A fuse that blew: automatic mail of an inbox, or the mail of a sender, stands still until then.
CREATE TABLE fuse (
  inbox  bigint NOT NULL,
  name   text   NOT NULL, -- '' for the inbox itself, else the sender's address
  blown  bigint NOT NULL,
  until  bigint NOT NULL,
  reason text   NOT NULL,
  PRIMARY KEY (inbox, name)
) WITHOUT ROWID;

ALTER TABLE lease ADD COLUMN health text NOT NULL DEFAULT '';          -- JSON: how the line does, as its holder says

-- The queues: of each team and side in the order in which they are served.
CREATE INDEX conversation_line ON conversation (team, side, priority DESC, queued_at, id) WHERE status = 'waiting';
