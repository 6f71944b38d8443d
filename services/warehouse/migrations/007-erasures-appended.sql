-- What was appended before an erasure goes with it, also where it is dated after it: dead letters that are written later
-- are asked by this.

ALTER TABLE erasures
    ADD COLUMN IF NOT EXISTS appended_at DateTime64(3, 'UTC') DEFAULT erased_at COMMENT 'When the erasure was appended';
