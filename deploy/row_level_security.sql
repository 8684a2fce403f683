-- Rows of PostgreSQL that only their user may see, whatever statement is sent. Run it once, after tiermem made its
-- tables, as the role that owns them:
--
--     psql "$OWNER_URL" --set app=tiermem_app --file deploy/row_level_security.sql
--
-- A connection of the role `tiermem_app` then reads and writes what is one user's, who is said by one setting:
--
--     tiermem.shard    the number of the user, which each of their rows has, as
--                      `tiermem.doctor.shard_of("$OWNER_URL", "ann")` says it, or ("tenant", "ann") for "ann"
--
-- in the URL (…/db?options=-c%20tiermem.shard%3D-123), or for a role each: ALTER ROLE ann SET tiermem.shard = '-123'.
-- Who says nothing sees nothing. Whoever can send SET says who they are: where that is not to be trusted, replace the
-- function by one that looks `session_user` up in a table of yours.
--
-- What needs every row stays with the owner of the tables, whom no policy binds: a new version of tiermem, erasing,
-- importing a user, `verify` of a whole database, `tiermem doctor`, `migrate`.

CREATE OR REPLACE FUNCTION tiermem_shard() RETURNS bigint STABLE LANGUAGE sql AS
$$ SELECT nullif(current_setting('tiermem.shard', true), '')::bigint $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"app";
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO :"app";

-- A table with neither policy nor exception below shows nothing to anybody but its owner.
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'tiermem\_%' LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', one.tablename);
        EXECUTE format('DROP POLICY IF EXISTS own ON %I', one.tablename);
    END LOOP;
    -- Whatever is somebody's says whose it is.
    FOR one IN SELECT c.table_name AS tablename FROM information_schema.columns c
               WHERE c.table_schema = 'public' AND c.table_name LIKE 'tiermem\_%' AND c.column_name = 'shard' LOOP
        EXECUTE format('CREATE POLICY own ON %I USING (shard = tiermem_shard())', one.tablename);
    END LOOP;
    -- Vectors as pgvector compares them, where there are any: those of sessions of which a role sees its own.
    IF to_regclass('tiermem_pgvector') IS NOT NULL THEN
        CREATE POLICY own ON tiermem_pgvector USING (session IN (SELECT s.pk FROM tiermem_session s));
    END IF;
    -- Nobody's: models by name, the version of the tables, and that something was erased (keyed digests, no name).
    EXECUTE 'CREATE POLICY own ON tiermem_embedder USING (true)';
    EXECUTE 'CREATE POLICY own ON tiermem_meta FOR SELECT USING (true)';
    EXECUTE 'CREATE POLICY own ON tiermem_erasure FOR SELECT USING (true)';
END $$;
