from django.apps import AppConfig
from django.db.backends.signals import connection_created


class KitConfig(AppConfig):
    name = "o2o.kit"
    label = "kit"

    def ready(self) -> None:
        # shared_task needs the Celery application in every process that sends tasks.
        import o2o.celery  # noqa: F401
        from o2o.kit import clock

        connection_created.connect(clock.synchronise_on_connect, dispatch_uid="kit.clock")
