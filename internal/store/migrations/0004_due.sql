-- +goose Up

-- When a pull request has to be judged anew although nothing happens.
CREATE TABLE due (
    repo_id INTEGER NOT NULL,
    pull    INTEGER NOT NULL,
    due_at  INTEGER NOT NULL,
    PRIMARY KEY (repo_id, pull)
) STRICT;
