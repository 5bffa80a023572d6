"""Jobs, as they are read."""

from rest_framework import serializers

from o2o.kit.jobs.models import Job, JobError
from o2o.kit.jobs.selectors import Progress, progress_of


class ProgressSerializer(serializers.Serializer[Progress]):
    """How far a job has come; null is what nobody can know yet."""

    share = serializers.FloatField(allow_null=True, help_text="From 0 to 1.")
    rate = serializers.FloatField(allow_null=True, help_text="Rows per second of work.")
    seconds_left = serializers.FloatField(allow_null=True)


class JobSerializer(serializers.ModelSerializer[Job]):
    """A piece of long work."""

    progress = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = (
            "id", "kind", "title", "state", "total", "done", "failed", "progress", "result", "error", "actor_label",
            "created_at", "started_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_progress(self, job: Job) -> ProgressSerializer:
        """Return the progress."""
        return ProgressSerializer(progress_of(job)).data  # type: ignore[return-value]


class JobErrorSerializer(serializers.ModelSerializer[JobError]):
    """A row that a job could not do."""

    class Meta:
        model = JobError
        fields = ("id", "row_number", "key", "message", "raw")
        read_only_fields = fields
