-- +goose Up
-- Which node listens on an inbox's line, until when by this database's own clock. A row stays
-- when its lease ends, so that terms never repeat.
CREATE TABLE lease (
  inbox  bigint NOT NULL PRIMARY KEY,
  holder text NOT NULL,
  term   bigint NOT NULL,
  ends   bigint NOT NULL
);
