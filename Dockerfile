# syntax=docker/dockerfile:1
# The image of web, workers, beat and one-shot commands. No compiler, no package index, no root in what is shipped.

FROM python:3.11-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/o2o
COPY requirements/production.txt /tmp/production.txt
RUN /opt/o2o/bin/pip install --require-hashes --no-deps --only-binary :all: --requirement /tmp/production.txt \
 && /opt/o2o/bin/pip uninstall --yes pip setuptools

FROM python:3.11-slim-bookworm AS image
# libgomp1: scikit-learn, implicit and statsforecast compute in parallel with it
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libgomp1 \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 o2o \
 && useradd --uid 10001 --gid o2o --home-dir /srv/o2o --no-create-home --shell /usr/sbin/nologin o2o \
 && install --directory --owner o2o --group o2o /srv/o2o /data/media
COPY --from=packages /opt/o2o /opt/o2o
WORKDIR /srv/o2o
COPY manage.py pyproject.toml LICENSE ./
COPY o2o o2o
COPY customers customers
COPY channels channels
COPY campaigns campaigns
COPY analytics analytics
COPY templates templates
COPY static static
COPY locale locale
COPY deploy/healthcheck.py deploy/healthcheck.py
ENV PATH=/opt/o2o/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=o2o.settings.production \
    MEDIA_ROOT=/data/media
# Both need settings, neither needs a server or a real secret.
RUN export SECRET_KEY=for-building-only ALLOWED_HOSTS=localhost \
      DATABASE_URL=postgres://none@localhost/none REDIS_URL=redis://localhost \
 && python manage.py compile_messages \
 && python manage.py collectstatic --noinput --verbosity 0 \
 && python -m compileall -q -j 0 /srv/o2o
USER o2o
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=40s --retries=3 \
  CMD ["python", "deploy/healthcheck.py", "web"]
CMD ["python", "-m", "granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "2", "--blocking-threads", "4", "--respawn-failed-workers", \
     "--workers-kill-timeout", "20", "--log-level", "warning", "o2o.wsgi:application"]
