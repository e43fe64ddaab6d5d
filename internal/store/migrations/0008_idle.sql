-- +goose Up

-- What a pull request in which nothing is governed was judged by.
ALTER TABLE pull ADD COLUMN idle TEXT NOT NULL DEFAULT '';
