-- +goose Up
-- Whom the private notes of a conversation mention: they see it from then on, and it waits for
-- them until they have read the note. The conversation carries the same as a JSON list, for
-- whoever reads the row.
CREATE TABLE mention (
  agent        bigint  NOT NULL REFERENCES agent,
  conversation bigint  NOT NULL REFERENCES conversation,
  seq          bigint  NOT NULL, -- of the latest note that mentions them
  unread       integer NOT NULL,
  PRIMARY KEY (agent, conversation)
) WITHOUT ROWID;
ALTER TABLE conversation ADD COLUMN mentions text NOT NULL DEFAULT '';
