-- +goose Up

-- What finds the deliveries whose bodies are no longer kept.
CREATE INDEX delivery_ended ON delivery (ended_at) WHERE state = 'done' AND body <> x'';
