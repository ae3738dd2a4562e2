-- +goose Up
-- Accounts that people are connecting with a code, the last of each inbox.
CREATE TABLE device (
  inbox      bigint PRIMARY KEY,
  id         bigint NOT NULL,
  user_code  text   NOT NULL,
  page       text   NOT NULL,
  whole_page text   NOT NULL,
  secret     bytea,                        -- sealed; NULL once it has ended
  interval_s bigint NOT NULL,
  by_whom    text   NOT NULL,            -- JSON
  address    text   NOT NULL,
  state      text   NOT NULL,            -- pending, connected, denied, expired
  detail     text   NOT NULL,
  term       bigint NOT NULL,
  expires_at bigint NOT NULL,
  next_at    bigint NOT NULL,            -- when the vendor may be asked: its interval has passed, or the lease of who was asking
  ended_at   bigint NOT NULL
);
CREATE INDEX device_due ON device (next_at) WHERE state = 'pending';
