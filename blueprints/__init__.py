"""The standard library of blueprints: one file each, found through the entry point group."""

from blueprints.cron_job import CronJob
from blueprints.external_postgres import ExternalPostgres
from blueprints.job import Job
from blueprints.postgres import Postgres
from blueprints.redis import Redis
from blueprints.web_service import WebService
from blueprints.worker import Worker

BLUEPRINTS = (WebService, Worker, CronJob, Job, Postgres, ExternalPostgres, Redis)
"""The table that the entry point names: every blueprint of the standard library."""
