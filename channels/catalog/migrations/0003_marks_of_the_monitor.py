from django.db import migrations

# Whoever changes what the monitor compares marks the product in the same transaction: a service, an import, a statement
# by hand. The functions run with the rights of whoever makes the change, inside the scope of the merchant.
FORWARDS = """
CREATE FUNCTION catalog_mark_new_listings() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO catalog_consistencymark (id, merchant_id, product_id, created_at)
    SELECT gen_random_uuid(), found.merchant_id, found.product_id, clock_timestamp() FROM (
        SELECT DISTINCT added.merchant_id, variant.product_id
        FROM added JOIN catalog_variant variant ON variant.id = added.variant_id
    ) AS found;
    RETURN NULL;
END $$;
CREATE TRIGGER mark_new_listings AFTER INSERT ON catalog_channellisting
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION catalog_mark_new_listings();

CREATE FUNCTION catalog_mark_changed_listings() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO catalog_consistencymark (id, merchant_id, product_id, created_at)
    SELECT gen_random_uuid(), found.merchant_id, found.product_id, clock_timestamp() FROM (
        SELECT DISTINCT added.merchant_id, variant.product_id
        FROM added JOIN removed ON removed.id = added.id JOIN catalog_variant variant ON variant.id = added.variant_id
        WHERE (added.price, added.currency, added.is_visible, added.title, added.description)
              IS DISTINCT FROM
              (removed.price, removed.currency, removed.is_visible, removed.title, removed.description)
    ) AS found;
    RETURN NULL;
END $$;
CREATE TRIGGER mark_changed_listings AFTER UPDATE ON catalog_channellisting
REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT
EXECUTE FUNCTION catalog_mark_changed_listings();

CREATE FUNCTION catalog_mark_changed_variants() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO catalog_consistencymark (id, merchant_id, product_id, created_at)
    SELECT gen_random_uuid(), found.merchant_id, found.product_id, clock_timestamp() FROM (
        SELECT DISTINCT added.merchant_id, product.id AS product_id
        FROM added JOIN removed ON removed.id = added.id
        CROSS JOIN LATERAL (VALUES (added.product_id), (removed.product_id)) AS product (id)
        WHERE (added.cost, added.is_active, added.product_id)
              IS DISTINCT FROM (removed.cost, removed.is_active, removed.product_id)
    ) AS found;
    RETURN NULL;
END $$;
CREATE TRIGGER mark_changed_variants AFTER UPDATE ON catalog_variant
REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT
EXECUTE FUNCTION catalog_mark_changed_variants();

CREATE FUNCTION catalog_mark_changed_products() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO catalog_consistencymark (id, merchant_id, product_id, created_at)
    SELECT gen_random_uuid(), added.merchant_id, added.id, clock_timestamp()
    FROM added JOIN removed ON removed.id = added.id
    WHERE (added.name, added.description, added.is_active)
          IS DISTINCT FROM (removed.name, removed.description, removed.is_active);
    RETURN NULL;
END $$;
CREATE TRIGGER mark_changed_products AFTER UPDATE ON catalog_product
REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT
EXECUTE FUNCTION catalog_mark_changed_products();

CREATE FUNCTION catalog_mark_policy() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    policy record;
BEGIN
    IF TG_OP = 'DELETE' THEN policy := OLD; ELSE policy := NEW; END IF;
    IF policy.product_id IS NOT NULL THEN
        INSERT INTO catalog_consistencymark (id, merchant_id, product_id, created_at)
        VALUES (gen_random_uuid(), policy.merchant_id, policy.product_id, clock_timestamp());
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER mark_policy AFTER INSERT OR UPDATE OR DELETE ON catalog_consistencypolicy
FOR EACH ROW EXECUTE FUNCTION catalog_mark_policy();
"""
BACKWARDS = """
DROP TRIGGER mark_policy ON catalog_consistencypolicy;
DROP FUNCTION catalog_mark_policy();
DROP TRIGGER mark_changed_products ON catalog_product;
DROP FUNCTION catalog_mark_changed_products();
DROP TRIGGER mark_changed_variants ON catalog_variant;
DROP FUNCTION catalog_mark_changed_variants();
DROP TRIGGER mark_changed_listings ON catalog_channellisting;
DROP FUNCTION catalog_mark_changed_listings();
DROP TRIGGER mark_new_listings ON catalog_channellisting;
DROP FUNCTION catalog_mark_new_listings();
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_price_rules_and_approval")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
