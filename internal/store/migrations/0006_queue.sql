-- +goose Up

-- Groups of merge queues, and what was last published on their heads.
CREATE TABLE merge_group (
    repo_id      INTEGER NOT NULL,
    head         TEXT    NOT NULL,
    base_ref     TEXT    NOT NULL,
    base         TEXT    NOT NULL,
    pull         INTEGER NOT NULL,
    ended        INTEGER NOT NULL,
    check_id     INTEGER NOT NULL,
    check_branch TEXT    NOT NULL,
    check_state  TEXT    NOT NULL,
    check_title  TEXT    NOT NULL,
    check_digest TEXT    NOT NULL,
    PRIMARY KEY (repo_id, head)
) STRICT;

-- The branch below a stacked pull request.
ALTER TABLE pull ADD COLUMN onto TEXT NOT NULL DEFAULT '';
