"""Row-level security: the wall that stands even where a query forgot its filter."""

from typing import Any

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from o2o.tenancy.scope import PLATFORM_ROLE

# After SET LOCAL the setting is '' and not NULL for the rest of the session, hence nullif.
CURRENT_MERCHANT = "nullif(current_setting('o2o.merchant_id', true), '')::uuid"

ENABLE = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON {table} USING ({column} = {current}) WITH CHECK ({column} = {current});
CREATE POLICY platform ON {table} TO {platform} USING (true) WITH CHECK (true);
"""
DISABLE = """
DROP POLICY tenant ON {table};
DROP POLICY platform ON {table};
ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
"""


class EnableRowLevelSecurity(Operation):
    """Let the rows of a model's table be seen and written only in the scope of their merchant.

    ``column`` names the column that holds the merchant's id. Each migration that creates a tenant table ends with
    this operation; ``tests/o2o/tenancy/test_row_level_security.py`` finds any table that lacks it.
    """

    reversible = True

    def __init__(self, model_name: str, column: str = "merchant_id") -> None:
        self.model_name = model_name
        self.column = column

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.model_name, self.column], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Leave the models as they are: only the database changes."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        self._execute(ENABLE, schema_editor, to_state.apps, app_label)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        self._execute(DISABLE, schema_editor, from_state.apps, app_label)

    def _execute(self, template: str, schema_editor: BaseDatabaseSchemaEditor, apps: Apps, app_label: str) -> None:
        model = apps.get_model(app_label, self.model_name)
        if schema_editor.connection.vendor != "postgresql":
            raise RuntimeError("Row-level security needs PostgreSQL.")
        schema_editor.execute(
            template.format(
                table=schema_editor.quote_name(model._meta.db_table),
                column=schema_editor.quote_name(self.column),
                current=CURRENT_MERCHANT,
                platform=schema_editor.quote_name(PLATFORM_ROLE),
            )
        )

    def describe(self) -> str:
        return f"Enable row-level security on {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        return f"{self.model_name.lower()}_row_level_security"
