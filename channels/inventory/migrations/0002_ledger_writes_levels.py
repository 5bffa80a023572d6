from django.db import migrations

# Only the ledger writes what it counts. The function belongs to the owner of the tables and runs with the owner's
# rights; the scope of the merchant holds inside it too, because row-level security is forced.
FORWARDS = """
CREATE FUNCTION inventory_apply_movements() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
DECLARE
    wanted integer;
    changed integer;
BEGIN
    SELECT count(DISTINCT level_id) INTO wanted FROM added;
    WITH moved AS (
        SELECT level_id, sum(on_hand_delta) AS on_hand, sum(allocated_delta) AS allocated FROM added GROUP BY level_id
    )
    UPDATE inventory_stocklevel level
    SET on_hand = level.on_hand + moved.on_hand, allocated = level.allocated + moved.allocated, updated_at = now()
    FROM moved WHERE level.id = moved.level_id;
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed <> wanted THEN
        RAISE EXCEPTION 'a movement names a stock level that is out of reach' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER apply_movements AFTER INSERT ON inventory_stockmovement
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION inventory_apply_movements();

CREATE FUNCTION inventory_level_begins_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a stock level begins empty; insert a movement' USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER begins_empty BEFORE INSERT ON inventory_stocklevel
FOR EACH ROW WHEN (NEW.on_hand <> 0 OR NEW.allocated <> 0 OR NEW.held <> 0)
EXECUTE FUNCTION inventory_level_begins_empty();

REVOKE UPDATE ON inventory_stocklevel FROM o2o_app, o2o_platform;
GRANT UPDATE (held, safety_stock, allows_backorder, sold_out_until, updated_at) ON inventory_stocklevel
TO o2o_app, o2o_platform;
"""
BACKWARDS = """
REVOKE UPDATE (held, safety_stock, allows_backorder, sold_out_until, updated_at) ON inventory_stocklevel
FROM o2o_app, o2o_platform;
GRANT UPDATE ON inventory_stocklevel TO o2o_app, o2o_platform;
DROP TRIGGER begins_empty ON inventory_stocklevel;
DROP FUNCTION inventory_level_begins_empty();
DROP TRIGGER apply_movements ON inventory_stockmovement;
DROP FUNCTION inventory_apply_movements();
"""

RECOUNT = """
-- Recounts one level from its movements, allocations and holds and writes nothing else, so that the right to call it is
-- no right to set a figure. It runs with the rights of the owner; the scope of the merchant holds inside it too.
CREATE FUNCTION inventory_recount_level(wanted uuid) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
    UPDATE inventory_stocklevel level SET
        on_hand = coalesce((SELECT sum(on_hand_delta) FROM inventory_stockmovement WHERE level_id = level.id), 0),
        allocated = coalesce((SELECT sum(quantity) FROM inventory_allocation
                              WHERE level_id = level.id AND state = 'active'), 0),
        held = coalesce((SELECT sum(quantity) FROM inventory_hold WHERE level_id = level.id AND state = 'active'), 0),
        updated_at = now()
    WHERE level.id = wanted;
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [
        migrations.RunSQL(FORWARDS, BACKWARDS),
        migrations.RunSQL(RECOUNT, "DROP FUNCTION inventory_recount_level(uuid)"),
    ]
