-- +goose Up

-- The log. What is sealed is only ever added: triggers refuse the rest, which
-- stops accidents, not the owner of the file. The signed tree is the evidence.

CREATE TABLE leaf (
    idx         INTEGER PRIMARY KEY CHECK (idx >= 0),
    dedupe_key  TEXT    NOT NULL UNIQUE,
    hash        BLOB    NOT NULL CHECK (length(hash) = 32),
    body        BLOB    NOT NULL CHECK (length(body) <= 65535 AND instr(body, x'0a') = 0),
    landed_at   INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX leaf_landed ON leaf (landed_at, idx);

-- Full tiles of the Merkle tree (C2SP tlog-tiles), each with the hash above it.
CREATE TABLE tile (
    level INTEGER NOT NULL,
    n     INTEGER NOT NULL,
    data  BLOB    NOT NULL CHECK (length(data) = 8192),
    root  BLOB    NOT NULL CHECK (length(root) = 32),
    PRIMARY KEY (level, n)
) STRICT;

-- The signed checkpoint after each leaf.
CREATE TABLE checkpoint (
    size INTEGER PRIMARY KEY CHECK (size > 0),
    note TEXT    NOT NULL
) STRICT;

-- By what a leaf is found. Every row follows from the leaf and its disclosures.
CREATE TABLE touch (
    dimension TEXT    NOT NULL,
    value     TEXT    NOT NULL,
    landed_at INTEGER NOT NULL,
    idx       INTEGER NOT NULL,
    PRIMARY KEY (dimension, value, landed_at, idx)
) STRICT, WITHOUT ROWID;

-- Names and texts, long ones too: all of a leaf, as a list in JSON. Each can be
-- erased, salt and all; the row is then written anew without it.
CREATE TABLE disclosed (
    idx  INTEGER PRIMARY KEY,
    list TEXT    NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER leaf_added BEFORE INSERT ON leaf
WHEN new.idx <> (SELECT coalesce(max(idx) + 1, 0) FROM leaf)
  OR EXISTS (SELECT 1 FROM leaf WHERE dedupe_key = new.dedupe_key)
BEGIN
    SELECT RAISE(ABORT, 'a leaf follows on the last, and no landing has two');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER leaf_stands BEFORE UPDATE ON leaf
BEGIN
    SELECT RAISE(ABORT, 'a leaf is never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER leaf_stays BEFORE DELETE ON leaf
BEGIN
    SELECT RAISE(ABORT, 'a leaf is never deleted');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER tile_added BEFORE INSERT ON tile
WHEN new.n <> (SELECT coalesce(max(n) + 1, 0) FROM tile WHERE level = new.level)
BEGIN
    SELECT RAISE(ABORT, 'a tile follows on the last of its level');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tile_stands BEFORE UPDATE ON tile
BEGIN
    SELECT RAISE(ABORT, 'a tile is never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tile_stays BEFORE DELETE ON tile
BEGIN
    SELECT RAISE(ABORT, 'a tile is never deleted');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER checkpoint_added BEFORE INSERT ON checkpoint
WHEN new.size <> (SELECT coalesce(max(size), 0) + 1 FROM checkpoint)
BEGIN
    SELECT RAISE(ABORT, 'a checkpoint follows on the last');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER checkpoint_stands BEFORE UPDATE ON checkpoint
BEGIN
    SELECT RAISE(ABORT, 'a checkpoint is never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER checkpoint_stays BEFORE DELETE ON checkpoint
BEGIN
    SELECT RAISE(ABORT, 'a checkpoint is never deleted');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER disclosed_stands BEFORE UPDATE ON disclosed
BEGIN
    SELECT RAISE(ABORT, 'a disclosure is erased or left as it is');
END;
-- +goose StatementEnd
