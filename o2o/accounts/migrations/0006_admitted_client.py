from django.db import migrations

# A function and not a query, because PostgreSQL keeps its plan for the connection: planning the three joins took
# longer than all the rest of a request's SQL. It runs as whoever calls it, so that row-level security holds.
CREATE = """
CREATE FUNCTION o2o_admitted_client(given_checksum text, at_time timestamptz)
RETURNS TABLE (token_id bigint, token_scope text, client_id uuid, client_name varchar, client_scopes varchar[], merchant_id uuid)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT token.id, token.scope, client.id, client.name, client.scopes, client.merchant_id
    FROM oauth2_provider_accesstoken token
    JOIN accounts_apiclient client ON client.id = token.application_id
    JOIN tenancy_merchant merchant ON merchant.id = client.merchant_id
    WHERE token.token_checksum = given_checksum AND token.expires > at_time AND client.is_active AND merchant.is_active;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_audit_newest_first"),
        ("oauth2_provider", "0022_refreshtoken_token_family_index"),
    ]

    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION o2o_admitted_client(text, timestamptz)")]
