// Package store keeps what Countersign must not forget: deliveries until they
// are handled and after, the standing of pull requests, sign-offs, and the log.
//
// A DB is one SQLite file. It implements review.Store and webhook.Inbox. SQL is
// written in the dialect that SQLite and PostgreSQL share, with $1 for
// arguments, one file for each noun. Times are whole microseconds since 1970 in
// UTC, 0 for none.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"golang.org/x/mod/semver"
	"modernc.org/sqlite"
)

// oldest is the first SQLite whose write-ahead log cannot corrupt a database
// when two connections write and checkpoint (fixed 2026-03-13).
const oldest = "3.51.3"

// ErrOutcomeUnknown says that a commit failed in a way that leaves open whether
// the transaction is durable. Whoever keeps a copy in memory must drop it and
// read again; repeating the same idempotent write is safe.
var ErrOutcomeUnknown = errors.New("outcome of the commit is unknown")

//go:embed migrations/*.sql
var migrations embed.FS

// A DB is an open database. It is safe for concurrent use.
type DB struct {
	w *sql.DB // one connection; its transactions begin IMMEDIATE
	r *sql.DB // readers; they never write

	append map[string]*sql.Stmt // of w, by their text
}

// Open opens the database at dsn, a path or sqlite: and a path, creates it with
// mode 0600 if there is none, and brings its tables up to date.
//
// It refuses a database of a newer version, an SQLite that is too old, and any
// connection on which the settings that durability rests on do not hold.
func Open(ctx context.Context, dsn string) (*DB, error) {
	path := strings.TrimPrefix(dsn, "sqlite:")
	if path == "" || strings.HasPrefix(path, ":") || strings.Contains(strings.SplitN(path, "/", 2)[0], ":") {
		return nil, fmt.Errorf("database %q: want a file path, or sqlite: and a path", dsn)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", dsn, err)
	}
	if err := private(path); err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	d, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	if err := errors.Join(d.migrate(ctx), d.prepareAppend(ctx)); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", path, err), d.Close())
	}
	return d, nil
}

// private creates the file for its owner alone, and takes it away from others
// if it was left open to them: it holds what people said in private repositories.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		if err := os.Chmod(name, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func open(path string) (*DB, error) {
	w, err := pool(path, "immediate", 1)
	if err != nil {
		return nil, err
	}
	r, err := pool(path, "deferred", 8)
	if err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return &DB{w: w, r: r}, nil
}

// pool returns up to n connections to path on which all settings are checked.
func pool(path, txlock string, n int) (*sql.DB, error) {
	q := url.Values{"_txlock": {txlock}}
	for _, s := range settings {
		q.Add("_pragma", s.name+"("+s.set+")")
	}
	if txlock == "deferred" {
		q.Add("_pragma", "query_only(ON)")
	}
	c, err := sqlite.NewConnector((&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(checked{c, settings})
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// A setting is a PRAGMA: what it is set to, and what it then reads as.
type setting struct{ name, set, want string }

// settings are set on each connection and read back. The log would fork after
// a power loss with less than synchronous FULL, and REPLACE would delete
// without firing triggers without recursive_triggers.
var settings = []setting{
	{"busy_timeout", "10000", "10000"},
	{"journal_mode", "WAL", "wal"},
	{"synchronous", "FULL", "2"},
	{"foreign_keys", "ON", "1"},
	{"recursive_triggers", "ON", "1"},
	{"secure_delete", "ON", "1"},
}

// checked refuses a connection on which a setting does not hold.
type checked struct {
	driver.Connector
	settings []setting
}

func (c checked) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	q, ok := conn.(driver.QueryerContext)
	if !ok {
		return nil, errors.Join(errors.New("the driver cannot query"), conn.Close())
	}
	if err := verify(ctx, q, c.settings); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

func verify(ctx context.Context, q driver.QueryerContext, settings []setting) error {
	version, err := scalar(ctx, q, "SELECT sqlite_version()")
	if err != nil {
		return err
	}
	if semver.Compare("v"+version, "v"+oldest) < 0 {
		return fmt.Errorf("SQLite %s can corrupt its write-ahead log; at least %s is needed", version, oldest)
	}
	for _, s := range settings {
		got, err := scalar(ctx, q, "PRAGMA "+s.name)
		if err != nil {
			return err
		}
		if got != s.want {
			return fmt.Errorf("setting %s is %q and cannot be set to %s: is the file on a network drive?", s.name, got, s.set)
		}
	}
	return nil
}

func scalar(ctx context.Context, q driver.QueryerContext, query string) (string, error) {
	rows, err := q.QueryContext(ctx, query, nil)
	if err != nil {
		return "", fmt.Errorf("%s: %w", query, err)
	}
	defer rows.Close()
	val := make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(val); err != nil {
		return "", fmt.Errorf("%s: %w", query, err)
	}
	return fmt.Sprint(val[0]), nil
}

// migrate brings the tables up to date, each step in a transaction.
func (d *DB) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, d.w, files)
	if err != nil {
		return err
	}
	have, know, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > know {
		return fmt.Errorf("its tables are of version %d, and this countersign knows %d: run the newer countersign that wrote it, or restore a backup", have, know)
	}
	_, err = p.Up(ctx)
	return err
}

// Close waits for what is running and closes the database.
func (d *DB) Close() error { return errors.Join(d.r.Close(), d.w.Close()) }

// write runs do in the one writing transaction, and commits unless do fails.
//
// ctx bounds the wait for the turn; once it came, the transaction runs to its
// end, so that no cancellation can leave a half-known commit. do must be quick
// and must not call write. A failed commit is ErrOutcomeUnknown.
func (d *DB) write(ctx context.Context, do func(tx *sql.Tx) error) error {
	conn, err := d.w.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		tx.Rollback() // the connection must not stay in the transaction; commit's error says more
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	}
	return nil
}

// exec runs one statement as a transaction and returns how many rows it changed.
func (d *DB) exec(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = d.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.Exec(query, args...)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}

// A querier is a pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// list returns what scan makes of each row.
func list[T any](ctx context.Context, q querier, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		t, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

// one returns what scan makes of the first row, or ok false when there is none.
func one[T any](ctx context.Context, q querier, scan func(scanner) (T, error), query string, args ...any) (t T, ok bool, err error) {
	t, err = scan(q.QueryRowContext(ctx, query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return t, false, nil
	}
	return t, err == nil, err
}

// A scanner is a row.
type scanner interface{ Scan(dest ...any) error }

// micros is a time as it is stored.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// instant is a stored time.
func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
