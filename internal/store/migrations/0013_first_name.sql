-- +goose Up

-- Under which name each repository first became known. It stays when the app
-- loses the repository, so that leaving and coming back under another name
-- makes no other of it.
CREATE TABLE first_name (
    repo_id INTEGER PRIMARY KEY,
    name    TEXT    NOT NULL -- owner/name
);
INSERT INTO first_name SELECT repo_id, owner || '/' || name FROM repo WHERE owner <> '' AND name <> '';
