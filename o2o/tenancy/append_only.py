"""Tables to which the application adds and in which it changes nothing: audit trail and ledgers."""

from typing import Any

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from o2o.tenancy.scope import PLATFORM_ROLE

APPLICATION_ROLE = "o2o_app"


class MakeAppendOnly(Operation):
    """Take the right to update, delete and truncate a model's rows from the application's roles.

    A trigger can be told to look away by a setting of the session; a right that is not there cannot.
    """

    reversible = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.model_name], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Leave the models as they are: only the database changes."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        statement = "REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {roles}"
        self._execute(statement, schema_editor, to_state.apps, app_label)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        self._execute("GRANT UPDATE, DELETE ON {table} TO {roles}", schema_editor, from_state.apps, app_label)

    def _execute(self, statement: str, schema_editor: BaseDatabaseSchemaEditor, apps: Apps, app_label: str) -> None:
        table = schema_editor.quote_name(apps.get_model(app_label, self.model_name)._meta.db_table)
        roles = ", ".join(schema_editor.quote_name(role) for role in (APPLICATION_ROLE, PLATFORM_ROLE))
        schema_editor.execute(statement.format(table=table, roles=roles))

    def describe(self) -> str:
        return f"Let nobody change the rows of {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        return f"{self.model_name.lower()}_append_only"
