"""The PostgreSQL server of the run, in place of a container."""

import os

import pytest
from pytest_databases.docker.postgres import PostgresService


@pytest.fixture(scope="session")
def postgres_service():
    return PostgresService(
        container=None,
        host=os.environ["PGHOST"],
        port=int(os.environ["PGPORT"]),
        user=os.environ["PGUSER"],
        password=os.environ["PGPASSWORD"],
        database=os.environ["PGDATABASE"],
    )
