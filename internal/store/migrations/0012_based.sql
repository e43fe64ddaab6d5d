-- +goose Up

-- Since when a pull request has the base that it has: what was said before was
-- said of another.
ALTER TABLE pull ADD COLUMN based_at INTEGER NOT NULL DEFAULT 0;
