-- +goose Up
-- What has been said about the promise that runs: 0 nothing, 1 that it runs out, 2 that it is
-- broken.
ALTER TABLE conversation ADD COLUMN alarm integer NOT NULL DEFAULT 0;
