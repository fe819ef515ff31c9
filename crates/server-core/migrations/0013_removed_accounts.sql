-- The row of a removed account stays, emptied, until the last access token of its sessions is dead: without the row, its
-- ended sessions would go too, and other servers could not learn of them.
ALTER TABLE accounts ADD COLUMN removed_at BIGINT;
