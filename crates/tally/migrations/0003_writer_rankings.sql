-- The counts of a region's rankings are written anew as a whole, in the order of rankings, so that the
-- order of rows tells nothing of the order of votes. That needs DELETE: on this table and no other.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'scrutin_writer') THEN
        GRANT DELETE ON ranking_counts TO scrutin_writer;
    END IF;
END
$$;
