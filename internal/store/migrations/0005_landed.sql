-- +goose Up

-- The content of countersigned landings, to see when a change brings it back.
CREATE TABLE landed_file (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    repo_id INTEGER NOT NULL,
    branch  TEXT    NOT NULL,
    path    TEXT    NOT NULL,
    mode    TEXT    NOT NULL,
    digest  TEXT    NOT NULL,
    record  TEXT    NOT NULL,
    UNIQUE (repo_id, branch, path, mode, digest, record)
) STRICT;
