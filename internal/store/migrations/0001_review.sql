-- +goose Up

-- Deliveries, kept as they came. seq is the order of arrival. A delivery is
-- pending until it is done or dead; while a worker holds it, lease names the
-- holder until lease_until.
CREATE TABLE delivery (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    guid         TEXT    NOT NULL UNIQUE,
    event        TEXT    NOT NULL,
    action       TEXT    NOT NULL,
    installation INTEGER NOT NULL,
    repo_id      INTEGER NOT NULL,
    pull         INTEGER NOT NULL,
    lane         TEXT    NOT NULL,
    wide         INTEGER NOT NULL,
    digest       TEXT    NOT NULL,
    body         BLOB    NOT NULL,
    received_at  INTEGER NOT NULL,
    state        TEXT    NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'dead')),
    attempts     INTEGER NOT NULL DEFAULT 0,
    due_at       INTEGER NOT NULL,
    lease        TEXT    NOT NULL DEFAULT '',
    lease_until  INTEGER NOT NULL DEFAULT 0,
    error        TEXT    NOT NULL DEFAULT '',
    ended_at     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX delivery_pending ON delivery (seq) WHERE state = 'pending';
CREATE INDEX delivery_lane ON delivery (installation, repo_id, lane, seq) WHERE state = 'pending';
CREATE INDEX delivery_wide ON delivery (installation, repo_id, seq) WHERE state = 'pending' AND wide;
CREATE INDEX delivery_dead ON delivery (seq) WHERE state = 'dead';
CREATE INDEX delivery_pull ON delivery (repo_id, pull, seq);

CREATE TABLE repo (
    repo_id        INTEGER PRIMARY KEY,
    installation   INTEGER NOT NULL,
    owner          TEXT    NOT NULL,
    name           TEXT    NOT NULL,
    private        INTEGER NOT NULL,
    default_branch TEXT    NOT NULL
) STRICT;

CREATE TABLE pull (
    repo_id        INTEGER NOT NULL,
    number         INTEGER NOT NULL,
    title          TEXT    NOT NULL,
    author_id      INTEGER NOT NULL,
    author_login   TEXT    NOT NULL,
    author_type    TEXT    NOT NULL,
    open           INTEGER NOT NULL,
    head           TEXT    NOT NULL,
    head_ref       TEXT    NOT NULL,
    base_ref       TEXT    NOT NULL,
    draft          INTEGER NOT NULL,
    fork           INTEGER NOT NULL,
    labels         TEXT    NOT NULL,
    updated_at     INTEGER NOT NULL,
    check_id       INTEGER NOT NULL DEFAULT 0,
    check_branch   TEXT    NOT NULL DEFAULT '',
    check_head     TEXT    NOT NULL DEFAULT '',
    check_state    TEXT    NOT NULL DEFAULT '',
    check_title    TEXT    NOT NULL DEFAULT '',
    check_digest   TEXT    NOT NULL DEFAULT '',
    comment_id     INTEGER NOT NULL DEFAULT 0,
    comment_digest TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (repo_id, number)
) STRICT;
CREATE INDEX pull_head ON pull (repo_id, head) WHERE open;
CREATE INDEX pull_base ON pull (repo_id, base_ref) WHERE open;

CREATE TABLE head (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    repo_id      INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    commit_id    TEXT    NOT NULL,
    pusher_id    INTEGER NOT NULL,
    pusher_login TEXT    NOT NULL,
    pusher_type  TEXT    NOT NULL,
    contributors TEXT    NOT NULL,
    digests      TEXT    NOT NULL,
    delivery     TEXT    NOT NULL,
    UNIQUE (repo_id, number, commit_id)
) STRICT;

CREATE TABLE report (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    repo_id    INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    head       TEXT    NOT NULL,
    base_ref   TEXT    NOT NULL,
    digests    TEXT    NOT NULL,
    named      TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (repo_id, number, updated_at, head, base_ref, digests, named)
) STRICT;

-- Statements, accepted and refused. Nothing is ever removed, and nothing but
-- the voiding is ever added.
CREATE TABLE signoff (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    repo_id         INTEGER NOT NULL,
    pull            INTEGER NOT NULL,
    base_ref        TEXT    NOT NULL,
    requirement     TEXT    NOT NULL,
    digest          TEXT    NOT NULL,
    head            TEXT    NOT NULL,
    verb            TEXT    NOT NULL,
    user_id         INTEGER NOT NULL,
    user_login      TEXT    NOT NULL,
    user_type       TEXT    NOT NULL,
    through         TEXT    NOT NULL,
    via             TEXT    NOT NULL,
    source_id       INTEGER NOT NULL,
    url             TEXT    NOT NULL,
    statement       TEXT    NOT NULL,
    body            TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    delivery        TEXT    NOT NULL,
    payload         TEXT    NOT NULL,
    refused         TEXT    NOT NULL,
    void_reason     TEXT    NOT NULL DEFAULT '',
    void_by_id      INTEGER NOT NULL DEFAULT 0,
    void_by_login   TEXT    NOT NULL DEFAULT '',
    void_by_type    TEXT    NOT NULL DEFAULT '',
    void_at         INTEGER NOT NULL DEFAULT 0,
    void_delivery   TEXT    NOT NULL DEFAULT '',
    UNIQUE (repo_id, via, source_id, requirement, verb)
) STRICT;
CREATE INDEX signoff_pull ON signoff (repo_id, pull, id);
CREATE INDEX signoff_scope ON signoff (repo_id, requirement, digest, id);

-- +goose StatementBegin
CREATE TRIGGER signoff_stays BEFORE DELETE ON signoff
BEGIN
    SELECT RAISE(ABORT, 'a statement is never deleted');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER signoff_stands BEFORE UPDATE ON signoff
WHEN old.void_reason <> ''
  OR old.id <> new.id OR old.repo_id <> new.repo_id OR old.pull <> new.pull OR old.base_ref <> new.base_ref
  OR old.requirement <> new.requirement OR old.digest <> new.digest OR old.head <> new.head OR old.verb <> new.verb
  OR old.user_id <> new.user_id OR old.user_login <> new.user_login OR old.user_type <> new.user_type
  OR old.through <> new.through OR old.via <> new.via OR old.source_id <> new.source_id OR old.url <> new.url
  OR old.statement <> new.statement OR old.body <> new.body OR old.created_at <> new.created_at
  OR old.delivery <> new.delivery OR old.payload <> new.payload OR old.refused <> new.refused
BEGIN
    SELECT RAISE(ABORT, 'a statement is never changed, only voided once');
END;
-- +goose StatementEnd

CREATE TABLE login (
    repo_id    INTEGER NOT NULL,
    login      TEXT    NOT NULL,
    user_id    INTEGER NOT NULL,
    user_login TEXT    NOT NULL,
    user_type  TEXT    NOT NULL,
    PRIMARY KEY (repo_id, login)
) STRICT;

CREATE TABLE tip (
    repo_id   INTEGER NOT NULL,
    ref       TEXT    NOT NULL,
    commit_id TEXT    NOT NULL,
    PRIMARY KEY (repo_id, ref)
) STRICT;

-- Moves of branches. swept: a sweep found it; delivery then names the one that
-- came late for it, if any. covered: sweeps had found all of it before.
CREATE TABLE move (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    repo_id    INTEGER NOT NULL,
    ref        TEXT    NOT NULL,
    before_id  TEXT    NOT NULL,
    after_id   TEXT    NOT NULL,
    occurrence INTEGER NOT NULL,
    forced     INTEGER NOT NULL,
    swept      INTEGER NOT NULL,
    covered    INTEGER NOT NULL,
    delivery   TEXT    NOT NULL
) STRICT;
CREATE INDEX move_ref ON move (repo_id, ref, before_id, after_id);
CREATE UNIQUE INDEX move_delivery ON move (repo_id, delivery) WHERE delivery <> '';

-- The commits of the moves that sweeps found.
CREATE TABLE swept_commit (
    repo_id   INTEGER NOT NULL,
    ref       TEXT    NOT NULL,
    commit_id TEXT    NOT NULL,
    move_seq  INTEGER NOT NULL REFERENCES move (seq),
    PRIMARY KEY (repo_id, ref, commit_id, move_seq)
) STRICT;

CREATE TABLE merged (
    repo_id      INTEGER NOT NULL,
    commit_id    TEXT    NOT NULL,
    number       INTEGER NOT NULL,
    head         TEXT    NOT NULL,
    base_ref     TEXT    NOT NULL,
    by_id        INTEGER NOT NULL,
    by_login     TEXT    NOT NULL,
    by_type      TEXT    NOT NULL,
    merged_at    INTEGER NOT NULL,
    title        TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    author_id    INTEGER NOT NULL,
    author_login TEXT    NOT NULL,
    author_type  TEXT    NOT NULL,
    complete     INTEGER NOT NULL,
    PRIMARY KEY (repo_id, commit_id, number)
) STRICT;
