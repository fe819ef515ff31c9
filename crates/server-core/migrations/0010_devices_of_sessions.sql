-- What the owner of a session is shown of it.

-- As the device calls itself; nothing is trusted in it.
ALTER TABLE sessions ADD COLUMN device_name TEXT;
ALTER TABLE sessions ADD COLUMN platform TEXT;
-- Where the device was seen last.
ALTER TABLE sessions ADD COLUMN address TEXT;
-- When its last session token expires; absent when it has none.
ALTER TABLE sessions ADD COLUMN lease_ends_at BIGINT;
