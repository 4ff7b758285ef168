from alembic.testing.suite import *
from alembic.testing.suite import AutogenerateComputedTest as _AutogenerateComputedTest
from alembic.testing.suite.test_autogen_fks import (
    AutogenerateFKOptionsTest as _AutogenerateFKOptionsTest,
)
from alembic.testing.suite import IncludeHooksTest as _IncludeHooksTest
from sqlalchemy.testing import skip

calls = []

class PatchedDiff:
    def _assert_fk_diff(self, *args, **kwargs):
        calls.append(kwargs.get("ondelete"))
        return super()._assert_fk_diff(*args, **kwargs)

class AutogenerateFKOptionsTest(PatchedDiff, _AutogenerateFKOptionsTest):
    @skip("sqlite")
    def test_nochange_ondelete(self):
        raise AssertionError

    def test_add_ondelete(self):
        super().test_add_ondelete()
        eq_(calls, [None, "cascade"])

class IncludeHooksTest(_IncludeHooksTest):
    @combinations(("object",), ("name",))
    @config.requirements.no_name_normalize
    def test_change_fk(self, hook_type):
        super().test_change_fk(hook_type)

class AutogenerateComputedTest(_AutogenerateComputedTest):
    @testing.combinations(lambda: (sa.Computed("1"), sa.Computed("1")))
    def test_computed_unchanged(self, test_case):
        super().test_computed_unchanged(test_case)
