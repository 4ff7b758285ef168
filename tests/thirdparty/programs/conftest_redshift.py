"""The fixture that sqlalchemy-redshift's tests of Alembic use."""

import pytest
from sqlalchemy_redshift.dialect import RedshiftDialect_psycopg2


@pytest.fixture
def stub_redshift_dialect():
    return RedshiftDialect_psycopg2()
