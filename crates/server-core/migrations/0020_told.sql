-- When the password was last chosen, and by which session; absent: an operator's command. An answer "not me" asks for it.
ALTER TABLE accounts ADD COLUMN password_changed_at BIGINT;
ALTER TABLE accounts ADD COLUMN password_changed_by TEXT;

-- When a mail about the notice was last queued.
ALTER TABLE notices ADD COLUMN mailed_at BIGINT;

-- The requests for a code that name no account, from the oldest on: they make room for others.
CREATE INDEX pending_of_nobody ON pending (created_at) WHERE account_id IS NULL;
