-- +goose Up
-- Every try to send a delivery. began_at is 0 until handing over was committed, ended_at until
-- the outcome was; '' is the outcome of one under way.
CREATE TABLE attempt (
  delivery    bigint  NOT NULL,
  number      integer NOT NULL,
  node        text    NOT NULL,
  leased_at   bigint  NOT NULL,
  began_at    bigint  NOT NULL,
  ended_at    bigint  NOT NULL,
  outcome     text    NOT NULL,
  reason      text    NOT NULL,
  external_id text    NOT NULL,
  PRIMARY KEY (delivery, number)
);
