-- +goose Up

-- What landings under an emergency still owe.
CREATE TABLE obligation (
    repo_id     INTEGER NOT NULL,
    pull        INTEGER NOT NULL,
    requirement TEXT    NOT NULL,
    digest      TEXT    NOT NULL,
    need        INTEGER NOT NULL,
    signers     TEXT    NOT NULL,
    landed_at   INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('open', 'reviewed', 'missed')),
    PRIMARY KEY (repo_id, pull, requirement)
) STRICT;
