-- Tables of a replicated ledger (docs/cluster.md). The owner of the database runs this once; validators get role
-- scrutin_ledger, which can append and renew and nothing else.
CREATE TABLE ledger_schema (version int4 NOT NULL);
INSERT INTO ledger_schema VALUES (2);

-- Who owns a partition, and where its chain stands. One row a partition: whoever appends has it locked.
CREATE TABLE ledger_lease (
    partition   int4 PRIMARY KEY CHECK (partition BETWEEN 0 AND 65535),
    epoch       int8 NOT NULL,        -- one higher with each owner: what fences
    attempt     int8 NOT NULL,        -- one higher with each connection of an owner: fences its own lost statements
    owner       text NOT NULL,        -- name of the validator; empty where nobody owns it
    lease_until timestamptz NOT NULL,
    number      int8 NOT NULL,        -- links so far
    segment     int8 NOT NULL,        -- segment of the last link
    head        bytea NOT NULL        -- hash of the last link
) WITH (fillfactor = 50);

-- Whoever is in a validator's place can append, and cannot move the chain back or hide a link.
CREATE FUNCTION ledger_goes_forward() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.partition <> OLD.partition OR NEW.number NOT BETWEEN OLD.number AND OLD.number + 1
        OR NEW.segment NOT BETWEEN OLD.segment AND OLD.segment + 1
        OR NEW.epoch NOT BETWEEN OLD.epoch AND OLD.epoch + 1
        OR (NEW.epoch = OLD.epoch AND NEW.attempt < OLD.attempt)
        OR (NEW.number = OLD.number AND NEW.head <> OLD.head) THEN
        RAISE EXCEPTION 'a ledger only goes forward';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_goes_forward BEFORE UPDATE ON ledger_lease
    FOR EACH ROW EXECUTE FUNCTION ledger_goes_forward();

-- Links as they stand in the files of a ledger, headers and frames alike.
CREATE TABLE ledger_links (
    partition int4 NOT NULL,
    number    int8 NOT NULL,          -- place among all links, from 1
    frame     int8,                   -- sequence of a frame; none: the header of a segment
    epoch     int8 NOT NULL,
    previous  bytea NOT NULL,
    hash      bytea NOT NULL,
    body      bytea NOT NULL,
    PRIMARY KEY (partition, number)
);
-- Sealed bytes do not compress.
ALTER TABLE ledger_links ALTER body SET STORAGE EXTERNAL;
CREATE INDEX ledger_headers ON ledger_links (partition, number) WHERE frame IS NULL;

-- What makes an append safe can be seen by nobody but a superuser, and must be seen by each validator.
CREATE FUNCTION ledger_replication(
    OUT timeline text, OUT name text, OUT state text, OUT sync_state text, OUT flushed pg_lsn
) RETURNS SETOF record LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8), application_name, state, sync_state, flush_lsn
    FROM (VALUES (1)) AS once LEFT JOIN pg_stat_replication ON true
$$;

-- Whose ledger this is: one row, written when it was begun.
CREATE TABLE ledger_event (
    is_this    bool PRIMARY KEY DEFAULT true CHECK (is_this),
    manifest   bytea NOT NULL,        -- SHA-256 of the package's manifest
    partitions int4 NOT NULL
);

-- Validators that are alive. Unlogged: a heartbeat waits for no standby, and whoever lives writes again after a
-- promotion, which empties the table.
CREATE UNLOGGED TABLE ledger_members (
    name        text PRIMARY KEY,
    incarnation bytea NOT NULL,       -- drawn by each start: two validators of one name are told apart
    beats       int8 NOT NULL,        -- one higher with each heartbeat
    address     text NOT NULL,        -- where the others reach it
    version     text NOT NULL,
    is_level    bool NOT NULL,        -- whether it may own partitions
    ahead_ms    float8 NOT NULL,      -- by how much its clock is ahead of this server's
    error_ms    float8 NOT NULL,      -- of that measurement, either way
    seen        timestamptz NOT NULL  -- the last heartbeat, by this server's clock
);

DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'scrutin_ledger') THEN
        CREATE ROLE scrutin_ledger NOLOGIN;
    END IF;
END $$;
GRANT SELECT ON ledger_schema TO scrutin_ledger;
GRANT SELECT, INSERT, UPDATE ON ledger_lease TO scrutin_ledger;
GRANT SELECT, INSERT ON ledger_links TO scrutin_ledger;
GRANT SELECT, INSERT ON ledger_event TO scrutin_ledger;
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger_members TO scrutin_ledger;
REVOKE ALL ON FUNCTION ledger_replication() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_replication() TO scrutin_ledger;
