-- +goose Up

-- A body that comes again under another GUID is a copy.
CREATE INDEX delivery_digest ON delivery (digest);
