package store

import (
	"context"

	"github.com/countersign-dev/countersign/review"
)

// DeliveriesOf implements review.Store, in order of arrival.
func (d *DB) DeliveriesOf(ctx context.Context, repoID int64, number int) ([]review.DeliveryRef, error) {
	if number == 0 {
		return nil, nil
	}
	return list(ctx, d.r, func(row scanner) (ref review.DeliveryRef, err error) {
		return ref, row.Scan(&ref.GUID, &ref.Event, &ref.Digest)
	}, `SELECT guid, event, digest FROM delivery WHERE repo_id = $1 AND pull = $2 ORDER BY seq`, repoID, number)
}
