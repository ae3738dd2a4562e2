-- +goose Up
-- People whom a vendor has told of without a name.
ALTER TABLE identity ADD COLUMN ask_at bigint NOT NULL DEFAULT 0;  -- when it is asked for the name; 0: when they next write, -1: no more
ALTER TABLE identity ADD COLUMN asked integer NOT NULL DEFAULT 0;  -- how often in vain
CREATE INDEX identity_ask ON identity (inbox, ask_at) WHERE ask_at > 0;
