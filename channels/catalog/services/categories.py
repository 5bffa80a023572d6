"""The tree of categories."""

import uuid
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from channels.catalog.models import Category
from channels.catalog.services.products import CodeTakenError
from o2o.kit.errors import InvalidError, NotFoundError
from o2o.kit.locks import lock_rows

LONGEST_PATH = 600


def create_category(*, code: str, name: str, at: datetime, parent_id: uuid.UUID | None = None) -> Category:
    """Add a node. Raises ``CodeTakenError``, or ``NotFoundError`` for the parent."""
    path = f"{_path_of(parent_id)}{code}/"
    if len(path) > LONGEST_PATH:
        raise InvalidError(_("The tree is too deep here; choose a node nearer to the root."), field="parent")
    try:
        with transaction.atomic():
            return Category.objects.create(code=code, name=name, parent_id=parent_id, path=path)
    except IntegrityError as error:
        raise CodeTakenError(_("A category with the code “%(code)s” exists.") % {"code": code}, field="code") from error


def update_category(*, category_id: uuid.UUID, name: str, at: datetime) -> Category:
    """Give a node another name. Raises ``NotFoundError``."""
    if not Category.objects.filter(pk=category_id).update(name=name, updated_at=at):
        raise NotFoundError(_("There is no category %(id)s.") % {"id": category_id})
    found: Category = Category.objects.get(pk=category_id)
    return found


def move_category(*, category_id: uuid.UUID, parent_id: uuid.UUID | None, at: datetime) -> Category:
    """Hang a branch under another node, or make it a root; the paths below follow in one statement.

    Raises ``InvalidError`` where the new parent lies in the branch itself.
    """
    with transaction.atomic():
        # Every move locks the whole tree, which is small, so that two moves cannot make a circle together.
        tree = {row.pk: row for row in lock_rows(Category.objects.all())}
        if category_id not in tree or (parent_id is not None and parent_id not in tree):
            raise NotFoundError(_("There is no category %(id)s.") % {"id": category_id})
        row: Any = tree[category_id]
        above = "" if parent_id is None else tree[parent_id].path
        if parent_id is not None and above.startswith(row.path):
            raise InvalidError(
                _("“%(parent)s” lies under “%(name)s”; a branch cannot hang under itself.")
                % {"parent": tree[parent_id].name, "name": row.name},
                field="parent",
            )
        old, new = row.path, f"{above}{row.code}/"
        Category.objects.filter(path__startswith=old).update(
            path=Concat(Value(new), Substr(F("path"), len(old) + 1)), updated_at=at
        )
        Category.objects.filter(pk=category_id).update(parent_id=parent_id)
        row.refresh_from_db()
        moved: Category = row
        return moved


def _path_of(parent_id: uuid.UUID | None) -> str:
    if parent_id is None:
        return ""
    path = Category.objects.filter(pk=parent_id).values_list("path", flat=True).first()
    if path is None:
        raise NotFoundError(_("There is no category %(id)s.") % {"id": parent_id}, field="parent")
    return str(path)
