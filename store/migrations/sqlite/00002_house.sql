-- +goose Up
-- The house around the log: who works here, through which doors people come, what they are
-- told and asked. Times are microseconds since 1970 in UTC, 0 for none; small lists are JSON.

CREATE TABLE team (
  id        integer PRIMARY KEY,
  name      text   NOT NULL UNIQUE,
  sides     text   NOT NULL,
  hours     text   NOT NULL,
  signature text   NOT NULL DEFAULT ''
);

CREATE TABLE agent (
  id         integer PRIMARY KEY,
  email      text    NOT NULL UNIQUE CHECK (email <> ''), -- lower case
  name       text    NOT NULL,
  role       text    NOT NULL,
  capacity   integer NOT NULL,
  locale     text    NOT NULL DEFAULT '',
  disabled   integer NOT NULL DEFAULT 0,
  created_at bigint  NOT NULL,
  password   text    NOT NULL DEFAULT '', -- a hash, '' until one is set
  totp       blob    -- sealed
);

CREATE TABLE agent_team (
  agent bigint NOT NULL REFERENCES agent,
  team  bigint NOT NULL REFERENCES team,
  PRIMARY KEY (agent, team)
) WITHOUT ROWID;
CREATE INDEX agent_team_team ON agent_team (team);

CREATE TABLE agent_session (
  token_hash blob   PRIMARY KEY,
  agent      bigint NOT NULL REFERENCES agent,
  created_at bigint NOT NULL,
  used_at    bigint NOT NULL, -- to the minute
  idle       bigint NOT NULL, -- microseconds without use after which it is over
  ends_at    bigint NOT NULL
) WITHOUT ROWID;
CREATE INDEX agent_session_agent ON agent_session (agent);
CREATE INDEX agent_session_ends ON agent_session (ends_at);

CREATE TABLE one_time (
  token_hash blob   PRIMARY KEY,
  purpose    text   NOT NULL,
  agent      bigint NOT NULL REFERENCES agent,
  expires_at bigint NOT NULL
) WITHOUT ROWID;
CREATE INDEX one_time_agent ON one_time (agent);

CREATE TABLE inbox (
  id       integer PRIMARY KEY,
  slug     text    NOT NULL UNIQUE CHECK (slug <> ''),
  name     text    NOT NULL,
  channel  text    NOT NULL,
  side     text    NOT NULL DEFAULT '',
  team     bigint  NOT NULL DEFAULT 0,
  enabled  integer NOT NULL,
  address  text    NOT NULL DEFAULT '', -- of the mailbox, lower case
  settings text    NOT NULL,
  secrets  blob    -- sealed
);

CREATE TABLE macro (
  id    integer PRIMARY KEY,
  title text   NOT NULL,
  side  text   NOT NULL DEFAULT '',
  team  bigint NOT NULL DEFAULT 0,
  words text   NOT NULL -- locale → text
);

CREATE TABLE api_key (
  id         integer PRIMARY KEY,
  name       text   NOT NULL,
  hash       blob   NOT NULL UNIQUE,
  scopes     text   NOT NULL,
  sides      text   NOT NULL,
  created_at bigint NOT NULL,
  used_at    bigint NOT NULL DEFAULT 0, -- to the minute
  revoked_at bigint NOT NULL DEFAULT 0
);

CREATE TABLE audit (
  id      integer PRIMARY KEY,
  at      bigint NOT NULL,
  author  text   NOT NULL,
  action  text   NOT NULL,
  subject text   NOT NULL,
  detail  text   NOT NULL,
  address text   NOT NULL
);

CREATE TABLE article (
  id          integer PRIMARY KEY,
  locale      text    NOT NULL CHECK (locale <> ''),
  slug        text    NOT NULL CHECK (slug <> ''),
  title       text    NOT NULL,
  summary     text    NOT NULL,
  body        text    NOT NULL,
  sides       text    NOT NULL,
  tags        text    NOT NULL,
  section     text    NOT NULL,
  translation text    NOT NULL,
  popular     integer NOT NULL,
  source      text    NOT NULL,
  updated_at  bigint  NOT NULL,
  UNIQUE (locale, slug)
);

CREATE TABLE suggestion (
  id           integer PRIMARY KEY,
  kind         text   NOT NULL, -- offered, opened, solved
  place        text   NOT NULL,
  article      bigint NOT NULL, -- outlives the article
  conversation bigint NOT NULL DEFAULT 0,
  visitor      text   NOT NULL DEFAULT '',
  at           bigint NOT NULL
);
CREATE INDEX suggestion_at ON suggestion (at);

CREATE TABLE survey (
  id                integer PRIMARY KEY,
  conversation      bigint  NOT NULL, -- whose contact is asked
  agent             bigint  NOT NULL DEFAULT 0,
  team              bigint  NOT NULL DEFAULT 0,
  side              text    NOT NULL DEFAULT '',
  channel           text    NOT NULL,
  locale            text    NOT NULL DEFAULT '',
  token_hash        blob    UNIQUE,
  created_at        bigint  NOT NULL,
  mail_at           bigint  NOT NULL DEFAULT 0, -- 0: not by mail
  sent_at           bigint  NOT NULL DEFAULT 0,
  expires_at        bigint  NOT NULL,
  cancelled         integer NOT NULL DEFAULT 0,
  score             integer CHECK (score BETWEEN 0 AND 10),
  comment           text    NOT NULL DEFAULT '',
  first_answered_at bigint  NOT NULL DEFAULT 0,
  answered_at       bigint  NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX survey_open ON survey (conversation) WHERE cancelled = 0 AND score IS NULL;
CREATE INDEX survey_conversation ON survey (conversation);
CREATE INDEX survey_due ON survey (mail_at) WHERE cancelled = 0 AND score IS NULL AND sent_at = 0 AND mail_at > 0;
CREATE INDEX survey_created ON survey (created_at);
CREATE INDEX survey_answered ON survey (answered_at) WHERE score IS NOT NULL;

-- Every answer that was ever given; the survey itself holds the present one.
CREATE TABLE survey_answer (
  id      integer PRIMARY KEY,
  survey  bigint  NOT NULL REFERENCES survey,
  score   integer NOT NULL,
  comment text    NOT NULL,
  at      bigint  NOT NULL
);
CREATE INDEX survey_answer_survey ON survey_answer (survey);

CREATE TABLE follow_up (
  id           integer PRIMARY KEY,
  survey       bigint NOT NULL UNIQUE REFERENCES survey,
  conversation bigint NOT NULL,
  side         text   NOT NULL DEFAULT '',
  team         bigint NOT NULL DEFAULT 0,
  owner        bigint NOT NULL DEFAULT 0,
  state        text   NOT NULL CHECK (state IN ('new', 'contacted', 'closed')),
  note         text   NOT NULL DEFAULT '',
  reason       text   NOT NULL DEFAULT '',
  due_at       bigint NOT NULL,
  opened_at    bigint NOT NULL,
  contacted_at bigint NOT NULL DEFAULT 0,
  closed_at    bigint NOT NULL DEFAULT 0
);
CREATE INDEX follow_up_state ON follow_up (state, due_at);
CREATE INDEX follow_up_opened ON follow_up (opened_at);
CREATE INDEX follow_up_conversation ON follow_up (conversation);

CREATE TABLE idempotency (
  principal text    NOT NULL,
  route     text    NOT NULL,
  key       text    NOT NULL,
  body_hash blob    NOT NULL,
  status    integer NOT NULL DEFAULT 0, -- 0: still being worked on
  answer    blob,
  at        bigint  NOT NULL,
  PRIMARY KEY (principal, route, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_at ON idempotency (at);
