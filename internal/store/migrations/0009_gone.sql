-- +goose Up

-- Sources of statements that were edited, deleted or dismissed, whether or not
-- the statement is known yet.
CREATE TABLE gone (
    repo_id   INTEGER NOT NULL,
    via       TEXT    NOT NULL,
    source_id INTEGER NOT NULL,
    reason    TEXT    NOT NULL,
    by_id     INTEGER NOT NULL,
    by_login  TEXT    NOT NULL,
    by_type   TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    delivery  TEXT    NOT NULL,
    PRIMARY KEY (repo_id, via, source_id)
) STRICT, WITHOUT ROWID;
