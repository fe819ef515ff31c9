-- When a server last said that a receiver is in its settings. One that no server names any longer
-- is forgotten.
ALTER TABLE webhooks ADD COLUMN named_at BIGINT NOT NULL DEFAULT 0;

-- What is overdue is looked for twice a second, also while a receiver is away and much waits for
-- it.
CREATE INDEX outbox_by_receiver_and_expiry ON outbox (receiver, expires_at) WHERE done_at IS NULL;
