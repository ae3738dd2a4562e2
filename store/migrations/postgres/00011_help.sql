-- +goose Up
-- An article's row is what its readers see. What its authors are at, and what it was, stand beside it.
ALTER TABLE article ADD COLUMN topic bigint NOT NULL DEFAULT 0;        -- the original it translates, or itself
ALTER TABLE article ADD COLUMN readers text NOT NULL DEFAULT '[]';
ALTER TABLE article ADD COLUMN related text NOT NULL DEFAULT '[]';
ALTER TABLE article ADD COLUMN version integer NOT NULL DEFAULT 0;
ALTER TABLE article ADD COLUMN basis integer NOT NULL DEFAULT 0;
ALTER TABLE article ADD COLUMN published_at bigint NOT NULL DEFAULT 0;
UPDATE article SET topic = id, version = 1, published_at = updated_at;
UPDATE article SET basis = 1, topic = (SELECT min(o.id) FROM article o WHERE o.slug = article.translation AND o.locale <> article.locale)
  WHERE translation <> '' AND EXISTS (SELECT 1 FROM article o WHERE o.slug = article.translation AND o.locale <> article.locale);
ALTER TABLE article DROP COLUMN translation;
CREATE INDEX article_topic ON article (topic);
CREATE INDEX article_updated ON article (updated_at); -- whether anything has changed is asked for every page

CREATE TABLE article_version (
  article  bigint  NOT NULL,
  number   integer NOT NULL,
  content  text    NOT NULL,               -- JSON
  basis    integer NOT NULL,
  author   bigint  NOT NULL,
  at       bigint  NOT NULL,
  restored integer NOT NULL,
  until    bigint  NOT NULL,               -- 0: it is what readers see
  PRIMARY KEY (article, number)
);
INSERT INTO article_version (article, number, content, basis, author, at, restored, until)
SELECT id, 1, CAST(json_build_object('slug', slug, 'title', title, 'summary', summary, 'body', body, 'section', section, 'sides', sides::json, 'tags', tags::json, 'popular', popular) AS text),
  basis, 0, updated_at, 0, 0 FROM article;

-- What comes next of an article: at most one. One that nobody reads, not yet or no more, is only here.
CREATE TABLE draft (
  article  bigint  PRIMARY KEY,
  topic    bigint  NOT NULL,
  locale   text    NOT NULL,
  source   text    NOT NULL,
  content  text    NOT NULL,               -- JSON
  state    text    NOT NULL,               -- writing, review, scheduled
  base     integer NOT NULL,
  basis    integer NOT NULL,
  author   bigint  NOT NULL,
  saved_at bigint  NOT NULL,
  save     integer NOT NULL,
  due      bigint  NOT NULL,
  note     text    NOT NULL
);
CREATE INDEX draft_due ON draft (due) WHERE state = 'scheduled';

-- Where articles once stood.
CREATE TABLE redirect (
  locale  text   NOT NULL,
  slug    text   NOT NULL,
  article bigint NOT NULL,
  PRIMARY KEY (locale, slug)
);
CREATE INDEX redirect_article ON redirect (article);

CREATE TABLE shelf (
  kind     text    NOT NULL,               -- section, category
  key      text    NOT NULL,
  parent   text    NOT NULL,               -- of a section: its category
  names    text    NOT NULL,               -- JSON: by locale
  sides    text    NOT NULL,
  position integer NOT NULL,
  PRIMARY KEY (kind, key)
);

CREATE TABLE article_file (
  id      bigint PRIMARY KEY,
  article bigint  NOT NULL,
  name    text    NOT NULL,
  type    text    NOT NULL,
  size    bigint  NOT NULL,
  blob    text    NOT NULL,
  author  bigint  NOT NULL,
  at      bigint  NOT NULL
);
CREATE INDEX article_file_article ON article_file (article);

-- What a language's searchers know beside its grammar.
CREATE TABLE word_list (
  locale   text   PRIMARY KEY,
  synonyms text   NOT NULL,                -- JSON
  stop     text   NOT NULL,                -- JSON
  at       bigint NOT NULL
);

-- The answer bot's turn in a conversation, at most one.
CREATE TABLE bot_turn (
  conversation bigint  PRIMARY KEY,
  state        text    NOT NULL,           -- asked, quoted, solved, handed_over, declined, lapsed, held
  why          text    NOT NULL,           -- the move that made it so
  article      bigint  NOT NULL,
  anchor       text    NOT NULL,           -- of the section that is quoted
  title        text    NOT NULL,
  url          text    NOT NULL,
  visitor      text    NOT NULL,
  side         text    NOT NULL,
  locale       text    NOT NULL,
  of_seq       bigint  NOT NULL,           -- the message that it is about
  quote        bigint  NOT NULL,           -- seq of the quotation, 0: none
  at           bigint  NOT NULL,
  until        bigint  NOT NULL,           -- when it lapses
  told         integer NOT NULL,           -- how many of its steps were recorded
  untold       integer NOT NULL            -- 1: some are not
);
CREATE INDEX bot_turn_open ON bot_turn (until) WHERE state IN ('asked', 'quoted');
CREATE INDEX bot_turn_untold ON bot_turn (conversation) WHERE untold = 1;

-- What people looked for, once they were done typing.
CREATE TABLE question (
  id           bigint PRIMARY KEY,
  text         text    NOT NULL,           -- without what is personal
  stems        text    NOT NULL,           -- its words as they are compared, sorted: what questions are grouped by
  locale       text    NOT NULL,
  side         text    NOT NULL,
  place        text    NOT NULL,
  visitor      text    NOT NULL,
  found        integer NOT NULL,
  nearest      bigint  NOT NULL,
  score        double precision NOT NULL,
  opened       integer NOT NULL,
  conversation bigint  NOT NULL,
  at           bigint  NOT NULL
);
CREATE INDEX question_at ON question (at);
CREATE INDEX question_visitor ON question (visitor, at) WHERE visitor <> '';
CREATE INDEX question_conversation ON question (conversation) WHERE conversation <> 0;

-- A visitor's day with the Help Centre: were they shown any articles, did it help, did they write all the same. It
-- begins with what was offered or held back, or with what they wrote (place is '' then, and nothing is measured by it).
CREATE TABLE deflection (
  id           bigint PRIMARY KEY,
  visitor      text    NOT NULL,           -- '' once nothing more can come of it
  held         integer NOT NULL,           -- of the group that sees none
  place        text    NOT NULL,           -- of the first step
  locale       text    NOT NULL,
  side         text    NOT NULL,
  at           bigint  NOT NULL,
  opened_at    bigint  NOT NULL,
  solved_at    bigint  NOT NULL,
  unsolved_at  bigint  NOT NULL,
  contact_at   bigint  NOT NULL,           -- when they began to write, within two days
  conversation bigint  NOT NULL
);
CREATE INDEX deflection_at ON deflection (at);
CREATE INDEX deflection_visitor ON deflection (visitor, at) WHERE visitor <> '';
ALTER TABLE suggestion ADD COLUMN locale text NOT NULL DEFAULT '';
ALTER TABLE suggestion ADD COLUMN side text NOT NULL DEFAULT '';
ALTER TABLE suggestion ADD COLUMN episode bigint NOT NULL DEFAULT 0;      -- the day that it belongs to
CREATE INDEX suggestion_article ON suggestion (article, at, kind);
CREATE INDEX suggestion_episode ON suggestion (episode, article, kind) WHERE episode <> 0;
CREATE INDEX suggestion_visitor ON suggestion (visitor) WHERE visitor <> '';
CREATE INDEX suggestion_told ON suggestion (at, article, kind, side) WHERE kind <> 'offered';
DROP INDEX suggestion_at;
CREATE INDEX suggestion_window ON suggestion (at, place, kind, side);
