"""Tests that a dialect's own test run collects: `from alembic.testing.suite import *`.

What else that brings is here too, because dialects that redefine some of the tests go
on to use it: SQLAlchemy's types, `config`, `combinations`, assertions.
"""

import io as io
from contextlib import nullcontext as nullcontext

import sqlalchemy as sa  # noqa: F401 - for the star
from sqlalchemy import BigInteger as BigInteger
from sqlalchemy import Column as Column
from sqlalchemy import Float as Float
from sqlalchemy import ForeignKeyConstraint as ForeignKeyConstraint
from sqlalchemy import Integer as Integer
from sqlalchemy import MetaData as MetaData
from sqlalchemy import String as String
from sqlalchemy import Table as Table
from sqlalchemy import event as event
from sqlalchemy import text as text

from ... import testing as testing
from ...migration import MigrationContext as MigrationContext
from ...util import sqla_compat as sqla_compat
from .. import assert_raises as assert_raises
from .. import combinations as combinations
from .. import config as config
from .. import eq_ as eq_
from .. import expect_warnings as expect_warnings
from .. import is_ as is_
from .. import is_false as is_false
from .. import is_true as is_true
from .. import mock as mock
from .. import ne_ as ne_
from ..assertions import in_ as in_
from ..fixtures import AlterColRoundTripFixture as AlterColRoundTripFixture
from ..fixtures import TestBase as TestBase
from ._autogen_fixtures import AutogenFixtureTest as AutogenFixtureTest
from .test_autogen_comments import AutogenerateCommentsTest as AutogenerateCommentsTest
from .test_autogen_comments import (
    AutogenerateEmptyCommentsTest as AutogenerateEmptyCommentsTest,
)
from .test_autogen_computed import AutogenerateComputedTest as AutogenerateComputedTest
from .test_autogen_diffs import AlterColumnTest as AlterColumnTest
from .test_autogen_diffs import AutoincrementTest as AutoincrementTest
from .test_autogen_fks import AutogenerateFKOptionsTest as AutogenerateFKOptionsTest
from .test_autogen_fks import AutogenerateForeignKeysTest as AutogenerateForeignKeysTest
from .test_autogen_fks import IncludeHooksTest as IncludeHooksTest
from .test_autogen_identity import AutogenerateIdentityTest as AutogenerateIdentityTest
from .test_environment import MigrationTransactionTest as MigrationTransactionTest
from .test_op import BackendAlterColumnTest as BackendAlterColumnTest
