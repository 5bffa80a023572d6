"""The WSGI entry point that granian serves."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "o2o.settings.development")
django.setup(set_prefix=False)

from o2o.api.handler import Handler  # noqa: E402 - needs the settings
from o2o.kit.memory import spare_collector  # noqa: E402 - as above

application = Handler()
spare_collector()
