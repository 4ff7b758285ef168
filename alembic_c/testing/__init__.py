"""Support for the tests of dialects and of other packages that build on migrations.

Needs pytest and SQLAlchemy's testing package; nothing else of this package imports it.
"""

from unittest import mock as mock

from sqlalchemy.testing import config as config
from sqlalchemy.testing import engines as engines
from sqlalchemy.testing import exclusions as exclusions
from sqlalchemy.testing.assertions import emits_warning as emits_warning
from sqlalchemy.testing.assertions import uses_deprecated as uses_deprecated
from sqlalchemy.testing.config import Variation as Variation
from sqlalchemy.testing.config import combinations as combinations
from sqlalchemy.testing.config import fixture as fixture
from sqlalchemy.testing.config import variation as variation
from sqlalchemy.testing.exclusions import skip_if as skip_if
from sqlalchemy.testing.util import provide_metadata as provide_metadata

from .assertions import assert_raises as assert_raises
from .assertions import assert_raises_message as assert_raises_message
from .assertions import (
    emits_python_deprecation_warning as emits_python_deprecation_warning,
)
from .assertions import eq_ as eq_
from .assertions import eq_ignore_whitespace as eq_ignore_whitespace
from .assertions import expect_deprecated as expect_deprecated
from .assertions import expect_raises as expect_raises
from .assertions import expect_raises_message as expect_raises_message
from .assertions import expect_sqlalchemy_deprecated as expect_sqlalchemy_deprecated
from .assertions import expect_warnings as expect_warnings
from .assertions import is_ as is_
from .assertions import is_false as is_false
from .assertions import is_not_ as is_not_
from .assertions import is_true as is_true
from .assertions import ne_ as ne_
from .fixtures import TestBase as TestBase
from .util import resolve_lambda as resolve_lambda
