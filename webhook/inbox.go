package webhook

import (
	"context"
	"errors"
	"time"

	"github.com/countersign-dev/countersign/review"
)

// ErrLeaseLost says that a lease expired or that another worker has the
// delivery now. Whoever gets it must publish nothing more.
var ErrLeaseLost = errors.New("lease lost")

// Patience is how many attempts a delivery may take before those behind it in
// its lane no longer wait for it.
const Patience = 5

// A Delivery is one authenticated webhook call, kept as it came, or a sweep
// that this server gave itself to do.
type Delivery struct {
	GUID         string // X-GitHub-Delivery; the same when GitHub delivers again
	Event        string // X-GitHub-Event
	Action       string
	Installation int64 // 0 when the body names none
	RepoID       int64 // 0 when the body names none
	Pull         int   // 0 when it is about no pull request
	// Lane orders deliveries: those of one lane are handled one at a time, in
	// the order of their arrival. It names a pull request, a branch or less.
	Lane string
	// Wide deliveries may touch any pull request of their repository: they wait
	// for all that came before in it, and all that comes after waits for them.
	Wide bool
	// Once is set on the way in when the same body under another GUID is a copy
	// and no delivery of GitHub's, which delivers again under the same one.
	Once       bool
	Digest     string // sha256:… of Body
	Body       []byte
	ReceivedAt time.Time
	Attempts   int // this one included, once claimed
}

// Ref names d as evidence.
func (d Delivery) Ref() review.DeliveryRef {
	return review.DeliveryRef{GUID: d.GUID, Event: d.Event, Digest: d.Digest}
}

// A Lease is the right to handle one delivery until it expires.
type Lease struct {
	GUID   string
	Holder string // unique to one claim
}

// An Inbox keeps deliveries until they are handled, and after as evidence.
// All methods are durable when they return nil; after any other error they may
// be called again.
type Inbox interface {
	// Add keeps d unless its GUID is there, or, where d is to come once, its
	// digest. A delivery that is dead is put back when the same body comes again
	// under its GUID. A sweep is not kept beside one in its lane that was never
	// claimed and does all that it would. added is false when nothing is to be done.
	Add(ctx context.Context, d Delivery) (added bool, err error)
	// Claim gives the oldest delivery that is due at now and may be handled
	// beside those that are leased, for the time of ttl. No two live leases are
	// of one lane, nor beside a wide one of the same repository. A delivery
	// waits for earlier ones that it may not run beside, unless they were
	// attempted Patience times. ok is false when there is none.
	Claim(ctx context.Context, now time.Time, ttl time.Duration) (d Delivery, l Lease, ok bool, err error)
	// Extend makes a lease that has not expired at now last until now and ttl.
	// Otherwise it returns ErrLeaseLost.
	Extend(ctx context.Context, l Lease, now time.Time, ttl time.Duration) error
	// Done marks the delivery as handled. A sweep is removed: it proves nothing.
	// If another worker has claimed it since, it returns ErrLeaseLost.
	Done(ctx context.Context, l Lease, now time.Time) error
	// Retry makes the delivery due again at a later time and ends the lease.
	Retry(ctx context.Context, l Lease, due time.Time, reason string) error
	// Dead ends the lease and gives the delivery up. It is kept, with the reason.
	Dead(ctx context.Context, l Lease, now time.Time, reason string) error
	// Trim drops the bodies of deliveries that were done before a time, and
	// returns how many. Their GUIDs and digests stay, as evidence and so that
	// none has an effect twice.
	Trim(ctx context.Context, before time.Time) (int64, error)
}

// Repos knows the repositories of each installation.
type Repos interface {
	// Repo returns a repository, or ok false when none has the id.
	Repo(ctx context.Context, id int64) (r review.Repo, ok bool, err error)
	Repos(ctx context.Context) ([]review.Repo, error)
	AddRepo(ctx context.Context, r review.Repo) error
}
