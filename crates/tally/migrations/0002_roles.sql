-- Least privilege, as group roles without login: `GRANT scrutin_reader TO dashboard`.
-- Roles belong to the whole server, so a migration may not be allowed to make them; the tables work
-- without them, and an administrator can run this file later.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['scrutin_writer', 'scrutin_reader', 'scrutin_auditor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            IF NOT (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user) THEN
                RAISE NOTICE 'role % is missing and % may not create roles: grants are skipped', name, current_user;
                RETURN;
            END IF;
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
    END LOOP;

    -- Reader: definitions, results, turnout. No credential digest.
    GRANT SELECT ON laws, regions, political_parties, elections, election_status, candidates,
        vote_results, election_results, election_shares, ranking_counts, turnout, ledger_cursor
        TO scrutin_reader;
    -- Auditor: who voted and who tried again. No result, so that nobody holds both sides.
    GRANT SELECT ON laws, regions, elections, election_status, vote_audit, duplicate_attempts,
        turnout, ledger_cursor TO scrutin_auditor;
    -- Writer: what `tally run` needs between migrations; it never deletes.
    GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO scrutin_writer;
END
$$;
